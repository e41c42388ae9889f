"""Public: a finding in words that may leave its owner's machine: without rows, and without counts of a few."""

from __future__ import annotations

import re

from datasets.checks.findings import Finding

# Counts of one to four may stand for one to four patients.
LEAST = 5
FEW = f"fewer than {LEAST}"
_COUNT = re.compile(
    r"(?<![\d,.])(?P<count>\d{1,3}(?:,\d{3})*)(?P<of> of (?P<total>\d{1,3}(?:,\d{3})*))?(?P<what> (?:cases|rows|notes|patients)\b)"
    r"(?P<share> \([\d.]+%\))?"
)


def public(finding: Finding) -> str:
    """Where and what, as the check says it, but: no row numbers, and a count under LEAST, or one that leaves fewer than that of a
    total, is said to be small, its share left away."""
    column = f", column '{finding.column}'" if finding.column is not None else ""
    return f"{finding.place}{column}: {_COUNT.sub(_coarse, finding.what)}"


def _coarse(found: re.Match[str]) -> str:
    count, total = (int((found[name] or "0").replace(",", "")) for name in ("count", "total"))
    of, what = found["of"] or "", found["what"]
    if 0 < count < LEAST:
        return f"{FEW}{of}{what}"
    if found["total"] and 0 < total - count < LEAST:
        return f"all but {FEW}{of}{what}"
    return found[0]
