"""The contract as a list of checks, and one run through all of them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import chdir
from dataclasses import dataclass
from functools import partial
from typing import Any

from methods.contract import answers, leaks, learning, manners, parameters
from methods.contract.broken import ContractBrokenError, NotApplicable
from methods.contract.probe import Probe, on_ward
from methods.contract.subject import Subject
from methods.registry import Entry


@dataclass(frozen=True)
class Check:
    """One part of the contract: `look(subject)` returns, or raises ContractBrokenError or NotApplicable; any other error is the
    method's own. `needs`: checks without which it can say nothing. `then`: what to do when the method raises."""

    name: str
    look: Callable[[Subject], None]
    needs: tuple[str, ...] = ("fit", "probabilities")
    then: str = ""

    @property
    def says(self) -> str:
        """What the contract says."""
        return " ".join((self.look.__doc__ or "").split())


@dataclass(frozen=True)
class Result:
    """What became of a check: `state` is kept, broken, or skipped; `why` for the latter two."""

    check: Check
    state: str
    why: str = ""


CHECKS = (
    Check("documentation", parameters.documented, ()),
    Check("parameters", parameters.parameters, (), "Give each parameter a default, and derive from it in fit."),
    Check("search space", parameters.search_space, ("parameters",)),
    Check("fit", answers.fits, ("parameters",)),
    Check("probabilities", answers.probabilities, ("fit",), "cohort.outcomes has no column where predictions are asked for."),
    Check("no case", answers.no_case, then="Return np.empty((0, outcomes))."),
    Check("each case alone", answers.alone),
    Check("inputs alone", answers.inputs_alone),
    Check("outcomes hidden", answers.outcomes_hidden),
    Check("unmet categories", answers.unmet_categories, then="Take a category that train did not have for a missing one."),
    Check("missing inputs", answers.gaps, then="Values may be NaN, notes '', series NaN throughout: fill them from train."),
    Check("absent modalities", answers.absent_modalities),
    Check("unknown outcomes", manners.unknown_outcomes, then="Outcomes may be NaN = unknown: leave those cases out of the loss."),
    Check("one class", manners.one_class, then="Refuse it with a ValueError that names the outcome."),
    Check("same seed", manners.same_seed),
    Check("pruning", manners.pruned),
    Check("sampled settings", parameters.sampled, ("fit", "probabilities", "search space")),
    Check("learns", learning.learns),
    Check("chance", learning.chance),
    Check("shuffled outcomes", leaks.shuffled),
    Check("valid for stopping", learning.valid_for_stopping),
    Check("valid inputs", leaks.valid_inputs, ("same seed", "valid for stopping")),
    Check("global random states", manners.global_state, ("fit",)),
    Check("cohorts unchanged", manners.cohorts_unchanged, ("fit",)),
    Check("no files", manners.no_files, ("fit",)),
)


def check_method(
    entry: Entry,
    make: Callable[[int], Probe] | None = None,
    settings: Mapping[str, Any] | None = None,
    brief: Mapping[str, Any] | None = None,
    shared: dict[Any, Any] | None = None,
    checks: Sequence[Check] = CHECKS,
    tell: Callable[[Result], None] = lambda _: None,
) -> tuple[Result, ...]:
    """Looks at a method from all sides, in an empty folder; each result is also told at once.

    `make(seed)`: the probe; the made-up ward unless given. `settings`: parameters for every fit; `brief`: for those of which
    only the manners matter. `shared`: what fits of several methods on one probe may reuse. `checks`: those to be looked at, each
    after those that it needs.
    """
    made = make or partial(on_ward, entry)
    subject = Subject(entry, made, settings or {}, brief or {}, {} if shared is None else shared)
    results: dict[str, Result] = {}
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        for check in checks:
            results[check.name] = _looked(check, subject, results)
            tell(results[check.name])
    return tuple(results.values())


def _looked(check: Check, subject: Subject, before: Mapping[str, Result]) -> Result:
    if broken := next((name for name in check.needs if before[name].state != "kept"), None):
        return Result(check, "skipped", f"it waits for '{broken}'")
    try:
        check.look(subject)
    except NotApplicable as reason:
        return Result(check, "skipped", str(reason))
    except ContractBrokenError as broken_by:
        return Result(check, "broken", str(broken_by))
    except Exception as error:
        return Result(check, "broken", " ".join(part for part in (f"raised {subject.told(error)}.", check.then) if part))
    return Result(check, "kept")
