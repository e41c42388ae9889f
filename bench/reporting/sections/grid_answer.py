"""Grid answer: what a grid of datasets says, in sentences."""

from __future__ import annotations

from collections import Counter
from typing import Any

from bench.diagnostics.phase import LOSES, TIES, WINS, Phase, by_axis
from bench.evaluation.metrics import METRICS
from bench.reporting.grid import number
from bench.reporting.markdown import escape
from bench.reporting.section import Section
from bench.reporting.sections.learning import along
from bench.reporting.sections.places import shown, told
from bench.reporting.sections.shown import SHOWN, rows_of


def section(phase: Phase) -> Section:
    """Bullets, what matters most first."""
    return Section(name="answer", title="Answer", blocks=("\n".join(_bullets(phase)),))


def lead(phase: Phase) -> str:
    """Markdown: how many methods at how many points, over which axes, and how often each was drawn."""
    methods = max((one.table["method"].nunique() for one in phase.drawn.values()), default=0)
    axes = [f"{axis} {' / '.join(shown(axis, value) for value in values)}" for axis, values in phase.axes.items()]
    tested = max((one.cases.get("test", 0) for one in phase.drawn.values()), default=0)
    return (
        f"**{methods} methods** on {len(phase.drawn)} datasets of one grid: {escape(', '.join(axes))}. Scores come from {tested:,} "
        f"test cases each, averaged over {', '.join(map(escape, phase.outcomes))}."
    )


def _bullets(phase: Phase) -> list[str]:
    lines: list[str] = []
    if (axis := along(phase)) is not None:
        lines += [line for metric in METRICS for line in _course(phase, metric, axis)]
    lines += [line for metric in METRICS for line in (*_gains(phase, metric), *_trend(phase, metric))]
    lacking: Counter[tuple[str, str]] = Counter()
    left_out: dict[str, str] = {}
    for one in phase.drawn.values():
        left_out |= one.pairs.left_out
        lacking.update((method, found.status) for method, found in one.incomplete.items())
    lines += [
        f"- **{escape(method)} {status}** on {count} of {len(phase.drawn)} datasets." for (method, status), count in lacking.items()
    ]
    incomplete = {method for method, _ in lacking}
    lines += [f"- No gain for {escape(m)}: {escape(why)}." for m, why in left_out.items() if m not in incomplete]
    if phase.points.empty and not left_out:
        lines.append("- No method of this study has a twin, so there are no gains.")
    return lines


def _gains(phase: Phase, metric: str) -> list[str]:
    """Where each method wins and loses in one metric, the extremes named."""
    points = rows_of(phase.points[phase.points["metric"] == metric])
    if not points:
        return []
    clear = [line for line in points if line["verdict"] != TIES]
    count = len({tuple(line[axis] for axis in phase.axes) for line in points})
    draws = sorted({line["draws"] for line in points})
    often = f"{draws[0]}" if len(draws) == 1 else f"{draws[0]} to {draws[-1]}"
    at = f"at {count} point{'' if count == 1 else 's'} of {often} draw{'' if draws[-1] == 1 else 's'}"
    head = f"- **Average {SHOWN[metric]}, against the twin {at}: "
    if not clear:
        ordered = sorted(points, key=lambda line: float(line["gain"]))
        ends = f"Mean gains lie between {_at(phase, ordered[0])} and {_at(phase, ordered[-1])}."
        return [f"{head}no method clearly wins or loses anywhere.** {ends}"]
    ties = f"{len(points) - len(clear)} of {len(points)} comparisons are ties"
    lines = [f"{head}{'; '.join(_counted(clear, verdict) for verdict in (WINS, LOSES))}.** {ties}."]
    level = []
    for method in dict.fromkeys(line["method"] for line in points):
        said = [line for line in points if line["method"] == method]
        if all(line["verdict"] == TIES for line in said):
            level.append(escape(method))
        else:
            lines.append(f"  - {escape(method)} {'; '.join(_where(phase, said, verdict) for verdict in (WINS, LOSES))}.")
    return [*lines, *([f"  - {', '.join(level)}: ties everywhere."] if level else [])]


def _trend(phase: Phase, metric: str) -> list[str]:
    """How the gain goes with each axis, over all methods and all else; nothing where one axis says it all."""
    found = {axis: gains for axis, gains in by_axis(phase, metric).items() if len(gains) > 1}
    if len(found) < 2:
        return []
    said = [
        f"{escape(axis)} {', '.join(f'{shown(axis, value)}: {number(gain, sign=True)}' for value, gain in gains.items())}"
        for axis, gains in found.items()
    ]
    return [f"  Mean gain over all methods and points, not tested: {'; '.join(said)}."]


def _counted(clear: list[dict[str, Any]], verdict: str) -> str:
    """Who wins, or loses, most often."""
    counts = Counter(line["method"] for line in clear if line["verdict"] == verdict)
    if not counts:
        return f"none {verdict}"
    most = [escape(method) for method, count in counts.items() if count == max(counts.values())]
    return f"{' and '.join(most)} {verdict if len(most) == 1 else verdict.removesuffix('s')} most often (at {max(counts.values())})"


def _where(phase: Phase, said: list[dict[str, Any]], verdict: str) -> str:
    """At how many points, what these have in common, and the largest."""
    found = [line for line in said if line["verdict"] == verdict]
    if not found:
        return f"{verdict} nowhere"
    common = []
    for axis in phase.varied:
        held = [value for value in phase.axes[axis] if any(line[axis] == value for line in found)]
        if len(held) < len(phase.axes[axis]):
            common.append(f"{axis} {' or '.join(shown(axis, value) for value in held)}")
    inside = f", all at {escape(', '.join(common))}" if common and len(found) > 1 else ""
    largest = max(found, key=lambda line: abs(line["gain"]))
    return f"{verdict} at {len(found)} of {len(said)}{inside} ({'most: ' if len(found) > 1 else ''}{_place(phase, largest)})"


def _place(phase: Phase, line: dict[str, Any]) -> str:
    """`+0.031 at conflict 0, patients 1,000`."""
    at = f" at {escape(told(line, phase.varied))}" if phase.varied else ""
    return f"{number(line['gain'], sign=True)}{at}"


def _at(phase: Phase, line: dict[str, Any]) -> str:
    """`+0.031 at conflict 0, patients 1,000 (mmoe)`."""
    return f"{_place(phase, line)} ({escape(line['method'])})"


def _course(phase: Phase, metric: str, axis: str) -> list[str]:
    """What each method scores at the ends of the axis, best at the last first."""
    first, last = phase.axes[axis][0], phase.axes[axis][-1]
    score = {(line["method"], line[axis]): line["score"] for line in rows_of(phase.curves[phase.curves["metric"] == metric])}
    both = [method for method, value in score if value == last and (method, first) in score]
    both.sort(key=lambda method: -score[method, last])
    moved = [f"{escape(method)} {number(score[method, first])} → {number(score[method, last])}" for method in both]
    ends = f"from {axis} {shown(axis, first)} to {shown(axis, last)}"
    return [f"- **Average {SHOWN[metric]} {escape(ends)}:** {', '.join(moved)}."] if moved else []
