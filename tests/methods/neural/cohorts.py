"""Small cohorts with a signal planted in every modality."""

from dataclasses import replace

import numpy as np
import pandas as pd

from datasets import Card, Cohort, Series

FINDINGS = ("cough", "fever", "dyspnoea", "oliguria")
FILLER = ("elective surgery", "lives at home", "no allergies", "seen by anaesthetist")


def make(n: int, seed: int = 0, outcomes: int = 3, unknown: float = 0.0, signal: float = 1.0) -> Cohort:
    """Outcome t follows a sum of a number, a category, two findings (written down, negated where absent), the slope and the
    level of a channel, weighted in its own way, times `signal`; at 0 it is a coin. Parts of each modality are missing."""
    rng = np.random.default_rng(seed)
    x, kind = rng.normal(size=n), rng.choice(["u", "v", "w"], n)
    found = rng.random((n, len(FINDINGS))) < 0.4
    slope, level = rng.normal(size=n), rng.normal(size=n)
    scaled = np.column_stack([x, 2 * (kind == "u") - 0.7, 2 * found[:, :2] - 0.8, slope, level])
    score = scaled @ (1 + 0.5 * rng.normal(size=(scaled.shape[1], outcomes)))
    score = 6 * signal * score / score.std(axis=0) - 1.5
    y = (rng.random((n, outcomes)) < 1 / (1 + np.exp(-score))).astype(np.float32)
    y[rng.random(y.shape) < unknown] = np.nan
    texts = []
    for here in found:
        parts = [w if there else f"no {w}" for w, there in zip(FINDINGS, here, strict=True)]
        parts += list(rng.choice(FILLER, 2))
        rng.shuffle(parts)
        texts.append(". ".join(parts))
    ramp = np.linspace(-1.5, 1.5, 12)[None, :, None]
    values = level[:, None, None] + slope[:, None, None] * ramp + 0.3 * rng.normal(size=(n, 12, 2))
    values[rng.random(values.shape) < 0.15] = np.nan
    values[rng.random(n) < 0.03] = np.nan
    tabular = pd.DataFrame({"x": x, "z": np.exp(rng.normal(size=n)), "kind": pd.Categorical(kind)})
    tabular.loc[rng.random(n) < 0.05, "x"] = np.nan
    text = np.array(texts, dtype=object)
    text[rng.random(n) < 0.03] = ""
    return Cohort(
        card=Card("planted", "", "", "", "", "", {}),
        patient=np.arange(n),
        outcomes=pd.DataFrame(y, columns=[f"o{t}" for t in range(outcomes)]),
        tabular=tabular,
        text=pd.DataFrame({"note": text}),
        series=Series(values.astype(np.float32), ("map", "hr"), ("mmHg", "1/min"), np.arange(12.0)),
    )


def without_one_modality(cohort: Cohort) -> Cohort:
    """The same cohort; case 0 has no table, case 1 no note, case 2 no series."""
    assert cohort.tabular is not None
    assert cohort.text is not None
    assert cohort.series is not None
    tabular, text, values = cohort.tabular.copy(), cohort.text.copy(), cohort.series.values.copy()
    tabular.loc[0] = [np.nan] * tabular.shape[1]
    text.loc[1] = ""
    values[2] = np.nan
    return replace(cohort, tabular=tabular, text=text, series=replace(cohort.series, values=values))
