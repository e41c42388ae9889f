"""Answer: what a study says about who leads and whom sharing helped, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from bench.diagnostics.baseline import BETTER, WORSE
from bench.diagnostics.transfer import HARMED, HELPED, SIGNIFICANT, TOO_FEW, UNCLEAR
from bench.evaluation.incomplete import OK, REFERENCE
from bench.evaluation.leader import Leader
from bench.evaluation.metrics import METRICS
from bench.evaluation.scores import AVERAGE
from bench.evaluation.statistics import LEAST_FOLDS
from bench.reporting.contents import Contents
from bench.reporting.grid import number, scored
from bench.reporting.markdown import escape
from bench.reporting.section import Section
from bench.reporting.sections.shown import SHOWN, rows_of
from datasets import MODALITIES

# Methods named for each outcome.
NAMED = 4
# The group of networks that share nothing.
ALONE = "single_outcome"
ORACLE = "oracle"
NAMES_OF = {"tabular": "table", "text": "text", "series": "series"}


def section(contents: Contents) -> Section:
    """Bullets, what matters most first."""
    return Section(name="answer", title="Answer", blocks=("\n".join(_bullets(contents)),))


def _bullets(contents: Contents) -> list[str]:
    lines = [line for metric in METRICS for line in (*_above_oracle(contents, metric), *_leader(contents, metric))]
    for metric in METRICS:
        lines += _against(contents, metric)
    if contents.baseline.left_out is not None:
        lines.append(
            f"- No differences to {escape(str(contents.baseline.label))}: {escape(contents.baseline.left_out.rstrip('.'))}."
        )
    for metric in METRICS:
        lines += _sharing(contents, metric)
    lines += [f"- No gain for {escape(label)}: {escape(reason)}." for label, reason in contents.pairs.left_out.items()]
    if not contents.pairs.twins and not contents.pairs.left_out:
        lines.append("- No method of this study has a twin, so there are no transfer gains.")
    lines += [
        f"- **{escape(label)} {found.status}** ({escape(found.why)}): no scores."
        for label, found in contents.scores.incomplete.items()
    ]
    folds = contents.record.plan["folds"]
    if folds < LEAST_FOLDS:
        lines.append(
            "- All of this speaks of these fitted models on these patients, not of the methods in general: "
            f"that takes {LEAST_FOLDS} or more test folds, through all repeats; here {'is' if folds == 1 else 'are'} {folds}."
        )
    return lines


def _above_oracle(contents: Contents, metric: str) -> list[str]:
    """A warning of methods that stand above what the true risk itself reaches, with their whole interval."""
    average = contents.main[contents.main["outcome"] == AVERAGE]
    truth = average.loc[(average["status"] == REFERENCE) & (average["method"] == ORACLE), metric]
    if truth.isna().all():
        return []
    above = average[(average["status"] == OK) & (average[f"{metric}_low"] > truth.iloc[0])]
    return [
        f"- **{escape(line['method'])} is above the oracle in {SHOWN[metric]}** ({number(line[metric])}, the true risk itself "
        f"{number(truth.iloc[0])}): no model can be, but by chance or by outcomes that it should not have seen. Find out which."
        for line in rows_of(above)
    ]


def _leader(contents: Contents, metric: str) -> list[str]:
    found = contents.leaders[metric]
    if found is None:
        return [f"- No method is complete, so nobody leads on {SHOWN[metric]}."]
    said = f"- **Average {SHOWN[metric]}: {escape(found.method)} leads with {number(found.score)}**"
    if not found.others:
        return [f"{said}; there is no other complete method to compare it with."]
    second, difference = next(iter(found.others.items()))
    p = found.p_holm[second]
    gap = scored(difference.value, difference.interval.low, difference.interval.high, sign=True)
    real = "a clear difference" if p < SIGNIFICANT else "no clear difference"
    line = f"{said}, {gap} ahead of {escape(second)}: {real} (Holm p = {p_text(p)}, over all pairs of methods)."
    return [line + _corrected(contents, found, second), *_apart(found), *_alone(contents, found.method)]


def _corrected(contents: Contents, found: Leader, second: str) -> str:
    """What the test over folds says of the two methods, where there are enough folds."""
    corrected = found.others[second].corrected
    if contents.record.plan["folds"] < LEAST_FOLDS:
        return ""
    interval = scored(found.others[second].value, corrected.interval.low, corrected.interval.high, sign=True)
    return f" As methods, over folds (Nadeau–Bengio): {interval}, p = {p_text(corrected.p)} unadjusted."


def _apart(found: Leader) -> list[str]:
    """Which other methods the leader cannot be told apart from, or, where these are most, which it is ahead of."""
    level = [escape(other) for other, p in found.p_holm.items() if not p < SIGNIFICANT]
    behind = [escape(other) for other, p in found.p_holm.items() if p < SIGNIFICANT]
    if not level:
        return ["  It is clearly ahead of every other method."]
    said = f"  It cannot be told apart from {len(level)} of {len(found.others)} other methods"
    if len(level) <= len(behind) or len(level) <= NAMED:
        return [f"{said}: {', '.join(level)}."]
    return [f"{said}; clearly behind it {_are(behind)}."]


def _are(names: list[str]) -> str:
    return f"{'is' if len(names) == 1 else 'are'} {', '.join(names)}" if names else "is none"


def _alone(contents: Contents, leader: str) -> list[str]:
    """That the leader shares nothing between outcomes, or reads less than others do."""
    methods = contents.record.plan["methods"]
    method = methods[leader]
    said = []
    if method["per_outcome"] or method.get("group") == ALONE:
        said.append("learns each outcome by itself")
    read = {modality for other in methods.values() for modality in other["modalities"]}
    if unread := sorted(read.difference(method["modalities"]), key=MODALITIES.index):
        said.append(f"reads no {' and no '.join(NAMES_OF[modality] for modality in unread)}")
    return [f"  {escape(leader)} {' and '.join(said)}."] if said else []


def _against(contents: Contents, metric: str) -> list[str]:
    """Which methods differ from the study's baseline on the average."""
    table = contents.baseline.table
    found = table[(table["metric"] == metric) & (table["outcome"] == AVERAGE)]
    if found.empty:
        return []
    said = []
    for verdict in (WORSE, BETTER):
        order = found[found["verdict"] == verdict].sort_values("difference", key=abs, ascending=False, kind="stable")
        pairs = zip(order["method"], order["difference"], strict=True)
        named = [f"{escape(method)} ({number(value, sign=True)})" for method, value in pairs]
        said.append(f"{verdict} {'is' if len(named) == 1 else 'are'} {', '.join(named)}" if named else f"none is clearly {verdict}")
    of = f"{len(found)} methods" if len(found) > 1 else "one method"
    return [f"- Average {SHOWN[metric]}, {of} against {escape(str(contents.baseline.label))}: {'; '.join(said)}."]


def _sharing(contents: Contents, metric: str) -> list[str]:
    gains = contents.transfer[(contents.transfer["metric"] == metric) & contents.transfer["outcome"].isin(contents.scores.outcomes)]
    if gains.empty:
        return []
    lines = []
    for verdict in (HARMED, HELPED):
        found = gains[gains["verdict"] == verdict]
        said = [_by(outcome, found[found["outcome"] == outcome]) for outcome in found["outcome"].unique()]
        lines.append(f"- {SHOWN[metric]} {verdict} by sharing: {'; '.join(said) if said else 'nothing clearly'}.")
    counts = gains["verdict"].value_counts()
    unclear, few = int(counts.get(UNCLEAR, 0)), int(counts.get(TOO_FEW, 0))
    rest = f"  {unclear} of {len(gains)} comparisons with the twin show no clear difference"
    lines.append(rest + _few(few))
    if contents.record.plan["folds"] >= LEAST_FOLDS:
        lasting = gains[gains["methods_p_holm"] < SIGNIFICANT]
        said = [
            f"{escape(outcome)} by {escape(method)}" for outcome, method in zip(lasting["outcome"], lasting["method"], strict=True)
        ]
        lines.append(
            f"  As methods, over folds (Nadeau–Bengio, Holm p < 0.05), differences stand for: {', '.join(said) or 'none'}."
        )
    return lines


def _by(outcome: str, found: pd.DataFrame) -> str:
    """One outcome and the methods that changed it, largest change first; the table has the rest."""
    order = found.sort_values("gain", key=abs, ascending=False, kind="stable")
    named = [f"{escape(line['method'])} ({_gain(line)})" for line in rows_of(order.head(NAMED))]
    more = f" and {len(order) - NAMED} more" if len(order) > NAMED else ""
    return f"{escape(outcome)} by {', '.join(named)}{more}"


def _gain(line: Mapping[str, Any]) -> str:
    return f"{scored(line['gain'], line['low'], line['high'], sign=True)}, Holm p = {p_text(line['p_holm'])}"


def _few(few: int) -> str:
    return f"; {few} {'has' if few == 1 else 'have'} too few positives to say." if few else "."


def p_text(p: float) -> str:
    """A p-value as readers expect it."""
    return "< 0.001" if p < 0.001 else number(p)
