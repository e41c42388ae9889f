"""Where cases come from: cohorts and their loaders. Names load when they are first used, as pandas is slow to import."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datasets.cohort import MODALITIES, Card, Cohort, Series, content_hash
    from datasets.errors import Refused
    from datasets.registry import dataset, load, truth

_HOMES = {
    **dict.fromkeys(("MODALITIES", "Card", "Cohort", "Series", "content_hash"), "datasets.cohort"),
    **dict.fromkeys(("dataset", "load", "truth"), "datasets.registry"),
    "Refused": "datasets.errors",
}
__all__ = ["MODALITIES", "Card", "Cohort", "Refused", "Series", "content_hash", "dataset", "load", "truth"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'datasets' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)
