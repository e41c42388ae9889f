"""Rows and their table: what meets a goal, what survives JSON, and that no line is too wide."""

import json
import math
from dataclasses import replace

import pytest

from bench.speed.row import Goal, Row, from_json
from bench.speed.table import table

STEP = Row("training step", "bare loop", 0.871, Goal(0.80), (0.0013, 0.0015), "1.3 ms against 1.5 ms")
EQUAL = Row("bootstrap", "scikit-learn", 0.0036, Goal(0.02), (1.4, 331.0), "to the last digit", alike=True)
APART = Row("bootstrap", "scikit-learn", 0.0036, Goal(0.02), (1.4, 331.0), "not to the last digit", alike=False)
RESUME = Row("resume", "–", 2.4, Goal(3.0, unit="s"), (2.4, math.nan), "by the clock")
SAVED = Row("tuning with the pruner", "without", 31.6, Goal(30.0, least=True, unit="%"), (60.0, 90.0), "epochs")


@pytest.mark.parametrize(
    ("row", "shown", "said", "met"),
    [
        (STEP, "0.87", "≤ 0.80", False),
        (EQUAL, "0.0036", "≤ 0.02", True),
        (APART, "0.0036", "≤ 0.02", False),
        (RESUME, "2.40 s", "≤ 3.00 s", True),
        (SAVED, "32 %", "≥ 30 %", True),
    ],
)
def test_a_goal_is_met_or_not(row: Row, shown: str, said: str, met: bool) -> None:
    assert (row.goal.shown(row.value), row.goal.said, row.met) == (shown, said, met)


def test_a_margin_is_a_share_of_the_goal_to_its_bad_side() -> None:
    # 0.871 of at most 0.80 is missed by 8.9 %; 31.6 of at least 30 is not missed, and 27 by 11 %.
    assert [STEP.lost(margin) for margin in (0, 0.08, 0.09)] == [True, True, False]
    assert not SAVED.lost(0)
    few = replace(SAVED, value=27.0)
    assert [few.lost(margin) for margin in (0, 0.11, 0.12)] == [True, True, False]
    # What differs cannot be made up for by any margin.
    assert APART.lost(9)


def test_what_could_not_be_computed_meets_nothing() -> None:
    assert not Goal(1.0).met(math.nan)
    assert not Goal(1.0, least=True).met(math.nan)
    assert Goal(1.0).shown(math.nan) == "–"


@pytest.mark.parametrize("row", [STEP, EQUAL, APART, RESUME, SAVED])
def test_a_row_comes_back_from_json(row: Row) -> None:
    content = json.loads(json.dumps(row.to_json(), allow_nan=False))
    assert content["met"] == row.met
    again = from_json(content)
    assert again.to_json() == row.to_json()
    assert (again.goal, again.alike, again.what) == (row.goal, row.alike, row.what)


@pytest.mark.parametrize("width", [20, 60, 80, 300])
def test_the_table_says_all_and_stays_narrow(width: int) -> None:
    told = table([STEP, EQUAL, APART, RESUME, SAVED], {"two workers": "RuntimeError: one cell did not end well"}, width)
    lines = told.splitlines()
    assert max(map(len, lines)) <= min(max(width, 60), 110)
    assert [line.split()[-1] for line in lines if line[:1].isdigit() and line.split()[-1] in ("yes", "no")] == [
        "no",
        "yes",
        "no",
        "yes",
        "yes",
    ]
    words = " ".join(told.split())
    assert "1. 1.3 ms against 1.5 ms." in words
    assert "Not measured: two workers (RuntimeError: one cell did not end well)." in words
    assert "3 of 5 goals are met; not met: 1, 3. The two sides did not give the same: 3." in words


def test_a_table_of_nothing_says_why() -> None:
    assert table([], {"training steps": "no torch"}, 80) == "Not measured: training steps (no torch).\n"
