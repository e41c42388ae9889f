"""Checks: what is wrong with a cohort, or worth a look, whatever it was made from."""

from __future__ import annotations

from collections.abc import Mapping

from datasets.checks.alone import telling_alone
from datasets.checks.content import contents, outcomes
from datasets.checks.findings import NOTE, Finding, errors, warnings
from datasets.checks.later import known_later
from datasets.checks.places import Places
from datasets.checks.private import identifying
from datasets.cohort import Cohort

__all__ = ["NOTE", "Finding", "check", "errors", "warnings"]


def check(
    cohort: Cohort, said: frozenset[str] = frozenset(), files: Mapping[str, Mapping[str, str]] | None = None
) -> tuple[Finding, ...]:
    """Everything found in a cohort. `said`: inputs whose kind its owner has stated, so that they are meant as they are.

    `files`: part of the cohort → column → the file that it stands in, for the wording. Never shows a value of a patient.
    """
    where = Places(files or {})
    found = [*outcomes(cohort, where), *contents(cohort, where), *identifying(cohort, said, where)]
    return (*found, *known_later(cohort, where), *telling_alone(cohort, where))
