"""Ranks: methods over six or more real cohorts, and which of them cannot be told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from bench.diagnostics.transfer import SIGNIFICANT
from bench.evaluation.metrics import METRICS
from bench.evaluation.ranked import LEAST_COHORTS, Ranked, ranked, real
from bench.reporting.grid import Cell, Grid, number, percent
from bench.reporting.markdown import escape
from bench.reporting.section import Picture, Section
from bench.reporting.sections.answer import p_text
from bench.reporting.sections.shown import SHOWN, rows_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

READ = (
    "Each real cohort ranks the methods by their average over its outcomes, 1 is best; synthetic cohorts are left out, and so "
    "are methods without a score on every real cohort. In brackets 95 % bootstrap intervals over cohorts: wide where cohorts "
    "disagree. Mean ranks that differ by less than the critical difference (Nemenyi, 5 % for all pairs together) cannot be told "
    "apart. Win rate: share of comparisons won, over cohorts and other methods. Elo: 400 points are odds of ten to one of winning "
    "in a cohort; there is none where some methods win or lose every comparison with the others. Improvability: the share of the "
    "error (1 − score) that the best method of a cohort would take away."
)
READ_FIGURE = (
    "Mean rank, best on the left. A bar joins methods that cannot be told apart; its longest possible reach, the critical "
    "difference, is drawn above."
)


def section(table: pd.DataFrame) -> Section | None:
    """Ranks, Elo and critical differences from averages by dataset; None where cohorts or methods are too few."""
    found = _found(table)
    if not found:
        return None

    def draw() -> Figure:
        from bench.reporting.figures import ranks as figure

        return figure.draw(found)

    lines = pd.concat([one.table for one in found], ignore_index=True)
    tests = pd.DataFrame(
        [
            {"metric": one.metric, "friedman_p": one.p, "critical_difference": one.critical, "methods": len(one.table)}
            for one in found
        ]
    )
    return Section(
        name="ranks",
        title="Which method ranks best over cohorts?",
        blocks=(READ, *map(_grid, found), Picture("ranks", draw, READ_FIGURE)),
        tables={"ranks": lines, "ranks_tests": tests},
        caption="Ranks over real cohorts, 1 is best",
        about="ranks and Elo over real cohorts; `ranks_tests.csv`: Friedman's test, critical difference",
    )


def said(table: pd.DataFrame) -> list[str]:
    """Bullets: who ranks best and who is level with it, or why nobody is ranked."""
    found = _found(table)
    if not found:
        cohorts = table.loc[~table["synthetic"].astype(bool), "cohort"].nunique()
        if cohorts < LEAST_COHORTS:
            why = f"{cohorts} real cohort{'' if cohorts == 1 else 's'}, {LEAST_COHORTS} are needed to speak of methods"
        else:
            why = "fewer than three methods have a score on every real cohort"
        return [f"- No ranks, no Elo: {why}."]
    return [_best(one) for one in found]


def _found(table: pd.DataFrame) -> list[Ranked]:
    return [one for metric in METRICS if (one := ranked(real(table, metric), metric)) is not None]


def _best(one: Ranked) -> str:
    first, *others = rows_of(one.table)
    line = (
        f"- {SHOWN[one.metric]} over {first['cohorts']} real cohorts: **{escape(first['method'])}** has the best mean rank, "
        f"{number(first['mean_rank'], 1)} of {len(one.table)}"
    )
    if not one.p < SIGNIFICANT:
        return f"{line}; the ranks of the methods show no clear difference (Friedman p = {p_text(one.p)})."
    level = [escape(other["method"]) for other in others if other["mean_rank"] - first["mean_rank"] < one.critical]
    apart = f"cannot be told apart from {', '.join(level)}" if level else "is clearly ahead of every other"
    return f"{line}; it {apart} (critical difference {number(one.critical, 1)})."


def _grid(one: Ranked) -> Grid:
    rows = [
        (
            Cell(line["method"]),
            Cell(f"{number(line['mean_rank'], 2)} ({number(line['low'], 2)}, {number(line['high'], 2)})"),
            Cell(percent(line["win_rate"])),
            Cell(number(line["elo"], 0)),
            Cell(percent(line["improvability"])),
        )
        for line in rows_of(one.table)
    ]
    cohorts = int(one.table["cohorts"].iloc[0])
    title = (
        f"{SHOWN[one.metric]}: {len(rows)} methods over {cohorts} cohorts, critical difference {number(one.critical, 2)}, "
        f"Friedman p = {p_text(one.p)}"
    )
    return Grid(title, ("method", "mean rank", "win rate", "Elo", "improvability"), tuple(rows))
