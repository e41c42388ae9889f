"""Lead: what was compared, in two sentences for somebody who has never seen the project."""

from __future__ import annotations

from bench.reporting.contents import Contents
from bench.reporting.markdown import escape


def lead(contents: Contents) -> str:
    """Markdown: how many methods predict which outcomes of whom, and on which patients the scores stand."""
    plan, cohort = contents.record.plan, contents.record.cohort
    count, outcomes = len(plan["methods"]), [escape(name) for name in plan["outcomes"]]
    methods = f"{count} method{'' if count == 1 else 's'}"
    cases = f"{cohort['cases_used']:,} cases ({escape(cohort['card']['title'].rstrip('.'))})"
    tested = max((found.cases for found in contents.scores.counts.values()), default=0)
    return (
        f"**{methods}** on {cases}. A method gives each case a risk of {_joined(outcomes)}; its scores come from {tested:,} test "
        "cases that it had not seen before."
    )


def _joined(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
