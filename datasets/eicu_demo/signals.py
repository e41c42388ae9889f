"""Signals: what was measured in the first 24 hours, as means of each hour; volumes as what was written down in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from datasets.cohort import Series
from datasets.eicu_demo.rows import LANDMARK, Rows, rows
from datasets.grid import Channel, Grid
from datasets.source import Table

HOURS = LANDMARK / 60

# Ranges are wide: they take out slips of the pen and artefacts, not grave illness.
CHANNELS = (
    *(Channel("systolic", "mmHg", 20, 300), Channel("diastolic", "mmHg", 10, 200), Channel("mean_pressure", "mmHg", 15, 250)),
    *(Channel("heart_rate", "/min", 10, 300), Channel("respiratory_rate", "/min", 1, 80), Channel("saturation", "%", 30, 100)),
    *(Channel("gcs_eyes", "points", 1, 4), Channel("gcs_motor", "points", 1, 6), Channel("gcs_verbal", "points", 1, 5)),
    *(Channel("fio2", "%", 21, 100), Channel("oxygen_flow", "L/min", 0, 100), Channel("peep", "cmH2O", 0, 40)),
    *(
        Channel("ventilator_rate", "/min", 1, 80),
        Channel("tidal_volume", "mL", 50, 2000),
        Channel("minute_volume", "L/min", 0.5, 60),
    ),
    *(Channel("peak_pressure", "cmH2O", 1, 100), Channel("mean_airway_pressure", "cmH2O", 1, 60)),
    *(Channel("plateau_pressure", "cmH2O", 1, 80), Channel("pressure_support", "cmH2O", 0, 60)),
    *(Channel("urine", "mL", 0, 6000), Channel("fluid_in", "mL", 0, 15_000)),
    # From vitalPeriodic, where it is there.
    *(Channel("temperature", "degC", 25, 45), Channel("central_venous_pressure", "mmHg", -10, 50)),
    *(Channel("etco2", "mmHg", 1, 150), Channel("arterial_systolic", "mmHg", 20, 300)),
    *(Channel("arterial_diastolic", "mmHg", 10, 200), Channel("arterial_mean", "mmHg", 15, 250)),
    # From lab, where it is there.
    *(Channel("creatinine", "mg/dL", 0.05, 40), Channel("urea_nitrogen", "mg/dL", 0.5, 300), Channel("lactate", "mmol/L", 0.1, 40)),
    *(Channel("sodium", "mmol/L", 80, 200), Channel("potassium", "mmol/L", 1, 12), Channel("chloride", "mmol/L", 50, 170)),
    *(Channel("bicarbonate", "mmol/L", 1, 80), Channel("calcium", "mg/dL", 2, 25), Channel("glucose", "mg/dL", 5, 2500)),
    *(Channel("hemoglobin", "g/dL", 1, 30), Channel("leukocytes", "10^3/uL", 0, 800), Channel("platelets", "10^3/uL", 0, 3000)),
    *(Channel("bilirubin", "mg/dL", 0, 80), Channel("albumin", "g/dL", 0.3, 8), Channel("inr", "ratio", 0.3, 30)),
    *(Channel("ph", "pH", 6.3, 8), Channel("pao2", "mmHg", 10, 760), Channel("paco2", "mmHg", 5, 250)),
)


@dataclass(frozen=True)
class Wide:
    """A file with one column a variable: `columns` gives the channel of each."""

    file: str
    times: tuple[str, ...]
    columns: dict[str, str]

    def measured(self, table: Table, stays: np.ndarray) -> list[pd.DataFrame]:
        known = rows(table, stays, self.times).at_landmark()
        return [_frame(known, channel, known.table.number(column)) for column, channel in self.columns.items()]


@dataclass(frozen=True)
class Long:
    """A file with one row a measurement: `labels` gives the channel of what stands in `label`, without a score at its end.

    Values were typed by hand: one that is not a number (`room air`) is no measurement and is left out.
    """

    file: str
    times: tuple[str, ...]
    label: str
    value: str
    labels: dict[str, str]

    def measured(self, table: Table, stays: np.ndarray) -> list[pd.DataFrame]:
        known = rows(table, stays, self.times).at_landmark()
        channel = known.table.string(self.label).str.replace(r"/\d+$", "", regex=True).map(self.labels)
        known, channel = known.take(channel.notna().to_numpy()), channel.dropna()
        text = known.table.string(self.value).str.removesuffix("%")
        return [_frame(known, channel.to_numpy(), pd.to_numeric(text, errors="coerce").to_numpy(dtype=np.float64))]


@dataclass(frozen=True)
class Volumes:
    """intakeOutput: what came in or out, added up over each hour. `channels`: pattern on the path, the last that fits decides.

    Cells of totals, counts and meals are none; the source's own running totals may hold cells that were entered later.
    """

    file: str
    times: tuple[str, ...]
    channels: dict[str, str]

    def measured(self, table: Table, stays: np.ndarray) -> list[pd.DataFrame]:
        known = rows(table, stays, self.times).at_landmark()
        path = known.table.string("cellpath").fillna("").str.lower()
        channel = np.full(len(path), "", dtype=object)
        for pattern, name in self.channels.items():
            channel[path.str.contains(pattern).to_numpy(dtype=bool)] = name
        channel[path.str.contains(r"total|count|occurrence|unmeasured|%").to_numpy(dtype=bool)] = ""
        cells = _frame(known, channel, known.table.number("cellvaluenumeric")).assign(path=path)
        cells = cells[(cells["channel"] != "") & cells["value"].ge(0)]
        # The same cell written twice for one minute is one; sorted, so that sums do not hang on the order of the file.
        cells = cells.drop_duplicates().sort_values(["case", "time", "path", "value"])
        cells["time"] = np.floor(cells["time"] / 60) * 60
        return [cells.groupby(["case", "channel", "time"])["value"].sum().reset_index()]


_EXAM = "notes/Progress Notes/Physical Exam/Physical Exam"
_VITAL = f"{_EXAM}/Constitutional/Vital Sign and Physiological Data"

SOURCES = (
    Wide(
        "vitalAperiodic",
        ("observationoffset",),
        {"noninvasivesystolic": "systolic", "noninvasivediastolic": "diastolic", "noninvasivemean": "mean_pressure"},
    ),
    # "Highest" and "Lowest" stand beside "Current": they speak of the day before, not of the hour.
    Long(
        "physicalExam",
        ("physicalexamoffset",),
        "physicalexampath",
        "physicalexamtext",
        {
            f"{_VITAL}/BP (systolic)/BP (systolic) Current": "systolic",
            f"{_VITAL}/BP (diastolic)/BP (diastolic) Current": "diastolic",
            f"{_VITAL}/HR/HR Current": "heart_rate",
            f"{_VITAL}/Resp Rate/Resp Current": "respiratory_rate",
            f"{_VITAL}/O2 Sat%/O2 Sat% Current": "saturation",
            f"{_VITAL}/FiO2%/FiO2%": "fio2",
            f"{_VITAL}/PEEP/PEEP": "peep",
            f"{_EXAM}/Neurologic/GCS/Eyes Score": "gcs_eyes",
            f"{_EXAM}/Neurologic/GCS/Motor Score": "gcs_motor",
            f"{_EXAM}/Neurologic/GCS/Verbal Score": "gcs_verbal",
        },
    ),
    Long(
        "respiratoryCharting",
        ("respchartoffset", "respchartentryoffset"),
        "respchartvaluelabel",
        "respchartvalue",
        {
            **dict.fromkeys(("RR (patient)", "Total RR"), "respiratory_rate"),
            **dict.fromkeys(("FiO2", "FIO2 (%)", "O2 Percentage"), "fio2"),
            **dict.fromkeys(("LPM O2", "Oxygen Flow Rate"), "oxygen_flow"),
            **dict.fromkeys(("PEEP", "PEEP/CPAP"), "peep"),
            "SaO2": "saturation",
            "Vent Rate": "ventilator_rate",
            "Tidal Volume (set)": "tidal_volume",
            "Exhaled MV": "minute_volume",
            "Peak Insp. Pressure": "peak_pressure",
            "Mean Airway Pressure": "mean_airway_pressure",
            "Plateau Pressure": "plateau_pressure",
            "Pressure Support": "pressure_support",
        },
    ),
    Volumes(
        "intakeOutput",
        ("intakeoutputoffset", "intakeoutputentryoffset"),
        {
            r"\|i&o\|intake \(ml\)\|": "fluid_in",
            r"\|i&o\|output \(ml\)\|.*(?:urin|foley|void|urethral|straight cath|condom cath|indwelling cath)": "urine",
        },
    ),
    Wide(
        "vitalPeriodic",
        ("observationoffset",),
        {
            "temperature": "temperature",
            "sao2": "saturation",
            "heartrate": "heart_rate",
            "respiration": "respiratory_rate",
            "cvp": "central_venous_pressure",
            "etco2": "etco2",
            "systemicsystolic": "arterial_systolic",
            "systemicdiastolic": "arterial_diastolic",
            "systemicmean": "arterial_mean",
        },
    ),
    Long(
        "lab",
        ("labresultoffset", "labresultrevisedoffset"),
        "labname",
        "labresult",
        {
            **dict.fromkeys(("HCO3", "bicarbonate"), "bicarbonate"),
            **{
                name: name for name in ("creatinine", "lactate", "sodium", "potassium", "chloride", "calcium", "glucose", "albumin")
            },
            "BUN": "urea_nitrogen",
            "Hgb": "hemoglobin",
            "WBC x 1000": "leukocytes",
            "platelets x 1000": "platelets",
            "total bilirubin": "bilirubin",
            "PT - INR": "inr",
            "pH": "ph",
            "paO2": "pao2",
            "paCO2": "paco2",
            "FiO2": "fio2",
        },
    ),
)


def series(tables: dict[str, Table], stays: np.ndarray) -> Series:
    """Series of the cases: 24 hours from admission to the unit, one bin an hour, from those of SOURCES that `tables` holds.

    What was entered or revised after the landmark is left out, whatever hour it speaks of. Channels that no file gives are not
    there.
    """
    present = [source for source in SOURCES if source.file in tables]
    found = pd.concat([part for source in present for part in source.measured(tables[source.file], stays)]).dropna()
    # Some charts write the share of oxygen as a fraction.
    found.loc[(found["channel"] == "fio2") & (found["value"] <= 1), "value"] *= 100
    # Sums of floats hang on their order, which must not be that of the files.
    found = found.sort_values(["case", "channel", "time", "value"])
    given = {channel for source in present for channel in _given(source)}
    channels = [channel for channel in CHANNELS if channel.name in given]
    place = pd.Index([channel.name for channel in channels]).get_indexer(pd.Index(found["channel"]))
    grid = Grid(len(stays), channels, np.arange(HOURS), 1.0)
    grid.add(found["case"].to_numpy(), found["time"].to_numpy() / 60, place, found["value"].to_numpy())
    return grid.series()


def _given(source: Wide | Long | Volumes) -> set[str]:
    by = source.columns if isinstance(source, Wide) else source.labels if isinstance(source, Long) else source.channels
    return set(by.values())


def _frame(known: Rows, channel: str | np.ndarray, value: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"case": known.case, "time": known.time, "channel": channel, "value": value})
