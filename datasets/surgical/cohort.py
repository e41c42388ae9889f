"""The cohort, assembled: patients made in chunks, each from seeds of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from datasets.cohort import Cohort, whole
from datasets.errors import Refused
from datasets.surgical import notes, risk, series, tables
from datasets.surgical.card import card
from datasets.surgical.factors import FACTORS, World, correlation, draw
from datasets.surgical.findings import FINDINGS
from datasets.surgical.solve import solve
from datasets.surgical.truth import Truth, joined

# A chunk is always made whole and then cut, so that a case depends on its number alone.
CHUNK = 2048

# the patients of the cohort itself, and further ones of the same world
PARTS = ("cohort", "train", "test")

_FACTORS, _OUTCOMES, _TABLES, _FINDINGS, _WORDING, _SERIES, _NOBODY = range(7)
_LOADINGS = len(PARTS)


@dataclass(frozen=True)
class Loadings:
    """How what is seen depends on the factors: (columns, 8), (findings, 8), (signal features, 8)."""

    tables: np.ndarray
    findings: np.ndarray
    series: np.ndarray

    def frame(self) -> pd.DataFrame:
        """Everything seen (rows) × factors."""
        names = [c.name for c in tables.COLUMNS] + [finding.name for finding in FINDINGS] + list(series.FEATURES)
        return pd.DataFrame(np.concatenate([self.tables, self.findings, self.series]), index=names, columns=list(FACTORS))


@lru_cache(maxsize=64)
def loadings(world: World) -> Loadings:
    """The loadings of one world; from replicate 1 on, each is multiplied by its own U(.7, 1.3)."""
    found = [tables.loadings(), notes.loadings(), series.loadings()]
    if world.tables_suffice:
        found[0] *= tables.SUFFICE
    if world.replicate:
        rng = np.random.default_rng(world.seeds(_LOADINGS))
        found = [part * rng.uniform(0.7, 1.3, part.shape) for part in found]
    return Loadings(*found)


def chunks(world: World, patients: int, part: str = "cohort") -> Iterator[tuple[Cohort, Truth]]:
    """The first `patients` of a part of a world, with their truth, at most `CHUNK` at a time."""
    for number, cases in _numbered(world, patients):
        cohort, truth = _chunk(world, part, number), _truth(world, part, number)
        yield (cohort, truth) if cases == CHUNK else (_first(cohort, cases), joined([truth], cases))


def make(world: World, patients: int, part: str = "cohort") -> Cohort:
    """The first `patients` of a part of a world, as one cohort."""
    return whole(
        _chunk(world, part, number) if cases == CHUNK else _first(_chunk(world, part, number), cases)
        for number, cases in _numbered(world, patients)
    )


def truth(world: World, patients: int, part: str = "cohort") -> Truth:
    """Factors, loadings, true risks and findings of the same patients, without making what is seen of them."""
    return joined([_truth(world, part, number) for number, _ in _numbered(world, patients)], patients)


def _numbered(world: World, patients: int) -> Iterator[tuple[int, int]]:
    if patients < 1:
        raise Refused(f"dataset '{world.name}': patients must be 1 or more, found {patients}.")
    for number in range(-(-patients // CHUNK)):
        yield number, min(CHUNK, patients - number * CHUNK)


def _rng(world: World, part: str, number: int, stream: int) -> np.random.Generator:
    return np.random.default_rng(world.seeds(PARTS.index(part), number, stream))


def _spoken_of(world: World, part: str, number: int) -> np.ndarray:
    """Whose factors notes and series speak of: the patient's, or nobody's where tables suffice."""
    return draw(_rng(world, part, number, _NOBODY if world.tables_suffice else _FACTORS), CHUNK)


def _findings(world: World, part: str, number: int) -> np.ndarray:
    rng = _rng(world, part, number, _FINDINGS)
    return notes.find(rng, _spoken_of(world, part, number), loadings(world).findings)


def _chunk(world: World, part: str, number: int) -> Cohort:
    f = draw(_rng(world, part, number, _FACTORS), CHUNK)
    loads = loadings(world)
    came = risk.draw_outcomes(_rng(world, part, number, _OUTCOMES), f, solve(world.common, world.conflict))
    signals = series.record(_rng(world, part, number, _SERIES), _spoken_of(world, part, number), loads.series)
    return Cohort(
        card=card(world),
        patient=_codes(part, number * CHUNK, CHUNK),
        outcomes=pd.DataFrame(came, columns=list(risk.OUTCOMES)),
        tabular=tables.chart(_rng(world, part, number, _TABLES), f, loads.tables, correlation()),
        text=notes.write(_rng(world, part, number, _WORDING), _findings(world, part, number)),
        series=series.series(signals),
    )


def _truth(world: World, part: str, number: int) -> Truth:
    f = draw(_rng(world, part, number, _FACTORS), CHUNK)
    risks = risk.risks(f, solve(world.common, world.conflict))
    return Truth(
        factors=f,
        factor_names=FACTORS,
        loadings=loadings(world).frame(),
        risks=pd.DataFrame(risks, columns=list(risk.OUTCOMES)),
        findings=pd.DataFrame(_findings(world, part, number), columns=[finding.name for finding in FINDINGS]),
    )


def _first(cohort: Cohort, cases: int) -> Cohort:
    return cohort.take(np.arange(cases))


def _codes(part: str, first: int, cases: int) -> np.ndarray:
    """Every case is its own patient; parts never share a code."""
    return PARTS.index(part) * 1_000_000_000 + first + np.arange(cases, dtype=np.int64)
