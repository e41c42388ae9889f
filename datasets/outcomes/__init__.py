"""Definitions of outcomes, each with its source: pure functions on arrays, 1, 0 and NaN = unknown. One family a file."""

from datasets.outcomes.kidney import kidney_injury
from datasets.outcomes.stay import death, death_or_long_stay, icu_stay

__all__ = ["death", "death_or_long_stay", "icu_stay", "kidney_injury"]
