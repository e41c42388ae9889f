"""A data home with six operations in the layout of VitalDB, worked by hand."""

from pathlib import Path

import pandas as pd

from datasets.vitaldb import inputs

DAY = 86_400


def case(number: int, subject: int, **values: object) -> dict[str, object]:
    """One operation from 1,000 s to 10,000 s, home after two days, without events."""
    row: dict[str, object] = dict.fromkeys((*inputs.BEFORE, *inputs.DURING, *inputs.PLANNED, *inputs.PLACED), "")
    row |= {
        "caseid": number,
        "subjectid": subject,
        "dx": "Ileus ",
        "opname": "Ileostomy",
        "sex": "M",
        "age": 60,
        "asa": 2,
        "emop": 0,
    }
    row |= {"adm": -35_000, "anestart": 400, "opstart": 1_000, "opend": 10_000, "dis": 10_000 + 2 * DAY}
    return row | {"icu_days": 0, "death_inhosp": 0} | values


CASES = [
    case(1, 70, icu_days=2, age=">89", adm=-3_600 + 1_000),
    case(2, 71, dis=10_000 + 15 * DAY, sex="F"),
    case(3, 70, death_inhosp=1),
    case(4, 72, dis=9_000, adm=-3_685_366_440),
    case(5, 73),
    case(6, 74, dx="", dis=3_685_366_440),
]
LABS = [
    {"caseid": 1, "dt": -100, "name": "cr", "result": 0.8},
    {"caseid": 1, "dt": -5_000, "name": "cr", "result": 2.0},  # older than the baseline
    {"caseid": 1, "dt": 5_000, "name": "cr", "result": 3.0},  # during surgery: neither baseline nor after it
    {"caseid": 1, "dt": 10_001, "name": "cr", "result": 1.2},
    {"caseid": 1, "dt": 12_000, "name": "cr", "result": 0.9},
    {"caseid": 2, "dt": -100, "name": "cr", "result": 0.8},
    {"caseid": 2, "dt": 10_000, "name": "cr", "result": 5.0},  # at the landmark, not after it
    {"caseid": 3, "dt": -100, "name": "cr", "result": 0.8},
    {"caseid": 3, "dt": 10_001 + 7 * DAY, "name": "cr", "result": 5.0},  # after the week
    {"caseid": 4, "dt": -100, "name": "cr", "result": 0.8},
    {"caseid": 4, "dt": 10_000 + 7 * DAY, "name": "cr", "result": 1.0},
    {"caseid": 4, "dt": 11_000, "name": "k", "result": 9.9},
    {"caseid": 5, "dt": -100, "name": "cr", "result": 4.5},
    {"caseid": 5, "dt": 11_000, "name": "cr", "result": 9.0},
]


def home_of(tmp_path: Path, cases: list[dict[str, object]] = CASES, labs: list[dict[str, object]] = LABS) -> Path:
    (tmp_path / "vitaldb").mkdir(exist_ok=True)
    pd.DataFrame(cases).to_csv(tmp_path / "vitaldb" / "cases.csv", index=False)
    pd.DataFrame(labs).to_csv(tmp_path / "vitaldb" / "labs.csv", index=False)
    return tmp_path


# Two operations with tracks, one track of an operation that is in no other file, one that no channel takes.
TRACKS = [
    {"caseid": 1, "tname": "Solar8000/ART_MBP", "tid": "aa01", "samples": [(9_400, 60), (9_699, 70), (9_700, 80), (9_999.5, 90)]},
    {"caseid": 1, "tname": "Solar8000/HR", "tid": "aa02", "samples": [(-10, 55), (10_000, 99), (12_000, 99)]},
    {"caseid": 1, "tname": "BIS/BIS", "tid": "aa03", "samples": [(9_900, 0), (9_901, "-nan(ind)"), (9_902, "")]},
    {"caseid": 1, "tname": "SNUADC/ECG_II", "tid": "aa04", "samples": [(0, 1), ("", 2)]},
    {"caseid": 2, "tname": "Solar8000/BT", "tid": "bb01", "samples": [(9_800, 36.5), (9_900, 37.5), (9_950, 24.0)]},
    {"caseid": 3, "tname": "Solar8000/BT", "tid": "cc01", "samples": None},
    {"caseid": 99, "tname": "Solar8000/BT", "tid": "dd01", "samples": [(9_800, 39)]},
]


def with_tracks(home: Path, tracks: list[dict[str, object]] = TRACKS) -> Path:
    """The same data home with tracks; those without samples are listed and not there."""
    folder = home / "vitaldb" / "tracks"
    folder.mkdir(exist_ok=True)
    listed = [{name: track[name] for name in ("caseid", "tname", "tid")} for track in tracks]
    pd.DataFrame(listed).to_csv(home / "vitaldb" / "trks.csv", index=False)
    for track in tracks:
        if isinstance(samples := track["samples"], list):
            frame = pd.DataFrame(samples, columns=["Time", track["tname"]])
            frame.to_csv(folder / f"{track['tid']}.csv", index=False)
    return home
