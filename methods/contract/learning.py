"""Checks of what a method learns: what was planted, nothing where there is nothing, and from train alone."""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt

import numpy as np

from methods.contract.broken import ContractBrokenError, NotApplicable
from methods.contract.probe import Probe
from methods.contract.subject import Subject
from methods.scores import auc

LEARNED = 0.9
ERRORS = 3
# Epochs chosen on valid lift a little what nothing tells; learning from its outcomes lifts far more.
LIFTED_VALID, LIFTED_TEST = 0.75, 0.8
READ = {
    "tabular": "Read `cohort.tabular`",
    "text": "Read `cohort.text`",
    "series": "Read `cohort.series`",
    "procedure": "Read the column that `cohort.card.procedure` names",
}


def learns(subject: Subject) -> None:
    """An outcome that one modality alone tells is found with AUC 0.9, for each modality that the method says it reads."""
    if not subject.probe.planted:
        raise NotApplicable("nothing is planted in a cohort of your own; leave --dataset out")
    for name, told_by in subject.probe.planted.items():
        found = _auc(subject, name)
        if found < 1 - LEARNED:
            raise ContractBrokenError(
                f"an outcome that '{told_by}' tells is predicted the wrong way round.",
                f"AUC {found:.2f}",
                f"{LEARNED} or more",
                "predict_proba gives the probability of 1, for scikit-learn's classifiers the second column.",
            )
        if found < LEARNED:
            raise ContractBrokenError(
                f"an outcome that '{told_by}' alone tells is not learned.",
                f"AUC {found:.2f} on {len(subject.probe.test)} cases after {len(subject.probe.train)}",
                f"{LEARNED} or more",
                f"{READ[told_by]}, or leave '{told_by}' out of what @register says the method reads.",
            )


def chance(subject: Subject) -> None:
    """Outcomes that nothing tells stay at chance: mean AUC within three standard errors of 0.5. What lies outside is drawn and
    fitted once more, and is believed if it lies outside again."""
    said = []
    for again in (False, True):
        looked = subject.again() if again else subject
        mean, error = _mean_auc(looked)
        if abs(mean - 0.5) <= ERRORS * error:
            break
        said.append(f"{mean:.3f} ± {error:.3f}")
    else:
        raise ContractBrokenError(
            "outcomes that nothing tells are predicted.",
            f"mean AUC {said[0]}, and {said[1]} where all was drawn anew",
            f"0.5 within {ERRORS} standard errors",
            "Outcomes of test reach the method by some other way than its inputs.",
        )
    if subject.probe.true is not None:
        _never_given(subject, subject.probe)


def valid_for_stopping(subject: Subject) -> None:
    """Outcomes of valid choose when to stop and nothing else: they are not fitted, and not looked up. What speaks against it is
    drawn and fitted once more, and is believed if it does so again."""
    if (found := _lifted(subject)) and _lifted(subject.again()):
        what, value, allowed = found
        do = "Fit on train alone; valid is for stopping. A final fit on both is nobody's here."
        raise ContractBrokenError(what, f"AUC {value:.2f}", f"{allowed} or less", do)


def _lifted(subject: Subject) -> tuple[str, float, float] | None:
    """An outcome that is predicted better than train allows: what, its AUC, and what would be allowed."""
    probe = subject.probe
    p, names = subject.main.predict(probe.valid), probe.valid.outcome_names
    aucs = [auc(probe.valid.outcomes[name].to_numpy(np.float64), p[:, names.index(name)]) for name in probe.coins]
    if (found := float(np.nanmean(aucs))) > LIFTED_VALID:
        return "outcomes that nothing tells are predicted in valid.", found, LIFTED_VALID
    if probe.late and (found := _auc(subject, probe.late)) > LIFTED_TEST:
        return "an outcome that nothing tells in train is predicted as valid tells it.", found, LIFTED_TEST
    return None


def _never_given(subject: Subject, probe: Probe) -> None:
    """Outcomes that the method was never given, as those of the source's files are here."""
    assert probe.true is not None
    names, y = probe.test.outcome_names, probe.true
    found = [auc(y[name].to_numpy(np.float64), subject.answers[:, names.index(name)]) for name in map(str, y)]
    if found and (mean := float(np.nanmean(found))) > LIFTED_TEST:
        raise ContractBrokenError(
            "the cohort's own outcomes are predicted, though those of other cases were given.",
            f"mean AUC {mean:.2f}",
            f"{LIFTED_TEST} or less",
            "The method reads the source by some way of its own.",
        )


def _auc(subject: Subject, name: str) -> float:
    place = subject.probe.test.outcome_names.index(name)
    return auc(subject.probe.test.outcomes[name].to_numpy(np.float64), subject.answers[:, place])


def mean_auc(found: Iterable[tuple[np.ndarray, np.ndarray]]) -> tuple[float, float]:
    """Mean AUC of pairs (y, p), each of one outcome, and its standard error where the predictions know nothing of them
    (Mann and Whitney 1947: variance (n0 + n1 + 1) / (12 n0 n1))."""
    aucs, variances = [], []
    for y, p in found:
        with_it, without = int((y == 1).sum()), int((y == 0).sum())
        aucs.append(auc(y, p))
        variances.append((with_it + without + 1) / (12 * with_it * without))
    return float(np.mean(aucs)), sqrt(sum(variances)) / len(aucs)


def _mean_auc(subject: Subject) -> tuple[float, float]:
    test = subject.probe.test
    names = test.outcome_names
    return mean_auc(
        (test.outcomes[coin].to_numpy(np.float64), subject.answers[:, names.index(coin)]) for coin in subject.probe.coins
    )
