"""Grid: long measurements become means of bins, whatever their order and however many pieces they come in."""

import numpy as np
import pytest

from datasets.grid import Channel, Grid

CHANNELS = (Channel("hr", "1/min", 20, 300), Channel("map", "mmHg", 10, 250))


def grid() -> Grid:
    return Grid(2, CHANNELS, np.array([0.0, 2.0, 4.0]), 2.0)


def test_means_of_bins_by_hand() -> None:
    made = grid()
    made.add(
        case=np.array([0, 0, 0, 1]), time=np.array([0.0, 1.9, 2.0, 5.99]), channel=np.array([0, 0, 0, 1]), value=[60, 80, 90, 65]
    )
    series = made.series()
    assert series.values.shape == (2, 3, 2)
    assert series.values[0, :, 0].tolist() == [70, 90, pytest.approx(np.nan, nan_ok=True)]
    assert series.values[1, 2, 1] == 65
    assert int(np.isnan(series.values).sum()) == 12 - 3
    assert (series.channels, series.units, series.time_unit) == (("hr", "map"), ("1/min", "mmHg"), "h")


@pytest.mark.parametrize(
    ("case", "time", "channel", "value"),
    [(-1, 1, 0, 70), (0, -0.01, 0, 70), (0, 6, 0, 70), (0, 1, -1, 70), (0, 1, 0, 19), (0, 1, 0, 301), (0, 1, 0, np.nan)],
)
def test_what_is_left_out(case: int, time: float, channel: int, value: float) -> None:
    made = grid()
    made.add(np.array([case]), np.array([time]), np.array([channel]), np.array([value]))
    assert np.isnan(made.series().values).all()


def test_pieces_and_order_change_nothing() -> None:
    rng = np.random.default_rng(0)
    n = 5000
    long = [rng.integers(0, 2, n), rng.uniform(0, 6, n), rng.integers(0, 2, n), rng.integers(30, 200, n).astype(float)]
    one, many = grid(), grid()
    one.add(*long)
    order = rng.permutation(n)
    for piece in np.array_split(order, 7):
        many.add(*(column[piece] for column in long))
    np.testing.assert_array_equal(one.series().values, many.series().values)
