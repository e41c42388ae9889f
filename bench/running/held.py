"""Held: a trial in which a study holds some parameters at values of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import optuna


def held(trial: optuna.trial.BaseTrial, values: Mapping[str, Any]) -> optuna.trial.BaseTrial:
    """The trial as a search space sees it: what is held is given where it is asked for, inside its bounds or not, and the sampler
    hears of the other parameters alone."""
    return cast("optuna.trial.BaseTrial", _Held(trial, values)) if values else trial


class _Held:
    def __init__(self, trial: optuna.trial.BaseTrial, values: Mapping[str, Any]) -> None:
        self._trial, self._values = trial, values

    def suggest_float(self, name: str, *args: Any, **options: Any) -> Any:
        return self._values[name] if name in self._values else self._trial.suggest_float(name, *args, **options)

    def suggest_int(self, name: str, *args: Any, **options: Any) -> Any:
        return self._values[name] if name in self._values else self._trial.suggest_int(name, *args, **options)

    def suggest_categorical(self, name: str, *args: Any, **options: Any) -> Any:
        return self._values[name] if name in self._values else self._trial.suggest_categorical(name, *args, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._trial, name)
