"""Stays: the three sets with their outcome files, joined, in an order of their own."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from datasets.cinc2012 import records
from datasets.cinc2012.channels import CHANNELS, PLACE
from datasets.errors import Refused
from datasets.outcomes import Readings
from datasets.source import Table

SETS = ("a", "b", "c")
WHERE = "https://physionet.org/content/challenge-2012/1.0.0/"


@dataclass(frozen=True)
class Stays:
    """All stays. `ends` and `descriptors`: one row a stay, NaN = unknown; `test` (stays,): those of set c.

    Plausible measurements in long form: `stay`, `minute`, `channel`, `value`; those of one stay in order of the last three.
    """

    ends: pd.DataFrame
    descriptors: pd.DataFrame
    test: np.ndarray
    stay: np.ndarray
    minute: np.ndarray
    channel: np.ndarray
    value: np.ndarray

    def __len__(self) -> int:
        return len(self.test)

    def readings(self, name: str, at_once: str = "median") -> Readings:
        """The readings of one channel; several of one moment become one by `at_once`."""
        rows = self.channel == PLACE[name]
        return Readings.of(self.stay[rows], self.minute[rows], self.value[rows], at_once)

    def recorded(self, start: int, end: int) -> np.ndarray:
        """Which stays have any measurement from minute `start` on and before `end`: (stays,) bool."""
        return np.bincount(self.stay[(self.minute >= start) & (self.minute < end)], minlength=len(self)) > 0


def all_stays(home: Path) -> Stays:
    """Reads `cinc2012/set-x.tar.gz` and `Outcomes-x.txt` of all sets; refuses what is missing or does not fit together."""
    folder = home / "cinc2012"
    ends, descriptors, rows, done = [], [], [], 0
    for name in SETS:
        end, found = _ends(_there(folder, f"Outcomes-{name}.txt")), records.read(_there(folder, f"set-{name}.tar.gz"))
        _match(folder, name, end["RecordID"], found.descriptors["RecordID"])
        ends.append(end.assign(test=name == "c"))
        descriptors.append(found.descriptors)
        rows.append((found.file + done, found.minute, found.channel, found.value))
        done += len(found.descriptors)
    described = pd.concat(descriptors, ignore_index=True)
    if described["RecordID"].duplicated().any():
        raise Refused(f"{folder}: a stay (RecordID) stands in more than one set. Fetch the sets again from {WHERE}.")
    order = _order(described["RecordID"])
    described = described.iloc[order].reset_index(drop=True)
    ended = pd.concat(ends).set_index("RecordID").loc[described["RecordID"]].reset_index(drop=True)
    stay, minute, channel, value = _sorted(np.argsort(order), *(np.concatenate(part) for part in zip(*rows, strict=True)))
    return Stays(
        ended.drop(columns="test"), described.drop(columns="RecordID"), ended["test"].to_numpy(bool), stay, minute, channel, value
    )


def _ends(path: Path) -> pd.DataFrame:
    """How the stays of one set ended and what they scored; the source's −1 is NaN."""
    table = Table.read(path)
    columns = ("SAPS-I", "SOFA", "Length_of_stay", "In-hospital_death")
    numbers = pd.DataFrame({name: table.number(name) for name in columns})
    return numbers.where(numbers >= 0).assign(RecordID=table.key("RecordID"))


def _match(folder: Path, name: str, ended: pd.Series, recorded: pd.Series) -> None:
    alone = [int((~one.isin(other)).sum()) for one, other in ((recorded, ended), (ended, recorded))]
    if any(alone) or len(ended) != len(recorded):
        raise Refused(
            f"{folder}: set-{name}.tar.gz and Outcomes-{name}.txt do not hold the same stays: of {len(recorded)} and {len(ended)}, "
            f"{alone[0]} and {alone[1]} are not in the other. Fetch both again from {WHERE}."
        )


def _order(record: pd.Series) -> np.ndarray:
    """An order that neither follows nor depends on that of the files, nor on the identifiers."""
    return np.argsort([hashlib.sha256(repr(("cinc2012", int(number))).encode()).hexdigest() for number in record])


def _sorted(
    place: np.ndarray, file: np.ndarray, minute: np.ndarray, channel: np.ndarray, value: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The plausible rows, each stay's in an order that does not depend on that of its file: sums of floats would."""
    low, high = (np.array([getattr(channel, side) for channel in CHANNELS])[channel] for side in ("low", "high"))
    kept = (value >= low) & (value <= high)
    file, minute, channel, value = file[kept], minute[kept], channel[kept], value[kept]
    # By file, as the source nearly has it, so that little is moved; by value only where file, minute and channel are shared.
    key = (file * (records.LAST_MINUTE + 1) + minute) * len(CHANNELS) + channel
    order = np.argsort(key, kind="stable")
    same = np.diff(key[order]) == 0
    shared = np.flatnonzero(np.append(same, False) | np.append(False, same))
    order[shared] = order[shared][np.lexsort((value[order[shared]], key[order[shared]]))]
    return place[file[order]], minute[order], channel[order], value[order]


def _there(folder: Path, name: str) -> Path:
    if (path := folder / name).is_file():
        return path
    opened = folder / name.removesuffix(".tar.gz")
    found = f" The folder {opened} stands there, but the archive itself is read, unopened." if opened.is_dir() else ""
    raise Refused(
        f"cinc2012: {path} was looked for and is not there.{found} Get it from {WHERE} and put it into {folder}. "
        f"The data home is set by --data-home or CLINICAL_MTL_DATA."
    )
