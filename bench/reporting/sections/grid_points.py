"""Grid points: a compact table of the datasets of a grid, its failures and its protocol."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pandas as pd

from bench.diagnostics.phase import Phase
from bench.evaluation.around import RESAMPLES
from bench.reporting.grid import Cell, Grid, percent
from bench.reporting.markdown import escape
from bench.reporting.section import Section
from bench.reporting.sections.cohort import warnings
from bench.reporting.sections.failures import HEADS, listed, table
from bench.reporting.sections.places import shown, told
from bench.reporting.sections.protocol import MIXED, SPLITS
from bench.store import DatasetRecord
from bench.store import planned as cells


def failures(phase: Phase, records: Sequence[DatasetRecord]) -> Section | None:
    """Cells that failed, then how many of each method were not run; None where there are neither."""
    failed = []
    for record in records:
        for (method, fold), failure in sorted(record.failed.items()):
            frames = failure.get("frames") or [""]
            said = (str(failure.get("exception")), str(failure.get("said") or ""), str(frames[-1]))
            failed.append((_point(record), method, str(fold), *said))
    planned = Counter(method for record in records for method, _, _ in cells(record.plan))
    missing = Counter(method for record in records for method, _ in record.missing)
    places = Counter(method for record in records for method in {method for method, _ in record.missing})
    unrun = [
        (method, f"{missing[method]} of {count}", f"{places[method]} of {len(records)}")
        for method, count in planned.items()
        if missing[method]
    ]
    return listed(
        [
            table(f"{phase.label}: failed cells", ("point", *HEADS), failed),
            table(f"{phase.label}: cells not run", ("method", "cells not run", "on datasets"), unrun),
        ]
    )


def _point(record: DatasetRecord) -> str:
    place = record.plan["grid"]
    return told({**place["axes"], "draw": place["draw"]})


def datasets(phase: Phase, records: Sequence[DatasetRecord]) -> Section:
    """One row a point: its draws, cases on each side, the rarest outcome, how many methods are complete."""
    lines = []
    for record in records:
        one, place = phase.drawn[record.name], record.plan["grid"]
        line = {"grid": phase.label, "dataset": record.name, **place["axes"], "draw": place["draw"]}
        line |= {side: one.cases.get(side) for side in ("train", "valid", "test")}
        line |= {"prevalence_of_rarest": min(one.prevalence.values(), default=float("nan"))}
        line |= {"complete": one.table["method"].nunique(), "methods": len(record.plan["methods"])}
        lines.append({**line, "cohort_hash": record.plan["cohort_hash"], "split_hash": record.plan["split_hash"]})
    table = pd.DataFrame(lines)
    axes = list(phase.varied or phase.axes)
    rows = []
    for values in sorted(
        {tuple(place) for place in table[axes].itertuples(index=False)}, key=lambda values: phase.order(axes, values)
    ):
        found = table[(table[axes] == list(values)).all(axis=1)]
        texts = [shown(axis, phase.axes[axis][phase.axes[axis].index(v)]) for axis, v in zip(axes, values, strict=True)]
        texts += [str(len(found)), *(_range(found[side]) for side in ("train", "valid", "test"))]
        texts += [percent(float(found["prevalence_of_rarest"].mean())), f"{found['complete'].sum()} of {found['methods'].sum()}"]
        rows.append(tuple(Cell(text) for text in texts))
    heads = (*axes, "draws", "train", "valid", "test", "prevalence of the rarest outcome", "complete methods")
    return Section(
        name="points",
        title="Datasets of the grid",
        blocks=(Grid(f"{phase.label}: points", heads, tuple(rows)),),
        tables={"points": table},
        about="each dataset of the grid: cases, complete methods, hashes of cohort and split",
    )


def _range(counts: pd.Series) -> str:
    known = counts.dropna().astype(int)
    if known.empty:
        return "–"
    return f"{known.min():,}" if known.min() == known.max() else f"{known.min():,} to {known.max():,}"


def protocol(phase: Phase, records: Sequence[DatasetRecord]) -> Section:
    """What holds for every dataset of the grid."""
    said, plan = records[0].plan["protocol"], records[0].plan
    split = SPLITS.get(said["split"], f"{said['folds']} folds") if said["folds"] == 1 else f"{said['folds']} folds"
    card = records[0].cohort["card"]
    versions = sorted({version for one in phase.drawn.values() for version in one.versions})
    lines = [
        f"- Cohort: {escape(card['title'])}{' (synthetic)' if card.get('synthetic') else ''}. {escape(card['citation'])}",
        f"- Split of each dataset: {split}, {said['repeats']} repeat(s), whole patients. Study seed {said['seed']}. Where test "
        "patients come from outside (the official split), `patients` counts those that train and choose.",
        f"- Budget: {said['trials']} trial(s) a method and fold, chosen by `{said['selection']}` on valid; {said['seeds']} final "
        f"fit(s); loss `{said['loss']}`. Modalities: {', '.join(said['modalities'])}.",
        f"- Outcomes that every dataset has, averaged: {', '.join(map(escape, phase.outcomes))}.",
        f"- Methods: {', '.join(map(escape, plan['methods']))}.",
        f"- Intervals of a single draw, in `draws.csv`: {RESAMPLES} bootstrap resamples of patients, normal, unadjusted.",
        f"- Versions: {', '.join(map(escape, versions)) or 'none recorded'}.",
    ]
    warned = dict.fromkeys(warning for record in records for warning in warnings(record.cohort) or ())
    lines += [f"- Check of the cohort: {escape(warning)}" for warning in warned]
    if "known" in phase.axes:
        lines.append(
            "- `known`: a random share of each outcome's known labels is left on train, drawn within its classes, at least five of "
            "each, the same for every method; valid and test are whole."
        )
    if said.get("arithmetic") == "mixed":
        lines.append(f"- Arithmetic of neural methods: {MIXED}.")
    if said.get("precision") == "half":
        lines.append("- Probabilities were kept to eleven significant bits; all scores are computed from what was kept.")
    return Section(name="protocol", title="Protocol", blocks=("\n".join(lines),))
