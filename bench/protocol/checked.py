"""Checked: what the check of a cohort warns of, kept with a run's record in words that a report may print."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from bench.protocol.labels import Point
from bench.protocol.prepared import Prepared
from bench.protocol.remembered import Found, remembered
from datasets import cache
from datasets.checks import NOTE, check
from datasets.checks.public import public
from datasets.folder import is_folder
from datasets.registry import entries


def warned(ready: Prepared) -> tuple[str, ...] | None:
    """Everything that the check finds in a cohort that is run all the same, each once, graver things first; None where it is not
    checked: the many worlds of a synthetic grid. A folder was checked when it was read, and its card bears what was found."""
    notes = ready.cohort.card.notes
    if ready.label.name not in entries() and is_folder(ready.label.name):
        return tuple(note.removeprefix(NOTE) for note in notes if note.startswith(NOTE))
    if isinstance(ready.label, Point) and ready.cohort.card.synthetic:
        return None
    return tuple(remembered(ready.local, "check", {}, partial(_found, ready.local)).told["warnings"])


def _found(local: Path) -> Found:
    """Of a local form: the same for all studies and datasets that are made of it."""
    found = sorted(check(cache.read(local)), key=lambda finding: not finding.grave)
    return Found({"warnings": list(dict.fromkeys(map(public, found)))})
