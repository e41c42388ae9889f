"""Flowsheets: what monitors and ventilator showed before the landmark, streamed from files of any size onto a grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from datasets.cohort import Series
from datasets.errors import Refused
from datasets.grid import Channel, Grid
from datasets.mover.cases import Cases
from datasets.mover.moments import seconds
from datasets.stream import Stream, numbers

COLUMNS = ("LOG_ID", "FLO_DISPLAY_NAME", "RECORDED_TIME", "MEAS_VALUE")
MINUTES, WIDTH = 240, 5
UNREADABLE_AT_MOST = 0.01
PAIR = r"^(\d+(?:\.\d+)?)\s*/\s*(\d+(?:\.\d+)?)$"

CHANNELS = (
    Channel("heart_rate", "/min", 20, 250),
    Channel("spo2", "%", 50, 100),
    Channel("nibp_mean", "mmHg", 20, 200),
    Channel("nibp_systolic", "mmHg", 40, 280),
    Channel("nibp_diastolic", "mmHg", 10, 180),
    Channel("art_mean", "mmHg", 20, 200),
    Channel("art_systolic", "mmHg", 40, 280),
    Channel("art_diastolic", "mmHg", 10, 180),
    Channel("etco2", "mmHg", 5, 100),
    Channel("respiratory_rate", "/min", 1, 70),
    Channel("temperature", "°C", 30, 43),
    Channel("fio2", "%", 15, 100),
)
# FLO_DISPLAY_NAME in lower case → channel; of two, the value reads 120/80. The anaesthetic stream, not the nurses' hourly one.
SOURCES: dict[str, tuple[str, ...]] = {
    "heart rate": ("heart_rate",),
    "spo2": ("spo2",),
    "nibp - map": ("nibp_mean",),
    "nibp": ("nibp_systolic", "nibp_diastolic"),
    "map-art a-line": ("art_mean",),
    "bp-art a-line": ("art_systolic", "art_diastolic"),
    "etco2 (mmhg)": ("etco2",),
    "resp": ("respiratory_rate",),
    "temp": ("temperature",),
    "fio2 (%)": ("fio2",),
}
SOURCE = pd.Index(list(SOURCES), dtype=object)
_PLACE = {channel.name: i for i, channel in enumerate(CHANNELS)}
FIRST = np.array([_PLACE[channels[0]] for channels in SOURCES.values()])
SECOND = np.array([_PLACE[channels[1]] if len(channels) > 1 else -1 for channels in SOURCES.values()])
TEMPERATURE = _PLACE["temperature"]
# Above this a temperature is in °F.
HOTTEST_CELSIUS = 50.0


@dataclass(frozen=True)
class Flowsheets:
    """Means of 5 minutes over the 4 hours before the landmark; `left_out`: what could not be read."""

    series: Series
    left_out: tuple[str, ...]


def before_landmark(paths: Sequence[Path], cases: Cases) -> Flowsheets:
    """Reads every part once, in batches: memory holds the grid and one batch, however large the files are."""
    grid = Grid(len(cases), CHANNELS, np.arange(-MINUTES, 0, WIDTH), WIDTH, time_unit="min")
    torn = untimed = no_number = 0
    log_id = cases.log_id
    for path in paths:
        stream, wanted, part_untimed = Stream(path, COLUMNS, torn_allowed=True), 0, 0
        for batch in stream:
            source = batch.place("FLO_DISPLAY_NAME", SOURCE, str.lower)
            batch, source = batch.where(source >= 0), source[source >= 0]
            case = batch.place("LOG_ID", log_id)
            batch, source, case = batch.where(case >= 0), source[case >= 0], case[case >= 0]
            time = batch.parsed("RECORDED_TIME", seconds)
            wanted, part_untimed = wanted + len(batch), part_untimed + int(np.isnan(time).sum())
            near = (time >= cases.landmark[case] - MINUTES * 60) & (time < cases.landmark[case])
            batch, case, source, time = batch.where(near), case[near], source[near], time[near]
            minutes = (time - cases.landmark[case]) / 60
            single, upper, lower = (batch.parsed("MEAS_VALUE", parse) for parse in (numbers, _upper, _lower))
            paired = SECOND[source] >= 0
            value = np.where(paired, upper, single)
            no_number += int((np.isnan(value) & ~batch.missing("MEAS_VALUE")).sum())
            grid.add(case, minutes, FIRST[source], _exact(_celsius(FIRST[source], value)))
            grid.add(case[paired], minutes[paired], SECOND[source[paired]], _exact(lower[paired]))
        if part_untimed > UNREADABLE_AT_MOST * wanted:
            raise Refused(
                f"{path}: column 'RECORDED_TIME': {part_untimed:,} of {wanted:,} values are no date and time that is known."
            )
        torn, untimed = torn + stream.torn, untimed + part_untimed
    counts = (
        (torn, "rows with too many or too few cells"),
        (untimed, "measurements without a time"),
        (no_number, "values in words"),
    )
    return Flowsheets(grid.series(), tuple(f"Left out of the flowsheets: {n:,} {why}." for n, why in counts if n))


def _upper(text: pd.Series) -> np.ndarray:
    return numbers(text.str.extract(PAIR)[0])


def _lower(text: pd.Series) -> np.ndarray:
    return numbers(text.str.extract(PAIR)[1])


def _celsius(channel: np.ndarray, value: np.ndarray) -> np.ndarray:
    return np.where((channel == TEMPERATURE) & (value > HOTTEST_CELSIUS), (value - 32) * 5 / 9, value)


def _exact(value: np.ndarray) -> np.ndarray:
    # Sums of multiples of 1/1024 are exact, so that the order of the rows in the files cannot show in a mean.
    return np.round(value * 1024) / 1024
