"""Broken cells, rows and times: each named by file, column and row, and never shown."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from datasets import Refused
from datasets.folder import examined, load
from tests.datasets.folders import (
    BINS,
    CASES,
    COLUMNS,
    LANDMARK,
    NOTES,
    NOTES_CSV,
    OUTCOMES,
    SECRET,
    SERIES,
    SERIES_CSV,
    TABLES,
    TOML,
    cell,
    grave,
    mild,
    tiny,
)

CELLS = {
    "word": ({"cases": cell(3, "age", SECRET)}, "cases.csv, column 'age', data row 3: the cell is not a number"),
    "two words": (
        {"cases": cell(5, "age", SECRET, cell(3, "age", SECRET))},
        "column 'age', data rows 3, 5: the cell is not a number",
    ),
    "a category?": ({"cases": cell(3, "age", SECRET)}, "if the column holds categories, list it under `categories`"),
    "thousands": ({"cases": cell(3, "age", '"1,047"')}, "data row 3: the cell is a number with a decimal comma"),
    "space inside": ({"cases": cell(3, "age", "1 047")}, "data row 3: the cell is not a number"),
    "decimal comma": (
        {"cases": cell(1, "lactate", '"1,5"')},
        "column 'lactate', data row 1: the cell is a number with a decimal comma; say decimal = \",\"",
    ),
    "infinite": ({"cases": cell(2, "age", "inf")}, "data row 2: the cell is infinite or too large"),
    "minus infinite": ({"cases": cell(2, "age", "-Infinity")}, "data row 2: the cell is infinite or too large"),
    "overflowing": ({"cases": cell(2, "age", "1e400")}, "data row 2: the cell is infinite or too large"),
    "huge": ({"cases": cell(2, "age", "9" * 45)}, "data row 2: the cell is infinite or too large"),
    "question mark": (
        {"cases": cell(2, "age", "?")},
        "data row 2: the cell holds only a sign such as - or ?; if it means missing, say so",
    ),
    "dash": ({"cases": cell(2, "age", "-")}, "data row 2: the cell holds only a sign"),
    "sign as category": ({"cases": cell(2, "sex", "?")}, "column 'sex', data row 2: the cell holds only a sign such as - or ?"),
    "hexadecimal": ({"cases": cell(2, "age", "0x1F")}, "data row 2: the cell is not a number"),
    "underscore": ({"cases": cell(2, "age", "1_0")}, "data row 2: the cell is not a number"),
    "arabic digits": ({"cases": cell(2, "age", "٤٢")}, "data row 2: the cell is not a number"),
    "outcome 2": (
        {"cases": cell(2, "kidney", "2")},
        "column 'kidney', data row 2: the cell holds something else than 1, 0 or nothing",
    ),
    "outcome TRUE": (
        {"cases": cell(2, "kidney", "TRUE")},
        "column 'kidney', data row 2: the cell holds something else than 1, 0 or nothing (nor are TRUE",
    ),
    "outcome word": ({"cases": cell(2, "kidney", SECRET)}, "column 'kidney', data row 2: the cell holds something else than 1, 0"),
    "outcome half": ({"cases": cell(2, "kidney", "0.5")}, "column 'kidney', data row 2: the cell holds something else than 1, 0"),
    "case empty": ({"cases": cell(2, "case", "")}, "column 'case', data row 2: the cell is empty; every row needs its case"),
    "case twice": ({"cases": cell(2, "case", "a")}, "column 'case', data row 2: the case stands in a row before"),
    "patient empty": ({"cases": cell(2, "patient", "")}, "column 'patient', data row 2: the cell is empty"),
    "landmark empty": ({"cases": cell(2, "ended", "")}, "column 'ended': 1 of 6 cases have no landmark"),
    "landmark word": ({"cases": cell(2, "ended", SECRET)}, "column 'ended', data row 2: the cell is not a number"),
    "note of an unknown case": (
        {"notes": cell(4, "case", SECRET, NOTES_CSV)},
        "notes.csv, column 'case', data row 4: the first table has no such case",
    ),
    "note without case": ({"notes": cell(4, "case", "", NOTES_CSV)}, "notes.csv, column 'case', data row 4: the cell is empty"),
    "note without time": (
        {"notes": cell(4, "time", "", NOTES_CSV)},
        "notes.csv, column 'time', data row 4: the cell is empty; without a time",
    ),
    "note with a wrong time": (
        {"notes": cell(4, "time", SECRET, NOTES_CSV)},
        "notes.csv, column 'time', data row 4: the cell is not a number",
    ),
    "row after a quoted line break": (
        {"notes": NOTES_CSV + "e,x,y\n"},
        "notes.csv, column 'time', data row 6: the cell is not a number",
    ),
    "measurement of an unknown case": (
        {"series": cell(4, "case", SECRET, SERIES_CSV)},
        "series.csv, column 'case', data row 4: the first table",
    ),
    "unknown variable": (
        {"series": cell(4, "variable", SECRET, SERIES_CSV)},
        "series.csv, column 'variable', data row 4: `variables` does not list",
    ),
    "measurement that is no number": (
        {"series": cell(2, "value", SECRET, SERIES_CSV)},
        "series.csv, column 'value', data row 2: the cell is not a number",
    ),
    "infinite measurement": (
        {"series": cell(2, "value", "inf", SERIES_CSV)},
        "series.csv, column 'value', data row 2: the cell is infinite",
    ),
    "one class": ({"cases": CASES.replace(",1\n", ",0\n")}, "cases.csv, column 'death': has one class: every known case is 0"),
    "no known outcome": (
        {"cases": CASES.replace(",1\n", ",\n").replace(",0\n", ",\n")},
        "cases.csv, column 'death': is unknown for every case",
    ),
    "dates where numbers are due": (
        {"notes": NOTES_CSV.replace("170", "2021-03-04").replace("-30", "2021-03-04").replace("181", "2021-03-04")},
        "notes.csv, column 'time', data rows 1, 2, 3, 4, 5: the cell is a date, but [landmark] at is a number",
    ),
    "all notes later": (
        {"notes": "case,time,text\na,999,x\nb,999,y\n"},
        "notes.csv: every row is timed after the landmark; times count from it",
    ),
    "notes with nothing in them": ({"notes": "case,time,text\na,1,\nb,2,NA\n"}, "text: is empty: no case has a note"),
    "measured never": ({"series": "case,time,variable,value\na,100,hr,\n"}, "series: is empty: no case has a measurement"),
}


@pytest.mark.parametrize("kind", CELLS)
def test_a_broken_cell_is_named_by_file_column_and_row(tmp_path: Path, kind: str) -> None:
    changed, words = CELLS[kind]
    folder = tiny(tmp_path / "tiny", **changed)
    found = grave(folder)
    assert any(words in line for line in found), found
    assert SECRET not in "\n".join(found)
    with pytest.raises(Refused) as refused:
        load(folder)
    assert all(line in str(refused.value) for line in found)


def test_truth_values_are_outcomes_in_parquet_and_infinite_numbers_are_not_read(tmp_path: Path) -> None:
    folder = tiny(tmp_path / "tiny", toml=TOML.replace('"cases.csv"', '"cases.parquet"'))
    frame = pd.read_csv(folder / "cases.csv")
    frame["death"] = frame["death"] == 1
    frame.to_parquet(folder / "cases.parquet")
    assert not grave(folder)
    frame["lactate"] = [1.0, np.inf, -np.inf, 1e39, np.nan, 2]
    frame.to_parquet(folder / "cases.parquet")
    assert any("column 'lactate', data rows 2, 3, 4: the cell is infinite" in line for line in grave(folder))


def test_columns_filled_with_hindsight_are_refused_by_row(tmp_path: Path) -> None:
    cases = "case,ended,began,left,peak,peak_at,kidney,death\n"
    cases += "a,2021-03-04 12:00,2021-03-04 09:00,2021-03-09,5,2021-03-04 11:00,1,0\n"
    cases += "b,2021-03-05 12:00,2021-03-05 09:00,2021-03-05 11:00,6,2021-03-05 13:00,0,1\n"
    cases += "c,2021-03-06 12:00,06.03.2021,,7,,0,0\n"
    columns, tables = (
        COLUMNS.replace('patient = "patient"\n', ""),
        TABLES + 'times = ["began", "left"]\nmeasured = {peak = "peak_at"}\n',
    )
    toml = TOML.split("[columns]", maxsplit=1)[0] + columns + LANDMARK + OUTCOMES
    found = grave(tiny(tmp_path / "tiny", cases=cases, toml=toml + tables))
    assert any("column 'left', data row 1: the cell is timed after the landmark" in line for line in found)
    assert any("column 'began', data row 3: the cell is not a date; allowed are 2021-03-04" in line for line in found)
    assert any("column 'peak', data row 2: the cell is timed after the landmark" in line for line in found)
    assert any("column 'peak', data row 3: the cell has a value, but no time in 'peak_at'" in line for line in found)
    found = grave(tiny(tmp_path / "unsaid", cases=cases, toml=toml + TABLES))
    for name in ("began", "left", "peak_at"):
        assert any(f"column '{name}': holds dates; list it under `times`" in line for line in found)


@pytest.mark.parametrize(
    "wrong", ["2021-02-30", "2021-13-01", "04/03/2021", "2021-03-04T10:00Z", "2021-03-04 25:00", "20210304x", SECRET]
)
def test_dates_that_do_not_parse_are_refused(tmp_path: Path, wrong: str) -> None:
    cases = "case,ended,age,kidney,death\n" + "".join(
        f"{name},2021-03-04 12:00,{age},{age % 2},{age % 3 % 2}\n" for age, name in enumerate("abcdef")
    )
    notes = f"case,time,text\na,2021-03-04,x\nb,2021-03-04,x\nc,{wrong},x\n"
    toml = TOML.split("[columns]", maxsplit=1)[0] + '[columns]\ncase = "case"\n' + LANDMARK + OUTCOMES + TABLES + NOTES
    found = grave(tiny(tmp_path / "tiny", cases=cases, notes=notes, toml=toml))
    assert len(found) == 1
    assert "notes.csv, column 'time', data row 3: the cell is not a date" in found[0]


def test_a_landmark_without_a_time_of_day_is_warned_of(tmp_path: Path) -> None:
    cases = "case,ended,age,kidney,death\n" + "".join(
        f"{name},2021-03-04,{age},{age % 2},{age % 3 % 2}\n" for age, name in enumerate("abcdef")
    )
    notes = "case,time,text\na,2021-03-04,x\nb,2021-03-04 08:00,x\n"
    toml = TOML.split("[columns]", maxsplit=1)[0] + '[columns]\ncase = "case"\n' + LANDMARK + OUTCOMES + TABLES + NOTES
    found = mild(tiny(tmp_path / "tiny", cases=cases, notes=notes, toml=toml))
    assert any("no landmark has a time of day" in line for line in found)
    assert any("1 of 2 rows (50.0%) are timed after the landmark" in line for line in found)


def test_a_second_table_is_held_to_the_cases_of_the_first(tmp_path: Path) -> None:
    more = f"case,sodium,age\na,140,1\n{SECRET},141,1\na,142,1\n"
    found = grave(tiny(tmp_path / "tiny", more=more, toml=TOML + '[[tables]]\nfile = "more.csv"\n'))
    assert any("more.csv, column 'case', data row 2: the first table has no such case" in line for line in found)
    assert any("more.csv, column 'case', data row 3: the case stands in a row before" in line for line in found)
    assert any("column 'age': stands in several tables" in line for line in found)
    assert SECRET not in "\n".join(found)


def test_numbers_without_a_unit_of_time_make_no_series(tmp_path: Path) -> None:
    found = grave(tiny(tmp_path / "tiny", toml=TOML.replace('unit = "min"\n', "")))
    assert any("series.csv: the times of series are numbers; say their unit" in line for line in found)


def test_a_grid_beyond_all_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datasets.folder.series._memory", lambda: 100)
    assert any("a grid of 6 cases, 2 bins and 2 variables needs" in line for line in grave(tiny(tmp_path / "tiny")))


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    cases = cell(1, "age", "x", cell(2, "case", "a", cell(3, "kidney", "7")))
    notes, series = cell(1, "time", "x", NOTES_CSV), cell(1, "variable", "x", SERIES_CSV)
    found = grave(tiny(tmp_path / "tiny", cases=cases, notes=notes, series=series))
    for place in (
        "'age', data row 1",
        "'case', data row 2",
        "'kidney', data row 3",
        "notes.csv, column 'time'",
        "series.csv, column 'variable'",
    ):
        assert any(place in line for line in found)


def test_no_message_says_a_value_of_a_patient(tmp_path: Path) -> None:
    """Every cell of every file in turn replaced by something strange: whatever is said, the cell is not in it."""
    for file, csv in (("cases", CASES), ("notes", NOTES_CSV.replace("\n", " ", 0)), ("series", SERIES_CSV)):
        header = csv.split("\n")[0].split(",")
        for row in (1, 2):
            for column in header:
                found = examined(tiny(tmp_path / "tiny", **{file: cell(row, column, SECRET, csv)})).findings
                assert SECRET not in "\n".join(map(str, found)), (file, column)


# Runs a command and says the most memory that it held, as the system counts it.
USED = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""


def test_one_bad_cell_among_a_million_rows_is_found_with_its_row(tmp_path: Path) -> None:
    rows = 1_000_000
    random = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"case": np.arange(rows), "ended": 10, "x1": random.normal(size=rows).round(3), "x2": random.integers(0, 99, rows)}
    )
    frame["kidney"], frame["death"] = random.integers(0, 2, (2, rows))
    text = frame["x1"].astype(str)
    text.iloc[765_432] = SECRET
    frame["x1"] = text
    folder = tiny(
        tmp_path / "tiny",
        toml=TOML.split("[columns]", maxsplit=1)[0]
        + COLUMNS.replace('patient = "patient"\n', "")
        + OUTCOMES
        + TABLES
        + '[landmark]\ntext = "x"\n',
    )
    frame.to_csv(folder / "cases.csv", index=False)
    # The real command, so that its memory is its own: about a third of this, most of it for libraries.
    # Started by a small process, for the most that a process held counts from before it began its own program.
    command = [sys.executable, "-c", USED, sys.executable, "-m", "bench", "check", "dataset", "./tiny"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    found = done.stderr.splitlines()
    assert len(found) == 1
    assert found[0].startswith("Error: cases.csv, column 'x1', data row 765433: the cell is not a number")
    assert int(done.stdout.splitlines()[-1]) * (1 if sys.platform == "darwin" else 1024) < 1.5e9


def test_bins_can_lie_before_the_landmark(tmp_path: Path) -> None:
    toml = TOML.replace(BINS, BINS.replace("stop = 0", "stop = -1"))
    assert any(
        "1 rows are" not in line and "timed before the first bin or after the last" in line
        for line in mild(tiny(tmp_path / "t", toml=toml))
    )
    assert SERIES in TOML


def test_times_written_as_hours_and_minutes_are_told_how_to_be_written(tmp_path: Path) -> None:
    series = "case,time,variable,value\na,01:30,hr,80\na,1:45:30,hr,x\nb,7,nothing,80\n"
    found = grave(tiny(tmp_path / "tiny", series=series))
    assert any("series.csv, column 'time', data rows 1, 2: the cell is written as hours and minutes" in line for line in found)
    # What else is wrong in such rows is told with it.
    assert any("series.csv, column 'value', data row 2" in line for line in found)
    assert any("series.csv, column 'variable', data row 3" in line for line in found)


def test_times_in_tables_are_time_before_the_landmark_and_later_ones_are_refused(tmp_path: Path) -> None:
    cases = CASES.replace("lactate", "admitted")
    toml = TOML.replace(TABLES, TABLES + 'times = ["admitted"]\n')
    found = examined(tiny(tmp_path / "tiny", cases=cases, toml=toml))
    assert found.cohort is not None
    assert found.cohort.tabular is not None
    row = found.cohort.tabular["age"].tolist().index(47)
    assert found.cohort.tabular["admitted"].iloc[row] == 120 - 2.25
    assert any(
        "column 'admitted', data row 4: the cell is timed after" in line
        for line in grave(tiny(tmp_path / "late", cases=cell(4, "admitted", "60.5", cases), toml=toml))
    )


@pytest.mark.parametrize(("name", "value"), [("mrn", "100{}"), ("x", "2021000{}"), ("x", "C-{}"), ("surname", "Zebra{}")])
def test_identifiers_are_refused_and_named_with_their_file(tmp_path: Path, name: str, value: str) -> None:
    rows = [f"c{i},{value.format(1000 + i)},{i % 9},{i % 2},{i % 3 % 2}" for i in range(60)]
    cases = f"case,{name},age,kidney,death\n" + "\n".join(rows) + "\n"
    toml = TOML.split("[columns]", maxsplit=1)[0] + '[columns]\ncase = "case"\n[landmark]\ntext = "x"\n' + OUTCOMES + TABLES
    found = grave(tiny(tmp_path / "tiny", cases=cases, toml=toml))
    assert len(found) == 1
    assert found[0].startswith(f"cases.csv, column '{name}': ")
    assert "1000" not in found[0]
    assert not grave(tiny(tmp_path / "tiny", cases=cases, toml=toml + f'ignore = ["{name}"]\n'))


def test_torn_rows_of_the_first_table_do_not_make_strangers_of_their_cases(tmp_path: Path) -> None:
    found = grave(tiny(tmp_path / "tiny", cases=CASES.replace("a,p1,180,", "a,p1,")))
    assert found == ["cases.csv, data row 1: has more or fewer cells than the header names (8); is a quotation mark open?"]


def test_a_fault_of_many_columns_is_told_once(tmp_path: Path) -> None:
    names = [f"x{i}" for i in range(30)]
    cases = f"case,{','.join(names)},kidney,death\n"
    cases += "".join(
        f"{case},{','.join(['?' if i == 2 else str(i)] * 30)},{i % 2},{i % 3 % 2}\n" for i, case in enumerate("abcdef")
    )
    toml = TOML.split("[columns]", maxsplit=1)[0] + '[columns]\ncase = "case"\n[landmark]\ntext = "x"\n' + OUTCOMES + TABLES
    found = grave(tiny(tmp_path / "tiny", cases=cases, toml=toml))
    assert len(found) == 1
    assert "cases.csv, 30 columns: the cell holds only a sign such as - or ?" in found[0]
    assert "'x0' (data row 3)" in found[0]
