import numpy as np
import pytest

from datasets import outcomes
from datasets.outcomes import Readings

NAN = float("nan")
HOUR = 60
DAY = 24 * HOUR


def same(found: np.ndarray, expected: list[float]) -> None:
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, np.array(expected, dtype=np.float32))


def readings(*cases: list[tuple[int, float]], at_once: str = "median") -> Readings:
    """One list of (minute, value) a case."""
    rows = [(case, minute, value) for case, found in enumerate(cases) for minute, value in found]
    case, minute, value = np.array(rows, dtype=np.float64).reshape(-1, 3).T
    return Readings.of(case.astype(np.int64), minute.astype(np.int64), value, at_once)


def test_readings_come_in_order_and_one_a_moment() -> None:
    found = readings([(20, 5.0), (10, 1.0), (10, 9.0), (10, 2.0)], [(5, 4.0)])
    assert (found.case.tolist(), found.minute.tolist(), found.value.tolist()) == ([0, 0, 1], [10, 20, 5], [2.0, 5.0, 4.0])
    assert readings([(10, 1.0), (10, 9.0)], at_once="sum").value.tolist() == [10.0]
    assert found.before(20).minute.tolist() == [10, 5]
    assert found.since(20).minute.tolist() == [20]
    assert found.since(20).has(3).tolist() == [True, False, False]


def test_the_sum_of_a_moment_does_not_depend_on_the_order_of_rows() -> None:
    value = np.array([0.1, 0.2, 0.3, 1e8, 0.7])
    zero = np.zeros(5, dtype=np.int64)
    sums = {Readings.of(zero, zero, np.roll(value, shift), "sum").value[0] for shift in range(5)}
    assert len(sums) == 1


def test_onset_is_known_for_those_at_risk_alone() -> None:
    before, after = np.array([0, 0, 1, 1, NAN, 0, NAN]), np.array([0, 1, 0, 1, 1, NAN, NAN])
    same(outcomes.onset(before, after), [0, 1, NAN, NAN, NAN, NAN, NAN])


@pytest.mark.parametrize(
    ("creatinine", "expected"),
    [
        ([(60, 1.0), (DAY + 60, 1.29)], 0),
        ([(60, 1.0), (DAY + 60, 1.3)], 1),
        ([(60, 0.9), (DAY + 60, 1.2)], 1),  # 1.2 − 0.9 is a hair below 0.3 in floats
        ([(60, 0.4), (DAY + 60, 0.6)], 1),  # the ratio, where the rise is too small
        ([(60, 0.7), (DAY + 60, 1.05)], 1),  # exactly 1.5 times
        ([(60, 0.5), (DAY + 60, 0.74)], 0),
        ([(60, 1.2), (600, 1.0), (DAY + 60, 1.3)], 1),  # against the lowest, not the first
        ([(60, 1.0), (600, 1.2), (DAY + 60, 1.3)], 1),  # nor the last
        ([(60, 1.0), (DAY + 60, 0.8), (DAY + 600, 1.1)], 1),  # the lowest may lie after the landmark
        ([(60, 1.0), (DAY + 60, 1.2), (DAY + 600, 0.9)], 0),  # a low value that comes later is no reference
        ([(60, 1.0), (600, 1.3), (DAY + 60, 2.0)], NAN),  # injured before the landmark: not at risk
        ([(60, 1.0), (DAY - 1, 1.3), (DAY + 60, 1.0)], NAN),
        ([(60, 1.0), (DAY, 1.3)], 1),  # at the landmark is after it
        ([(DAY + 60, 1.0), (DAY + 600, 2.0)], NAN),  # nothing before
        ([(60, 1.0)], NAN),  # nothing after
        ([], NAN),
        ([(60, 4.0), (DAY + 60, 4.3)], 1),  # the last baseline that counts
        ([(60, 4.1), (DAY + 60, 8.0)], NAN),  # dialysis
        ([(60, 9.0), (600, 3.9), (DAY + 60, 3.9)], 0),  # the lowest decides
        ([(60, 0.0), (DAY + 60, 1.0)], NAN),
    ],
)
def test_new_kidney_injury(creatinine: list[tuple[int, float]], expected: float) -> None:
    same(outcomes.new_kidney_injury(readings(creatinine), 1, DAY), [expected])


def test_kidney_injury_keeps_cases_apart() -> None:
    found = readings([(60, 0.5), (DAY + 60, 0.5)], [(60, 2.0), (DAY + 60, 2.0)], [], [(60, 1.0), (DAY + 60, 1.5)])
    same(outcomes.new_kidney_injury(found, 5, DAY), [0, 0, NAN, 1, NAN])


def test_a_rise_over_more_than_48_hours_is_not_taken_for_one_within() -> None:
    with pytest.raises(ValueError, match="48 hours"):
        outcomes.new_kidney_injury(readings([(0, 1.0), (2 * DAY + 1, 1.3)]), 1, DAY)


def every_hour(value: float = 80.0, hours: int = 10, **at: float) -> list[tuple[int, float]]:
    """Readings on the hour; `h3=60` sets the one of hour 3."""
    return [(hour * HOUR, at.get(f"h{hour}", value)) for hour in range(hours)]


@pytest.mark.parametrize(
    ("pressure", "expected"),
    [
        (every_hour(), 0),
        (every_hour(h3=64.9, h4=60), 1),
        (every_hour(h3=65, h4=65), 0),  # below 65 is below it
        (every_hour(h3=20), 0),  # a single one may be an artefact
        (every_hour(h3=60, h5=60), 0),  # two, but not in a row
        ([(0, 60), (121, 60), *[(HOUR * h, 80) for h in range(4, 10)]], 0),  # in a row, but too far apart
        ([(0, 60), (120, 60), *[(HOUR * h, 80) for h in range(4, 10)]], 1),
        (every_hour(hours=6), 0),
        (every_hour(hours=5), NAN),  # too few hours to say that there was none
        ([(minute, 80.0) for minute in range(0, 300, 5)], NAN),  # many readings, but of five hours
        ([(0, 60), (5, 60)], 1),  # an event decides, however few
        ([], NAN),
    ],
)
def test_hypotension(pressure: list[tuple[int, float]], expected: float) -> None:
    same(outcomes.hypotension(readings(pressure), 1), [expected])


def test_hypotension_keeps_cases_apart() -> None:
    ends_low, begins_low = every_hour(h9=60), [(minute + 10 * HOUR, value) for minute, value in every_hour(h0=60)]
    same(outcomes.hypotension(readings(ends_low, begins_low, every_hour(h1=50, h2=50)), 4), [0, 0, 1, NAN])


def test_new_hypotension_looks_at_either_side_of_the_landmark_alone() -> None:
    across = every_hour(hours=48, h23=60, h24=60)
    later, before, both = every_hour(hours=48, h24=60, h25=60), every_hour(hours=48, h2=60, h3=60), every_hour(hours=48, value=60)
    found = readings(across, later, before, both, every_hour(hours=24), later[24:])
    same(outcomes.new_hypotension(found, 6, DAY), [0, 1, NAN, NAN, NAN, NAN])


def test_the_cuff_serves_where_the_line_is_silent() -> None:
    line, cuff = readings([(0, 70), (60, 71)], [(0, 90)]), readings([(0, 50), (30, 55)], [], [(0, 66)])
    found = outcomes.mean_pressure(line, cuff)
    assert found.case.tolist() == [0, 0, 0, 1, 2]
    assert found.minute.tolist() == [0, 30, 60, 0, 0]
    assert found.value.tolist() == [70, 55, 71, 90, 66]


def entries(*volumes: float, start: int = 0, every: int = 2 * HOUR) -> list[tuple[int, float]]:
    return [(start + i * every, volume) for i, volume in enumerate(volumes)]


@pytest.mark.parametrize(
    ("urine", "weight", "expected"),
    [
        # 80 kg: 0.5 mL/kg/h are 40 mL/h, 480 mL in 12 h
        (entries(0, *[80] * 6), 80, 0),  # exactly 0.5 is not below it
        (entries(0, *[80] * 5, 79), 80, 1),
        (entries(900, *[70] * 6), 80, 1),  # the volume that opens the span is from before it
        (entries(*[80] * 6), 80, NAN),  # 10 h alone
        (entries(0, *[80] * 5, 79), 79, 0),  # the same volume, for less weight
        (entries(0, *[70] * 6), NAN, NAN),
        (entries(0, *[70] * 6), 0, NAN),
        ([], 80, NAN),
        (entries(0, 0, 0, every=6 * HOUR), 80, 1),  # an entry of 0 is an entry
        (entries(0, 0, 0, every=6 * HOUR + 1), 80, NAN),  # a pause too long to be spanned
        (entries(0, *[200] * 6, *[79] * 6, *[200] * 6), 80, 1),  # any 12 hours
        (entries(0, *[500] * 3, *[10] * 5, *[500] * 3), 80, 0),  # 10 hours of little
        ([*entries(0, *[70] * 3), *entries(*[70] * 3, start=13 * HOUR)], 80, NAN),  # 18 hours, but in two parts
        (entries(0, *[40.1] * 3, 400, *[40.1] * 9, every=HOUR), 80, 0),
        (entries(0, *[39.9] * 13, every=HOUR), 80, 1),
    ],
)
def test_oliguria(urine: list[tuple[int, float]], weight: float, expected: float) -> None:
    same(outcomes.oliguria(readings(urine, at_once="sum"), np.array([weight])), [expected])


def test_oliguria_keeps_cases_apart() -> None:
    much, little = entries(0, *[200] * 6), entries(0, *[10] * 6)
    found = readings(much, little, much, [], little, at_once="sum")
    same(outcomes.oliguria(found, np.full(6, 80.0)), [0, 1, 0, NAN, 1, NAN])


def test_new_oliguria_opens_a_span_of_its_own_at_the_landmark() -> None:
    little, much = [20.0] * 12, [200.0] * 12
    found = readings(
        entries(*much, *little), entries(*much, *much), entries(*little, *little), entries(*much), entries(*little, start=DAY),
        # little from 16:00 to 34:00: 8 hours before the landmark and 10 after it, which no side alone makes 12
        entries(*much[:8], *little[:9], *much[:7]),
        at_once="sum",
    )  # fmt: skip
    same(outcomes.new_oliguria(found, np.full(6, 80.0), DAY), [1, 0, NAN, NAN, NAN, 0])


def test_ventilation() -> None:
    entry, watched = np.array([True, False, False, True]), np.array([True, True, False, False])
    same(outcomes.ventilation(entry, watched), [1, 0, NAN, 1])
    same(outcomes.new_ventilation(np.array([0, 0, 1, NAN, 0]), np.array([0, 1, 1, 1, NAN])), [0, 1, NAN, NAN, NAN])
