"""Probe: the three sides that a method is checked on, and what is known of their outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from datasets import MODALITIES, Cohort, Refused
from methods.contract.ward import COINS, ward
from methods.registry import Entry

TRAIN, VALID = 360, 200
# Of a user's own cohort: cases that are enough, shares of train and valid, and fewer on a side than which say too little.
MOST, SHARES, FEWEST = 1200, (0.4, 0.2), 10


@dataclass(frozen=True)
class Probe:
    """Three sides of one cohort, all with outcomes; the names of outcomes say nothing of them.

    `planted`: outcome → what alone tells it. `coins`: outcomes that nothing tells. `late`: an outcome that is told in valid and
    test, and that nothing tells in train. `true`: outcomes of test that nobody was given, where `coins` hold those of other
    cases. `synthetic`: whether its values may be shown.
    """

    train: Cohort
    valid: Cohort
    test: Cohort
    coins: tuple[str, ...]
    planted: Mapping[str, str] = field(default_factory=dict)
    late: str | None = None
    true: pd.DataFrame | None = None
    synthetic: bool = True

    @property
    def few(self) -> tuple[str, ...]:
        """Two outcomes, for fits of which only the manners matter: the first planted one, if there is one, and a coin."""
        return (*list(self.planted)[:1], *self.coins)[:2]


def on_ward(entry: Entry, seed: int = 0) -> Probe:
    """The made-up ward as the engine would hand it to this method: what it does not read is not there."""
    cohort, outcomes, numbers = ward(seed)
    # A method that reads what the card names is not asked for the rest of the table.
    signals = tuple(dict.fromkeys({"reference": "tabular"}.get(name, name) for name in entry.card)) or entry.modalities
    rng = np.random.default_rng(seed)
    late = outcomes[f"second {signals[0]}"].copy()
    late[:TRAIN] = _balanced(numbers[f"second {signals[0]}"].to_numpy()[:TRAIN], rng)
    told = [*signals, *(f"coin {number}" for number in range(COINS))]
    given = pd.concat([outcomes[told], late.rename("late")], axis=1).astype(np.float32)
    # Neither its name nor its place tells an outcome from the others.
    order = [given.columns[place] for place in rng.permutation(given.shape[1])]
    names = {told: f"outcome_{place + 1}" for place, told in enumerate(order)}
    cohort = _as_handed(replace(cohort, outcomes=given[order].rename(columns=names)).known_as(cohort.inputs_key), entry)
    train, valid, test = map(cohort.take, np.split(np.arange(len(cohort)), [TRAIN, TRAIN + VALID]))
    coins = tuple(names[f"coin {number}"] for number in range(COINS))
    return Probe(train, valid, test, coins, {names[signal]: signal for signal in signals}, names["late"])


def on_cohort(cohort: Cohort, entry: Entry, seed: int = 0) -> Probe:
    """At most MOST cases of a cohort whose outcomes are dealt to other cases and joined by coins, so that nothing tells any;
    patients stay whole. Refuses one that offers nothing that the method reads."""
    if missing := [name for name in entry.card if not getattr(cohort.card, name)]:
        raise Refused(f"cohort '{cohort.card.name}' names no {' and no '.join(missing)}, which '{entry.name}' reads.")
    if not set(entry.modalities) & set(cohort.modalities):
        reads, offers = ", ".join(entry.modalities), ", ".join(cohort.modalities)
        raise Refused(f"method '{entry.name}' reads {reads}; '{cohort.card.name}' offers {offers}. Take another --dataset.")
    rng = np.random.default_rng(seed)
    codes = np.unique(cohort.patient, return_inverse=True)[1]
    place = rng.permutation(codes.max() + 1)[codes]
    rows = np.argsort(place, kind="stable")[:MOST]
    first, second = place[rows][[int(share * len(rows)) for share in (SHARES[0], SHARES[0] + SHARES[1])]]
    sides = np.split(np.arange(len(rows)), np.searchsorted(place[rows], [first, second]))
    drawn = cohort.take(rows)
    # Each on its own, so that they are as many draws as there are outcomes.
    dealt = pd.DataFrame({name: y.to_numpy()[rng.permutation(len(y))] for name, y in drawn.outcomes.items()})
    kept = [name for name in dealt if min(_fewest(dealt[name].iloc[side]) for side in sides) >= FEWEST]
    true = drawn.outcomes[kept].iloc[sides[2]].reset_index(drop=True)
    coins = {f"coin_{number + 1}": (rng.random(len(drawn)) < 0.5).astype(np.float32) for number in range(COINS)}
    given = pd.concat([pd.DataFrame(coins), dealt[kept]], axis=1)
    ready = _as_handed(replace(drawn, outcomes=given).known_as(drawn.inputs_key), entry)
    train, valid, test = map(ready.take, sides)
    return Probe(train, valid, test, tuple(map(str, given)), true=true, synthetic=cohort.card.synthetic)


def _balanced(number: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A coin for each case of which a number tells nothing: of two neighbours by that number, one has it."""
    first = rng.random(len(number) // 2) < 0.5
    coin = np.empty(len(number), np.float32)
    coin[np.argsort(number, kind="stable")] = np.stack([first, ~first], axis=1).ravel()
    return coin


def _fewest(y: pd.Series) -> int:
    """Cases of the rarer class."""
    return min(int((y == 0).sum()), int((y == 1).sum()))


def _as_handed(cohort: Cohort, entry: Entry) -> Cohort:
    if "reference" not in entry.card:
        cohort = cohort.without_reference()
    return cohort.without(*(m for m in MODALITIES if m not in entry.modalities))
