"""Cohort: on whom."""

from __future__ import annotations

from bench.reporting.contents import Contents
from bench.reporting.grid import Cell, Grid, percent
from bench.reporting.markdown import escape
from bench.reporting.section import Section


def section(contents: Contents) -> Section:
    """Card, counts and prevalences."""
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
    notes = [f"- {escape(note)}" for note in (*nested, *card.get("notes", ()))]
    blocks: list[str | Grid] = ["\n".join(lines).rstrip(), Grid("", heads, tuple(rows))]
    blocks += ["\n".join(notes)] if notes else []
    return Section(name="cohort", title="Cohort", blocks=tuple(blocks))
