"""Figure of ranks: a critical-difference diagram a metric (Demšar 2006, figure 1)."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from bench.diagnostics.transfer import SIGNIFICANT
from bench.evaluation.ranked import Ranked, alike
from bench.reporting.figures.style import BLACK, BLUE, GREY, LETTER
from bench.reporting.grid import short
from bench.reporting.sections.shown import SHOWN

# Inches.
WIDTH, STEP, BAR, TOP, BELOW = 4.0, 0.19, 0.09, 0.75, 0.15


def draw(found: Sequence[Ranked]) -> Figure:
    """One diagram a metric, below each other: names of the better half on the left, of the others on the right."""
    names = [short(str(name)) for one in found for name in one.table["method"]]
    # A name, two spaces, and its mean rank.
    side = 0.4 + LETTER * (max(map(len, names)) + 7)
    heights = [TOP + BAR * len(_runs(one)) + STEP * -(-len(one.table) // 2) + BELOW for one in found]
    size = (2 * side + WIDTH, sum(heights))
    figure = Figure(figsize=size)
    y = size[1]
    for one, height in zip(found, heights, strict=True):
        y -= height
        _diagram(figure, one, (side, y, height), size)
    return figure


def _runs(one: Ranked) -> list[tuple[int, int]]:
    """Bars of the diagram; one over all where Friedman's test sees no difference, after which pairs are not asked about."""
    if not one.p < SIGNIFICANT:
        return [(0, len(one.table) - 1)]
    return alike(one.table["mean_rank"].tolist(), one.critical)


def _diagram(figure: Figure, one: Ranked, place: tuple[float, float, float], size: tuple[float, float]) -> None:
    side, y, height = place
    ranks = one.table["mean_rank"].tolist()
    k = len(ranks)
    axes = figure.add_axes((0, y / size[1], 1, height / size[1]))
    axes.set_axis_off()
    axes.set_xlim(0, size[0])
    axes.set_ylim(0, height)

    def x(rank: float) -> float:
        return side + WIDTH * (rank - 1) / (k - 1)

    line = height - TOP
    axes.text(side, height - 0.12, f"mean rank in {SHOWN[one.metric]}", fontweight="bold", va="center")
    axes.plot([x(1), x(k)], [line, line], color=BLACK, linewidth=0.8)
    every = max(1, -(-k // 12))
    for rank in sorted({1, k, *range(every, k + 1, every)}):
        axes.plot([x(rank)] * 2, [line, line + 0.05], color=BLACK, linewidth=0.8)
        axes.text(x(rank), line + 0.08, str(rank), ha="center", va="bottom", fontsize=7.5)
    reach = min(one.critical, k - 1)
    axes.plot([x(1), x(1 + reach)], [line + 0.33] * 2, color=GREY, linewidth=1.6, solid_capstyle="butt")
    beyond = " (beyond the scale)" if one.critical > k - 1 else ""
    axes.text(
        x(1 + reach) + 0.06, line + 0.33, f"critical difference {one.critical:.2f}{beyond}", va="center", fontsize=7, color=GREY
    )
    runs = _runs(one)
    for n, (first, last) in enumerate(runs):
        level = line - BAR * (n + 0.8)
        axes.plot([x(ranks[first]) - 0.03, x(ranks[last]) + 0.03], [level] * 2, color=BLUE, linewidth=2.4, solid_capstyle="butt")
    below = line - BAR * len(runs)
    half = -(-k // 2)
    for place_, (name, rank) in enumerate(zip(one.table["method"], ranks, strict=True)):
        left = place_ < half
        level = below - STEP * ((place_ if left else k - 1 - place_) + 0.7)
        end = side - 0.1 if left else side + WIDTH + 0.1
        axes.plot([x(rank), x(rank), end], [line, level, level], color=BLACK, linewidth=0.5)
        text = f"{short(str(name))}  {rank:.2f}" if left else f"{rank:.2f}  {short(str(name))}"
        axes.text(end + (-0.05 if left else 0.05), level, text, ha="right" if left else "left", va="center", fontsize=7.5)
