"""Data: what a run knows of source, participants, outcomes, predictors, sample size and missing data (items 4 to 11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.evaluation.metrics import METRICS
from bench.evaluation.scores import AVERAGE
from bench.reporting.contents import Contents
from bench.reporting.grid import number, percent
from bench.reporting.sections.cohort import warnings
from bench.reporting.sections.protocol import SPLITS
from bench.reporting.sections.shown import SHOWN
from bench.reporting.tripod.counts import count, listed, sides, spread
from bench.reporting.tripod.items import handled

# Columns of a modality that are named.
COLUMNS = 40
MOST_MISSING = 5
# The code of a case whose centre is not known.
UNKNOWN = "-1"


def objectives(contents: Contents) -> str:
    plan = contents.record.plan
    return (
        f"development and internal evaluation, both, of {count(len(plan['methods']), 'method')} under one protocol: which "
        f"predicts {', '.join(plan['outcomes'])} best, and whether learning the outcomes together helps or harms each."
    )


def source(contents: Contents) -> str:
    card = contents.record.cohort["card"]
    made = ", synthetic: no row is a person" if card.get("synthetic") else ""
    return (
        f"{card['title'].rstrip('.')}{made}. Source: {card['source'].rstrip('.')}. Development and evaluation take their cases "
        f"from this same source, parted by the split under 12a. Cited as: {card['citation'].rstrip('.')}."
    )


def dates(contents: Contents) -> str | None:
    return "a synthetic cohort has no dates." if contents.record.cohort["card"].get("synthetic") else None


def setting(contents: Contents) -> str | None:
    groups = contents.record.groups
    if "centre" not in groups:
        return None
    centres = set(groups["centre"].dropna()) - {UNKNOWN}
    return f"the cases used come from {count(len(centres), 'centre')}, by the cohort's own codes."


def eligible(contents: Contents) -> str:
    found, plan = contents.record.cohort, contents.record.plan
    noted = " What its card says of who is in it stands in the report, under Cohort." if found["card"].get("notes") else ""
    return (
        f"the cohort holds {found['cases']:,} cases of {found['patients']:,} patients; taken: {plan['taken']}, by the study's own "
        f"number of patients alone.{noted}"
        if found["cases_used"] < found["cases"]
        else f"all {found['cases']:,} cases of {found['patients']:,} patients that the cohort holds.{noted}"
    )


def preparation(contents: Contents) -> str:
    found = warnings(contents.record.cohort)
    checked = "what the check of the cohort found was not recorded"
    if found is not None:
        checked = f"the check of the cohort gave {count(len(found), 'warning')}{', told under Cohort' if found else ''}"
    return (
        "in the suite's own methods all preparation (scales, codes, gaps, columns of text) is fitted on the train side of each "
        f"fold alone, and is the same for all groups of patients; how, is told under 11 and 12b. Quality: {checked}."
    )


def outcomes(contents: Contents) -> str:
    card, plan = contents.record.cohort["card"], contents.record.plan
    said = [f"{name}: {card['outcomes'].get(name, 'not defined by the card').rstrip('.')}" for name in plan["outcomes"]]
    nested = [f"{whole} holds {', '.join(parts)}" for whole, parts in (card.get("nested") or {}).items()]
    return f"{'. '.join([*said, *nested])}. Risks are predicted at: {card['landmark'].rstrip('.')}."


def chosen(contents: Contents) -> str:
    plan = contents.record.plan
    offered = [m for m in plan["protocol"]["modalities"] if m in contents.record.cohort["present"]]
    fewer = [
        f"{label} ({', '.join(method['modalities'])})"
        for label, method in plan["methods"].items()
        if set(method["modalities"]) < set(offered)
    ]
    rest = f" These read fewer: {listed(fewer, 12)}." if fewer else ""
    return (
        f"a method is offered everything that the prepared cohort holds of {', '.join(offered)}; nothing was selected by its "
        f"relation to an outcome before the methods were fitted.{rest}"
    )


def predictors(contents: Contents) -> str:
    cohort = contents.record.cohort
    known = f"Landmark: {cohort['card']['landmark'].rstrip('.')}; nothing measured after it is meant to be an input."
    inputs = cohort.get("inputs")
    if inputs is None:
        return f"modalities {', '.join(cohort['present'])}; the names of their columns were not recorded by this run. {known}"
    said = []
    for modality, unit in (("tabular", "column"), ("text", "note field"), ("series", "channel")):
        columns = inputs.get(modality, [])
        if columns:
            named = [f"{one['name']} ({one['unit']})" if one.get("unit") else str(one["name"]) for one in columns]
            bins = f" in {count(inputs['bins']['count'], 'bin')} of time" if modality == "series" else ""
            said.append(f"{modality}, {count(len(columns), unit)}{bins}: {listed(named, COLUMNS)}")
    return f"{'. '.join(said)}. {known}"


def size(contents: Contents) -> str:
    record = contents.record
    said = []
    for name in record.plan["outcomes"]:
        whole, tested = record.cohort["outcomes"][name], contents.scores.counts.get(name)
        on_test = f", {tested.positive:,} of {tested.cases:,} on test" if tested else ""
        said.append(f"{name} {whole['positive']:,} events of {whole['known']:,} known{on_test}")
    seen = [
        f"{SHOWN[metric]} {number(contents.visible[metric][AVERAGE])}"
        for metric in METRICS
        if number(contents.visible[metric].get(AVERAGE, float("nan"))) != "–"
    ]
    visible = (
        f" Smallest difference between two methods that a single test would have seen with 80 % power, on the average: "
        f"{', '.join(seen)}."
        if seen
        else ""
    )
    return f"{record.plan['taken']}; {'; '.join(said)}.{visible}"


def missing(contents: Contents) -> str:
    record = contents.record
    present = ", ".join(f"{modality} {percent(1 - share)}" for modality, share in record.cohort["present"].items())
    used = record.cohort["cases_used"]
    unknown = [
        f"{name} {percent(1 - one['known'] / used)}" for name, one in record.cohort["outcomes"].items() if one["known"] < used
    ]
    outcome = (
        f"Outcomes unknown: {', '.join(unknown)}; such a case is left out of the scores of that outcome and, in the suite's own "
        "methods, of its fit, and of no other's."
        if unknown
        else "Every outcome is known for every case."
    )
    return (
        f"cases with nothing of a modality: {present}. {_columns(record.cohort.get('inputs'), used)} {outcome} The run dropped no "
        f"case for a gap. Handling: {handled(record.plan['methods'], 'missing')}"
    )


def _columns(inputs: Mapping[str, Any] | None, used: int) -> str:
    """How many columns have gaps, and those with most of them."""
    if inputs is None:
        return "Gaps by column were not recorded by this run."
    said = []
    for modality in ("tabular", "text", "series"):
        columns: Sequence[Mapping[str, Any]] = inputs.get(modality, ())
        gaps = [one for one in columns if one["missing"] is None or one["missing"] > 0]
        if columns:
            most = sorted((one for one in gaps if one["missing"]), key=lambda one: -one["missing"])[:MOST_MISSING]
            named = ", ".join(f"{one['name']} {percent(one['missing'] / used)}" for one in most)
            said.append(f"{modality} {len(gaps)} of {len(columns)}{f' (most: {named})' if named else ''}")
    return f"Columns with gaps: {'; '.join(said)}."


def parted(contents: Contents) -> str:
    plan, found = contents.record.plan, sides(contents.record)
    said = plan["protocol"]
    kind, k = said["split"], said["folds"]
    folds = SPLITS[kind] if k == 1 else f"{k} folds{' of whole centres' if kind == 'centre' else ''}"
    cases = [f"{side} {spread(found.cases[side])}" for side in found.cases] if len(found.cases) else []
    numbers = f" Cases a fold: {', '.join(cases)}." if cases else ""
    return (
        f"{folds}, {count(said['repeats'], 'repeat')}, whole patients on one side. Train fits, valid stops and chooses; test is "
        "predicted by the final fits and, for comparison, by the untuned default, without its outcomes being shown to any method."
        f"{numbers} Split hash {plan['split_hash'][:16]}."
    )
