"""TRIPOD: the sheet of TRIPOD+AI, filled where a run knows the answer, open where only its author does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from bench.reporting.contents import Contents
from bench.reporting.grid import Cell, Grid
from bench.reporting.markdown import escape
from bench.reporting.section import Section
from bench.reporting.tripod import data, modelling, results
from bench.reporting.tripod.items import FILLED, OPEN, Item, items

COLUMNS = ("dataset", "item", "section", "heading", "status", "text")
READ = (
    "What a reader of a prediction study expects to find (TRIPOD+AI; Collins et al., BMJ 2024;385:e078378), item by item, in words "
    "of our own. *Filled from the run* is what its records say; *open* is what only the author knows. A sheet with nothing open is "
    "still no judgement of the study."
)
FILLS: Mapping[str, Callable[[Contents], str | None]] = {
    "4": data.objectives,
    "5a": data.source,
    "5b": data.dates,
    "6a": data.setting,
    "6b": data.eligible,
    "7": data.preparation,
    "8a": data.outcomes,
    "9a": data.chosen,
    "9b": data.predictors,
    "10": data.size,
    "11": data.missing,
    "12a": data.parted,
    "12b": modelling.entered,
    "12c": modelling.built,
    "12d": modelling.clusters,
    "12e": modelling.measured,
    "12f": modelling.updated,
    "12g": modelling.calculated,
    "13": modelling.imbalance,
    "14": modelling.fairness,
    "15": modelling.given,
    "16": modelling.sides_alike,
    "17": results.ethics,
    "18c": results.protocol,
    "18e": results.data,
    "18f": results.code,
    "20a": results.flow,
    "20b": results.characteristics,
    "20c": results.compared,
    "21": results.analysed,
    "22": results.specification,
    "23a": results.performance,
    "23b": results.between_clusters,
    "24": results.updates,
}
# What is added to an open item, to be weighed by its author.
FACTS: Mapping[str, Callable[[Contents], str | None]] = {"26": results.limits, "27a": results.lost}
SHOWN = {FILLED: "filled from the run", OPEN: "open"}


@dataclass(frozen=True)
class Answer:
    """What is said of one item: `status` FILLED or OPEN."""

    item: Item
    status: str
    text: str


def section(contents: Contents) -> Section:
    """One sheet, folded on the page: counts first, then a table a section of the statement."""
    said = answers(contents)
    rows = [(contents.record.name, a.item.number, a.item.section, a.item.heading, a.status, a.text) for a in said]
    parts = list(dict.fromkeys(answer.item.section for answer in said))
    filled = sum(answer.status == FILLED for answer in said)
    counts = f"{escape(contents.record.name)}: {filled} of {len(said)} items filled from the run, {len(said) - filled} open."
    grids = [_grid(contents.record.name, part, [answer for answer in said if answer.item.section == part]) for part in parts]
    return Section(
        name="tripod",
        title="TRIPOD+AI sheet",
        blocks=(READ, counts, *grids),
        tables={"tripod": pd.DataFrame(rows, columns=list(COLUMNS))},
        about="the TRIPOD+AI sheet: filled from the run, or open for the author",
        folded=True,
    )


def answers(contents: Contents) -> list[Answer]:
    """Every item in its order. A filled one that leaves something to the author says so at its end."""
    found = []
    for item in items():
        fill = FILLS.get(item.number)
        text = None if fill is None else fill(contents)
        if text is None:
            facts = FACTS[item.number](contents) if item.number in FACTS else None
            found.append(Answer(item, OPEN, f"{item.author} {facts}" if facts else item.author))
        else:
            whole = not item.author or item.number in _whole(contents)
            rest = "" if whole else f" Still open: {item.author}"
            found.append(Answer(item, FILLED, text + rest))
    return found


def _whole(contents: Contents) -> set[str]:
    """Items of which a filled text leaves nothing to the author, although they would be open in another study."""
    found = {"23a", "23b"}
    found |= {"5b", "6b"} if contents.record.cohort["card"].get("synthetic") else set()
    return found | ({"16"} if contents.record.plan["protocol"]["split"] in modelling.RANDOM else set())


def _grid(dataset: str, part: str, said: list[Answer]) -> Grid:
    rows = tuple(
        tuple(Cell(text) for text in (answer.item.number, answer.item.heading, f"{SHOWN[answer.status]}: {answer.text}"))
        for answer in said
    )
    return Grid(f"{dataset}: {part}", ("item", "what it asks for", "what is known"), rows, words=True)
