"""Facts: under which protocol, on whom, what failed, and what could not have been seen."""

from __future__ import annotations

from bench.evaluation.bootstrap import RESAMPLES
from bench.evaluation.metrics import METRICS
from bench.evaluation.scores import LEAST_POSITIVES
from bench.reporting.contents import Contents
from bench.reporting.grid import Cell, Grid, number, percent
from bench.reporting.grids import SHOWN
from bench.reporting.markdown import escape, table

SPLITS = {
    "holdout": "one holdout of 60/20/20",
    "temporal": "by time: the latest fifth of the patients tests, the fifth before it chooses, the earlier ones train",
    "centre": "by centre: whole centres test (a fifth of the cases) and choose (a quarter of the others)",
    "official": "the source's own test cases; a quarter of the others chooses",
}


def protocol(contents: Contents) -> list[str]:
    """Markdown bullets: split, budget, hashes, versions, what was left out."""
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
    dropped = {target: n for target, n in contents.scores.dropped.items() if n}
    told = ", ".join(f"{escape(target)} {n}" for target, n in dropped.items()) or "none"
    lines.append(f"- Bootstrap: {RESAMPLES} resamples of patients; dropped, because a fold lacked a class: {told}.")
    return lines


def cohort(contents: Contents) -> str:
    """Card, counts and prevalences, as Markdown."""
    found = contents.record.cohort
    card = found["card"]
    lines = [
        f"**{escape(card['title'])}**{' (synthetic)' if card.get('synthetic') else ''}. Source: {escape(card['source'])}. "
        f"Licence: {escape(card['licence'])}. {escape(card['citation'])}",
        "",
        f"{found['cases']} cases of {found['patients']} patients, of which {found['cases_used']} cases are used. "
        f"Landmark: {escape(card['landmark'].rstrip('.'))}.",
        "",
        "Cases with anything of a modality: " + ", ".join(f"{m} {percent(share)}" for m, share in found["present"].items()) + ".",
        "",
    ]
    counts = contents.scores.counts
    rows = []
    for name, count in found["outcomes"].items():
        test = counts.get(name)
        texts = [name, str(count["known"]), str(count["positive"]), percent(count["prevalence"])]
        texts += [f"{test.positive} of {test.cases}" if test else "–", card["outcomes"].get(name, "")]
        rows.append(tuple(Cell(text) for text in texts))
    heads = ("outcome", "known", "positive", "prevalence", "positive of tested", "definition")
    nested = [f"{escape(whole)} holds {', '.join(map(escape, parts))}." for whole, parts in (card.get("nested") or {}).items()]
    notes = [f"- {escape(note)}" for note in (*nested, *card.get("notes", ()))]
    return "\n".join([*lines, table(Grid("", heads, tuple(rows))), *notes])


def failures(contents: Contents) -> str:
    """Cells that failed or were not run, as Markdown; empty where there are none."""
    rows = [
        (method, str(fold), str(failure.get("exception")), str(failure.get("said") or ""), str((failure.get("frames") or [""])[-1]))
        for (method, fold), failure in sorted(contents.record.failed.items())
    ]
    rows += [(method, str(fold), "not run", "", "") for method, fold in contents.record.missing]
    if not rows:
        return ""
    heads = ("method", "fold", "exception", "said", "where")
    return table(Grid("", heads, tuple(tuple(Cell(text) for text in row) for row in rows)))


def visible(contents: Contents) -> str:
    """Smallest differences that could have been seen, as Markdown."""
    heads = ("target", *(SHOWN[metric] for metric in METRICS))
    rows = [(Cell(target), *(Cell(number(contents.visible[m][target])) for m in METRICS)) for target in contents.scores.targets]
    text = table(Grid("", heads, tuple(rows)))
    few = [name for name, count in contents.scores.counts.items() if count.positive < LEAST_POSITIVES]
    if few:
        names = ", ".join(map(escape, few))
        text += (
            f"\nUnder {LEAST_POSITIVES} test positives, AUPRC has no interval and no bold: {names}. The average still holds it.\n"
        )
    return text


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
