"""What tests of calibration, decisions and risks share: plain loops over stored frames, and studies in another order."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy.special import expit, logit

from bench.diagnostics.scaled import Scaled, scaled
from bench.evaluation.scores import Scores, score
from bench.store import DatasetRecord
from tests.bench.records import Fake

# Small, with all that can go wrong in it: folds, seeds, unknown outcomes, patients of two cases.
SMALL = Fake(skill={"single_task": 1.0, "mmoe": 1.6}, twins={"mmoe": "single_task"}, folds=2, seeds=2, patients=500)


def read(record: DatasetRecord) -> tuple[DatasetRecord, Scores, list[Scaled]]:
    """What the tables are made from; few resamples, which none of them reads."""
    return record, score(record, resamples=5), scaled(record)


def runs(record: DatasetRecord, method: str, outcome: str) -> Iterator[pd.DataFrame]:
    """Known test cases of each fold and seed: y, raw and platt (by statsmodels, from the same cell's valid)."""
    for fold in range(record.plan["folds"]):
        frame = record.cells[method, fold].predictions
        frame = frame[(frame["outcome"] == outcome) & frame["y"].notna()].astype({"y": float})
        for _, part in frame.groupby("seed"):
            valid, test = part[part["side"] == "valid"], part[part["side"] == "test"]
            n1, n0 = (valid["y"] == 1).sum(), (valid["y"] == 0).sum()
            target = np.where(valid["y"] == 1, (n1 + 1) / (n1 + 2), 1 / (n0 + 2))
            line = sm.GLM(target, sm.add_constant(logit(valid["p"])), family=sm.families.Binomial()).fit(tol=1e-14).params
            moved = expit(line.iloc[0] + line.iloc[1] * logit(test["p"]))
            yield test.assign(raw=test["p"], platt=moved)


def mean_over(record: DatasetRecord, frames: Sequence[pd.DataFrame], of: Callable[[pd.DataFrame], float]) -> float:
    """Mean over seeds, then folds, of what the runs give."""
    return float(np.array([of(one) for one in frames]).reshape(record.plan["folds"], -1).mean(axis=1).mean())


def shuffled(record: DatasetRecord) -> DatasetRecord:
    """The same study with methods, outcomes and the rows of every frame in another order."""
    plan = {**record.plan, "outcomes": record.plan["outcomes"][::-1]}
    plan["methods"] = dict(reversed(record.plan["methods"].items()))
    cells = {
        key: replace(cell, predictions=cell.predictions.sample(frac=1, random_state=1), default=cell.default.sample(frac=1))
        for key, cell in reversed(record.cells.items())
    }
    return replace(record, plan=plan, cells=cells)


def alike(one: pd.DataFrame, other: pd.DataFrame, keys: list[str]) -> None:
    """Two tables hold the same lines, in whatever order."""
    assert len(one)
    assert one[keys].values.tolist() != other[keys].values.tolist()
    first, second = (table.set_index(keys).sort_index() for table in (one, other))
    pd.testing.assert_frame_equal(first, second, rtol=1e-9, atol=1e-12)


def changed(record: DatasetRecord, change: Callable[[pd.DataFrame], pd.DataFrame], method: str = "mmoe") -> DatasetRecord:
    """The study with one method's predictions changed."""
    cells = {
        key: replace(cell, predictions=change(cell.predictions.copy())) if key[0] == method else cell
        for key, cell in record.cells.items()
    }
    return replace(record, cells=cells)
