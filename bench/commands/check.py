"""check: all that is wrong with a cohort, at once."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from rich.console import Console

from bench.reporting.printable import printable
from datasets import Cohort, Refused, Series
from datasets.checks import Finding, check, errors, warnings
from datasets.checks.findings import error, warning
from datasets.folder import examined, is_folder, path_of
from datasets.registry import entries, entry

# A split of more cases takes far longer than reading them does: nobody waits for it to hear of a wrong cell.
MANY = 100_000


def check_dataset(name: str, home: Path, folds: int) -> int:
    """Checks a registered cohort, or a folder; prints errors to standard error: 0 = no error, 2 = errors."""
    found: tuple[Finding, ...]
    cohort: Cohort | None
    if name not in entries() and is_folder(name):
        seen = examined(path_of(name))
        cohort, found = seen.cohort, seen.findings
    else:
        cohort = entry(name).load(home)
        found = check(cohort)
    console = Console()
    if cohort is not None and len(cohort.outcome_names) > 1:
        if errors(found) and len(cohort) > MANY:
            console.print("Events on each side are counted once the errors are mended.", highlight=False)
        else:
            found = (*found, *_events(cohort, name, folds))
    if cohort is not None:
        _summary(console, cohort)
    for finding in warnings(found):
        console.print(f"Warning: {printable(str(finding))}", style="yellow", highlight=False, markup=False, soft_wrap=True)
    for finding in errors(found):
        print(f"Error: {printable(str(finding))}", file=sys.stderr)
    counts = [_count(len(errors(found)), "error"), _count(len(warnings(found)), "warning")]
    console.print(f"{printable(name)}: {', '.join(counts)}.", highlight=False, markup=False, soft_wrap=True)
    return 2 if errors(found) else 0


def _events(cohort: Cohort, name: str, folds: int) -> list[Finding]:
    """Outcomes that a study would leave out, by the very split that it would make."""
    # What is refused before comes sooner without them.
    from bench.protocol.prepared import LEAST_POSITIVES
    from bench.protocol.split import Split, positives
    from bench.protocol.study import read_study

    label = read_study("quick", {"datasets": [name]}).datasets[0].label
    try:
        sides = Split("holdout" if folds == 1 else "kfold", folds).sides(cohort.without(*cohort.modalities), label)
    except ValueError as problem:
        return [
            error(
                f"{folds} folds",
                f"cannot be made of {len(cohort):,} cases{f' ({problem})' if isinstance(problem, Refused) else ''}.",
            )
        ]
    few = positives(cohort.outcomes, sides)
    few = few[few["fewest"] < LEAST_POSITIVES]
    asked = f"with {folds} folds" if folds > 1 else "with one holdout of 60/20/20"
    found = []
    left = len(cohort.outcome_names) - len(few)
    for outcome, least in few.iterrows():
        what = (
            f"too few events {asked}: {least['fewest']} cases of the rarer class on one side, at least {LEAST_POSITIVES} are needed"
        )
        found.append(warning(f"outcome '{outcome}'", f"{what}; a study leaves the outcome out."))
    if left < 2:
        found.append(
            error(
                "outcomes",
                f"{asked} {left} of {len(cohort.outcome_names)} have enough events; a study needs two. Take fewer folds.",
            )
        )
    return found


def _summary(console: Console, cohort: Cohort) -> None:
    """What a method would read, by name, so that an input that should be none is seen."""

    def said(text: str) -> None:
        console.print(printable(text), highlight=False, markup=False, soft_wrap=True)

    said(f"{cohort.card.name}: {_count(len(cohort), 'case')} of {_count(len(set(cohort.patient.tolist())), 'patient')}.")
    table = pd.DataFrame() if cohort.tabular is None else cohort.tabular
    numbers = [str(name) for name, column in table.items() if pd.api.types.is_numeric_dtype(column)]
    parts = {
        "tabular numbers": numbers,
        "tabular categories": [str(name) for name in table if str(name) not in numbers],
        "text": [] if cohort.text is None else list(map(str, cohort.text)),
        "series": [] if cohort.series is None else _channels(cohort.series),
    }
    for part, names in parts.items():
        if names:
            present = int(cohort.present(part.split()[0]).sum())
            said(f"  {part}: {', '.join(names)}; {_count(present, 'case')} with any {part.split()[0]} input.")
    for name, y in cohort.outcomes.items():
        said(f"  outcome {name}: {_count(int((y == 1).sum()), 'event')} in {_count(int(y.notna().sum()), 'known case')}.")


def _channels(series: Series) -> list[str]:
    return [f"{name} ({unit})" if unit else name for name, unit in zip(series.channels, series.units, strict=True)]


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
