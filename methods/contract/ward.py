"""Ward: a small made-up cohort of which it is known what tells each outcome, and which outcomes nothing tells."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from datasets import Card, Cohort, Series

CASES = 1060
# What tells an outcome, each by itself: a modality, or columns that the card names.
SIGNALS = ("tabular", "text", "series", "procedure")
COINS = 2
FILLER = ("lives at home", "no allergies", "seen by the anaesthetist", "mobile", "elective admission")
STEPS = 12
# Labels turned round, so that no outcome is known for sure.
FLIPPED = 0.02


@lru_cache(maxsize=4)
def ward(seed: int) -> tuple[Cohort, pd.DataFrame, pd.DataFrame]:
    """The cases; their outcomes by what tells them: one column for each of SIGNALS, one `second …` told by something else in the
    same modality, then COINS coins; and by what number each second one is told.

    Nothing is missing and every outcome is known. Rows, patients, times and centres say nothing of any outcome.
    """
    rng = np.random.default_rng(seed)
    level, age, slopes = rng.normal(size=CASES), rng.normal(size=CASES), rng.normal(size=(CASES, 2))
    words, procedure = rng.random((CASES, 2)) < 0.4, rng.choice(list("abcdef"), CASES)
    told = {"tabular": level > 0.2, "text": words[:, 0], "series": slopes[:, 0] > 0.2, "procedure": procedure > "c"}
    told |= {"second tabular": age > 0.2, "second text": words[:, 1], "second series": slopes[:, 1] > 0.2}
    told["second procedure"] = np.isin(procedure, ["a", "c", "e"])
    outcomes = pd.DataFrame(told)
    numbers = {
        "tabular": age,
        "text": words[:, 1],
        "series": slopes[:, 1],
        "procedure": np.unique(procedure, return_inverse=True)[1],
    }
    outcomes ^= rng.random(outcomes.shape) < FLIPPED
    coins = pd.DataFrame({f"coin {number}": rng.random(CASES) < 0.5 for number in range(COINS)})
    outcomes = pd.concat([outcomes, coins], axis=1).astype(np.float32)
    tabular = pd.DataFrame(
        {
            "lactate": level,
            "age": 60 + 12 * age,
            "weight": rng.lognormal(4.3, 0.2, CASES),
        }
    ).astype(np.float32)
    tabular["asa"] = pd.Categorical(np.array(["I", "II", "III", "IV"])[np.digitize(level, (-0.8, 0.2, 1.2))])
    tabular["sex"] = pd.Categorical(rng.choice(["female", "male"], CASES))
    tabular["procedure"] = pd.Categorical(procedure)
    cohort = Cohort(
        card=_card(outcomes),
        patient=rng.permutation(CASES),
        outcomes=outcomes,
        tabular=tabular,
        text=pd.DataFrame({"note": _notes(words, rng)}),
        series=Series(_signals(slopes, rng), ("map", "hr"), ("mmHg", "1/min"), np.arange(float(STEPS))),
        time=rng.permutation(CASES).astype(np.float64),
        centre=rng.integers(0, 4, CASES),
        official=rng.random(CASES) < 0.5,
        reference=pd.DataFrame({"score": (level + 0.1 * rng.normal(size=CASES)).astype(np.float32)}),
    )
    return cohort, outcomes, pd.DataFrame(numbers).astype(np.float64).add_prefix("second ")


def _card(outcomes: pd.DataFrame) -> Card:
    # What the card of a cohort says of itself is told by name, so that a new field of it needs no edit here.
    said: dict[str, Any] = {field.name: "" for field in fields(Card) if field.name in ("source", "licence", "citation", "landmark")}
    card = Card(name="ward", title="A made-up ward", outcomes=dict.fromkeys(map(str, outcomes), ""), synthetic=True, **said)
    named: dict[str, Any] = {"reference": ("asa", "age"), "procedure": "procedure"}
    return replace(card, **{name: named[name] for name in named if name in {field.name for field in fields(Card)}})


def _notes(words: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    notes = []
    for wheeze, jaundice in words:
        parts = ["wheeze over both lungs" if wheeze else "lungs are clear", "jaundice" if jaundice else "skin of usual colour"]
        parts += list(rng.choice(FILLER, 2, replace=False))
        rng.shuffle(parts)
        notes.append(". ".join(parts))
    return np.array(notes, dtype=object)


def _signals(slopes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """float32 (cases, STEPS, 2): each channel rises, or falls, as its slope says."""
    ramp = np.linspace(0.0, 2.0, STEPS)[None, :, None]
    return (slopes[:, None, :] * ramp + 0.3 * rng.normal(size=(len(slopes), STEPS, 2))).astype(np.float32)
