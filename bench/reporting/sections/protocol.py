"""Protocol: under which rules, with which budget and versions."""

from __future__ import annotations

from bench.evaluation.bootstrap import RESAMPLES
from bench.reporting.contents import Contents
from bench.reporting.markdown import escape
from bench.reporting.section import Section

SPLITS = {
    "holdout": "one holdout of 60/20/20",
    "temporal": "by time: the latest fifth of the patients tests, the fifth before it chooses, the earlier ones train",
    "centre": "by centre: whole centres test (a fifth of the cases) and choose (a quarter of the others)",
    "official": "the source's own test cases; a quarter of the others chooses",
}


MIXED = "mixed: bfloat16 for products of matrices while training, float32 for weights, losses and whatever is predicted"


def section(contents: Contents) -> Section:
    """Split, budget, hashes, versions, what was left out."""
    return Section(name="protocol", title="Protocol", blocks=("\n".join(_bullets(contents)),))


def _bullets(contents: Contents) -> list[str]:
    plan, record = contents.record.plan, contents.record
    said = plan["protocol"]
    kind, k = said["split"], said["folds"]
    folds = SPLITS[kind] if k == 1 else f"{k} folds{' of whole centres' if kind == 'centre' else ''}"
    lines = [
        f"- Split: {folds}, {_count(said['repeats'], 'repeat')}, whole patients, {plan['taken']}. Study seed {said['seed']}.",
        f"- Budget: {_count(said['trials'], 'trial')} a method and fold, chosen by `{said['selection']}` on valid; "
        f"final fits with {_count(said['seeds'], 'seed')}; loss `{said['loss']}`.",
        f"- Modalities: {', '.join(said['modalities'])}.",
        f"- Outcomes: {', '.join(map(escape, plan['outcomes']))}.",
    ]
    if said.get("arithmetic") == "mixed":
        lines.append(f"- Arithmetic of neural methods: {MIXED}.")
    lines += [f"- Left out: {escape(name)} ({escape(reason)})." for name, reason in plan["left_out"].items()]
    # Plans of before do not say which methods had nothing to read.
    lines += [
        f"- Left out: {escape(name)}: {escape(reason.rstrip('.'))}." for name, reason in plan.get("methods_left_out", {}).items()
    ]
    lines.append(f"- Hashes: cohort `{plan['cohort_hash']}`, split `{plan['split_hash']}`.")
    versions = sorted(
        {f"{name} {number}" for cell in record.cells.values() for name, number in cell.meta.get("versions", {}).items()}
    )
    lines.append(f"- Versions: {', '.join(map(escape, versions)) or 'none recorded'}.")
    fenced = sum(bool(cell.meta.get("computed_on", {}).get("fence")) for cell in record.cells.values())
    lines.append(
        f"- Fence: in {fenced} of {_count(len(record.cells), 'cell')} the method could open no results, cohorts or caches, where "
        "outcomes of test lie."
    )
    dropped = {target: n for target, n in contents.scores.dropped.items() if n}
    told = ", ".join(f"{escape(target)} {n}" for target, n in dropped.items()) or "none"
    lines.append(f"- Bootstrap: {RESAMPLES} resamples of patients, without strata; dropped, because a fold lacked a class: {told}.")
    return lines


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
