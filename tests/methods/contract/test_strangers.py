"""What each check says of methods that break the contract in one way each."""

import pytest

from methods.contract.checks import CHECKS, Result, check_method
from methods.registry import Entry
from tests.methods.contract import peeking, strangers


def looked_at(
    method: type, modalities: tuple[str, ...] = ("tabular",), summary: str = "A method.", per_outcome: bool = False
) -> dict[str, Result]:
    entry = Entry("stranger", "other", modalities, per_outcome, summary, method, (method.__module__,))
    return {result.check.name: result for result in check_method(entry)}


def broken(found: dict[str, Result]) -> dict[str, str]:
    return {name: result.why for name, result in found.items() if result.state == "broken"}


@pytest.mark.parametrize("per_outcome", [False, True])
def test_an_honest_method_keeps_all_and_skips_what_does_not_concern_it(per_outcome: bool) -> None:
    found = looked_at(strangers.Honest, per_outcome=per_outcome)
    assert broken(found) == {}
    assert list(found) == [check.name for check in CHECKS]
    assert {name for name, result in found.items() if result.state == "skipped"} == {"absent modalities"}


BREAKS = {
    "Shapeless": ("probabilities", "gave shape (500,); expected (cases, outcomes) = (500, 4)"),
    "NotANumber": ("probabilities", "NaN for 500 of 500 cases"),
    "Logits": ("probabilities", "outside [0, 1]"),
    "Short": ("probabilities", "must give an array of float64. Found: ndarray of float32. End with .astype(np.float64)."),
    "Reading": ("probabilities", "KeyError"),
    "Silent": ("fit", "must give a fitted method. Found: NoneType. End fit with `return self`."),
    "Deaf": ("pruning", "swallows what run.report raises"),
    "Translating": ("pruning", "into another error. Found: RuntimeError"),
    "Seeding": ("global random states", "fit changes the global random state of numpy.random"),
    "SeedingTorch": ("global random states", "predict_proba changes the global random state of torch"),
    "Sharing": ("same seed", "keep things in run.shared under keys that name all"),
    "Elsewhere": ("search space", "the constructor lacks. Found: 'penalty'. Allowed: C, steps"),
    "Outside": ("search space", "the default of 'C' lies outside the search space. Found: 1.0"),
    "Unfittable": ("sampled settings", "must be a float in the range"),
    "AnyName": ("parameters", "takes any name"),
    "Changing": ("parameters", "get_params gives another. Found: 1.0"),
    "Normalising": ("each case alone", "a case alone is predicted otherwise"),
    "InOrder": ("each case alone", "is predicted otherwise than among all of test"),
    "ByPatient": ("inputs alone", "predictions follow patient codes"),
    "Peeking": ("outcomes hidden", "reads the outcomes of the cases"),
    "RankingManyCases": ("each case alone", "a case alone is predicted otherwise"),
    "Knowing": ("shuffled outcomes", "the true outcomes of test are predicted by what learned from shuffled ones"),
    "ScalingByBoth": ("valid inputs", "cases of valid that no outcome is known of change predictions"),
    "LearningFromValid": ("valid for stopping", "that nothing tells in train is predicted as valid tells it"),
    "Filling": ("cohorts unchanged", "fit changes the train that it is handed"),
    "Correcting": ("cohorts unchanged", "predict_proba changes the cohort that it is handed"),
    "CompleteOutcomes": ("unknown outcomes", "Outcomes may be NaN = unknown"),
    "UnknownIsNo": ("unknown outcomes", "unknown (NaN) may have been taken for 0"),
    "Complete": ("missing inputs", "AssertionError: a value is missing"),
    "Known": ("unmet categories", "KeyError: 'never met before' (strangers.py"),
    "TwoClasses": ("one class", "raised IndexError"),
    "OneClassIsAll": ("one class", "is predicted for most"),
    "SomeCases": ("no case", "IndexError: nobody"),
    "TurnedRound": ("learns", "the wrong way round. Found: AUC 0.0"),
    "Writing": ("no files", "Found: model.log"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_break_is_found_by_its_check_alone(name: str) -> None:
    check, words = BREAKS[name]
    found = broken(looked_at(getattr(strangers, name)))
    assert set(found) == {check}
    assert words in found[check]


@pytest.mark.parametrize("name", ["Remembering", "Searching", "Framing", "Filing"])
def test_a_method_that_gets_at_the_outcomes_of_test_does_not_stay_at_chance(name: str) -> None:
    peeking.REMEMBERED.clear()
    peeking.Filing.FILE.unlink(missing_ok=True)
    found = broken(looked_at(getattr(peeking, name)))
    assert "outcomes that nothing tells are predicted. Found: mean AUC 1.000" in found["chance"]
    # What it finds of valid it has no business with either.
    assert set(found) <= {
        *("chance", "valid for stopping", "same seed", "unknown outcomes", "one class", "inputs alone", "outcomes hidden"),
        *("shuffled outcomes", "valid inputs", "each case alone", "learns"),
    }


def test_a_draw_from_a_global_state_is_told_twice() -> None:
    assert set(broken(looked_at(strangers.Drawing))) == {"same seed", "global random states"}


def test_a_modality_that_is_declared_and_not_read_is_named() -> None:
    found = broken(looked_at(strangers.Honest, modalities=("tabular", "text")))
    assert set(found) == {"learns"}
    assert "'text' alone tells is not learned" in found["learns"]
    assert "leave 'text' out of what @register says" in found["learns"]


def test_a_method_that_needs_every_modality_is_told_which_was_absent() -> None:
    found = broken(looked_at(strangers.OneNote, modalities=("tabular", "text")))
    assert "'text' absent: TypeError" in found["absent modalities"]
    assert "strangers.py" in found["absent modalities"]


def test_a_class_without_a_docstring_and_one_that_is_no_method() -> None:
    assert set(broken(looked_at(strangers.Honest, summary=""))) == {"documentation"}
    found = looked_at(strangers.NotAMethod)
    assert "Derive it from methods.Method" in found["parameters"].why
    assert found["fit"].state == "skipped"
    assert found["fit"].why == "it waits for 'parameters'"
