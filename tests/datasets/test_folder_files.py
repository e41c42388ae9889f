"""Broken files: each a clear message, no traceback, no silent drop."""

import os
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

from datasets import Refused
from datasets.folder import examined
from tests.datasets.folders import (
    CASES,
    NOTES_CSV,
    SECRET,
    SERIES_CSV,
    TOML,
    grave,
    tiny,
    without,
)

FILES = {
    "empty": ({"cases": ""}, "cases.csv: is empty."),
    "blank": ({"cases": "\n \n"}, "cases.csv: is empty."),
    "header alone": ({"cases": CASES.split("\n")[0]}, "cases.csv: has one line alone"),
    "empty notes": ({"notes": ""}, "notes.csv: is empty."),
    "notes header alone": ({"notes": "case,time,text\n"}, "notes.csv: has one line alone"),
    "no header": (
        {"cases": CASES.split("\n", 1)[1]},
        "cases.csv: the first line must name the columns, but its cell 3 (and 4 more) reads",
    ),
    "blank first line": ({"cases": "\n" + CASES}, "cases.csv: starts with an empty line"),
    "latin 1": ({"cases": CASES.replace("f", "é", 3).encode("latin-1")}, "cases.csv: line 2 is not UTF-8"),
    "latin 1 header": ({"cases": CASES.replace("sex", "séx").encode("latin-1")}, "cases.csv: line 1 is not UTF-8"),
    "latin 1 in a row of another width": (
        {"cases": (CASES + "x,é\n").encode("latin-1")},
        f"cases.csv: line {CASES.count(chr(10)) + 1} is not UTF-8",
    ),
    "utf-16": ({"cases": CASES.encode("utf-16")}, "cases.csv: is not UTF-8 text (UTF-16"),
    "zip": ({"cases": b"PK\x03\x04\x00\x00"}, "cases.csv: is not UTF-8 text"),
    "semicolons": ({"cases": CASES.replace(",", ";")}, 'cases.csv: the header has semicolons and no commas; say separator = ";"'),
    "tabs": ({"cases": CASES.replace(",", "\t")}, 'cases.csv: the header has tabs and no commas; say separator = "\\t"'),
    "short row": (
        {"cases": CASES.replace("c,p2,", "c,")},
        "cases.csv, data row 3: has more or fewer cells than the header names (8)",
    ),
    "long rows": (
        {"cases": CASES.replace(",1,0\n", ",1,0,\n").replace(",1,1\n", ",1,1,9\n")},
        "cases.csv, data rows 1, 5: has more or fewer cells",
    ),
    "open quote": ({"cases": CASES.replace("c,p2", 'c,"p2')}, "cases.csv, data row 3: has more or fewer cells"),
    "open quote at the end of a row": (
        {"notes": NOTES_CSV.replace("written later", '"' + SECRET).replace('"one', "one").replace('break"', "break")},
        "notes.csv: the quotation mark that opens in data row 3 is never closed",
    ),
    "column twice": ({"cases": CASES.replace("sex", "age")}, "cases.csv: columns 4 and 5 of the header have the same name"),
    "column twice but for blanks": (
        {"cases": CASES.replace("sex", " age ")},
        "cases.csv: columns 4 and 5 of the header have the same name",
    ),
    "column without a name": ({"cases": CASES.replace("sex", "")}, "cases.csv: column 5 of the header has no name"),
    "index of pandas": (
        {"cases": "," + CASES.strip().replace("\n", "\n9,") + "\n"},
        "cases.csv: column 1 of the header has no name",
    ),
    "no case column": ({"cases": without("case")}, "cases.csv: column 'case' is missing."),
    "no outcome column": ({"cases": without("death")}, "cohort.toml: column 'death' (outcome) is in no table."),
    "outcome misspelt": (
        {"cases": CASES.replace("death", "deaths")},
        "column 'death' (outcome) is in no table. Did you mean 'deaths'?",
    ),
    "no landmark column": ({"cases": without("ended")}, "cohort.toml: column 'ended' (landmark) is in no table."),
    "no time in notes": ({"notes": NOTES_CSV.replace("time", "when")}, "notes.csv: column 'time' is missing."),
    "no value in series": (
        {"series": SERIES_CSV.replace("value", "values")},
        "series.csv: column 'value' is missing. Did you mean 'values'?",
    ),
    "nul bytes": ({"cases": CASES.replace("f", "\0", 1)}, "cases.csv: is not UTF-8 text"),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_broken_file_is_named(tmp_path: Path, kind: str) -> None:
    changed, words = FILES[kind]
    found = grave(tiny(tmp_path / "tiny", **changed))
    assert any(words in line for line in found), found
    assert SECRET not in "\n".join(found)


@pytest.mark.parametrize("path", ["../cases.csv", "/etc/passwd.csv", "a/../../cases.csv", "..\\cases.csv", "C:\\cases.csv"])
def test_a_path_that_leaves_the_folder_is_refused(tmp_path: Path, path: str) -> None:
    (tmp_path / "cases.csv").write_text(CASES)
    folder = tiny(tmp_path / "tiny", toml=TOML.replace('"cases.csv"', f"'{path}'"))
    assert any(f"{path}: the path leaves the folder" in line for line in grave(folder))


def test_a_link_that_leaves_the_folder_is_refused_and_one_that_stays_is_not(tmp_path: Path) -> None:
    folder = tiny(tmp_path / "tiny")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "cases.csv").write_text(CASES)
    (folder / "kept.csv").write_text(CASES)
    (folder / "inside.csv").symlink_to("kept.csv")
    (folder / "link.csv").symlink_to(tmp_path / "outside" / "cases.csv")
    (folder / "linked").symlink_to(tmp_path / "outside")
    (folder / "gone.csv").symlink_to(tmp_path / "nothing")
    for name, words in (
        ("link.csv", "is a link that leaves"),
        ("linked/cases.csv", "lies behind a link"),
        ("gone.csv", "is a link that leaves"),
    ):
        (folder / "cohort.toml").write_text(TOML.replace('"cases.csv"', f'"{name}"'))
        assert any(f"{name}: {words}" in line for line in grave(folder)), name
    (folder / "cohort.toml").write_text(TOML.replace('"cases.csv"', '"inside.csv"'))
    assert not grave(folder)
    (folder / "cohort.toml").unlink()
    (tmp_path / "cohort.toml").write_text(TOML)
    (folder / "cohort.toml").symlink_to(tmp_path / "cohort.toml")
    with pytest.raises(Refused, match="is a link that leaves the folder"):
        examined(folder)


@pytest.mark.parametrize(
    ("file", "words"),
    [("none.csv", "there is no such file"), ("sub", "of a kind that is not read"), ("cases.xlsx", "of a kind that is not read")],
)
def test_a_missing_or_strange_file_is_named(tmp_path: Path, file: str, words: str) -> None:
    folder = tiny(tmp_path / "tiny", toml=TOML.replace('"cases.csv"', f'"{file}"'))
    (folder / "sub").mkdir()
    (folder / "cases.xlsx").write_bytes(b"PK")
    found = grave(folder)
    assert any(line.startswith(f"{file}: ") and words in line for line in found)
    # No echo: nothing is said of notes whose cases could not be read.
    assert len(found) == 1


@pytest.mark.parametrize("content", [b"", b"not parquet", b"PAR1 and no more"])
def test_a_broken_parquet_or_gzip_file_is_named(tmp_path: Path, content: bytes) -> None:
    for name in ("cases.parquet", "cases.csv.gz"):
        folder = tiny(tmp_path / name, toml=TOML.replace('"cases.csv"', f'"{name}"'))
        (folder / name).write_bytes(content)
        assert any(line.startswith(f"{name}: ") for line in grave(folder))


def test_a_gzip_file_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    import gzip

    whole = gzip.compress((CASES + "".join(f"x{i},p{i},9,1,f,{os.urandom(9).hex()},0,0\n" for i in range(3000))).encode())
    folder = tiny(tmp_path / "tiny", toml=TOML.replace('"cases.csv"', '"cases.csv.gz"'))
    (folder / "cases.csv.gz").write_bytes(whole[: len(whole) // 2])
    assert any("cases.csv.gz: cannot be read" in line and "is it whole?" in line for line in grave(folder))


def test_parquet_columns_of_types_that_are_not_read_are_refused_by_name(tmp_path: Path) -> None:
    folder = tiny(tmp_path / "tiny", toml=TOML.replace('"cases.csv"', '"cases.parquet"'))
    frame = pd.read_csv(folder / "cases.csv")
    table = pa.Table.from_pandas(frame).append_column("lists", pa.array([[1]] * 6))
    table = table.append_column("zoned", pa.array(pd.date_range("2020", periods=6, tz="UTC")))
    pa.parquet.write_table(table.append_column("raw", pa.array([b"x"] * 6)), folder / "cases.parquet")
    found = grave(folder)
    for name in ("lists", "zoned", "raw"):
        assert any(f"cases.parquet, column '{name}': is of the Parquet type" in line for line in found)


def test_rows_after_ragged_ones_keep_their_numbers_over_many_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datasets.folder.batches.BLOCK_BYTES", 1 << 12)
    lines = [f"a,{-i % 100},hr,80" for i in range(20_000)]
    lines[100], lines[9_000] = "a,1", "a,1,hr,80,1"
    lines[101], lines[8_999], lines[9_001], lines[19_999] = ("a,1,hr,x",) * 4
    found = grave(tiny(tmp_path / "tiny", series="case,time,variable,value\n" + "\n".join(lines) + "\n"))
    assert any("series.csv, data rows 101, 9001: has more or fewer cells" in line for line in found)
    assert any("column 'value', data rows 102, 9000, 9002, 20000: the cell is not a number" in line for line in found)
