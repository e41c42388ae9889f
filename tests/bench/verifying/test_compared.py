"""Compared: what counts as the same number, and that everything in a file is either checked or counted as not checked."""

from pathlib import Path

import pytest

from bench.verifying.compared import agrees, compared
from bench.verifying.expected import LEFT_OUT, Expected

ROWS = [
    {"method": "a", "fold": 1, "auc": 0.8123456, "n": 600, "verdict": "helped", "low": None},
    {"method": "b", "fold": 1, "auc": 0.5, "n": 600, "verdict": "harmed", "low": LEFT_OUT},
]
EXPECTED = Expected("main", ("method", "fold"), ROWS, "hand")
TEXT = "method,fold,auc,n,verdict,low\na,1,0.812346,600,helped,\nb,1,0.5,600,harmed,0.4\n"


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "main.csv"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("stands", "expected", "same"),
    [
        ("0.812346", 0.8123456, True),
        ("0.812345", 0.8123456, True),  # a tie may go to either side: one unit of the sixth digit
        ("0.812344", 0.8123456, False),
        ("0.812348", 0.8123456, False),
        ("1.23457e-05", 1.234568e-05, True),
        ("1.23459e-05", 1.234568e-05, False),
        ("999999", 1e6, True),
        ("-0.812346", 0.8123456, False),
        ("0", 1e-17, True),
        ("0", 1e-8, False),
        ("600", 600, True),
        ("601", 600, False),
        ("", float("nan"), True),
        ("", None, True),
        ("0.5", None, False),
        ("", 0.5, False),
        ("nan", 0.5, False),
        ("inf", 0.5, False),
        ("helped", "helped", True),
        ("harmed", "helped", False),
        ("True", True, True),
        ("1", True, False),
    ],
)
def test_six_digits_are_the_same_or_they_are_not(stands: str, expected: object, same: bool) -> None:
    assert agrees(stands, expected)[0] is same


def test_a_file_as_expected_has_no_finding_and_says_how_far_off_its_worst_number_is(tmp_path: Path) -> None:
    told = compared(written(tmp_path, TEXT), EXPECTED)
    assert told.findings == []
    assert (told.numbers, told.left_out, told.unchecked) == (4, 1, 0)
    assert told.worst == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("stands", "altered", "said"),
    [
        ("0.812346", "0.812446", "main.csv, line 2 (a, 1), column auc: 0.812446 stands there; recomputed: 0.812346"),
        ("600,harmed", "599,harmed", "main.csv, line 3 (b, 1), column n: 599 stands there; recomputed: 600"),
        ("harmed", "helped", "main.csv, line 3 (b, 1), column verdict: helped stands there; recomputed: harmed"),
        ("helped,\n", "helped,0.7\n", "main.csv, line 2 (a, 1), column low: 0.7 stands there; recomputed: nothing"),
        ("b,1", "c,1", "main.csv, line 3 (c, 1): a row that does not follow from the records."),
        ("b,1", "a,1", "main.csv, line 3 (a, 1): a second row of this kind."),
        ("0.4\n", "0.4,7\n", "main.csv, line 3: 7 cells under 6 columns."),
        (",low", ",lower", "main.csv, line 1: column low is missing."),
        ("method,fold", "method,part", "main.csv, line 1: column fold is missing."),
    ],
)
def test_what_is_wrong_is_named_by_line_row_and_column(tmp_path: Path, stands: str, altered: str, said: str) -> None:
    assert TEXT.count(stands) >= 1
    told = compared(written(tmp_path, TEXT.replace(stands, altered, 1)), EXPECTED)
    assert said in [str(finding) for finding in told.findings]


def test_a_missing_row_is_named(tmp_path: Path) -> None:
    told = compared(written(tmp_path, TEXT.rsplit("b,1", 1)[0]), EXPECTED)
    assert [str(finding) for finding in told.findings] == ["main.csv, row (b, 1): the row is missing."]


def test_a_column_or_a_file_that_nobody_expects_is_counted_as_not_checked(tmp_path: Path) -> None:
    more = "\n".join(f"{line}{end}" for line, end in zip(TEXT.splitlines(), (",new", ",0.25", ","), strict=True)) + "\n"
    told = compared(written(tmp_path, more), EXPECTED)
    assert (told.findings, told.unchecked) == ([], 1)
    assert compared(written(tmp_path, TEXT), None).unchecked == 11


def test_an_empty_file_is_found(tmp_path: Path) -> None:
    assert "empty" in str(compared(written(tmp_path, ""), EXPECTED).findings[0])
