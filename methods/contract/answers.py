"""Checks of what a fitted method answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from methods.contract.broken import ContractBrokenError, NotApplicable
from methods.contract.odd import as_others, with_gaps, with_new_categories
from methods.contract.subject import Subject

# Sums in another order may differ in their last digits.
NEAR = 1e-6
FIRST = 100


def fits(subject: Subject) -> None:
    """fit(train, valid, run) gives a fitted method; nothing is missing yet."""
    assert subject.main.parts


def probabilities(subject: Subject) -> None:
    """predict_proba gives float64 (cases, outcomes) in [0, 1] without NaN, for cases whose outcomes are hidden."""
    assert subject.answers.shape == (len(subject.probe.test), len(subject.probe.test.outcome_names))


def no_case(subject: Subject) -> None:
    """predict_proba of no case gives (0, outcomes), or refuses it with a ValueError, as scikit-learn's estimators do."""
    try:
        subject.main.predict(subject.probe.test.take([]))
    except ContractBrokenError:
        raise
    except ValueError:
        return


def alone(subject: Subject) -> None:
    """A prediction does not depend on the other cases of the call, nor on their order, beyond 1e-6."""
    for what, rows in (("alone", [5]), ("among three", [3, 2, 1]), ("in reversed order", _first(subject)[::-1])):
        off = np.abs(subject.main.predict(subject.probe.test.take(rows)) - subject.answers[rows]).max()
        if off > NEAR:
            raise ContractBrokenError(
                f"a case {what} is predicted otherwise than among all of test.",
                f"a difference of {off:.2g}",
                f"{NEAR:g}",
                "Means, spreads, ranks and vocabularies are learned in fit, never from the cases of a call or their order.",
            )


def inputs_alone(subject: Subject) -> None:
    """A prediction is made from tables, notes and series, not from patient codes, times or centres."""
    test = subject.probe.test.take(_first(subject))
    off = np.abs(subject.main.predict(test) - subject.main.predict(as_others(test))).max()
    if off > NEAR:
        raise ContractBrokenError(
            "predictions follow patient codes, times, centres or the official side.",
            f"predictions that differ by {off:.2g}",
            f"{NEAR:g}",
            "They group cases and order them; they are no inputs. Leave them out of what predict_proba reads.",
        )


def outcomes_hidden(subject: Subject) -> None:
    """predict_proba answers the same with outcomes in sight, right or wrong; the engine hides them."""
    test = subject.probe.test.take(_first(subject))
    hidden = subject.main.predict(test)
    for what, outcomes in (("", test.outcomes), ("wrong ", test.outcomes.rsub(1))):
        seen = subject.main.ask(replace(test, outcomes=outcomes).known_as(test.inputs_key))
        if (off := np.abs(seen - hidden).max()) > NEAR:
            raise ContractBrokenError(
                f"predict_proba reads the {what}outcomes of the cases that it is asked for.",
                f"predictions that differ by {off:.2g}",
                "none",
                "Predict from the inputs alone.",
            )


def unmet_categories(subject: Subject) -> None:
    """A category that train never had is predicted."""
    odd = with_new_categories(subject.probe.test)
    if odd is None:
        raise NotApplicable("it reads no column of categories here")
    subject.main.predict(odd)


def gaps(subject: Subject) -> None:
    """Missing values, empty notes, unmeasured series and cases without a whole modality are fitted and predicted."""
    test = with_gaps(subject.probe.test, seed=2)
    subject.main.predict(test)
    train, valid = (with_gaps(side, seed) for seed, side in enumerate(subject.few()))
    subject.fit(train, valid).predict(test)


def absent_modalities(subject: Subject) -> None:
    """A cohort without one of the modalities is fitted; a fitted method predicts cases without it."""
    probe = subject.probe
    if len(probe.train.modalities) < 2:
        raise NotApplicable("it reads one modality here, without which there is nothing to read")
    for modality in probe.train.modalities:
        if modality == "tabular" and subject.entry.card:
            # What the card names stands there.
            continue
        test = probe.test.without(modality)
        try:
            subject.main.predict(test)
            train, valid = (side.without(modality) for side in subject.few())
            subject.fit(train, valid).predict(test)
        except Exception as error:
            do = "A cohort, or a later case, may lack a modality that is declared: it is None there."
            raise ContractBrokenError(f"'{modality}' absent: {subject.told(error)}.", do=do) from error


def _first(subject: Subject) -> np.ndarray:
    return np.arange(min(FIRST, len(subject.probe.test)))
