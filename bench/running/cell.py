"""Cell: one dataset, one method, one fold: tune, fit with S seeds, predict, record."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from bench.disk import sha256
from bench.protocol.plan import Cell
from bench.running.diagnosed import diagnose
from bench.running.final import Predicted
from bench.running.fitting import Place, begin_cell, fit_cell
from bench.running.handed import take_over
from bench.running.precision import kept
from bench.running.recorded import frame, missing_frame, rows
from datasets import Cohort, Refused, cache


def run_cell(cell: Cell, device: str, progress: Callable[[str], None]) -> None:
    """Runs a cell in this process, without a fence, and moves its record to its place; see `fit_cell`."""
    truth = truth_of(cell)
    begin_cell(cell)
    fit_cell(cell, Place(device), progress)
    record_cell(cell, truth)


def truth_of(cell: Cell) -> str:
    """What the outcomes of whom are, and which cases test, as a hash."""
    return f"{cache.truth_hash(cell.cohort)} {sha256(cell.split)}"


def record_cell(cell: Cell, truth: str, fenced: bool = False) -> bool:
    """Reads the test outcomes, now that all predictions are made, and writes the record of a cell that was fitted; False where
    nothing was handed over. `truth` as `truth_of` gave it before the fit: refuses another."""
    if truth_of(cell) != truth:
        raise Refused("the outcomes or the split were changed while the cell was fitted: what is on disk is not what was.")
    protocol, outcomes, where = cell.settings["protocol"], tuple(cell.settings["outcomes"]), rows(cell)
    taken = take_over(cell.place.partial, (len(where["valid"]), len(where["test"])), len(outcomes), protocol["seeds"])
    if taken is None:
        return False
    meta, predicted = taken
    precision, defaults = protocol.get("precision", "full"), [part.default for part in predicted if part.default is not None]
    cohort, seeds = cache.read(cell.cohort).only(*outcomes), range(protocol["seeds"])
    diagnosed = None
    if protocol["diagnostics"] != "none":
        began = time.perf_counter()
        diagnosed = _diagnosed(cell, predicted, where, cohort) | {"unable": _unable(predicted)}
        meta["cost"]["diagnose_seconds"] += time.perf_counter() - began
    cell.place.finish(
        # Who was fitted, and how, is told by us, not by what was fitted.
        meta | {"key": cell.key, **cell.settings, "computed_on": meta["computed_on"] | {"fence": fenced}},
        kept(frame(where, cohort, [[part.final[s] for part in predicted] for s in seeds]), precision),
        None if len(defaults) < len(predicted) else kept(frame(where, cohort, [defaults]), precision),
        None if diagnosed is None else kept(_missing(where, cohort, predicted, seeds), precision),
        diagnosed,
    )
    return True


def _missing(where: Mapping[str, np.ndarray], truth: Cohort, predicted: Sequence[Predicted], seeds: range) -> pd.DataFrame:
    return missing_frame(where["test"], truth, [[part.missing[s].p for part in predicted] for s in seeds])


def _diagnosed(cell: Cell, predicted: Sequence[Predicted], where: Mapping[str, np.ndarray], truth: Cohort) -> dict[str, Any]:
    """What the parts of the first fit hold; empty for methods that are fitted for one outcome at a time."""
    if len(predicted) > 1:
        return {}
    train, test = where["train"], where["test"]
    file = cell.place.folder / "factors.parquet"
    factors = pd.read_parquet(file).set_index("row") if file.is_file() else None
    y = truth.outcomes.iloc[train], truth.outcomes.iloc[test]
    return diagnose(predicted[0].parts, y, None if factors is None else (factors.loc[train], factors.loc[test]))


def _unable(predicted: Sequence[Predicted]) -> dict[str, str]:
    """Modalities that the method could not do without in some fit, and the exception that says so."""
    return {modality: error for part in predicted for missing in part.missing for modality, error in missing.unable.items()}
