from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from datasets import Refused, stream
from datasets.latest import Latest
from datasets.stream import Stream, numbers


def file_of(folder: Path, text: str) -> Path:
    path = folder / "long.csv"
    path.write_text(text)
    return path


def test_batches_make_the_whole_file_with_numbered_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "BLOCK_BYTES", 64)
    path = file_of(tmp_path, "case, value ,other\n" + "".join(f"c{i % 3}, {i} ,x\n" for i in range(100)))
    batches = list(Stream(path, ("value", "case")))
    assert len(batches) > 5
    np.testing.assert_array_equal(np.concatenate([batch.row for batch in batches]), np.arange(1, 101))
    np.testing.assert_array_equal(np.concatenate([batch.number("value") for batch in batches]), np.arange(100))
    known = pd.Index(["C1", "C0"], dtype=object)
    places = np.concatenate([batch.place("case", known, str.upper) for batch in batches])
    np.testing.assert_array_equal(places, np.resize([1, 0, -1], 100))
    kept = [batch.where(batch.number("value") >= 98) for batch in batches]
    np.testing.assert_array_equal(np.concatenate([batch.row for batch in kept]), [99, 100])


def test_gaps_are_empty_cells_blanks_and_the_mark_of_a_database_and_not_words(tmp_path: Path) -> None:
    (batch,) = Stream(file_of(tmp_path, 'a,b\n,x\n\\N,x\n" ",x\nNone,x\nNA,x\n7,x\n'), ("a",))
    np.testing.assert_array_equal(batch.missing("a"), [True, True, True, False, False, False])
    np.testing.assert_array_equal(batch.parsed("a", numbers), [np.nan] * 5 + [7])
    with pytest.raises(Refused, match=r"column 'a', data row 4: the value is not a number"):
        batch.number("a")


def test_a_torn_row_is_refused_by_its_place_in_the_file_or_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "BLOCK_BYTES", 64)
    path = file_of(tmp_path, "a,b\n" + "1,2\n" * 60 + "1,2,secret\n" + "1,2\n" * 60)
    with pytest.raises(Refused, match=r"data row 61 has more or fewer cells") as refused:
        list(Stream(path, ("a",)))
    assert "secret" not in str(refused.value)
    allowed = Stream(path, ("a",), torn_allowed=True)
    assert sum(len(batch) for batch in allowed) == 120
    assert allowed.torn == 1


def test_the_last_value_of_a_moment_is_the_higher_in_whatever_pieces_and_order() -> None:
    case, time = np.array([0, 0, 0, 1, -1, 1]), np.array([5.0, 7, 7, 1, 9, np.nan])
    variable, value = np.array([0, 0, 0, 1, 0, 1]), np.array([9.0, 1, 2, 4, 5, 6])
    for order in ([0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [2, 0, 1, 5, 3, 4]):
        latest = Latest(2, 2)
        for piece in np.array_split(np.array(order), 4):
            latest.add(case[piece], time[piece], variable[piece], value[piece])
        np.testing.assert_array_equal(latest.value, [[2, np.nan], [np.nan, 4]])
        np.testing.assert_array_equal(latest.time, [[7, np.nan], [np.nan, 1]])
