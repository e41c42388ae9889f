"""Checks of what a fit may know: what train teaches, and nothing of valid's inputs or of anybody's outcomes beside."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from datasets import Cohort
from datasets.cohort import whole
from methods.contract.answers import NEAR
from methods.contract.broken import ContractBrokenError, NotApplicable
from methods.contract.learning import ERRORS
from methods.contract.odd import unlike
from methods.contract.subject import Subject
from methods.scores import auc

SHUFFLES = 10


def shuffled(subject: Subject) -> None:
    """After outcomes shuffled among the cases of train and of valid, the true ones of test are predicted at chance: the mean AUC
    of ten shuffles within three standard errors of 0.5. What lies outside is drawn and fitted once more, and is believed if it lies
    outside again."""
    said = []
    for again in (False, True):
        found = _after_shuffles(subject.again() if again else subject)
        mean, error = float(np.mean(found)), float(np.std(found, ddof=1)) / np.sqrt(SHUFFLES)
        if abs(mean - 0.5) <= ERRORS * error:
            return
        said.append(f"{mean:.3f} ± {error:.3f}")
    raise ContractBrokenError(
        "the true outcomes of test are predicted by what learned from shuffled ones.",
        f"mean AUC {said[0]}, and {said[1]} where all was drawn anew",
        f"0.5 within {ERRORS} standard errors",
        "The method knows of this outcome what train does not teach: a rule, a file, or what it was fitted on before.",
    )


def valid_inputs(subject: Subject) -> None:
    """What is learned from inputs (means, spreads, vocabularies, codes) is learned from train alone: further cases in valid, unlike
    all others and with every outcome unknown, change no prediction. What speaks against it is drawn and fitted once more, and is
    believed if it does so again."""
    if (off := _moved(subject)) > NEAR and _moved(subject.again()) > NEAR:
        raise ContractBrokenError(
            "cases of valid that no outcome is known of change predictions.",
            f"a difference of {off:.2g}",
            f"{NEAR:g}",
            "Fit scalers, imputers, encoders and vocabularies on train alone; valid is for stopping.",
        )


def _after_shuffles(subject: Subject) -> list[float]:
    """AUC on test for the true outcome, once for each of SHUFFLES shuffles of it; all are outcomes of one fit."""
    probe, rng = subject.probe, np.random.default_rng(subject.seed)
    if probe.true is None:
        name = next(iter(probe.planted))
        true = probe.test.outcomes[name]
    elif probe.true.shape[1]:
        name = str(probe.true.columns[0])
        true = probe.true[name]
    else:
        raise NotApplicable("no outcome of this cohort has cases enough")

    def dealt(side: Cohort) -> Cohort:
        y = side.outcomes[name].to_numpy()
        columns = {f"outcome_{number + 1}": y[rng.permutation(len(y))] for number in range(SHUFFLES)}
        return replace(side, outcomes=pd.DataFrame(columns)).known_as(side.inputs_key)

    p = subject.fit(dealt(probe.train), dealt(probe.valid)).predict(probe.test)
    return [auc(true.to_numpy(np.float64), p[:, number]) for number in range(SHUFFLES)]


def _moved(subject: Subject) -> float:
    """How far predictions for test differ where valid holds such cases too."""
    train, valid = subject.few()
    # Nothing shared: what an earlier fit prepared must not stand in for what this one would have prepared.
    more = subject.fit(train, whole([valid, unlike(valid)]), shared={}).predict(subject.probe.test)
    return float(np.abs(more - subject.few_answers).max())
