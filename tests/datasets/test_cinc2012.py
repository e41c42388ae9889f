import dataclasses
import io
import itertools
import os
import statistics
import tarfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

import datasets
from datasets import Refused, cinc2012
from datasets.cinc2012.channels import CHANNELS
from datasets.registry import entry

HERE = Path(__file__).resolve()
NAN = float("nan")
HEADER = "Time,Parameter,Value"


@pytest.fixture(scope="module")
def real() -> Path:
    home = Path(os.environ.get("CLINICAL_MTL_DATA") or HERE.parents[2] / "../shared/data")
    if not (home / "cinc2012" / "set-a.tar.gz").is_file():
        pytest.skip(f"no cinc2012/set-a.tar.gz below {home}: set CLINICAL_MTL_DATA to the data home")
    return home


@pytest.fixture(scope="module")
def both(real: Path) -> Iterator[tuple[datasets.Cohort, datasets.Cohort]]:
    """The cohorts of both landmarks; the files are read once for the two."""
    stays = cinc2012.all_stays(real)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cinc2012, "all_stays", lambda home: stays)
        yield datasets.load("cinc2012", real), datasets.load("cinc2012_24h", real)


@pytest.fixture(scope="module")
def late(both: tuple[datasets.Cohort, datasets.Cohort]) -> datasets.Cohort:
    return both[0]


@pytest.fixture(scope="module")
def early(both: tuple[datasets.Cohort, datasets.Cohort]) -> datasets.Cohort:
    return both[1]


@dataclasses.dataclass(frozen=True)
class Stay:
    """A stay as the source writes it: its descriptors, its rows (time, parameter, value) and how it ended."""

    record: int
    age: int
    rows: tuple[tuple[str, str, object], ...] = ()
    descriptors: tuple[tuple[str, object], ...] = ()
    ended: tuple[tuple[str, object], ...] = ()

    def lines(self) -> list[str]:
        general = {"RecordID": self.record, "Age": self.age, "Gender": 1, "Height": 180, "ICUType": 3, "Weight": 80}
        general |= dict(self.descriptors)
        return [f"00:00,{name},{value}" for name, value in general.items()] + [",".join(map(str, row)) for row in self.rows]

    def end(self) -> dict[str, object]:
        row = {"RecordID": self.record, "SAPS-I": 12, "SOFA": 5, "Length_of_stay": 8, "Survival": -1, "In-hospital_death": 0}
        return row | dict(self.ended)


def hourly(parameter: str, value: object, hours: Iterable[int]) -> list[tuple[str, str, object]]:
    return [(f"{hour:02}:00", parameter, value) for hour in hours]


# Stay 1 has all four events in the second day, stay 2 had them in the first, stay 3 never has them, stay 4 was not watched.
ILL: list[tuple[str, str, object]] = [("30:00", "Creatinine", 1.3), ("30:00", "MechVent", 1)]
ILL += [*hourly("MAP", 60, range(30, 34)), *hourly("Urine", 10, range(24, 48))]
WELL = [("05:00", "Creatinine", 0.9), *hourly("MAP", 80, range(24)), *hourly("Urine", 100, range(24))]
SETS = {
    "a": [
        Stay(
            132_001,
            51,
            (
                *WELL,
                *(("00:07", "HR", 0), ("00:30", "HR", 100), ("00:59", "HR", 90), ("00:59", "HR", 80.3), ("01:00", "HR", 70)),
                *(("02:10", "Urine", 150), ("03:00", "Temp", 3.7), ("03:00", "pH", 735), ("04:00", "Weight", 81)),
                *(("23:59", "HR", 111), ("24:00", "HR", 112), ("47:59", "HR", 113), ("48:00", "HR", 114)),
                *ILL,
            ),
            ended=(("Length_of_stay", 15),),
        ),
        Stay(
            132_002,
            52,
            (
                *(("05:00", "Creatinine", 0.9), ("20:00", "Creatinine", 1.3), ("05:00", "MechVent", 1)),
                *(*hourly("MAP", 60, range(24)), *hourly("Urine", 10, range(24)), *ILL),
            ),
            (("Gender", 0), ("ICUType", 1)),
            (("Length_of_stay", 3), ("Survival", 2), ("In-hospital_death", 1)),
        ),
    ],
    "b": [
        Stay(
            142_001,
            53,
            (
                *WELL,
                *(("30:00", "Creatinine", 1.0), ("30:00", "NIMAP", 50), *hourly("MAP", 80, range(31, 48))),
                *hourly("Urine", 100, range(24, 48)),
            ),
            (("Gender", -1), ("Height", 13), ("Weight", -1)),
            (("SAPS-I", -1), ("Length_of_stay", -1)),
        )
    ],
    "c": [
        Stay(152_001, 54, (), (("Height", -1), ("Weight", 6)), (("SOFA", -1), ("Length_of_stay", 14))),
        Stay(152_002, 55, (*WELL, ("06:00", "Weight", 70)), (("Weight", -1), ("ICUType", 2))),
    ],
}


def archive(path: Path, files: Iterable[tuple[str, bytes]]) -> None:
    with tarfile.open(path, "w:gz") as tar:
        for name, content in files:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


def home_of(tmp_path: Path, sets: dict[str, list[Stay]] = SETS) -> Path:
    folder = tmp_path / "cinc2012"
    folder.mkdir(exist_ok=True)
    for name, stays in sets.items():
        files = [(f"set-{name}/{stay.record}.txt", "\n".join([HEADER, *stay.lines(), ""]).encode()) for stay in stays]
        archive(folder / f"set-{name}.tar.gz", files)
        pd.DataFrame([stay.end() for stay in stays]).to_csv(folder / f"Outcomes-{name}.txt", index=False)
    return tmp_path


def changed(change: dict[int, dict[str, object]]) -> dict[str, list[Stay]]:
    """The sets, with other fields for the stays of these ages."""
    return {name: [dataclasses.replace(stay, **change.get(stay.age, {})) for stay in stays] for name, stays in SETS.items()}


def with_lines(home: Path, lines: list[str], letter: str = "b") -> Path:
    """One set's archive with these lines for its first stay, and its others as they are."""
    files = [(f"set-{letter}/{stay.record}.txt", "\n".join([HEADER, *stay.lines(), ""]).encode()) for stay in SETS[letter][1:]]
    archive(home / "cinc2012" / f"set-{letter}.tar.gz", [("x/1.txt", "\n".join([*lines, ""]).encode()), *files])
    return home


def place(cohort: datasets.Cohort, age: int) -> int:
    assert cohort.tabular is not None
    return int(np.flatnonzero(cohort.tabular["age"] == age)[0])


def bins(cohort: datasets.Cohort, age: int, channel: str) -> np.ndarray:
    assert cohort.series is not None
    return cohort.series.values[place(cohort, age), :, cohort.series.channels.index(channel)]


def by_age(cohort: datasets.Cohort) -> pd.DataFrame:
    parts = [cohort.outcomes, cohort.tabular, cohort.reference, pd.DataFrame({"test": cohort.official})]
    return pd.concat(parts, axis=1).sort_values("age")


def test_outcomes_of_stays_worked_by_hand(tmp_path: Path) -> None:
    found = by_age(datasets.load("cinc2012_24h", home_of(tmp_path)))
    np.testing.assert_array_equal(found["kidney_injury"], [1, NAN, 0, NAN, NAN])
    np.testing.assert_array_equal(found["new_ventilation"], [1, NAN, 0, NAN, NAN])
    np.testing.assert_array_equal(found["hypotension"], [1, NAN, 0, NAN, NAN])
    np.testing.assert_array_equal(found["oliguria"], [1, NAN, NAN, NAN, NAN])  # the third has no weight
    np.testing.assert_array_equal(found["death_or_long_stay"], [1, 1, NAN, 0, 0])
    np.testing.assert_array_equal(found["death"], [0, 1, 0, 0, 0])
    later = by_age(datasets.load("cinc2012", tmp_path))
    np.testing.assert_array_equal(later["death_or_long_stay"], found["death_or_long_stay"])
    assert datasets.load("cinc2012", tmp_path).outcome_names == ("death_or_long_stay", "death")


def test_a_weight_of_the_first_day_serves_where_that_of_admission_is_unknown(tmp_path: Path) -> None:
    urine = tuple(hourly("Urine", 36, range(24, 48)))  # 0.45 mL/kg/h at 80 kg, 0.51 at 70
    first = {"rows": (*WELL, *urine), "descriptors": (("Weight", -1),)}
    rows = {
        51: {"rows": (*WELL, *urine)},
        53: first,
        55: {"rows": (*WELL, ("06:00", "Weight", 70), ("07:00", "Weight", 90), *urine)},
    }
    found = by_age(datasets.load("cinc2012_24h", home_of(tmp_path, changed(rows))))
    np.testing.assert_array_equal(found["oliguria"], [1, NAN, NAN, NAN, 0])
    after = {53: first | {"rows": (*WELL, *urine, ("24:00", "Weight", 70))}}
    assert np.isnan(by_age(datasets.load("cinc2012_24h", home_of(tmp_path, changed(after))))["oliguria"].iloc[2])


def test_inputs_of_stays_worked_by_hand(tmp_path: Path) -> None:
    cohort = datasets.load("cinc2012", home_of(tmp_path))
    found = by_age(cohort)
    np.testing.assert_array_equal(found["height"], [180, 180, NAN, NAN, 180])
    np.testing.assert_array_equal(found["weight"], [80, 80, NAN, NAN, NAN])
    assert found["sex"].astype(object).where(found["sex"].notna(), None).tolist() == ["male", "female", None, "male", "male"]
    assert found["icu"].tolist() == ["medical", "coronary care", "medical", "medical", "cardiac surgery recovery"]
    np.testing.assert_array_equal(found["saps_i"], [12, 12, NAN, 12, 12])
    np.testing.assert_array_equal(found["sofa"], [5, 5, 5, NAN, 5])
    assert found["test"].tolist() == [False, False, False, True, True]
    heart = bins(cohort, 51, "HR")
    assert heart[0] == np.float32((100 + 90 + 80.3) / 3)  # a rate of 0 is an open line
    assert (heart[1], heart[23], heart[24], heart[47]) == (70, 111, 112, 113)
    assert np.isnan(heart[2:23]).all()
    np.testing.assert_array_equal(bins(cohort, 51, "Urine")[:4], [100, 100, 250, 100])  # volumes add up
    assert np.isnan(bins(cohort, 51, "Temp")).all()
    assert np.isnan(bins(cohort, 51, "pH")).all()
    assert np.isnan(bins(cohort, 51, "Weight")[0])  # at 00:00 it is a descriptor
    assert bins(cohort, 51, "Weight")[4] == 81
    assert cohort.present("series")[[place(cohort, age) for age in range(51, 56)]].tolist() == [True, True, True, False, True]


def test_what_is_measured_at_the_landmark_or_after_it_changes_no_input(tmp_path: Path) -> None:
    every = [channel.name for channel in CHANNELS]
    for name, since in (("cinc2012_24h", "24:00"), ("cinc2012", "48:00")):
        before = datasets.load(name, home_of(tmp_path))
        sets = {}
        for letter, stays in SETS.items():
            later = [(time, parameter, 1) for time in (since, "48:00") for parameter in every]
            sets[letter] = [
                dataclasses.replace(
                    stay,
                    rows=(*(row for row in stay.rows if row[0] < since), *later),
                    ended=(("Length_of_stay", 90), ("Survival", 90), ("In-hospital_death", 1)),
                )
                for stay in stays
            ]
        after = datasets.load(name, home_of(tmp_path, sets))
        assert after.inputs_key == before.inputs_key
        assert not after.outcomes.equals(before.outcomes)


def test_what_is_measured_before_the_landmark_is_an_input(tmp_path: Path) -> None:
    for name, time in (("cinc2012_24h", "23:59"), ("cinc2012", "47:59")):
        before = datasets.load(name, home_of(tmp_path))
        after = datasets.load(name, home_of(tmp_path, changed({54: {"rows": ((time, "HR", 80),)}})))
        assert after.inputs_key != before.inputs_key


def test_the_order_of_rows_files_and_sets_changes_nothing(tmp_path: Path) -> None:
    tenths = [("01:10", "Lactate", value) for value in (0.1, 0.2, 0.3, 0.7)] + [("01:10", "Urine", v) for v in (0.1, 0.2, 0.3)]
    sets = changed({51: {"rows": (*SETS["a"][0].rows, *tenths)}})
    turned = {
        name: [dataclasses.replace(stay, rows=tuple(reversed(stay.rows))) for stay in reversed(stays)]
        for name, stays in sets.items()
    }
    for name in ("cinc2012", "cinc2012_24h"):
        cohort = datasets.load(name, home_of(tmp_path, sets))
        assert datasets.content_hash(datasets.load(name, home_of(tmp_path, turned))) == datasets.content_hash(cohort)
        np.testing.assert_array_equal(cohort.patient, np.arange(5))
    # Sums of floats depend on their order, though seldom so much that it shows.
    rows = [np.stack([(s := cinc2012.all_stays(home_of(tmp_path, x))).stay, s.minute, s.channel, s.value]) for x in (sets, turned)]
    np.testing.assert_array_equal(*(part[:, np.argsort(part[0], kind="stable")] for part in rows))


def test_both_landmarks_have_the_same_cases_in_the_same_order(tmp_path: Path) -> None:
    late, early = (datasets.load(name, home_of(tmp_path)) for name in ("cinc2012", "cinc2012_24h"))
    assert late.series is not None
    assert early.series is not None
    pd.testing.assert_frame_equal(late.tabular, early.tabular)
    shared = [late.series.channels.index(name) for name in early.series.channels]
    np.testing.assert_array_equal(late.series.values[:, :24, shared], early.series.values)


def test_rows_that_name_no_variable_are_left_out(tmp_path: Path) -> None:
    expected = datasets.content_hash(datasets.load("cinc2012", home_of(tmp_path)))
    unnamed = {55: {"rows": (("02:00", "", 2.9), *SETS["c"][1].rows, ("30:00", "", 3.1))}}
    assert datasets.content_hash(datasets.load("cinc2012", home_of(tmp_path, changed(unnamed)))) == expected


def test_a_weight_given_twice_at_admission_is_one(tmp_path: Path) -> None:
    found = datasets.load("cinc2012", home_of(tmp_path, changed({52: {"rows": (("00:00", "Weight", 82),)}})))
    assert by_age(found)["weight"].iloc[1] == 82


def test_line_ends_marks_and_stray_files_do_not_matter(tmp_path: Path) -> None:
    expected = datasets.content_hash(datasets.load("cinc2012", home_of(tmp_path)))
    path = tmp_path / "cinc2012" / "set-a.tar.gz"
    text = ["\r\n".join([HEADER, *stay.lines()]).encode() for stay in SETS["a"]]
    files = [
        ("set-a/", b""),
        ("set-a/._1.txt", b"\0"),
        ("set-a/README", b"see"),
        ("1.txt", b"\xef\xbb\xbf" + text[0]),
        ("2.txt", text[1]),
    ]
    archive(path, files)
    assert datasets.content_hash(datasets.load("cinc2012", tmp_path)) == expected


@pytest.mark.parametrize("missing", [f"{name}-{letter}" for name in ("set", "Outcomes") for letter in "abc"])
def test_a_missing_file_is_refused_with_where_to_get_and_put_it(tmp_path: Path, missing: str) -> None:
    path = next((home_of(tmp_path) / "cinc2012").glob(f"{missing}.*"))
    path.unlink()
    with pytest.raises(Refused) as refused:
        datasets.load("cinc2012", tmp_path)
    for part in (str(path), "https://physionet.org/content/challenge-2012/", "--data-home", "CLINICAL_MTL_DATA"):
        assert part in str(refused.value)
    assert "unopened" not in str(refused.value)


def test_an_archive_that_was_unpacked_is_asked_for_as_it_was(tmp_path: Path) -> None:
    (home_of(tmp_path) / "cinc2012" / "set-b.tar.gz").unlink()
    (tmp_path / "cinc2012" / "set-b").mkdir()
    with pytest.raises(Refused, match="read, unopened"):
        datasets.load("cinc2012", tmp_path)


@pytest.mark.parametrize("column", ["RecordID", "SAPS-I", "SOFA", "Length_of_stay", "In-hospital_death"])
def test_a_missing_column_is_refused_by_name(tmp_path: Path, column: str) -> None:
    path = home_of(tmp_path) / "cinc2012" / "Outcomes-c.txt"
    pd.read_csv(path).drop(columns=column).to_csv(path, index=False)
    with pytest.raises(Refused, match=rf"Outcomes-c\.txt: column '{column}' is missing"):
        datasets.load("cinc2012", tmp_path)


GOOD = SETS["b"][0].lines()


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([HEADER, *GOOD[:8], "5h,HR,80"], "data row 9: the time is not one from 00:00 to 48:00"),
        ([HEADER, *GOOD[:8], "48:01,HR,80"], "data row 9: the time is not"),
        ([HEADER, *GOOD[:8], "10:60,HR,80"], "data row 9: the time is not"),
        ([HEADER, *GOOD[:8], "-1:00,HR,80", ",HR,80"], "data row 9, and 1 more: the time is not"),
        ([HEADER, *GOOD[:8], "10:00,HR,secret"], "data row 9: the value is not a number"),
        ([HEADER, *GOOD[:8], "10:00,HR,"], "data row 9: the value is not a number"),
        ([HEADER, *GOOD[:8], "10:00,HR,inf"], "data row 9: the value is not a number"),
        ([HEADER, *GOOD[:8], "10:00,secret,80"], "data row 9: the parameter is none that the source names"),
        ([HEADER, *GOOD[:8], "10:00,Age,80"], "data row 9: a general descriptor stands after 00:00"),
        ([HEADER, *GOOD[:8], "10:00,HR,80,secret"], "data row 9: the row has other than three fields"),
        ([HEADER, *GOOD[:8], "", "10:00,HR,80"], "data row 9: the row has other than three fields"),
        ([*GOOD], f"does not begin with the line {HEADER}"),
        ([HEADER], "cannot be|not three fields|the descriptor 'RecordID' is missing"),
        ([HEADER, *(line for line in GOOD if "Gender" not in line)], "the descriptor 'Gender' is missing at 00:00"),
        ([HEADER, *GOOD, "00:00,Age,99"], "the descriptor 'Age' stands twice at 00:00"),
        ([HEADER, *(line.replace("Gender,-1", "Gender,7") for line in GOOD)], "a descriptor 'Gender' has a value that"),
        ([HEADER, *(line.replace("142001", "142002") for line in GOOD)], "do not hold the same stays: of 1 and 1, 1 and 1"),
    ],
)
def test_what_is_not_in_the_layout_is_refused_by_place_and_not_shown(tmp_path: Path, lines: list[str], message: str) -> None:
    with pytest.raises(Refused, match=message) as refused:
        datasets.load("cinc2012", with_lines(home_of(tmp_path), lines))
    assert not any(word in str(refused.value) for word in ("secret", "142001", "142002"))
    if "data row" in message or "at 00:00" in message:
        assert "set-b.tar.gz: file 1 of the archive" in str(refused.value)


def test_a_later_file_is_named_by_its_place(tmp_path: Path) -> None:
    sets = changed({55: {"rows": (("02:00", "HR", "fast"),)}})
    with pytest.raises(Refused, match=r"set-c\.tar\.gz: file 2 of the archive, data row 7: the value is not a number"):
        datasets.load("cinc2012", home_of(tmp_path, sets))


def test_text_in_another_encoding_is_refused(tmp_path: Path) -> None:
    archive(home_of(tmp_path) / "cinc2012" / "set-b.tar.gz", [("1.txt", f"{HEADER}\n00:00,".encode() + b"\xff\xfe,1\n")])
    with pytest.raises(Refused, match=r"set-b\.tar\.gz"):
        datasets.load("cinc2012", tmp_path)


@pytest.mark.parametrize("part", ["half", "text", "empty", "no stay"])
def test_an_archive_that_is_broken_or_empty_is_refused(tmp_path: Path, part: str) -> None:
    path = home_of(tmp_path) / "cinc2012" / "set-a.tar.gz"
    whole = path.read_bytes()
    path.write_bytes({"half": whole[: len(whole) // 2], "text": b"<html>", "empty": b"", "no stay": whole}[part])
    if part == "no stay":
        archive(path, [("set-a/README", b"see")])
    with pytest.raises(Refused, match=r"set-a\.tar\.gz (cannot be read as an archive|holds no file of a stay)"):
        datasets.load("cinc2012", tmp_path)


def test_a_stay_that_is_missing_or_stands_twice_is_refused(tmp_path: Path) -> None:
    home = home_of(tmp_path)
    pd.DataFrame([stay.end() for stay in SETS["a"][:1]]).to_csv(home / "cinc2012" / "Outcomes-a.txt", index=False)
    with pytest.raises(
        Refused, match=r"set-a\.tar\.gz and Outcomes-a\.txt do not hold the same stays: of 2 and 1, 1 and 0 are not"
    ):
        datasets.load("cinc2012", home)
    twice = {"a": [*SETS["a"], SETS["a"][0]]}
    home_of(tmp_path, SETS | twice)
    pd.DataFrame([stay.end() for stay in SETS["a"]]).to_csv(home / "cinc2012" / "Outcomes-a.txt", index=False)
    with pytest.raises(Refused, match="of 3 and 2, 0 and 0 are not"):
        datasets.load("cinc2012", home)
    with pytest.raises(Refused, match="stands in more than one set"):
        datasets.load("cinc2012", home_of(tmp_path, SETS | {"b": [*SETS["b"], SETS["a"][0]]}))


@pytest.mark.parametrize("name", ["cinc2012", "cinc2012_24h"])
def test_the_files_are_those_that_the_source_serves(name: str) -> None:
    files = {file.path: file for file in entry(name).files}
    assert sorted(files) == sorted(f"cinc2012/{kind}" for x in "abc" for kind in (f"set-{x}.tar.gz", f"Outcomes-{x}.txt"))
    base = "https://physionet.org/files/challenge-2012/1.0.0"
    for path, file in files.items():
        assert file.url == f"{base}/{Path(path).name}"
        assert file.sums == f"{base}/SHA256SUMS.txt"
        assert file.needed


def test_counts_of_the_real_files(late: datasets.Cohort, early: datasets.Cohort) -> None:
    assert late.official is not None
    assert (len(late), len(np.unique(late.patient)), late.official.sum()) == (12000, 12000, 4000)
    assert late.modalities == early.modalities == ("tabular", "series")
    assert late.outcomes.notna().sum().to_dict() == {"death_or_long_stay": 11833, "death": 12000}
    assert late.outcomes.sum().to_dict() == {"death_or_long_stay": 4777, "death": 1707}  # deaths: 14.2 %
    assert early.outcomes.notna().sum().iloc[:4].to_dict() == {
        "kidney_injury": 9787,
        "new_ventilation": 4796,
        "hypotension": 5840,
        "oliguria": 6259,
    }
    assert early.outcomes.sum().iloc[:4].tolist() == [1337, 402, 1082, 1121]
    pd.testing.assert_frame_equal(early.outcomes.iloc[:, 4:], late.outcomes)
    assert [cohort.series.values.shape for cohort in (late, early) if cohort.series] == [(12000, 48, 37), (12000, 24, 36)]
    assert (late.present("series").sum(), early.present("series").sum()) == (11988, 11982)
    assert late.reference is not None
    assert late.reference.notna().sum().to_dict() == {"saps_i": 12000 - 518, "sofa": 12000 - 403}


def test_the_real_inputs_hold_no_outcome_score_or_identifier(late: datasets.Cohort, early: datasets.Cohort) -> None:
    for cohort in (late, early):
        assert cohort.tabular is not None
        assert cohort.series is not None
        assert set(cohort.tabular) == {"age", "height", "weight", "sex", "icu"}
        assert set(cohort.series.channels) | {"RespRate"} == {channel.name for channel in CHANNELS}
        assert set(cohort.card.reference) <= set(cohort.tabular)
        assert cohort.card.procedure in cohort.tabular
        assert tuple(cohort.card.outcomes) == cohort.outcome_names
        # No channel is empty: a name that the source spells otherwise would be.
        assert (~np.isnan(cohort.series.values)).any(axis=(0, 1)).all()
    assert late.official is not None
    assert abs(np.corrcoef(late.official, np.arange(12000))[0, 1]) < 0.05


def test_a_respiratory_rate_would_tell_of_ventilation_to_come(late: datasets.Cohort, early: datasets.Cohort) -> None:
    assert late.series is not None
    assert early.series is not None
    rate, ventilated = (~np.isnan(late.series.values[:, :, late.series.channels.index(x)]) for x in ("RespRate", "MechVent"))
    assert rate.any(axis=1).sum() > 3000
    assert not (rate.any(axis=1) & ventilated.any(axis=1)).any()
    assert "RespRate" not in early.series.channels


@pytest.mark.parametrize("outcome", ["kidney_injury", "new_ventilation", "hypotension", "oliguria"])
def test_what_was_measured_on_the_first_day_does_not_alone_tell_an_event_of_the_next(early: datasets.Cohort, outcome: str) -> None:
    """A variable that the source has for some stays because of what came later would: its presence is no measurement."""
    assert early.series is not None
    y = early.outcomes[outcome].to_numpy()
    known, entries = ~np.isnan(y), (~np.isnan(early.series.values)).sum(axis=1)
    aucs = {name: roc_auc_score(y[known], entries[known, place]) for place, name in enumerate(early.series.channels)}
    assert {name: auc for name, auc in aucs.items() if abs(auc - 0.5) > 0.2} == {}


def lines_of(path: Path) -> Iterable[list[str]]:
    with tarfile.open(path) as tar:
        for member in tar.getmembers():
            if member.isfile():
                yield tar.extractfile(member).read().decode().splitlines()[1:]  # type: ignore[union-attr]


Seen = dict[str, dict[int, list[float]]]
LIMITS = {
    "Creatinine": (0.1, 30),
    "MechVent": (1, 1),
    "MAP": (20, 200),
    "NIMAP": (20, 200),
    "Urine": (0, 5000),
    "Weight": (25, 300),
}


def seen(lines: list[str]) -> Seen:
    """Plausible values of what the events are made of, by variable and minute, in the order of time."""
    found: Seen = {name: {} for name in LIMITS}
    for line in lines:
        name = line[6 : line.index(",", 6)]
        if name in LIMITS:
            low, high = LIMITS[name]
            if low <= (value := float(line[7 + len(name) :])) <= high:
                found[name].setdefault(60 * int(line[:2]) + int(line[3:5]), []).append(value)
    return found


def kidney(found: Seen) -> float | None:
    tests = [(minute, max(values)) for minute, values in found["Creatinine"].items()]
    first = [value for minute, value in tests if minute < 1440]
    injured = [b[0] for a, b in itertools.combinations(tests, 2) if b[1] - a[1] > 0.2999 or b[1] / a[1] > 1.4999]
    if not first or len(first) == len(tests) or min(first) > 4 or min(injured, default=1440) < 1440:
        return None
    return float(bool(injured))


def ventilated(found: Seen, lines: list[str]) -> float | None:
    entries = found["MechVent"]
    days = {line[:5] < "24:00" for line in lines[6:] if line[6] != ","}
    if len(days) < 2 or min(entries, default=1440) < 1440:
        return None
    return float(bool(entries))


def low_pressure(found: Seen) -> float | None:
    one = {**found["NIMAP"], **found["MAP"]}
    days: list[float | None] = []
    for start, end in ((0, 1440), (1440, 2881)):
        readings = [(minute, statistics.median(one[minute])) for minute in sorted(one) if start <= minute < end]
        event = any(x < 65 and y < 65 and t - s <= 120 for (s, x), (t, y) in itertools.pairwise(readings))
        enough = len({minute // 60 for minute, _ in readings}) >= 6
        days.append(1.0 if event else 0.0 if enough else None)
    return days[1] if days[0] == 0 else None


def little_urine(found: Seen) -> float | None:
    weights = [max(values) for minute, values in found["Weight"].items() if minute == 0]
    weights += [statistics.median(values) for minute, values in found["Weight"].items() if 0 < minute < 1440]
    days: list[float | None] = []
    urine = [(minute, sum(values)) for minute, values in found["Urine"].items()]
    for start, end in ((0, 1440), (1440, 2881)):
        entries = [entry for entry in urine if start <= entry[0] < end]
        flows = []
        for last in range(len(entries)):
            # Back to the nearest entry that is 12 hours or more away, unless a pause comes in between.
            volume, at = 0.0, last
            while at > 0 and entries[last][0] - entries[at][0] < 720 and entries[at][0] - entries[at - 1][0] <= 360:
                volume, at = volume + entries[at][1], at - 1
            if (minutes := entries[last][0] - entries[at][0]) >= 720:
                flows.append(volume / (minutes / 60))
        days.append(float(min(flows) < 0.5 * weights[0] - 1e-6) if flows and weights else None)
    return days[1] if days[0] == 0 else None


def test_outcomes_of_the_real_files_against_a_plain_recount(real: Path, early: datasets.Cohort) -> None:
    """Stay by stay, in plain loops over the source's own lines: the same outcomes beside the same age, scores and set."""
    expected: Counter[tuple[float | None, ...]] = Counter()
    for letter in "abc":
        endings = (real / "cinc2012" / f"Outcomes-{letter}.txt").read_text().splitlines()[1:]
        ends = {line.split(",")[0]: [float(number) for number in line.split(",")[1:]] for line in endings}
        for lines in lines_of(real / "cinc2012" / f"set-{letter}.tar.gz"):
            record, age = (line.split(",")[2] for line in lines[:2])
            saps, sofa, days, _, died = ends[record]
            rows = seen(lines)
            long = 1.0 if died or days > 14 else 0.0 if days >= 0 else None
            events = (kidney(rows), ventilated(rows, lines), low_pressure(rows), little_urine(rows), long, died)
            scores = (saps if saps >= 0 else None, sofa if sofa >= 0 else None)
            expected[(float(age), float(letter == "c"), *scores, *events)] += 1
    assert early.tabular is not None
    assert early.reference is not None
    assert early.official is not None
    table = pd.concat([early.tabular["age"], pd.Series(early.official * 1.0), early.reference, early.outcomes], axis=1)
    found = Counter(tuple(None if np.isnan(x) else float(x) for x in row) for row in table.to_numpy(np.float64))
    assert found == expected
