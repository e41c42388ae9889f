"""vitaldb with tracks: series that end with surgery. The tracks are made up."""

import gzip
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import datasets
from datasets import Refused, cache
from datasets.download import missing
from datasets.registry import entry
from datasets.vitaldb import tracks
from tests.datasets.vitaldb_home import CASES, TRACKS, home_of, with_tracks

NAMES = [channel.name for channel in tracks.CHANNELS.values()]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Case n has age 50 + n, by which it is found again."""
    return with_tracks(home_of(tmp_path, [row | {"age": 50 + int(str(row["caseid"]))} for row in CASES]))


def of_case(cohort: datasets.Cohort, number: int) -> pd.DataFrame:
    """Series of one case: steps by their start, channels."""
    assert cohort.tabular is not None
    assert cohort.series is not None
    row = int(np.flatnonzero(cohort.tabular["age"] == 50 + number)[0])
    return pd.DataFrame(cohort.series.values[row], index=cohort.series.times, columns=list(cohort.series.channels))


def test_the_grid_counts_minutes_back_from_the_end_of_surgery(home: Path) -> None:
    cohort = datasets.load("vitaldb", home)
    assert cohort.modalities == ("tabular", "text", "series")
    assert cohort.series is not None
    assert cohort.series.values.shape == (6, 96, 7)
    assert cohort.series.values.dtype == np.float32
    np.testing.assert_array_equal(cohort.series.times, np.arange(-480, 0, 5))
    assert (list(cohort.series.channels), cohort.series.time_unit) == (NAMES, "min")
    assert "the zero of the series' times" in cohort.card.landmark


def test_series_of_cases_worked_by_hand(home: Path) -> None:
    cohort = datasets.load("vitaldb", home)
    first, second = of_case(cohort, 1), of_case(cohort, 2)
    # Surgery ends at 10,000 s: 9,400 s is 10 minutes before it, 9,699 s the last second of that step.
    pressure = first["arterial_mean_pressure"].dropna()
    assert pressure.to_dict() == {-10: 65, -5: 85}
    # Ten seconds before the record begins is 166.8 minutes before the end; at the end and after it nothing is taken.
    assert first["heart_rate"].dropna().to_dict() == {-170: 55}
    # An index of 0 is an electrode without contact, and what is not a number was not measured.
    assert first["bispectral_index"].isna().all()
    # The temperature of the room does not count.
    assert second["temperature"].dropna().to_dict() == {-5: 37}
    assert second.drop(columns="temperature").isna().all(axis=None)
    present = cohort.present("series")
    assert present.sum() == 2
    assert all(of_case(cohort, number).isna().all(axis=None) for number in (3, 4, 5, 6))


def test_an_operation_longer_than_the_grid_keeps_its_end(tmp_path: Path) -> None:
    long = [row | {"opend": 40_000, "age": 50 + int(str(row["caseid"]))} for row in CASES]
    samples = [(11_199, 50), (11_200, 60), (39_999, 70)]
    track = {"caseid": 1, "tname": "Solar8000/HR", "tid": "aa01", "samples": samples}
    cohort = datasets.load("vitaldb", with_tracks(home_of(tmp_path, long), [track]))
    assert of_case(cohort, 1)["heart_rate"].dropna().to_dict() == {-480: 60, -5: 70}


def test_samples_after_the_end_of_surgery_change_nothing(home: Path) -> None:
    before = datasets.load("vitaldb", home)
    rows = [
        track | {"samples": [*track["samples"], (10_000, 77), (10_000.25, 78), (20_000, 79)]}
        for track in TRACKS
        if isinstance(track["samples"], list)
    ]
    after = datasets.load("vitaldb", with_tracks(home, [*rows, *(track for track in TRACKS if track["samples"] is None)]))
    assert after.inputs_key == before.inputs_key
    # One sample a quarter of a second earlier does.
    rows[0] = rows[0] | {"samples": [*rows[0]["samples"], (9_999.75, 78)]}
    assert datasets.load("vitaldb", with_tracks(home, rows)).inputs_key != before.inputs_key


def test_the_order_of_tracks_and_samples_changes_nothing(home: Path) -> None:
    rng = np.random.default_rng(0)
    samples = [
        (float(second), float(value)) for second, value in zip(rng.uniform(0, 1e4, 900), rng.normal(80, 9, 900), strict=True)
    ]
    wide = [*TRACKS, {"caseid": 5, "tname": "Solar8000/NIBP_MBP", "tid": "ee01", "samples": samples}]
    straight = datasets.load("vitaldb", with_tracks(home, wide))
    turned = [track | {"samples": track["samples"][::-1] if track["samples"] else None} for track in wide[::-1]]
    assert datasets.content_hash(datasets.load("vitaldb", with_tracks(home, turned))) == datasets.content_hash(straight)


def test_tables_texts_and_outcomes_do_not_change_with_tracks(home: Path) -> None:
    beside = datasets.load("vitaldb", home)
    shutil.rmtree(home / "vitaldb" / "tracks")
    alone = datasets.load("vitaldb", home)
    assert alone.modalities == ("tabular", "text")
    assert datasets.content_hash(beside.without("series")) == datasets.content_hash(alone)
    assert not [note for note in alone.card.notes if "Series" in note]


def test_the_card_says_how_many_of_the_tracks_are_there(home: Path) -> None:
    # Six are listed for the channels, cc01 is not there.
    assert [note for note in datasets.load("vitaldb", home).card.notes if "Series: 5 of the 6 tracks" in note]


def test_gzipped_tracks_under_either_name(home: Path) -> None:
    plain = datasets.content_hash(datasets.load("vitaldb", home))
    folder = home / "vitaldb" / "tracks"
    for path in sorted(folder.iterdir()):
        packed = gzip.compress(path.read_bytes())
        path.unlink()
        # A browser unpacks what is served gzipped, other clients may not and keep the name.
        (path if path.stem == "aa01" else path.with_name(f"{path.name}.gz")).write_bytes(packed)
    listing = home / "vitaldb" / "trks.csv"
    (home / "vitaldb" / "trks.csv.gz").write_bytes(gzip.compress(listing.read_bytes()))
    listing.unlink()
    assert datasets.content_hash(datasets.load("vitaldb", home)) == plain


@pytest.mark.parametrize("empty", [True, False])
def test_a_list_of_tracks_without_tracks_makes_no_series(home: Path, empty: bool) -> None:
    shutil.rmtree(home / "vitaldb" / "tracks")
    if empty:
        (home / "vitaldb" / "tracks").mkdir()
    assert datasets.load("vitaldb", home).series is None


def test_tracks_without_their_list_are_refused(home: Path) -> None:
    (home / "vitaldb" / "trks.csv").unlink()
    with pytest.raises(Refused, match=r"trks\.csv .* is not there\. Get it from https://api\.vitaldb\.net/trks"):
        datasets.load("vitaldb", home)


def test_files_that_are_no_listed_tracks_are_refused(home: Path) -> None:
    for path in (home / "vitaldb" / "tracks").iterdir():
        path.rename(path.with_suffix(".vital"))
    with pytest.raises(Refused, match=r"none of the files in .*tracks is a track .* https://api\.vitaldb\.net/\{tid\}"):
        datasets.load("vitaldb", home)


@pytest.mark.parametrize("column", ["caseid", "tname", "tid"])
def test_a_missing_column_of_the_list_is_refused_by_name(home: Path, column: str) -> None:
    path = home / "vitaldb" / "trks.csv"
    pd.read_csv(path).drop(columns=column).to_csv(path, index=False)
    with pytest.raises(Refused, match=rf"trks\.csv: column '{column}' is missing"):
        datasets.load("vitaldb", home)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", r"aa01\.csv cannot be read as CSV"),
        (b"\x1f\x8b broken", r"aa01\.csv cannot be read as CSV"),
        (
            b"Time,Solar8000/ART_MBP\n1,2\n2,-nan(ind)\n3,secret\n4,secret\n",
            r"aa01\.csv: column '.*ART_MBP', data row 3, and 1 more",
        ),
        (b"Time,Solar8000/ART_MBP\nsecret,2\n", r"aa01\.csv: column 'Time', data row 1: the value is not a number"),
        (b"Time,Solar8000/ART_MBP\n1,2\n,3\n", r"aa01\.csv: column 'Time', data row 2: the value is empty"),
        (b"1,2\n3,4\n", r"aa01\.csv: a track has two columns, the first of them Time"),
        (b"Time\n1\n", r"aa01\.csv: a track has two columns"),
        (b"Time,a,b\n1,2,3\n", r"aa01\.csv: a track has two columns"),
        (b"Time,a\n1,2,3\n", r"aa01\.csv: a track has two columns"),
    ],
)
def test_what_is_no_track_is_refused_by_place_and_not_shown(home: Path, content: bytes, said: str) -> None:
    (home / "vitaldb" / "tracks" / "aa01.csv").write_bytes(content)
    with pytest.raises(Refused, match=said) as refused:
        datasets.load("vitaldb", home)
    assert "secret" not in str(refused.value)


def test_a_track_without_samples_is_not_measured(home: Path) -> None:
    (home / "vitaldb" / "tracks" / "aa01.csv").write_text("Time,Solar8000/ART_MBP\n")
    assert of_case(datasets.load("vitaldb", home), 1)["arterial_mean_pressure"].isna().all()


def test_the_local_form_is_made_anew_when_a_track_comes_or_changes(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLINICAL_MTL_CACHE", str(home / "cache"))
    first = cache.prepared("vitaldb", home)
    assert cache.prepared("vitaldb", home) == first
    path = home / "vitaldb" / "tracks" / "aa01.csv"
    path.write_text("Time,Solar8000/ART_MBP\n9999,123\n")
    second = cache.prepared("vitaldb", home)
    assert second != first
    assert of_case(cache.read(second), 1)["arterial_mean_pressure"].dropna().to_dict() == {-5: 123}


def test_tracks_are_said_to_be_missing_only_where_they_are(home: Path) -> None:
    files = entry("vitaldb").files
    assert [file.path for file in missing(files, home)] == []
    shutil.rmtree(home / "vitaldb" / "tracks")
    (home / "vitaldb" / "trks.csv").unlink()
    assert [(file.path, file.needed) for file in missing(files, home)] == [
        ("vitaldb/trks.csv", False),
        ("vitaldb/tracks/{tid}.csv", False),
    ]
