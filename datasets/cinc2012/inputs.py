"""Inputs: what is known at a landmark: the descriptors as a table, the measurements as hourly series."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from datasets.cinc2012.channels import PLACE
from datasets.cinc2012.stays import Stays
from datasets.cohort import Series
from datasets.errors import Refused
from datasets.grid import Channel, Grid

SEX = {0: "female", 1: "male"}
ICU = {1: "coronary care", 2: "cardiac surgery recovery", 3: "medical", 4: "surgical"}
# Heights of 1.8 to 17.8 and above 365 cm, weights of 6 and 472 kg stand in the source: typing errors and other units.
PLAUSIBLE = {"Age": (14, 120), "Height": (100, 250), "Weight": (25, 300)}


def admission_weight(stays: Stays) -> np.ndarray:
    """Weight at admission, kg: (stays,), NaN = unknown or not plausible."""
    return _plausible(stays, "Weight")


def table(stays: Stays) -> pd.DataFrame:
    """The descriptors at admission: age, height and weight as float32, sex and kind of unit as categories."""
    return pd.DataFrame(
        {
            "age": _plausible(stays, "Age").astype(np.float32),
            "height": _plausible(stays, "Height").astype(np.float32),
            "weight": admission_weight(stays).astype(np.float32),
            "sex": _named(stays, "Gender", SEX),
            "icu": _named(stays, "ICUType", ICU),
        }
    )


def hourly(stays: Stays, hours: int, channels: Sequence[Channel]) -> Series:
    """These channels in hourly bins from admission to the landmark at `hours`: means, for urine totals."""
    grid = Grid(len(stays), channels, np.arange(hours), 1.0)
    place = np.full(len(PLACE), -1)
    place[[PLACE[channel.name] for channel in channels]] = np.arange(len(channels))
    urine = stays.channel == PLACE["Urine"]
    rest = ~urine
    grid.add(stays.stay[rest], stays.minute[rest] / 60, place[stays.channel[rest]], stays.value[rest])
    # Volumes add up: the mean of two entries of an hour is not what was passed in it.
    volume = pd.DataFrame({"stay": stays.stay[urine], "hour": stays.minute[urine] // 60, "value": stays.value[urine]})
    passed = volume.groupby(["stay", "hour"], as_index=False)["value"].sum()
    stay, hour, value = (passed[name].to_numpy() for name in passed)
    grid.add(stay, hour, np.full(len(passed), place[PLACE["Urine"]]), value)
    return grid.series()


def _plausible(stays: Stays, name: str) -> np.ndarray:
    low, high = PLAUSIBLE[name]
    value = stays.descriptors[name]
    return np.array(value.where(value.between(low, high)), dtype=np.float64)


def _named(stays: Stays, name: str, meaning: dict[int, str]) -> pd.Series:
    value = stays.descriptors[name]
    if not value.isin([-1, *meaning]).all():
        raise Refused(f"cinc2012: a descriptor '{name}' has a value that the source does not name. Allowed: -1, {list(meaning)}.")
    return value.map(meaning).astype(pd.CategoricalDtype(list(meaning.values())))
