"""Representations: what shared and specific parts of the networks hold."""

from __future__ import annotations

import pandas as pd

from bench.diagnostics.representations import factor_table, probe_table, redundancy_table
from bench.reporting.contents import Contents
from bench.reporting.grid import NOTHING, Cell, Grid, number
from bench.reporting.section import Section
from bench.reporting.sections.shown import rows_of

READ = (
    "The parts of each method's first final fit, on test cases. Squared cosine: how much two parts of one width point the "
    "same way (0: at right angles, as OrthTD asks for; directions drawn at random give 1 / width). CKA: how alike they are "
    "up to rotation and scale (0 to 1). A method without specific parts has nothing to compare."
)
READ_PROBES = (
    "AUC of logistic regression from one part to one outcome, fitted on train and scored on test, mean over outcomes. What "
    "a specific part should hold is its own outcome: where the other outcomes' parts read it as well, the parts are not "
    "specific."
)
READ_FACTORS = (
    "This cohort is synthetic: its true factors are known. R² of ridge regression from a part to a factor, on test. The "
    "first rows say what the truth asks for: the weight of each factor in an outcome's log-odds (standardised). A factor "
    "that weighs in all outcomes belongs into the shared part, one that weighs in a single outcome into that outcome's."
)


def section(contents: Contents) -> Section | None:
    """Redundancy, probes and, on synthetic cohorts, recovered factors; None where no method has parts."""
    record = contents.record
    alike, probes, factors = redundancy_table(record), probe_table(record), factor_table(record)
    if probes.empty:
        return None
    blocks: list[str | Grid] = [READ, _alike(contents, alike), READ_PROBES, _probes(contents, probes)]
    if len(factors):
        blocks += [READ_FACTORS, _factors(contents, factors)]
    tables = {"redundancy": alike, "probes": probes} | ({"factors": factors} if len(factors) else {})
    return Section(
        name="representations",
        title="What do shared and specific parts hold?",
        blocks=tuple(blocks),
        tables=tables,
        caption="First final fit, test cases, mean over folds",
        about="`redundancy.csv`, `probes.csv` and, on synthetic cohorts, `factors.csv`",
    )


def kind(part: str) -> str:
    """A part's kind: `specific` of `specific/renal`."""
    return part.partition("/")[0]


def own(part: str) -> str:
    """The outcome that a part belongs to, empty for a part of all."""
    return part.partition("/")[2]


def _alike(contents: Contents, table: pd.DataFrame) -> Grid:
    """One row a method: means over pairs of unlike kinds, and over pairs of two outcomes' parts."""
    rows = []
    for method in contents.record.plan["methods"]:
        found = table[table["method"] == method]
        if found.empty:
            continue
        between = found[found["part"].map(kind) != found["other"].map(kind)]
        among = found[(found["part"].map(kind) == found["other"].map(kind)) & (found["part"].map(own) != "")]
        means = [part[name].mean() for part in (between, among) for name in ("squared_cosine", "cka")]
        rows.append((Cell(method), *(Cell(number(value)) for value in means)))
    heads = ("method", "shared, specific: squared cosine", "CKA", "between outcomes: squared cosine", "CKA between outcomes")
    return Grid(f"{contents.record.name}: how alike the parts are", heads, tuple(rows))


def _probes(contents: Contents, table: pd.DataFrame) -> Grid:
    rows = []
    for method in table["method"].unique():
        found = table[table["method"] == method]
        owner = found["part"].map(own)
        parts = (found[owner == ""], found[owner == found["outcome"]], found[(owner != "") & (owner != found["outcome"])])
        rows.append((Cell(method), *(Cell(number(part["auc"].mean()) if len(part) else NOTHING) for part in parts)))
    heads = ("method", "read from the shared part", "from the outcome's own part", "from other outcomes' parts")
    return Grid(f"{contents.record.name}: average AUC of linear probes", heads, tuple(rows))


def _factors(contents: Contents, table: pd.DataFrame) -> Grid:
    names = list(table["factor"].unique())
    lines = {(line["method"], line["part"], line["factor"]): line["r2"] for line in rows_of(table)}
    truth = contents.record.cohort.get("truth") or {}
    rows = [
        (Cell(f"truth: weight in {outcome}"), *(Cell(number(weights.get(name, float("nan")), 2, sign=True)) for name in names))
        for outcome, weights in truth.items()
    ]
    for method, part in dict.fromkeys((line["method"], line["part"]) for line in rows_of(table)):
        values = [lines.get((method, part, name), float("nan")) for name in names]
        rows.append((Cell(f"{method}: {part.replace('/', ' of ')}"), *(Cell(number(value, 2)) for value in values)))
    return Grid(f"{contents.record.name}: true factors read from the parts (R²)", ("part", *names), tuple(rows))
