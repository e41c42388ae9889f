"""Figure of the main table: a dot and its interval for each method, outcome and metric."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.evaluation.incomplete import OK, REFERENCE
from bench.evaluation.metrics import METRICS
from bench.evaluation.scores import AVERAGE, ENSEMBLE
from bench.reporting.figures.style import BLACK, FAMILIES, GREY, LINE, dots, legend, panels
from bench.reporting.grid import short

SHOWN = {"auc": "AUC", "auprc": "AUPRC"}
# Share of a panel's width that the names of chance and of a ceiling need side by side.
LABELS = 0.5


def draw(main: pd.DataFrame, families: Mapping[str, str]) -> Figure:
    """Draws one dataset's main table (long form), methods ordered by average AUC, incomplete ones last; without ensembles."""
    methods = main[(main["status"] != REFERENCE) & ~main["method"].str.endswith(ENSEMBLE)]
    average = methods[methods["outcome"] == AVERAGE].sort_values("auc", ascending=False, kind="stable", na_position="last")
    order = average["method"].tolist()
    targets = sorted(methods["outcome"].unique(), key=lambda target: not target.startswith(AVERAGE))
    ceilings = main.loc[main["status"] == REFERENCE, "method"].nunique() - 1
    figure, axes = panels(METRICS, targets, order, above=max(ceilings, 1))
    for (metric, target), axis in axes.items():
        references = main[(main["status"] == REFERENCE) & (main["outcome"] == target)]
        axis.plot(references[metric], [0] * len(references), linestyle="")
        rows = methods[methods["outcome"] == target].set_index("method").loc[order]
        rows["place"] = range(len(rows))
        rows["family"] = [families.get(method, "other") for method in order]
        for name, mark in FAMILIES.items():
            kept = rows[(rows["family"] == name) & (rows["status"] == OK)]
            dots(axis, kept, (metric, f"{metric}_low", f"{metric}_high"), mark)
        lacking = rows[rows["status"] != OK]
        for place, said in zip(lacking["place"], lacking["status"], strict=True):
            axis.text(0.5, place, said, transform=axis.get_yaxis_transform(), va="center", ha="center", color=GREY, fontsize=7)
        _references(axis, references, metric)
        axis.set_xlabel(SHOWN[metric])
    legend(figure, {name: mark for name, mark in FAMILIES.items() if name in families.values()})
    return figure


def _references(axis: Axes, references: pd.DataFrame, metric: str) -> None:
    """Vertical lines, each named above the panel: chance to the right of its line, ceilings to the left where there is room, each
    lower one a line of text higher, as they may stand close."""
    known = references.dropna(subset=[metric]).sort_values(metric, ascending=False, kind="stable")
    lines = {name: line for line, name in enumerate(known["method"])}
    low, high = axis.get_xlim()
    lowest = known[metric].min()
    for name, value in zip(known["method"], known[metric], strict=True):
        chance = name == "prevalence"
        colour = GREY if chance else BLACK
        room = (value - lowest) / (high - low) > LABELS
        axis.axvline(value, color=colour, linewidth=0.8, linestyle=(0, (4, 2)) if chance else (0, (1, 1.5)))
        axis.annotate(
            "chance" if chance else short(str(name)),
            xy=(value, 1.0),
            xycoords=axis.get_xaxis_transform(),
            xytext=(0, 2 if chance else 2 + LINE * lines[name]),
            textcoords="offset points",
            ha="right" if room and not chance else "left",
            va="bottom",
            color=colour,
            fontsize=6.5,
        )
