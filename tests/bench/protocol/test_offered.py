"""Inputs of a cohort are kept by name with how many cases lack them, and never with a count of a few patients."""

import numpy as np
import pandas as pd

from bench.protocol.offered import offered
from datasets import Card, Cohort, Series

CASES = 40


def _cohort() -> Cohort:
    """Forty cases of twenty patients, two each; case 0 to 29 are used."""
    age = np.arange(CASES, dtype=np.float32)
    lactate = age.copy()
    lactate[:12] = np.nan
    rare = np.full(CASES, np.nan, dtype=np.float32)
    rare[[0, 1, 2]] = 1.0
    sex = pd.Categorical(["f", None, *["m"] * 38])
    values = np.ones((CASES, 3, 2), dtype=np.float32)
    values[:, 1] = np.nan
    values[:10, :, 1] = np.nan
    y = pd.DataFrame({"a": np.zeros(CASES, np.float32), "b": np.ones(CASES, np.float32)})
    return Cohort(
        card=Card("c", "t", "s", "l", "c", "End.", {"a": "a", "b": "b"}),
        patient=np.arange(CASES) // 2,
        outcomes=y,
        tabular=pd.DataFrame({"age": age, "lactate": lactate, "rare": rare, "sex": sex}),
        text=pd.DataFrame({"note": ["  " if case % 3 else "pain" for case in range(CASES)]}),
        series=Series(values, ("hr", "map"), ("1/min", ""), np.arange(3.0), "min"),
    )


def test_missing_is_counted_by_hand_and_a_few_are_withheld() -> None:
    found = offered(_cohort(), np.arange(30))
    assert found["tabular"] == [
        {"name": "age", "kind": "number", "missing": 0},
        {"name": "lactate", "kind": "number", "missing": 12},
        # Three cases of two patients have it: how many lack it would say so.
        {"name": "rare", "kind": "number", "missing": None},
        # One patient lacks it.
        {"name": "sex", "kind": "category", "missing": None},
    ]
    assert found["text"] == [{"name": "note", "missing": 20}]
    assert found["series"] == [{"name": "hr", "unit": "1/min", "missing": 0}, {"name": "map", "unit": "", "missing": 10}]
    assert found["bins"] == {"count": 3, "time_unit": "min"}


def test_only_what_is_there_is_told_and_no_case_is_none() -> None:
    assert offered(_cohort().without("text", "series"), np.arange(30)).keys() == {"tabular"}
    assert offered(_cohort().without("tabular", "text"), np.zeros(0, dtype=int))["series"][1]["missing"] == 0
