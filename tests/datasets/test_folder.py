"""A folder becomes a cohort: worked by hand on six operations, and on the template's made-up patients."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import datasets
from datasets import Refused, cache
from datasets.folder import examined
from datasets.registry import entry
from tests.datasets.folders import BINS, CASES, LANDMARK, NOTES, NOTES_CSV, SERIES, SERIES_CSV, TOML, grave, mild, template, tiny


def read(folder: Path) -> datasets.Cohort:
    return entry(str(folder)).load(Path("nowhere"))


def by_age(cohort: datasets.Cohort) -> list[int]:
    """Rows of the cohort in the order of cases a to f, found again by age."""
    assert cohort.tabular is not None
    ages = cohort.tabular["age"].tolist()
    return [ages.index(age) for age in (61, 62, 47, 70, 55, 66)]


def test_inputs_and_outcomes_worked_by_hand(tmp_path: Path) -> None:
    cohort = read(tiny(tmp_path / "tiny"))
    cohort = cohort.take(by_age(cohort))
    assert cohort.tabular is not None
    assert list(cohort.tabular) == ["age", "sex", "lactate"]
    np.testing.assert_array_equal(cohort.tabular["lactate"], np.array([1.5, np.nan, 2.25, 0.5, 1, 3], np.float32))
    assert cohort.tabular["sex"].tolist() == ["f", "f", "m", "m", "f", "m"]
    assert cohort.tabular["age"].dtype == np.float32
    np.testing.assert_array_equal(cohort.outcomes["kidney"], [1, 0, 0, np.nan, 1, 0])
    np.testing.assert_array_equal(cohort.outcomes["death"], [0, 0, 1, 0, 1, 0])
    assert cohort.patient[0] == cohort.patient[1]
    assert sorted(np.bincount(cohort.patient)) == [1, 1, 1, 1, 2]
    assert cohort.card.name == "tiny"
    assert cohort.card.outcomes == {"kidney": "Kidney injury.", "death": "Death in hospital."}


def test_notes_are_joined_in_the_order_of_their_times_and_cut_at_the_landmark(tmp_path: Path) -> None:
    cohort = read(tiny(tmp_path / "tiny"))
    assert cohort.text is not None
    notes = cohort.text["text"].iloc[by_age(cohort)].tolist()
    assert notes == ["first note\nsecond note", "at the landmark", "", "one, with\na line break", "", ""]


def test_series_are_means_of_bins_that_end_at_the_landmark(tmp_path: Path) -> None:
    cohort = read(tiny(tmp_path / "tiny"))
    assert cohort.series is not None
    values = cohort.series.values[by_age(cohort)]
    assert (cohort.series.channels, cohort.series.units) == (("hr", "map"), ("1/min", "mmHg"))
    assert (cohort.series.times.tolist(), cohort.series.time_unit) == ([-2, -1], "h")
    # Case a ends at 180: its bins are [60, 120) and [120, 180], the landmark itself in the last.
    np.testing.assert_array_equal(values[0, :, 0], [85, 65])
    # 500 lies outside the range that is said of the variable.
    np.testing.assert_array_equal(values[1, :, 1], [np.nan, 70])
    assert np.isnan(values[2:]).all()


def test_what_was_left_out_is_counted_and_stands_on_the_card(tmp_path: Path) -> None:
    folder = tiny(tmp_path / "tiny")
    found = mild(folder)
    assert "notes.csv: 1 of 5 rows (20.0%) are timed after the landmark; they are no inputs and were left out." in found
    assert "series.csv: 1 of 8 rows (12.5%) are timed after the landmark; they are no inputs and were left out." in found
    assert "series.csv: 1 rows are timed before the first bin or after the last one; left out." in found
    assert "series.csv: 1 rows are outside the range that is said of their variable; left out." in found
    # What goes to results and reports counts no few.
    assert read(folder).card.notes == (
        "Check: notes.csv: fewer than 5 of 5 rows are timed after the landmark; they are no inputs and were left out.",
        "Check: series.csv: fewer than 5 of 8 rows are timed after the landmark; they are no inputs and were left out.",
        "Check: series.csv: fewer than 5 rows are timed before the first bin or after the last one; left out.",
        "Check: series.csv: fewer than 5 rows are outside the range that is said of their variable; left out.",
    )


def test_what_happens_after_the_landmark_changes_no_input(tmp_path: Path) -> None:
    before = read(tiny(tmp_path / "before"))
    cases = CASES.replace("p1,180,61,f,1.5,1,0", "p1,180,61,f,1.5,0,1")
    notes = NOTES_CSV.replace("written later", "written otherwise") + "f,201,new\nc,999,new\n"
    series = SERIES_CSV.replace("180.5,hr,999", "181,hr,1") + "f,230,map,80\n"
    after = read(tiny(tmp_path / "after", cases=cases, notes=notes, series=series))
    assert after.inputs_key == before.inputs_key
    assert not after.outcomes.equals(before.outcomes)


def test_neither_the_order_of_rows_nor_identifiers_of_patients_are_in_the_cohort(tmp_path: Path) -> None:
    def turned(text: str) -> str:
        # The note with a line break in it is one row.
        head, *rows = text.replace("with\na", "with~a").strip().split("\n")
        return "\n".join([head, *rows[::-1], ""]).replace("~", "\n")

    plain = read(tiny(tmp_path / "one"))
    other = read(tiny(tmp_path / "two", cases=turned(CASES), notes=turned(NOTES_CSV), series=turned(SERIES_CSV)))
    assert datasets.content_hash(plain) == datasets.content_hash(other)
    renamed = read(tiny(tmp_path / "three", cases=CASES.replace(",p1,", ",x9,").replace(",p4,", ",000,")))
    assert datasets.content_hash(plain) == datasets.content_hash(renamed)


@pytest.mark.parametrize("how", ["numbers", "dates", "relative", "constant"])
def test_every_clock_gives_the_same_cohort(tmp_path: Path, how: str) -> None:
    expected = datasets.content_hash(read(tiny(tmp_path / "expected")))
    frames = {name: pd.read_csv(tmp_path / "expected" / f"{name}.csv") for name in ("cases", "notes", "series")}
    ended = frames["cases"].set_index("case")["ended"]
    toml = TOML
    for name in ("notes", "series"):
        late = frames[name]["time"] - frames[name]["case"].map(ended)
        if how == "dates":
            # Another day for each case; minutes beyond that are the same.
            day = pd.to_datetime("2024-02-27") + pd.to_timedelta(frames[name]["case"].map(ord) % 5, unit="D")
            frames[name]["time"] = (day + pd.to_timedelta(frames[name]["time"], unit="min")).astype(str)
        elif how != "numbers":
            frames[name]["time"] = late + (1_000 if how == "constant" else 0)
    if how == "dates":
        day = pd.to_datetime("2024-02-27") + pd.to_timedelta(frames["cases"]["case"].map(ord) % 5, unit="D")
        frames["cases"]["ended"] = (day + pd.to_timedelta(frames["cases"]["ended"], unit="min")).dt.strftime("%Y-%m-%dT%H:%M")
    elif how != "numbers":
        frames["cases"] = frames["cases"].drop(columns="ended")
        toml = TOML.replace('at = "ended"', "at = 1000" if how == "constant" else "at = 0")
    folder = tiny(tmp_path / how, toml=toml)
    for name, frame in frames.items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    assert datasets.content_hash(read(folder)) == expected


@pytest.mark.parametrize("how", ["parquet", "gzip", "semicolon", "bom_crlf_blanks"])
def test_every_kind_of_file_gives_the_same_cohort(tmp_path: Path, how: str) -> None:
    expected = datasets.content_hash(read(tiny(tmp_path / "expected")))
    folder = tiny(tmp_path / how)
    toml = TOML
    for name in ("cases", "notes", "series"):
        path = folder / f"{name}.csv"
        frame = pd.read_csv(path)
        if how == "parquet":
            frame.to_parquet(folder / f"{name}.parquet")
            toml = toml.replace(f"{name}.csv", f"{name}.parquet")
        elif how == "gzip":
            frame.to_csv(folder / f"{name}.csv.gz", index=False)
            toml = toml.replace(f"{name}.csv", f"{name}.csv.gz")
        elif how == "semicolon":
            frame.to_csv(path, index=False, sep=";", decimal=",")
            toml = toml.replace(f'file = "{name}.csv"\n', f'file = "{name}.csv"\nseparator = ";"\ndecimal = ","\n')
        else:
            text = path.read_text().replace("one, with\na", "~").replace(",", " , ").replace(' "', '"').replace("\n", "\r\n\r\n")
            path.write_bytes(b"\xef\xbb\xbf" + text.replace("~", "one, with\na").encode())
        if how in ("parquet", "gzip"):
            path.unlink()
    (folder / "cohort.toml").write_text(toml)
    assert datasets.content_hash(read(folder)) == expected


def test_missing_is_spelled_in_stated_ways_and_others_by_choice(tmp_path: Path) -> None:
    cases = CASES.replace("1.5,1,0", "NA,1,0").replace("2.25", " nan ").replace(",3,0,0", ",?,0,-")
    toml = TOML.replace('name = "tiny"', 'name = "tiny"\nmissing = ["?", "-"]')
    cohort = read(tiny(tmp_path / "tiny", cases=cases, toml=toml))
    assert cohort.tabular is not None
    np.testing.assert_array_equal(cohort.tabular["lactate"].iloc[by_age(cohort)].isna(), [1, 1, 1, 0, 0, 1])
    assert np.isnan(cohort.outcomes["death"].iloc[by_age(cohort)[5]])
    assert len(grave(tiny(tmp_path / "other", cases=cases))) == 2


def test_patient_time_centre_official_scores_dates_and_a_second_table(tmp_path: Path) -> None:
    cases = """case,patient,when,site,test,age,saps,admitted,note,kidney,death
a,1.0,2021-03-02 12:00,x,1,61,10,2021-03-01,pain,1,0
b,2,2021-03-01 12:00,y,0,62,,2021-02-27 12:00,,0,0
c,1,2021-03-04,x,0,63,12,,fever,0,1
"""
    more = "id,sodium\nb,140\n"
    toml = f"""{TOML.split("[columns]", maxsplit=1)[0]}
[columns]
case = "case"
patient = "patient"
time = "when"
centre = "site"
official = "test"
scores = ["saps"]
reference = ["age"]
procedure = "note"
{LANDMARK.replace('"ended"', '"when"')}
[outcomes]
kidney = "K."
death = "D."
[nested]
kidney = ["death"]
[[tables]]
file = "cases.csv"
times = ["admitted"]
text = ["note"]
units = {{age = "years"}}
[[tables]]
file = "more.csv"
case = "id"
"""
    cohort = read(tiny(tmp_path / "tiny", cases=cases, more=more, toml=toml))
    assert cohort.tabular is not None
    assert cohort.text is not None
    assert cohort.time is not None
    assert cohort.centre is not None
    assert cohort.official is not None
    assert cohort.reference is not None
    a, b, c = (cohort.tabular["age"].tolist().index(age) for age in (61, 62, 63))
    order = [a, b, c]
    assert cohort.patient[a] == cohort.patient[c] != cohort.patient[b]
    np.testing.assert_allclose(cohort.time[order], [1, 0, 2.5])
    assert cohort.centre[a] == cohort.centre[c] != cohort.centre[b]
    assert cohort.official[order].tolist() == [True, False, False]
    np.testing.assert_array_equal(cohort.reference["saps"].iloc[order], [10, np.nan, 12])
    np.testing.assert_allclose(cohort.tabular["admitted"].iloc[order], [1.5, 2, np.nan])
    np.testing.assert_array_equal(cohort.tabular["sodium"].iloc[order], [np.nan, 140, np.nan])
    assert cohort.text["note"].iloc[order].tolist() == ["pain", "", "fever"]
    assert set(cohort.tabular) == {"age", "admitted", "sodium"}
    assert (cohort.card.reference, cohort.card.nested) == (("age",), {"kidney": ("death",)})
    assert cohort.card.procedure == "note"
    assert "Units: age years." in cohort.card.notes
    said = " ".join(cohort.card.notes)
    assert "more.csv: fewer than 5 of 3 cases have no row here" in said
    assert "'kidney': is 0 in fewer than 5 cases whose 'death'" in said


def test_kinds_of_notes_become_fields(tmp_path: Path) -> None:
    notes = "case,time,kind,text\na,1,ward,w1\na,2,theatre,t\na,3,ward,w2\na,4,other,o\nb,1,ward,NA\n"
    said = NOTES + 'kind = "kind"\nkinds = ["ward", "theatre"]\nunknown_kinds = "leave_out"\n'
    cohort = read(tiny(tmp_path / "tiny", notes=notes, toml=TOML.replace(NOTES, said)))
    assert cohort.text is not None
    assert list(cohort.text) == ["ward", "theatre"]
    assert cohort.text.iloc[by_age(cohort)[0]].tolist() == ["w1\nw2", "t"]
    assert cohort.text.iloc[by_age(cohort)[1]].tolist() == ["", ""]
    assert any("fewer than 5 notes are of kinds" in note for note in cohort.card.notes)


def test_rows_of_other_cases_and_variables_are_left_out_where_that_is_said(tmp_path: Path) -> None:
    notes, series = NOTES_CSV + "zz,1,who\n", SERIES_CSV + "zz,1,hr,1\na,100,spo2,99\na,100,spo2,high\n"
    plain = read(tiny(tmp_path / "plain"))
    toml = TOML.replace(NOTES, NOTES + 'unknown_cases = "leave_out"\n')
    toml = toml.replace(SERIES, SERIES + 'unknown_cases = "leave_out"\nunknown_variables = "leave_out"\n')
    folder = tiny(tmp_path / "other", notes=notes, series=series, toml=toml)
    cohort = read(folder)
    assert datasets.content_hash(cohort) == datasets.content_hash(plain)
    assert "notes.csv: 1 of 6 rows are of cases that the first table lacks; left out." in mild(folder)
    assert "series.csv: 2 rows are of variables that `variables` does not list; left out." in mild(folder)


def test_the_template_passes_its_check_and_is_never_written_over(tmp_path: Path) -> None:
    folder = template(tmp_path)
    found = examined(folder)
    assert found.findings == ()
    assert found.cohort is not None
    assert found.cohort.modalities == ("tabular", "text", "series")
    assert len(found.cohort) == 160
    # The cohort's own loader sees what the check sees.
    assert datasets.content_hash(read(folder)) == datasets.content_hash(found.cohort)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(Refused, match="nothing is overwritten"):
        template(tmp_path)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    with pytest.raises(Refused, match="allowed are letters"):
        template(tmp_path, "my cohort")


def test_an_entry_is_found_by_path_and_its_local_form_follows_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLINICAL_MTL_CACHE", str(tmp_path / "cache"))
    folder = tiny(tmp_path / "tiny")
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    found = entry("../tiny")
    assert (found.name, found.modalities, found.card().landmark) == ("tiny", ("tabular", "text", "series"), "End of surgery.")
    assert {Path(file.path).name for file in found.files} == {"cohort.toml", "cases.csv", "notes.csv", "series.csv"}
    first = cache.prepared("../tiny", Path("nowhere"))
    assert first == cache.prepared(str(folder), Path("elsewhere"))
    assert datasets.content_hash(cache.read(first)) == datasets.content_hash(read(folder))
    (folder / "notes.csv").write_text(NOTES_CSV.replace("first note", "first  note"))
    second = cache.prepared("../tiny", Path("nowhere"))
    assert second != first
    assert cache.stored_hash(second) != cache.stored_hash(first)
    monkeypatch.chdir(tmp_path)
    assert entry("tiny").name == "tiny"


@pytest.mark.parametrize(("name", "words"), [("./nowhere", "no such folder"), (".", "no cohort.toml"), ("tinny", "cohort.toml")])
def test_what_is_no_cohort_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, words: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Refused, match=words):
        entry(name)


def test_bins_without_series_or_series_without_bins_are_refused(tmp_path: Path) -> None:
    for toml, words in ((TOML.replace(SERIES, ""), r"\[\[series\]\]"), (TOML.replace(BINS, ""), r"\[bins\]")):
        with pytest.raises(Refused, match=words):
            read(tiny(tmp_path / "tiny", toml=toml))


@pytest.mark.parametrize("name", ["age", "sex", "text"])
def test_a_procedure_may_be_a_column_or_a_note_field(tmp_path: Path, name: str) -> None:
    toml = TOML.replace('patient = "patient"\n', f'patient = "patient"\nprocedure = "{name}"\n')
    assert read(tiny(tmp_path / "tiny", toml=toml)).card.procedure == name


@pytest.mark.parametrize("name", ["surgery", "kidney", "patient"])
def test_a_procedure_that_is_no_input_is_told(tmp_path: Path, name: str) -> None:
    toml = TOML.replace('patient = "patient"\n', f'patient = "patient"\nprocedure = "{name}"\n')
    told = [line for line in grave(tiny(tmp_path / "tiny", toml=toml)) if "columns.procedure" in line]
    assert len(told) == 1
    assert f"'{name}' is no input" in told[0]
