import numpy as np
import pytest

from datasets import outcomes

NAN = float("nan")


def same(found: np.ndarray, expected: list[float]) -> None:
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, np.array(expected, dtype=np.float32))


@pytest.mark.parametrize(
    ("baseline", "highest", "expected"),
    [
        (0.8, 1.2, 1),  # exactly 1.5 times
        (0.7, 1.05, 1),  # exactly 1.5 times, where the product of decimals is a hair above
        (0.8, 1.19, 0),
        (0.8, 0.6, 0),
        (4.0, 6.0, 1),  # the last baseline that counts
        (4.01, 9.0, NAN),  # dialysis
        (NAN, 1.2, NAN),
        (0.8, NAN, NAN),
        (0.0, 1.2, NAN),
        (-1.0, 1.2, NAN),
    ],
)
def test_kidney_injury(baseline: float, highest: float, expected: float) -> None:
    same(outcomes.kidney_injury(np.array([baseline]), np.array([highest])), [expected])


def test_exact_ratios_of_two_decimals_are_injuries() -> None:
    baseline = np.arange(10, 401) / 100
    same(outcomes.kidney_injury(baseline, np.round(baseline * 1.5, 3)), [1] * len(baseline))
    same(outcomes.kidney_injury(baseline, np.round(baseline * 1.5, 3) - 0.001), [0] * len(baseline))


def test_icu_stay() -> None:
    same(outcomes.icu_stay(np.array([0, 1, 0.5, -1, NAN])), [0, 1, 1, NAN, NAN])


def test_death() -> None:
    same(outcomes.death(np.array([0, 1, 2, -1, NAN])), [0, 1, NAN, NAN, NAN])


@pytest.mark.parametrize(
    ("died", "days", "expected"),
    [
        (0, 14.0, 0),
        (0, 14.01, 1),
        (1, 3.0, 1),  # an early death is the gravest course, not a short stay
        (0, -0.1, NAN),
        (1, -0.1, 1),
        (1, NAN, 1),
        (0, NAN, NAN),
        (NAN, 20.0, 1),
        (NAN, 3.0, NAN),
    ],
)
def test_death_or_long_stay(died: float, days: float, expected: float) -> None:
    same(outcomes.death_or_long_stay(np.array([died]), np.array([days])), [expected])


def test_the_bound_of_a_long_stay_can_be_moved() -> None:
    same(outcomes.death_or_long_stay(np.zeros(2), np.array([7.5, 6.5]), limit=7), [1, 0])
