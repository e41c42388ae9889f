"""The synthetic surgical cohort: three modalities, four outcomes, and a truth that is known.

Its parameters were set by linear models and boosted trees alone. Measured on `surgical`, replicate 0: models fitted on 7,458 and
stopped on 2,486 of the 12,430; every score is the expected AUC or AUPRC under the true risks of 20,000 further patients.

                                     any    pulmonary  kidney  ICU    AUC mean  AUPRC mean
    prevalence, solved               .197   .098       .051    .030
    prevalence, drawn                .202   .102       .050    .032
    oracle AUC                       .905   .928       .934    .948   .929
    oracle AUPRC                     .769   .695       .621    .579             .666
    LightGBM; logistic regression: mean AUC (findings read rightly)
        tables .847; .848 · notes .820; .824 · series .725; .734 · tables + notes .867; .868 · tables + series .855; .858
        notes + series .832; .840 · all three .870; .873 (AUPRC .443; .456)
    the same with words marked for negation, all three: .864; .870 (AUPRC .429; .450)
    100,000 further patients: findings .883; .884 (AUPRC .484; .490), words .879; .878 (AUPRC .478; .476)

From 12,430 to 100,000 patients trees gain .0145 on words (mean of four other draws of that size .8644 → .8789) and .0144 on
findings (.8687 → .8831); from words at 12,430 to findings read rightly at 100,000 it is .019. Logistic regression over five
replicates (9,944 patients): all three .864, the best two .859; reading negation (marked words over a bag of words) is worth
.14 on notes alone and .013 on all three.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from datasets.cohort import MODALITIES, Card, Cohort, whole
from datasets.errors import Refused, unknown
from datasets.registry import dataset
from datasets.surgical import cohort
from datasets.surgical.card import card as card_of
from datasets.surgical.factors import World
from datasets.surgical.truth import Truth, joined

__all__ = ["PATIENTS", "Truth", "chunks", "more", "world"]

PATIENTS = 12_430

WORLDS = {
    "surgical": World(),
    "surgical_no_common": World("surgical_no_common", common=0.0),
    "surgical_tables_suffice": World("surgical_tables_suffice", tables_suffice=True),
}


def world(name: str, replicate: int = 0, conflict: float = 1.0, common: float | None = None) -> World:
    """The world of a registered name under these settings; `common` None: the one that the name stands for."""
    if name not in WORLDS:
        raise unknown("synthetic dataset", name, WORLDS)
    preset = WORLDS[name]
    if preset.common == 0 and common not in (None, 0):
        raise Refused(f"dataset '{name}' has no common signal; for common={common} take 'surgical'.")
    share = preset.common if common is None else common
    return World(name, float(share), float(conflict), replicate, preset.tables_suffice)


def more(name: str, cases: int, part: str, **settings: Any) -> tuple[Cohort, Truth]:
    """Further patients of the same world, with their truth: `part` "train" or "test", disjoint from the cohort and each other.

    `settings` are those the cohort was opened with; its own number of patients is left aside.
    """
    if part not in cohort.PARTS[1:]:
        raise unknown("part", part, cohort.PARTS[1:])
    here = _world_of(name, settings)
    return cohort.make(here, cases, part), cohort.truth(here, cases, part)


def chunks(name: str, cases: int, part: str = "cohort", **settings: Any) -> Iterator[tuple[Cohort, Truth]]:
    """The same cases in pieces of at most 2,048, so that any number fits in memory: `part` "cohort", "train" or "test"."""
    if part not in cohort.PARTS:
        raise unknown("part", part, cohort.PARTS)
    return cohort.chunks(_world_of(name, settings), cases, part)


def _world_of(name: str, settings: dict[str, Any]) -> World:
    return world(name, **{key: value for key, value in settings.items() if key not in ("patients", "test_patients")})


def _truth_of(name: str) -> Callable[..., Truth]:
    def truth(patients: int = PATIENTS, test_patients: int = 0, **settings: Any) -> Truth:
        """Factors, loadings, true risks and findings of the cohort opened with the same settings."""
        here = world(name, **settings)
        parts = [cohort.truth(here, patients)]
        return joined([*parts, cohort.truth(here, test_patients, "test")] if test_patients else parts)

    return truth


def _card_of(name: str) -> Callable[..., Card]:
    def card(patients: int = PATIENTS, test_patients: int = 0, **settings: Any) -> Card:  # noqa: ARG001
        return card_of(world(name, **settings))

    return card


def _chunks_of(name: str) -> Callable[..., Iterator[Cohort]]:
    def chunks(home: Path, patients: int = PATIENTS, test_patients: int = 0, **settings: Any) -> Iterator[Cohort]:  # noqa: ARG001
        """The cohort, then, where they are asked for, further patients of its world that are kept for testing."""
        here = world(name, **settings)
        for part, cases in (("cohort", patients), ("test", test_patients)):
            if part == "cohort" or cases:
                for piece, _ in cohort.chunks(here, cases, part):
                    yield piece if not test_patients else replace(piece, official=np.full(len(piece), part == "test"))

    return chunks


def _registered(name: str) -> Callable[[Callable[..., Cohort]], Callable[..., Cohort]]:
    return dataset(name, MODALITIES, _card_of(name), truth=_truth_of(name), chunks=_chunks_of(name))


@_registered("surgical")
def _surgical(
    home: Path, patients: int = PATIENTS, test_patients: int = 0, replicate: int = 0, conflict: float = 1.0, common: float = 0.5
) -> Cohort:
    """Synthetic surgical cohort, truth known: tables, notes and series, four rare outcomes.

    `test_patients`: so many further patients of the same world, kept for testing (split = "official").
    """
    world_of = {"replicate": replicate, "conflict": conflict, "common": common}
    return whole(_chunks_of("surgical")(home, patients, test_patients, **world_of))


@_registered("surgical_no_common")
def _no_common(home: Path, patients: int = PATIENTS, test_patients: int = 0, replicate: int = 0, conflict: float = 1.0) -> Cohort:
    """The synthetic surgical cohort in a world where the outcomes have no common signal: sharing cannot help."""
    return whole(_chunks_of("surgical_no_common")(home, patients, test_patients, replicate=replicate, conflict=conflict))


@_registered("surgical_tables_suffice")
def _tables_suffice(
    home: Path, patients: int = PATIENTS, test_patients: int = 0, replicate: int = 0, conflict: float = 1.0, common: float = 0.5
) -> Cohort:
    """The synthetic surgical cohort in a world where all signal stands in the tables: notes and series speak of nobody."""
    world_of = {"replicate": replicate, "conflict": conflict, "common": common}
    return whole(_chunks_of("surgical_tables_suffice")(home, patients, test_patients, **world_of))
