"""Methods that get at the outcomes of test: by earlier fits, memory, their callers, a file of their own."""

import gc
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from datasets import Cohort
from methods import Run
from tests.methods.contract.strangers import Honest

REMEMBERED: dict[tuple[str, bytes], float] = {}


class Remembering(Honest):
    """Keeps every outcome that any fit was handed, and looks it up."""

    def fit(self, train: Cohort, valid: Cohort, run: Run = Run()) -> Any:
        self.names = train.outcome_names
        for side in (train, valid):
            for name in self.names:
                for row, y in zip(side.tabular["lactate"].to_numpy(), side.outcomes[name], strict=True):
                    REMEMBERED[name, row.tobytes()] = y
        return super().fit(train, valid, run)

    def predict_proba(self, cohort: Cohort) -> np.ndarray:
        p = super().predict_proba(cohort)
        for t, name in enumerate(self.names):
            for i, row in enumerate([] if cohort.tabular is None else cohort.tabular["lactate"].to_numpy()):
                p[i, t] = np.nan_to_num(REMEMBERED.get((name, row.tobytes()), p[i, t]), nan=0.5)
        return p


class Searching(Honest):
    """Looks through the memory of the process for a cohort that holds the same patients and their outcomes."""

    def fit(self, train: Cohort, valid: Cohort, run: Run = Run()) -> Any:
        self.names, self.seen = train.outcome_names, [train, valid]
        return super().fit(train, valid, run)

    def predict_proba(self, cohort: Cohort) -> np.ndarray:
        p = super().predict_proba(cohort)
        for thing in gc.get_objects():
            if (
                type(thing) is Cohort
                and set(self.names) <= set(thing.outcome_names)
                and np.isin(cohort.patient, thing.patient).all()
            ):
                at = {int(code): row for row, code in enumerate(thing.patient)}
                rows = [at[int(code)] for code in cohort.patient]
                found = thing.outcomes[list(self.names)].to_numpy(np.float64)[rows]
                return np.where(np.isnan(found), p, found)
        return p


class Framing(Honest):
    """Looks at its callers for whoever knows the outcomes of the cases that it is asked for."""

    def fit(self, train: Cohort, valid: Cohort, run: Run = Run()) -> Any:
        self.names = list(train.outcome_names)
        return super().fit(train, valid, run)

    def predict_proba(self, cohort: Cohort) -> np.ndarray:
        for thing in self.held(sys._getframe()):
            if type(thing) is Cohort and len(thing) >= len(cohort) and set(self.names) <= set(thing.outcome_names):
                y = thing.outcomes.set_axis(thing.patient)[self.names]
                if len(cohort) and np.isin(cohort.patient, thing.patient).all():
                    return np.nan_to_num(y.loc[cohort.patient].to_numpy(np.float64), nan=0.5)
        return super().predict_proba(cohort)

    def held(self, frame: FrameType | None) -> Iterator[object]:
        """What the callers' variables hold, and their parts, and theirs."""
        while frame := frame and frame.f_back:
            for thing in frame.f_locals.values():
                yield thing
                for part in getattr(thing, "__dict__", {}).values():
                    yield part
                    yield from getattr(part, "__dict__", {}).values()


class Filing(Honest):
    """Writes every outcome that any fit was handed to a file elsewhere, and looks it up."""

    FILE = Path(tempfile.gettempdir()) / f"filing-{id(gc)}.json"

    def fit(self, train: Cohort, valid: Cohort, run: Run = Run()) -> Any:
        self.names = train.outcome_names
        known = json.loads(self.FILE.read_text()) if self.FILE.exists() else {}
        for side in (train, valid):
            for name, y in side.outcomes.items():
                known |= {
                    f"{name} {row.tobytes().hex()}": float(v) for row, v in zip(side.tabular["lactate"].to_numpy(), y, strict=True)
                }
        self.FILE.write_text(json.dumps(known))
        return super().fit(train, valid, run)

    def predict_proba(self, cohort: Cohort) -> np.ndarray:
        p, known = super().predict_proba(cohort), json.loads(self.FILE.read_text())
        rows = [] if cohort.tabular is None else cohort.tabular["lactate"].to_numpy()
        found = [[known.get(f"{name} {row.tobytes().hex()}", np.nan) for name in self.names] for row in rows]
        return np.where(np.isnan(found), p, found) if found else p
