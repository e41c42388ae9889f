"""Vitals: what the monitor showed during the operation, streamed from a file of any size onto a grid."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from datasets.cohort import Series
from datasets.grid import Channel, Grid
from datasets.inspire.cases import Cases
from datasets.stream import Stream

COLUMNS = ("op_id", "chart_time", "item_name", "value")
MINUTES, WIDTH = 240, 5

# Named as the source names its items.
CHANNELS = (
    Channel("hr", "/min", 20, 250),
    Channel("spo2", "%", 50, 100),
    Channel("nibp_mbp", "mmHg", 20, 200),
    Channel("nibp_sbp", "mmHg", 40, 280),
    Channel("nibp_dbp", "mmHg", 10, 180),
    Channel("art_mbp", "mmHg", 20, 200),
    Channel("art_sbp", "mmHg", 40, 280),
    Channel("art_dbp", "mmHg", 10, 180),
    Channel("etco2", "mmHg", 5, 100),
    Channel("rr", "/min", 1, 70),
    Channel("bt", "°C", 30, 43),
    Channel("fio2", "%", 15, 100),
    Channel("bis", "", 0, 100),
    Channel("cvp", "mmHg", -10, 50),
    Channel("pip", "cmH2O", 0, 80),
)
NAMES = pd.Index([channel.name for channel in CHANNELS], dtype=object)


def series(path: Path, cases: Cases) -> Series:
    """Means of 5 minutes over the 4 hours before the end of surgery; reads vitals.csv once, in batches."""
    grid = Grid(len(cases), CHANNELS, np.arange(-MINUTES, 0, WIDTH), WIDTH, time_unit="min")
    for batch in Stream(path, COLUMNS, also={"op_id": "opid"}):
        channel = batch.place("item_name", NAMES, str.lower)
        batch, channel = batch.where(channel >= 0), channel[channel >= 0]
        case = cases.of_operation(batch.number("op_id"))
        time, value = batch.number("chart_time"), batch.number("value")
        # Sums of multiples of 1/1024 are exact, so that the order of the rows in the file cannot show in a mean.
        grid.add(case, time - cases.landmark[case], channel, np.round(value * 1024) / 1024)
    return grid.series()
