from pathlib import Path

import pytest

from bench.place import CellPlace
from bench.protocol.plan import Cell
from bench.running.estimated import IDLE_MEGABYTES, SECONDS, Estimate, Past, at_once, elapsed, estimate
from methods.registry import entry

PROTOCOL = {"trials": 6, "seeds": 3, "defaults": True}


def cell(name: str, train: int, dataset: str = "a") -> Cell:
    settings = {"dataset": dataset, "method": name, "name": name, "fold": 0, "protocol": PROTOCOL}
    effort = entry(name).effort * 10 * train / 1000
    return Cell(CellPlace(Path("x"), name, 0), "key", train, effort, settings, Path("c"), Path("s"), (), {})


def test_the_longest_first_on_two_workers_by_hand():
    # 7 | 6 4, then 3 joins 7, then 2 and 1: 7 + 3 = 10, 6 + 4 = 10, then 12 and 11.
    estimates = [Estimate(seconds, 100.0 * seconds) for seconds in (1, 2, 3, 4, 6, 7)]
    assert elapsed(estimates, 2) == 12
    assert elapsed(estimates, 1) == 23
    assert elapsed(estimates, 6) == 7
    assert at_once(estimates, 2) == 1300


def test_a_cell_takes_what_the_most_alike_one_took_by_fits_and_cases():
    known = (
        Past("mmoe", "b", 2000, 5, 1000.0, 2000.0),
        Past("mmoe", "a", 8000, 5, 400.0, 1450.0),
        Past("mmoe", "a", 1000, 5, 60.0, 700.0),
        Past("orthtd", "a", 2000, 10, 1.0, 1.0),
    )
    found = estimate(cell("mmoe", 2000), known)
    # The cell of 1,000 cases on the same dataset: twice the cases, twice the fits.
    assert found.seconds == pytest.approx(60 * 2 * 2)
    assert found.megabytes == pytest.approx(IDLE_MEGABYTES + (700 - IDLE_MEGABYTES) * 2)


def test_a_method_never_run_is_judged_by_others_and_without_any_by_a_guess():
    rate = 3.0
    known = tuple(
        Past(name, "a", 1000, 10, rate * entry(name).effort * 10, 800.0) for name in ("hard_sharing", "mmoe", "single_task")
    )
    assert estimate(cell("ple", 4000), known).seconds == pytest.approx(rate * entry("ple").effort * 10 * 4)
    assert estimate(cell("ple", 4000), ()).seconds == pytest.approx(SECONDS * entry("ple").effort * 10 * 4)
