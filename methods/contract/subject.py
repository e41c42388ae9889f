"""Subject: a method under check, built, fitted and asked as the engine does it."""

from __future__ import annotations

import random
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from datasets import Cohort, Refused, content_hash
from methods.base import Method, Run
from methods.contract.broken import ContractBrokenError
from methods.contract.checked import believed
from methods.contract.probe import Probe
from methods.registry import Entry

SEED = 3
COPIED = ("patient", "outcomes", "tabular", "text", "time", "centre", "official", "reference")


@dataclass(frozen=True)
class Fitted:
    """Fitted methods and the outcomes of each: one for all, or one for each outcome."""

    subject: Subject
    parts: tuple[tuple[Method, tuple[str, ...]], ...]

    def predict(self, cohort: Cohort) -> np.ndarray:
        """Probabilities of all outcomes, those of the cohort hidden; raises ContractBrokenError for what is none."""
        return self.ask(cohort.hide_outcomes())

    def ask(self, cohort: Cohort) -> np.ndarray:
        """The same with the cohort as it is."""
        answers = []
        for method, outcomes in self.parts:
            given = handed(cohort)
            with self.subject.watched("predict_proba", given):
                answer = method.predict_proba(given)
            if getattr(answer, "dtype", None) != np.float64:
                found = f"{type(answer).__name__} of {getattr(answer, 'dtype', 'no dtype')}"
                believed(answer, len(cohort), len(outcomes))
                raise ContractBrokenError("predict_proba must give an array of float64.", found, do="End with .astype(np.float64).")
            answers.append(believed(answer, len(cohort), len(outcomes)))
        return np.hstack(answers)


class Subject:
    """What the checks work with. `make(seed)` gives the probe. `settings`: parameters fixed for every fit; `brief`: those of
    fits of which only the manners matter. `shared`: what the fits may reuse. `disturbed`: global random states that a call of
    the method left changed, `altered`: cohorts that it changed, each with the name of the call."""

    def __init__(
        self,
        entry: Entry,
        make: Callable[[int], Probe],
        settings: Mapping[str, Any],
        brief: Mapping[str, Any],
        shared: dict[Any, Any],
        seed: int = 0,
    ) -> None:
        self.entry, self.probe, self.shared = entry, make(seed), shared
        self._make, self.seed = make, seed
        self.settings = dict(settings)
        self.brief = {**self.settings, **brief}
        self.disturbed: dict[str, str] = {}
        self.altered: dict[str, str] = {}

    def fit(
        self,
        train: Cohort,
        valid: Cohort,
        *,
        params: Mapping[str, Any] | None = None,
        report: Callable[[int, float], None] | None = None,
        shared: dict[Any, Any] | None = None,
    ) -> Fitted:
        """Fits on all outcomes of train; `params` stand for the brief ones."""
        run = Run(seed=SEED, shared=self.shared if shared is None else shared)
        if report is not None:
            run = replace(run, report=report)
        names = train.outcome_names
        parts = []
        for group in [(name,) for name in names] if self.entry.per_outcome else [names]:
            fitted_on, stopped_on = handed(train.only(*group)), handed(valid.only(*group))
            method = self.entry.build(**(self.brief if params is None else params))
            with self.watched("fit", fitted_on, stopped_on):
                fitted = method.fit(fitted_on, stopped_on, run)
            if not callable(getattr(fitted, "predict_proba", None)):
                raise ContractBrokenError("fit must give a fitted method.", type(fitted).__name__, do="End fit with `return self`.")
            parts.append((fitted, group))
        return Fitted(self, tuple(parts))

    @cached_property
    def main(self) -> Fitted:
        """Fitted on train and valid with all outcomes. Before it the method has met the cases of test in another fit, as it would
        in another fold: what it remembers of that must not help it."""
        probe = self.probe
        self.fit(probe.test.only(*probe.coins[:2]), probe.valid.only(*probe.coins[:2]))
        return self.fit(probe.train, probe.valid, params=self.settings)

    @cached_property
    def answers(self) -> np.ndarray:
        """Probabilities of the main fit for test."""
        return self.main.predict(self.probe.test)

    @cached_property
    def few_answers(self) -> np.ndarray:
        """Probabilities of a brief fit on two outcomes for test."""
        with other_states(0):
            return self.fit(*self.few()).predict(self.probe.test)

    def again(self) -> Subject:
        """The same method on a probe drawn anew."""
        return Subject(self.entry, self._make, self.settings, self.brief, self.shared, self.seed + 1)

    def told(self, error: Exception) -> str:
        """An error of the method: its type, where it arose, and its words unless they could quote a patient."""
        frames = traceback.extract_tb(error.__traceback__)
        home = getattr(sys.modules.get(self.entry.sources[0]), "__file__", None)
        frame = next((frame for frame in reversed(frames) if frame.filename == home), frames[-1])
        own = isinstance(error, ContractBrokenError | Refused)
        words = f": {error}" if str(error) and (own or self.probe.synthetic) else ""
        return f"{type(error).__name__}{words} ({Path(frame.filename).name}:{frame.lineno} in {frame.name})"

    def few(self) -> tuple[Cohort, Cohort]:
        """Train and valid with two outcomes."""
        return self.probe.train.only(*self.probe.few), self.probe.valid.only(*self.probe.few)

    @contextmanager
    def watched(self, call: str, *cohorts: Cohort) -> Iterator[None]:
        """Notes what a call changes: global random states, and the cohorts that it was handed."""
        states, contents = _states(), [content_hash(cohort) for cohort in cohorts]
        yield
        for name, state in _states().items():
            if name in states and states[name] != state:
                self.disturbed.setdefault(name, call)
        for name, cohort, content in zip(("train", "valid") if call == "fit" else ("cohort",), cohorts, contents, strict=True):
            if content_hash(cohort) != content:
                self.altered.setdefault(name, call)


def handed(cohort: Cohort) -> Cohort:
    """A copy of its own, so that what one call does to it does not reach the next."""
    parts: dict[str, Any] = {name: getattr(cohort, name) for name in COPIED}
    series = None if cohort.series is None else replace(cohort.series, values=cohort.series.values.copy())
    copies: dict[str, Any] = {name: None if part is None else part.copy() for name, part in parts.items()}
    return replace(cohort, series=series, **copies).known_as(cohort.inputs_key)


def _states() -> dict[str, Any]:
    _, keys, *rest = np.random.get_state()
    found: dict[str, Any] = {"numpy.random": (np.asarray(keys).tobytes(), *rest), "random": random.getstate()}
    if torch := sys.modules.get("torch"):
        found["torch"] = torch.get_rng_state().numpy().tobytes()
    return found


@contextmanager
def other_states(number: int) -> Iterator[None]:
    """Global random states set by a number, and put back afterwards."""
    numpy_state, state, torch = np.random.get_state(), random.getstate(), sys.modules.get("torch")
    torch_state = None if torch is None else torch.get_rng_state()
    np.random.seed(number)
    random.seed(number)
    if torch is not None:
        torch.manual_seed(number)
    try:
        yield
    finally:
        np.random.set_state(numpy_state)
        random.setstate(state)
        if torch is not None:
            torch.set_rng_state(torch_state)
