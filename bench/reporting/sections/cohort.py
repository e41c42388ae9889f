"""Cohort: on whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.reporting.contents import Contents
from bench.reporting.grid import Cell, Grid, percent
from bench.reporting.markdown import escape
from bench.reporting.section import Section
from datasets.checks.findings import NOTE


def section(contents: Contents) -> Section:
    """Card, counts and prevalences, and what the check warned of."""
    found = contents.record.cohort
    card = found["card"]
    lines = [
        f"**{escape(card['title'])}**{' (synthetic)' if card.get('synthetic') else ''}. Source: {escape(card['source'])}. "
        f"Licence: {escape(card['licence'])}. {escape(card['citation'])}",
        "",
        f"{found['cases']} cases of {found['patients']} patients, of which {found['cases_used']} cases are used. "
        f"Landmark: {escape(card['landmark'].rstrip('.'))}.",
        "",
        "Cases with anything of a modality: " + ", ".join(f"{m} {percent(share)}" for m, share in found["present"].items()) + ".",
        "",
    ]
    counts = contents.scores.counts
    rows = []
    for name, count in found["outcomes"].items():
        test = counts.get(name)
        texts = [name, str(count["known"]), str(count["positive"]), percent(count["prevalence"])]
        texts += [f"{test.positive} of {test.cases}" if test else "–", card["outcomes"].get(name, "")]
        rows.append(tuple(Cell(text) for text in texts))
    heads = ("outcome", "known", "positive", "prevalence", "positive of tested", "definition")
    nested = [f"{escape(whole)} holds {', '.join(map(escape, parts))}." for whole, parts in (card.get("nested") or {}).items()]
    notes = [f"- {escape(note)}" for note in (*nested, *(note for note in card.get("notes", ()) if not note.startswith(NOTE)))]
    blocks: list[str | Grid] = ["\n".join(lines).rstrip(), Grid("", heads, tuple(rows)), _check(found)]
    blocks += ["\n".join(notes)] if notes else []
    return Section(name="cohort", title="Cohort", blocks=tuple(blocks))


def warnings(cohort: Mapping[str, Any]) -> list[str] | None:
    """What the check of a cohort warned of at the time of the run; None where it was not recorded. Records of before have it on
    the card of a user's own cohort alone."""
    if "warnings" in cohort:
        return list(cohort["warnings"])
    notes = [note.removeprefix(NOTE) for note in cohort["card"].get("notes", ()) if note.startswith(NOTE)]
    return notes or None


def _check(cohort: Mapping[str, Any]) -> str:
    found = warnings(cohort)
    if found is None:
        return "Check of the cohort: not recorded."
    if not found:
        return "Check of the cohort: no warning."
    said = "1 warning" if len(found) == 1 else f"{len(found)} warnings"
    return "\n".join([f"**Check of the cohort: {said}.**", "", *(f"- {escape(warning)}" for warning in found)])
