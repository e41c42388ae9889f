"""Series as columns: what was measured in each channel, summarised over time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from datasets.cohort import Series

SUMMARIES = ("count", "mean", "std", "min", "max", "first", "last", "slope", "since")


def series_names(channels: tuple[str, ...]) -> list[str]:
    """Column names, channel by channel, in the order of `summarised`."""
    return [f"{channel}.{summary}" for channel in channels for summary in SUMMARIES]


def summarised(series: Series) -> pd.DataFrame:
    """Summaries of each channel over its measured steps: float32 (cases, channels × 9).

    `count` of measured steps (its complement is what is missing); mean, std, min, max, first and last in the channel's
    unit; least-squares `slope` per unit of time, for two and more; `since`: time from the last measurement to the start of
    the last bin. NaN where nothing was measured; for a case without any series the count too is NaN, not 0.
    """
    values, times = series.values.astype(np.float64), np.asarray(series.times, dtype=np.float64)
    cases, steps, channels = values.shape
    seen = ~np.isnan(values)
    count = seen.sum(axis=1).astype(np.float64)
    if steps == 0:
        return _frame(np.full((cases, channels, len(SUMMARIES)), np.nan), series.channels)
    n = np.where(count > 0, count, np.nan)
    mean = np.where(seen, values, 0.0).sum(axis=1) / n
    off = np.where(seen, values - mean[:, None, :], 0.0)
    when = times[None, :, None]
    late = np.where(seen, when - (np.where(seen, when, 0.0).sum(axis=1) / n)[:, None, :], 0.0)
    spread = (late**2).sum(axis=1)
    slope = (late * off).sum(axis=1) / np.where(spread > 0, spread, np.nan)
    first, last = seen.argmax(axis=1), steps - 1 - seen[:, ::-1].argmax(axis=1)
    at = (np.arange(cases)[:, None], np.arange(channels)[None, :])
    parts = {
        "count": np.where((count > 0).any(axis=1, keepdims=True), count, np.nan),
        "mean": mean,
        "std": np.sqrt((off**2).sum(axis=1) / n),
        "min": np.where(count > 0, np.where(seen, values, np.inf).min(axis=1), np.nan),
        "max": np.where(count > 0, np.where(seen, values, -np.inf).max(axis=1), np.nan),
        "first": values[at[0], first, at[1]],
        "last": values[at[0], last, at[1]],
        "slope": slope,
        "since": np.where(count > 0, times[-1] - times[last], np.nan),
    }
    return _frame(np.stack([parts[name] for name in SUMMARIES], axis=2), series.channels)


def _frame(values: np.ndarray, channels: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame(
        values.reshape(len(values), values.shape[1] * values.shape[2]).astype(np.float32), columns=series_names(channels)
    )
