"""Table 1 on a cohort that can be counted by hand, and on real ones against a plain recount."""

from __future__ import annotations

import csv
import os
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import datasets
from bench.reporting.grid import Grid
from bench.reporting.table_one import tables
from bench.reporting.table_one.columns import characteristics
from bench.reporting.table_one.show import text
from bench.reporting.table_one.withheld import guarded, patients_by
from bench.reporting.table_one.write import write
from datasets import Card, Cohort, Refused, Series

CASES = 40
NAN = np.nan


def cohort(**parts: object) -> Cohort:
    """40 cases of 30 patients (the first ten have two), two centres, two note fields, two channels."""
    first = np.zeros(CASES, np.float32)
    first[:12] = 1
    second = np.zeros(CASES, np.float32)
    second[8:20] = 1
    third = np.full(CASES, NAN, np.float32)
    third[:10] = [1, 1, 1, 1, 1, 1, 0, 0, 0, 0]
    values = np.ones((CASES, 3, 2), np.float32)
    values[:, 1:] = NAN
    values[:8, :, 0] = NAN
    values[:6, :, 1] = NAN
    made: dict[str, object] = {
        "card": Card("toy", "A toy", "made", "MIT", "nobody", "now", {"a": "first", "b": "second", "c": "third"}),
        "patient": np.concatenate([np.arange(30), np.arange(10)]) + 100,
        "outcomes": pd.DataFrame({"a": first, "b": second, "c": third}),
        "tabular": pd.DataFrame({"age": np.arange(CASES, dtype=np.float32)}),
        "text": pd.DataFrame({"before": [""] * 5 + ["seen"] * 35, "after": [" "] * 10 + ["seen"] * 30}),
        "series": Series(values, ("hr", "map"), ("1/min", "mmHg"), np.arange(3.0)),
        "centre": np.arange(CASES) % 2,
    }
    return Cohort(**(made | parts))  # type: ignore[arg-type]


def lines(grid: Grid) -> list[tuple[str, ...]]:
    return [tuple(cell.text for cell in row) for row in grid.rows]


def described(values: object, patient: np.ndarray | None = None) -> list[tuple[str, ...]]:
    table = pd.DataFrame({"column": values})
    return lines(characteristics(table, np.arange(len(table)) if patient is None else patient))


def levels(**counts: int) -> pd.Categorical:
    """A column with so many cases of each level; `none` are missing."""
    known = [level for level, count in counts.items() for _ in range(count) if level != "none"]
    return pd.Categorical([*known, *[None] * counts.get("none", 0)])


def test_the_cohort_in_numbers() -> None:
    found = dict(lines(tables(cohort())["cohort"]))
    assert found == {
        "patients": "30",
        "cases": "40",
        "centres": "2",
        "tabular columns": "1",
        "note fields": "2",
        "series": "2 channels, 3 bins",
    }
    official = np.arange(CASES) < 7
    bare = cohort(text=None, series=None, tabular=None, centre=None, official=official)
    assert dict(lines(tables(bare)["cohort"])) == {
        "patients": "30",
        "cases": "40",
        "cases that the source keeps for testing": "7",
    }
    assert "characteristics" not in tables(bare)


def test_events_are_always_shown() -> None:
    assert lines(tables(cohort())["outcomes"]) == [
        ("a", "40", "12", "30.00"),
        ("b", "40", "12", "30.00"),
        ("c", "10", "6", "60.00"),
    ]
    rare = pd.DataFrame({"a": np.array([1, 1] + [0] * 38, np.float32), "b": np.full(CASES, NAN, np.float32)})
    assert lines(tables(cohort(outcomes=rare))["outcomes"]) == [("a", "40", "2", "5.00"), ("b", "0", "0", "–")]


def test_outcomes_together() -> None:
    found = tables(cohort())
    # a and b: cases 8 to 11, four patients of two cases each at most. a and c: cases 0 to 5. b and c: none.
    assert lines(found["together"]) == [("1 a", "12", "<5", "6"), ("2 b", "<5", "12", "0"), ("3 c", "6", "0", "6")]
    # c is known for ten of the twelve cases with a, and for two with b.
    assert lines(found["together_share"]) == [("1 a", "–", "<5", "60.0"), ("2 b", "<5", "–", "0.0"), ("3 c", "100.0", "0.0", "–")]


def test_an_outcome_that_never_happens_has_no_share() -> None:
    none = pd.DataFrame({"a": np.zeros(CASES, np.float32), "b": np.ones(CASES, np.float32)})
    assert lines(tables(cohort(outcomes=none))["together_share"]) == [("1 a", "–", "–"), ("2 b", "0.0", "–")]


def test_cases_without_a_modality_a_field_a_channel() -> None:
    assert lines(tables(cohort())["missing"]) == [
        ("tabular", "all columns", "0", "0.0"),
        ("text", "all notes", "5", "12.5"),
        ("text", "before", "5", "12.5"),
        ("text", "after", "10", "25.0"),
        ("series", "all channels", "6", "15.0"),
        ("series", "hr", "8", "20.0"),
        ("series", "map", "6", "15.0"),
    ]


def test_a_modality_missing_for_few_patients_is_withheld() -> None:
    # Cases 0 to 3 and 30 to 33 are those of four patients.
    few = np.isin(np.arange(CASES) % 30, range(4))
    table = pd.DataFrame({"age": np.where(few, NAN, 50).astype(np.float32)})
    assert few.sum() == 8
    assert lines(tables(cohort(tabular=table))["missing"])[0] == ("tabular", "all columns", "<5", "<5")


def test_pieces_of_a_long_cohort_are_put_together(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = tables(cohort())
    monkeypatch.setattr("bench.reporting.table_one.absent.CASES_AT_ONCE", 7)
    monkeypatch.setattr("bench.reporting.table_one.columns.VALUES_AT_ONCE", 50)
    assert tables(cohort()) == whole


def test_a_measurement_is_its_quartiles_with_digits_that_fit() -> None:
    assert described(np.arange(101, dtype=np.float32)) == [("column", "", "0", "50 [25, 75]")]
    assert described(np.arange(101) / 1000) == [("column", "", "0", "0.050 [0.025, 0.075]")]
    assert described(np.arange(101) / 10 + 0.01) == [("column", "", "0", "5.0 [2.5, 7.5]")]
    assert described([*(np.arange(90) + 0.5), *[NAN] * 10]) == [("column", "", "10 (10.0)", "45 [23, 67]")]
    assert described([7.5] * 30) == [("column", "", "0", "7.5 [7.5, 7.5]")]


def test_a_column_of_nothing_is_a_dash() -> None:
    assert described(np.full(20, NAN)) == [("column", "", "20 (100.0)", "–")]
    assert described(pd.Categorical([None] * 20, categories=["a"])) == [("column", "", "20 (100.0)", "–")]


def test_levels_stand_by_frequency_with_their_share_of_the_known() -> None:
    assert described(levels(b=10, a=30, none=10)) == [("column", "a", "10 (20.0)", "30 (75.0)"), ("", "b", "", "10 (25.0)")]


def test_ordered_levels_and_few_whole_numbers_keep_their_order() -> None:
    ordered = pd.Categorical(["low"] * 10 + ["high"] * 20, categories=["low", "high", "never"], ordered=True)
    assert [line[1] for line in described(ordered)] == ["low", "high"]
    asa = [3.0] * 20 + [1.0] * 5 + [2.0] * 10 + [10.0] * 5
    assert [line[1:] for line in described(asa)] == [
        ("1", "0", "5 (12.5)"),
        ("2", "", "10 (25.0)"),
        ("3", "", "20 (50.0)"),
        ("10", "", "5 (12.5)"),
    ]


def test_of_yes_and_no_the_yes_is_shown() -> None:
    assert described([0.0] * 30 + [1.0] * 10) == [("column", "1", "0", "10 (25.0)")]
    assert described([0.0] * 40) == [("column", "0", "0", "40 (100.0)")]
    assert described(np.array([True] * 10 + [False] * 30)) == [("column", "False", "0", "30 (75.0)"), ("", "True", "", "10 (25.0)")]


def test_many_levels_are_cut_and_counted() -> None:
    many = levels(**{f"l{i:02}": 40 - i for i in range(14)})
    found = described(many)
    assert [line[1] for line in found] == [*(f"l{i:02}" for i in range(10)), "(4 more levels)"]
    assert found[-1][3].startswith(f"{30 + 29 + 28 + 27} ")
    assert len(described(levels(**{f"l{i:02}": 40 - i for i in range(11)}))) == 11


def test_many_rare_levels_are_counted_and_not_named() -> None:
    names = {f"patient {i}": 1 for i in range(12)}
    found = described(levels(common=20, rare=6, **names))
    assert [line[1:] for line in found] == [
        ("common", "0", "20 (52.6)"),
        ("rare", "", "6 (15.8)"),
        ("(12 more levels)", "", "12 (31.6)"),
    ]
    assert [line[1] for line in described(levels(**names))] == ["(12 more levels)"]
    three = described(levels(common=20, a=4, b=3, c=2))
    assert [line[1:] for line in three[1:]] == [("a", "", "<5"), ("b", "", "<5"), ("c", "", "<5")]
    assert [line[3] for line in described(levels(common=20, a=1, b=1, c=1, d=1))] == ["withheld", "<5"]


def test_a_few_numbers_of_a_few_patients_are_a_measurement() -> None:
    assert described([47.0, 55.0, 61.0, 62.0, 66.0, 70.0]) == [("column", "", "0", "62 [56, 65]")]


def test_words_that_the_library_uses_itself_do_not_disturb_it() -> None:
    table = pd.DataFrame({"n": levels(n=10, Missing=20, none=0), "Missing": np.arange(30.0), "Overall": levels(nan=10, None_=20)})
    assert lines(characteristics(table, np.arange(30))) == [
        ("n", "Missing", "0", "20 (66.7)"),
        ("", "n", "", "10 (33.3)"),
        ("Missing", "", "0", "14 [7, 22]"),
        ("Overall", "None_", "0", "20 (66.7)"),
        ("", "nan", "", "10 (33.3)"),
    ]


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([30, 20, 10], ["30", "20", "10"]),
        ([30, 20, 3], ["30", "withheld", "<5"]),  # 3 would be the total less the others
        ([30, 20, 3, 2], ["30", "20", "<5", "<5"]),
        ([30, 20, 2, 2], ["30", "withheld", "<5", "<5"]),  # four patients in two levels: too few together
        ([30, 4], ["withheld", "<5"]),
        ([30, 0, 4], ["withheld", "0", "<5"]),
        ([3], ["<5"]),
        ([5, 5], ["5", "5"]),
    ],
)
def test_small_cells_are_withheld_and_cannot_be_reckoned(counts: list[int], expected: list[str]) -> None:
    assert guarded([str(count) for count in counts], counts) == expected


def test_patients_are_counted_not_cases() -> None:
    patient = np.array([0, 0, 0, 0, 0, 1, 1, 2])
    assert patients_by(patient, np.array([0, 0, 0, 0, 1, 1, -1, 0]), 3).tolist() == [2, 2, 0]
    # Six cases of one patient are one patient.
    found = described(levels(a=30, b=20, c=6), np.array([*range(50), *[7] * 6]))
    assert [line[3] for line in found] == ["30 (53.6)", "withheld", "<5"]


def test_few_patients_of_a_measurement_are_withheld_on_both_sides() -> None:
    assert described([1.5, 2.5, 3.5, *[NAN] * 30]) == [("column", "", "withheld", "<5")]
    assert described([*(np.arange(30) + 0.5), NAN]) == [("column", "", "<5", "15 [8, 22]")]
    assert described([0.0] * 30 + [1.0] * 3) == [("column", "1", "0", "<5")]
    assert described([0.0] * 3 + [1.0] * 30) == [("column", "1", "0", "withheld")]


def real(name: str) -> Cohort:
    home = Path(os.environ.get("CLINICAL_MTL_DATA") or Path(__file__).resolve().parents[3] / "../shared/data")
    if not (home / name).is_dir():
        pytest.skip(f"no {name} below {home}: set CLINICAL_MTL_DATA to the data home")
    return datasets.load(name, home)


@pytest.fixture(scope="module")
def vitaldb() -> Cohort:
    return real("vitaldb")


@pytest.fixture(scope="module")
def parts(vitaldb: Cohort) -> dict[str, Grid]:
    return tables(vitaldb)


def test_real_columns_against_a_plain_recount(vitaldb: Cohort, parts: dict[str, Grid]) -> None:
    found = {line[0]: line for line in lines(parts["characteristics"])}
    assert vitaldb.tabular is not None
    age = vitaldb.tabular["age"].to_numpy(dtype=np.float64)
    low, middle, high = np.percentile(age, [25, 50, 75])
    assert found["age"] == ("age", "", "0", f"{middle:.0f} [{low:.0f}, {high:.0f}]")
    men = int((vitaldb.tabular["sex"] == "M").sum())
    assert found["sex"] == ("sex", "M", "0", f"{men} ({100 * men / 6388:.1f})")
    assert found["preop_hb"][2] == "341 (5.3)"


def test_no_printed_count_of_the_real_table_stands_for_one_to_four(parts: dict[str, Grid]) -> None:
    printed = [cell for name in ("characteristics", "missing", "together") for line in lines(parts[name]) for cell in line[2:]]
    counts = [int(cell.split()[0]) for cell in printed if re.fullmatch(r"\d+( \([\d.]+\))?", cell)]
    assert len(counts) > 150
    assert not [count for count in counts if 0 < count < 5]
    assert "<5" in printed


@pytest.mark.parametrize("width", [72, 80, 120])
def test_no_line_is_wider_than_asked_and_no_number_is_cut(parts: dict[str, Grid], width: int) -> None:
    said = text(parts, width)
    assert max(map(len, said.splitlines())) <= width
    assert "…" not in said
    for name, grid in parts.items():
        assert grid.title in said
        for line in lines(grid):
            for cell in line[2 if name in ("characteristics", "missing") else 1 :]:
                assert cell in said


def test_a_dozen_outcomes_go_on_several_pages() -> None:
    names = [f"complication_number_{i}" for i in range(12)]
    rng = np.random.default_rng(0)
    many = pd.DataFrame((rng.random((CASES, 12)) < 0.5).astype(np.float32), columns=names)
    parts = tables(cohort(outcomes=many))
    said = text(parts, 80)
    assert max(map(len, said.splitlines())) <= 80
    share = said.split(parts["together_share"].title)[1].split("Cases with nothing")[0]
    heads = [line.split()[1:] for line in share.splitlines() if line.startswith("outcome")]
    assert len(heads) > 1
    assert [number for head in heads for number in head] == [str(i) for i in range(1, 13)]


def test_names_cannot_draw_on_the_terminal_or_page(tmp_path: Path) -> None:
    odd = pd.DataFrame({"[red]x|y\x1b[31m": np.arange(CASES, dtype=np.float32)})
    parts = tables(cohort(tabular=odd))
    assert "[red]x|y" in text(parts, 80)
    assert "\x1b" not in text(parts, 80)
    write(parts, cohort().card, tmp_path)
    assert "\\[red\\]x\\|y" in (tmp_path / "table_one.md").read_text()


def test_it_is_written_as_markdown_and_csv(tmp_path: Path) -> None:
    parts = tables(cohort())
    written = write(parts, cohort().card, tmp_path / "a" / "b")
    assert {path.name for path in written} == {path.name for path in (tmp_path / "a" / "b").iterdir()}
    assert {path.name for path in written} == {"table_one.md", *(f"table_one_{name}.csv" for name in parts)}
    for name, grid in parts.items():
        with (tmp_path / "a" / "b" / f"table_one_{name}.csv").open(newline="", encoding="utf-8") as file:
            assert [tuple(row) for row in csv.reader(file)] == [grid.columns, *lines(grid)]
    page = (tmp_path / "a" / "b" / "table_one.md").read_text(encoding="utf-8")
    assert all(f"## {grid.title}" in page for grid in parts.values())
    assert "- a: first" in page
    assert "- Licence: MIT" in page
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused, match=r"--out .*file: cannot be written"):
        write(parts, cohort().card, tmp_path / "file")
