"""Checks of what a method takes: documentation, parameters, search space."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import optuna

from methods.base import Method
from methods.contract.broken import ContractBrokenError, NotApplicable
from methods.contract.subject import Subject

optuna.logging.set_verbosity(optuna.logging.WARNING)

UNKNOWN = "no_such_parameter"
# Points of the search space that are built, and those that are fitted.
POINTS, SAMPLES = 5, 2


def documented(subject: Subject) -> None:
    """Its class says in the first line of its docstring what it is."""
    if not subject.entry.summary:
        raise ContractBrokenError(
            f"the class of '{subject.entry.name}' has no docstring.",
            do="Its first line stands in `list methods` and in reports: say there what the method is.",
        )


def parameters(subject: Subject) -> None:
    """Each parameter has a default and comes out of get_params as it went in; set_params sets; an unknown one is refused."""
    method = subject.entry.build()
    if not isinstance(method, Method):
        raise ContractBrokenError("the class is no Method.", type(method).__name__, do="Derive it from methods.Method.")
    _refuses_unknown(subject, method)
    defaults = method.get_params()
    for seed in range(POINTS):
        sampled = {name: value for name, value in _sampled(subject, seed).items() if name in defaults}
        # Settings of a user count for more than what the sampler drew.
        _come_out(subject, {**defaults, **sampled, **subject.settings})


def _come_out(subject: Subject, given: dict[str, Any]) -> None:
    ways: dict[str, Callable[[], Any]] = {
        "the constructor": lambda: subject.entry.build(**given),
        "set_params": lambda: subject.entry.build().set_params(**given),
    }
    for what, build in ways.items():
        built = build()
        if not isinstance(built, Method):
            raise ContractBrokenError(f"{what} must give the method.", type(built).__name__, do="Return self.")
        found = built.get_params()
        for name in sorted(given.keys() | found.keys()):
            if name not in found or name not in given or not _same(found[name], given[name]):
                raise ContractBrokenError(
                    f"{what} took {name} = {given.get(name)!r}, get_params gives another.",
                    repr(found[name]) if name in found else "nothing",
                    do=f"Keep it as it comes: self.{name} = {name}; derive from it in fit.",
                )


def search_space(subject: Subject) -> None:
    """Each name that the search space suggests has a default, which lies inside it; what it gives the constructor takes."""
    method, outcomes = subject.entry.build(), len(subject.probe.train.outcome_names)
    defaults = method.defaults(outcomes)
    asked = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0)).ask()
    given = method.space(asked, outcomes)
    for name, distribution in asked.distributions.items():
        if name not in defaults:
            allowed = ", ".join(sorted(defaults)) or "none, the constructor has no parameter"
            raise ContractBrokenError(
                "search_space suggests a name that the constructor lacks.", f"'{name}'", allowed, "Use the constructor's names."
            )
        if not _inside(distribution, defaults[name]):
            raise ContractBrokenError(
                f"the default of '{name}' lies outside the search space.",
                repr(defaults[name]),
                str(distribution),
                "Trial 0 is the default: widen the space or move the default.",
            )
    if not isinstance(given, dict):
        raise ContractBrokenError("search_space must give parameters by name.", type(given).__name__, "a dict")
    known = method.get_params()
    for name in given:
        if name not in known:
            allowed = ", ".join(sorted(known)) or "none"
            raise ContractBrokenError(
                "search_space gives a name that the constructor lacks.", f"'{name}'", allowed, "Use the constructor's names."
            )


def sampled(subject: Subject) -> None:
    """Methods made from points of the search space can be fitted and predict; a loss that diverges there is no fault."""
    if not _sampled(subject, 0):
        raise NotApplicable("its search space is empty; every trial would be the default")
    for seed in range(SAMPLES):
        params = _sampled(subject, seed) | subject.brief
        try:
            subject.fit(*subject.few(), params=params).predict(subject.probe.test)
        except FloatingPointError:
            continue
        except Exception as error:
            raise ContractBrokenError(f"with {params}: {subject.told(error)}.") from error


def _sampled(subject: Subject, seed: int) -> dict[str, Any]:
    """A point of the search space, by the names of the constructor."""
    trial = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed)).ask()
    return dict(subject.entry.build().space(trial, len(subject.probe.few)))


def _refuses_unknown(subject: Subject, method: Method) -> None:
    for what, give in (("the constructor", subject.entry.build), ("set_params", method.set_params)):
        try:
            give(**{UNKNOWN: 1})
        except (TypeError, ValueError):
            continue
        raise ContractBrokenError(
            f"{what} takes any name.",
            f"it took '{UNKNOWN}'",
            do="Name each one, without **kwargs.",
        )


def _inside(distribution: optuna.distributions.BaseDistribution, value: Any) -> bool:
    try:
        return distribution._contains(distribution.to_internal_repr(value))
    except (TypeError, ValueError):
        return False


def _same(one: Any, other: Any) -> bool:
    try:
        return one is other or bool(one == other)
    except ValueError:
        # Arrays, whose comparison is one for each element.
        return repr(one) == repr(other)
