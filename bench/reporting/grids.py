"""Grids of a dataset: methods down, outcomes across, for each table of the report."""

from __future__ import annotations

from typing import Any

import pandas as pd

from bench.diagnostics.baseline import BETTER, WORSE
from bench.diagnostics.transfer import HARMED, HELPED
from bench.evaluation.metrics import METRICS
from bench.evaluation.scores import AVERAGE
from bench.reporting.contents import Contents
from bench.reporting.grid import Cell, Grid, duration, number, pages, percent, scored

SHOWN = {"auc": "AUC", "auprc": "AUPRC"}
MARKS = ("best", "second")


def main_grids(contents: Contents) -> list[Grid]:
    """AUC, then AUPRC with the prevalences: best first, failed methods and references last."""
    return [_main(contents, metric, targets) for metric in METRICS for targets in pages(contents.scores.targets)]


def _main(contents: Contents, metric: str, targets: tuple[str, ...]) -> Grid:
    lines = {(line["method"], line["status"] == "reference", line["outcome"]): line for line in _lines(contents.main)}
    averages = [line for line in lines.values() if line["outcome"] == AVERAGE]
    rank = {"ok": 0, "failed": 1, "reference": 2}
    averages.sort(key=lambda line: (rank[line["status"]], -line[metric] if line["status"] == "ok" else 0))
    marks = {target: _marks(contents, metric, target) for target in targets}
    rows = []
    for average in averages:
        reference = average["status"] == "reference"
        row = [Cell(average["method"] + (" (reference)" if reference else ""))]
        for target in targets:
            line = lines[average["method"], reference, target]
            text = scored(line[metric], line[f"{metric}_low"], line[f"{metric}_high"])
            row.append(
                Cell("failed" if line["status"] == "failed" else text, "" if reference else marks[target].get(line["method"], ""))
            )
        rows.append(tuple(row))
    heads = [_head(contents, metric, target) for target in targets]
    return Grid(f"{contents.record.name}: {SHOWN[metric]}", ("method", *heads), tuple(rows))


def _head(contents: Contents, metric: str, target: str) -> str:
    name = target.replace("average_components", "average of components")
    if metric != "auprc":
        return name
    share = contents.main.loc[contents.main["outcome"] == target, "prevalence"].iloc[0]
    return f"{name} (prevalence {percent(share)})"


def _marks(contents: Contents, metric: str, target: str) -> dict[str, str]:
    """Best and second of the complete methods and ensembles; none where the score hangs on too few positives."""
    if contents.scores.too_few(metric, target):
        return {}
    asked = contents.main[(contents.main["status"] == "ok") & (contents.main["outcome"] == target)].dropna(subset=[metric])
    best = asked.sort_values(metric, ascending=False, kind="stable")["method"].head(len(MARKS))
    return dict(zip(best, MARKS, strict=False))


def transfer_grids(contents: Contents) -> list[Grid]:
    """Gains by outcome in each metric, then Δm; empty without a method that has its twin."""
    if contents.transfer.empty:
        return []
    grids = []
    lines = {(line["metric"], line["method"], line["outcome"]): line for line in _lines(contents.transfer)}
    for metric in METRICS:
        for targets in pages(contents.scores.targets):
            rows = [
                (Cell(method), Cell(twin), *(Cell(_gain(lines[metric, method, target])) for target in targets))
                for method, twin in contents.pairs.twins.items()
            ]
            heads = ("method", "twin", *(_head(contents, "auc", target) for target in targets))
            grids.append(Grid(f"{contents.record.name}: gain in {SHOWN[metric]}", heads, tuple(rows)))
    return [*grids, _delta(contents)]


def _gain(line: dict[str, Any]) -> str:
    said = f" {line['verdict']}" if line["verdict"] in (HELPED, HARMED) else ""
    return scored(line["gain"], line["low"], line["high"], sign=True) + said


def _delta(contents: Contents) -> Grid:
    lines = {(line["metric"], line["method"]): line for line in _lines(contents.delta_m)}
    rows = []
    for method, twin in contents.pairs.twins.items():
        cells = [lines[metric, method] for metric in METRICS]
        rows.append((Cell(method), Cell(twin), *(Cell(scored(c["delta_m"], c["low"], c["high"], sign=True)) for c in cells)))
    heads = ("method", "twin", *(f"Δm {SHOWN[metric]} (%)" for metric in METRICS))
    return Grid(f"{contents.record.name}: Δm (negative: sharing helped)", heads, tuple(rows))


def baseline_grids(contents: Contents) -> list[Grid]:
    """Differences to the study's baseline by outcome in each metric, in the order of the plan; empty where it names none."""
    table = contents.baseline.table
    lines = {(line["metric"], line["method"], line["outcome"]): line for line in _lines(table)}
    grids = []
    for metric in METRICS if len(table) else ():
        for targets in pages(contents.scores.targets):
            rows = [
                (Cell(method), *(Cell(_against(lines[metric, method, target])) for target in targets))
                for method in table["method"].unique()
            ]
            heads = ("method", *(_head(contents, "auc", target) for target in targets))
            title = f"{contents.record.name}: difference to {contents.baseline.label} in {SHOWN[metric]}"
            grids.append(Grid(title, heads, tuple(rows)))
    return grids


def _against(line: dict[str, Any]) -> str:
    said = f" {line['verdict']}" if line["verdict"] in (BETTER, WORSE) else ""
    return scored(line["difference"], line["low"], line["high"], sign=True) + said


def cost_grids(contents: Contents) -> list[Grid]:
    """Seconds, fits, parameters and memory beside the average scores."""
    heads = ("method", "family", "tuning", "final fits", "fits", "parameters", "peak memory", "average AUC", "average AUPRC")
    rows = []
    for line in _lines(contents.cost):
        texts = [line["method"], line["family"], duration(line["tune_seconds"]), duration(line["fit_seconds"])]
        texts += [number(line["fits"], 0), number(line["parameters"], 0), number(line["peak_memory_mb"], 0)]
        texts[-1] += "" if pd.isna(line["peak_memory_mb"]) else " MB"
        texts += [number(line[metric]) if line["status"] == "ok" else "failed" for metric in METRICS]
        rows.append(tuple(Cell(text) for text in texts))
    return [Grid(f"{contents.record.name}: cost", heads, tuple(rows))]


def default_grids(contents: Contents) -> list[Grid]:
    """Default, tuned and gain on the average over outcomes."""
    lines = {(line["metric"], line["method"]): line for line in _lines(contents.default) if line["outcome"] == AVERAGE}
    rows = []
    for method in contents.record.plan["methods"]:
        row = [Cell(method)]
        for metric in METRICS:
            line = lines[metric, method]
            texts = [number(line["default"]), number(line["tuned"]), scored(line["gain"], line["low"], line["high"], sign=True)]
            row += [Cell(text if line["status"] == "ok" else "failed") for text in texts]
        rows.append(tuple(row))
    heads = [f"{SHOWN[metric]} {what}" for metric in METRICS for what in ("default", "tuned", "gain")]
    return [Grid(f"{contents.record.name}: average, default against tuned", ("method", *heads), tuple(rows))]


def nested_grids(contents: Contents) -> list[Grid]:
    """How often the composite got less risk than a component; empty without nested outcomes."""
    if contents.nested.empty:
        return []
    rows = [
        (Cell(line["method"]), Cell(line["composite"]), Cell(line["components"]), Cell(percent(line["share"])))
        for line in _lines(contents.nested)
    ]
    heads = ("method", "composite", "components", "cases with p(composite) < max p(component)")
    return [Grid(f"{contents.record.name}: nested outcomes", heads, tuple(rows))]


def _lines(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in line.items()} for line in table.to_dict("records")]
