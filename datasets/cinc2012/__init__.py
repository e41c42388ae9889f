"""PhysioNet/CinC Challenge 2012: stays in intensive care, predicted from at 48 hours and at 24 hours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from datasets.cinc2012 import events, inputs
from datasets.cinc2012.card import CARD, CARD_24H
from datasets.cinc2012.channels import CHANNELS, CHANNELS_24H
from datasets.cinc2012.stays import SETS, Stays, all_stays
from datasets.cohort import Card, Cohort, Series
from datasets.registry import File, dataset

SERVED = "https://physionet.org/files/challenge-2012/1.0.0"
FILES = tuple(
    File(f"cinc2012/{name}", url=f"{SERVED}/{name}", sums=f"{SERVED}/SHA256SUMS.txt")
    for letter in SETS
    for name in (f"set-{letter}.tar.gz", f"Outcomes-{letter}.txt")
)


@dataset("cinc2012", modalities=("tabular", "series"), card=CARD, files=FILES)
def load(home: Path) -> Cohort:
    """12,000 stays in intensive care (open): death, death or long stay, predicted at 48 hours.

    `home`: the data home, which holds `cinc2012/set-{a,b,c}.tar.gz` and `cinc2012/Outcomes-{a,b,c}.txt` as the source serves them.
    Refuses missing files, files that do not fit together, missing columns and values that do not parse.
    """
    found = all_stays(home)
    return _cohort(CARD, found, inputs.hourly(found, 48, CHANNELS), events.end_of_stay(found))


@dataset("cinc2012_24h", modalities=("tabular", "series"), card=CARD_24H, files=FILES)
def load_24h(home: Path) -> Cohort:
    """12,000 stays in intensive care (open): kidney injury, ventilation, hypotension, oliguria of the next day, at 24 hours.

    Also death and long stay. Files as for `cinc2012`.
    """
    found = all_stays(home)
    outcomes = pd.concat([events.next_day(found), events.end_of_stay(found)], axis=1)
    return _cohort(CARD_24H, found, inputs.hourly(found, 24, CHANNELS_24H), outcomes)


def _cohort(card: Card, found: Stays, series: Series, outcomes: pd.DataFrame) -> Cohort:
    scores = {"saps_i": found.ends["SAPS-I"], "sofa": found.ends["SOFA"]}
    return Cohort(
        card=card,
        patient=np.arange(len(found)),
        outcomes=outcomes,
        tabular=inputs.table(found),
        series=series,
        official=found.test,
        reference=pd.DataFrame(scores).astype(np.float32),
    )
