"""Checks of how a method fits: what it accepts, what it repeats, what it leaves alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import optuna

from methods.contract.broken import ContractBrokenError, NotApplicable
from methods.contract.odd import of_one_class, with_unknown
from methods.contract.subject import Subject, other_states

UNKNOWN_SHARE = 0.7
# How far the mean prediction of an outcome that half of the cases have may lie from a half.
OFF = 0.2


def unknown_outcomes(subject: Subject) -> None:
    """Unknown outcomes (NaN) are accepted, and taken neither for 0 nor for 1."""
    coin = subject.probe.few.index(subject.probe.coins[0])
    name = subject.probe.few[coin]
    sides = []
    for seed, side in enumerate(subject.few()):
        unknown = with_unknown(side, name, UNKNOWN_SHARE, seed)
        for other in side.outcome_names:
            if other != name:
                unknown = with_unknown(unknown, other, 0.2, seed + 10)
        sides.append(unknown)
    mean = subject.fit(sides[0], sides[1]).predict(subject.probe.test)[:, coin].mean()
    if abs(mean - 0.5) > OFF:
        taken = "0" if mean < 0.5 else "1"
        raise ContractBrokenError(
            f"an outcome known for {1 - UNKNOWN_SHARE:.0%} of the cases, half of which have it, is predicted too "
            f"{'low' if mean < 0.5 else 'high'}: unknown (NaN) may have been taken for {taken}.",
            f"a mean of {mean:.2f}",
            f"{0.5 - OFF:g} to {0.5 + OFF:g}",
            "Leave the cases out of the loss of an outcome that is unknown for them.",
        )


def one_class(subject: Subject) -> None:
    """An outcome that nobody in train has is refused with a ValueError, or predicted with probabilities under a half."""
    train, valid = subject.few()
    name = subject.probe.few[-1]
    if subject.entry.per_outcome:
        train, valid = train.only(name), valid.only(name)
    try:
        p = subject.fit(of_one_class(train, name), valid).predict(subject.probe.test)[:, -1]
    except ContractBrokenError:
        raise
    except ValueError:
        return
    if p.mean() > 0.5:
        raise ContractBrokenError(
            "an outcome that nobody in train has is predicted for most.", f"a mean of {p.mean():.2f}", "a ValueError, or below 0.5"
        )


def same_seed(subject: Subject) -> None:
    """The same seed gives the same predictions to the bit, whatever was fitted before, stands in run.shared, or was drawn from
    global random states."""
    first = subject.few_answers
    with other_states(1):
        second = subject.fit(*subject.few(), shared={}).predict(subject.probe.test)
    if not np.array_equal(first, second):
        off = np.abs(first - second).max()
        raise ContractBrokenError(
            "two fits with one seed predict differently.",
            f"a difference of {off:.2g}",
            "none",
            "Draw from run.seed alone (np.random.default_rng(run.seed), random_state=run.seed), and keep things in run.shared "
            "under keys that name all they depend on.",
        )


def global_state(subject: Subject) -> None:
    """fit and predict_proba leave the global random states of random, numpy and torch as they were."""
    for name, call in subject.disturbed.items():
        raise ContractBrokenError(
            f"{call} changes the global random state of {name}.",
            do="Draw from a generator of its own made from run.seed; for torch: `with torch.random.fork_rng(): "
            "torch.manual_seed(run.seed)`.",
        )


def cohorts_unchanged(subject: Subject) -> None:
    """fit and predict_proba leave the cohorts that they are handed as they were."""
    for name, call in subject.altered.items():
        raise ContractBrokenError(f"{call} changes the {name} that it is handed.", do="Work on a copy: others read the same.")


def no_files(_: Subject) -> None:
    """Nothing is written where the program runs."""
    if left := sorted(path.name for path in Path.cwd().iterdir()):
        raise ContractBrokenError("files were written where the program runs.", ", ".join(left[:5]), "none", "Keep fits in memory.")


def pruned(subject: Subject) -> None:
    """An exception that run.report raises ends the fit and gets through."""
    steps: list[int] = []
    stop = optuna.TrialPruned("the tuner has seen enough")

    def report(step: int, _: float) -> None:
        steps.append(step)
        raise stop

    try:
        subject.fit(*subject.few(), report=report)
    except Exception as error:
        if error is stop:
            return
        if steps:
            raise ContractBrokenError("fit turns what run.report raises into another error.", type(error).__name__) from error
        raise
    if not steps:
        raise NotApplicable("it reports no steps, so that none of its trials is ended early")
    raise ContractBrokenError(
        "fit swallows what run.report raises.",
        f"{len(steps)} reports and no end",
        do="Call run.report outside of try, or raise again.",
    )
