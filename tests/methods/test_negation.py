"""Negation: what a note denies bears a mark, what it affirms does not."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from methods.columns.negation import marked
from methods.columns.text import fit_text


@pytest.mark.parametrize(
    ("text", "denied", "affirmed"),
    [
        ("No cough, fever or dyspnoea. Smoker.", {"cough", "fever", "dyspnoea"}, {"smoker"}),
        ("Patient denies chest pain but has cough.", {"chest", "pain"}, {"cough", "patient"}),
        ("Recent chest infection: denied. Wheeze", {"recent", "infection"}, {"wheeze"}),
        ("Pneumonia was ruled out; fever persists", {"pneumonia"}, {"fever", "persists"}),
        ("-ve for sepsis, however tachycardic", {"sepsis"}, {"tachycardic"}),
        ("Notes: normal nose", set(), {"notes", "normal", "nose"}),
        ("Temp 38.5 without rigors", {"rigors"}, {"temp", "38"}),
        ("CKD, not on dialysis", {"dialysis"}, {"ckd"}),
    ],
)
def test_the_scope_of_a_negation(text: str, denied: set[str], affirmed: set[str]) -> None:
    words = set(marked(text).replace(".", " ").replace(",", " ").replace(":", " ").replace(";", " ").split())
    assert {f"not_{word}" for word in denied} <= words
    assert affirmed <= words
    assert not {f"not_{word}" for word in affirmed} & words


def test_marking_is_the_same_whatever_the_case_and_leaves_nothing_of_nothing() -> None:
    assert marked("NO FEVER") == marked("no fever")
    assert marked("") == ""


def test_marked_columns_tell_a_denied_finding_from_an_affirmed_one() -> None:
    """The same words in every note: only what is denied tells the outcome."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 400)
    noise = rng.permuted(np.array([["cough", "fever", "rash", "pain"]] * 400), axis=1)
    texts = pd.Series(
        [
            f"No {a}, {b} or {'oedema' if not one else c}. Has {d} and {'oedema' if one else c}."
            for one, (a, b, c, d) in zip(y, noise, strict=True)
        ]
    )
    scores = {}
    for choice in ("marked", "pooled"):
        columns = fit_text(choice, texts[:200].tolist())
        fitted = LogisticRegression(C=100, max_iter=2000).fit(columns.transform(texts[:200].tolist()), y[:200])
        scores[choice] = fitted.score(columns.transform(texts[200:].tolist()), y[200:])
    assert scores["marked"] > 0.95
    assert scores["pooled"] < 0.7
