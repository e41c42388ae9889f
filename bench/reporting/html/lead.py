"""Lead: what was compared, in a few sentences for somebody who has never seen the project."""

from __future__ import annotations

from collections import Counter

from bench.evaluation.incomplete import FAILED, NOT_RUN
from bench.reporting.contents import Contents
from bench.reporting.markdown import escape
from bench.reporting.sections.cohort import warnings

# What is said of methods without scores.
LACKING = {FAILED: "failed", NOT_RUN: "not run on all folds"}


def lead(contents: Contents) -> str:
    """Markdown: how many methods predict which outcomes of whom, on which patients the scores stand, who has none, and whether the
    cohort's check warned."""
    plan, cohort = contents.record.plan, contents.record.cohort
    count, outcomes = len(plan["methods"]), [escape(name) for name in plan["outcomes"]]
    methods = f"{count} method{'' if count == 1 else 's'}"
    cases = f"{cohort['cases_used']:,} cases ({escape(cohort['card']['title'].rstrip('.'))})"
    tested = max((found.cases for found in contents.scores.counts.values()), default=0)
    said = f"**{methods}** on {cases}. A method gives each case a risk of {_joined(outcomes)}"
    said += f"; its scores come from {tested:,} test cases that it had not seen before." if tested else "."
    counts = Counter(found.status for found in contents.scores.incomplete.values())
    lacking = [f"{counts[status]} {words}" for status, words in LACKING.items() if counts[status]]
    said += f" **Without scores: {', '.join(lacking)}.**" if lacking else ""
    warned = len(warnings(cohort) or ())
    found = f"{warned} thing{'' if warned == 1 else 's'}"
    return f"{said} **The check of the cohort warns of {found}, told under Cohort.**" if warned else said


def _joined(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
