"""Results: what a run knows of its openness, its participants and its performance (items 17 to 26)."""

from __future__ import annotations

from bench.evaluation.metrics import METRICS
from bench.evaluation.scores import AVERAGE, LEAST_POSITIVES
from bench.evaluation.statistics import LEAST_FOLDS
from bench.reporting.contents import Contents
from bench.reporting.grid import scored
from bench.reporting.sections.shown import SHOWN
from bench.reporting.tripod.counts import count, listed, sides, small, spread

SUITE = "clinical-mtl-bench"


def ethics(contents: Contents) -> str | None:
    return "no person's data: the cohort is synthetic." if contents.record.cohort["card"].get("synthetic") else None


def protocol(contents: Contents) -> str:
    plan = contents.record.plan
    return (
        f"split, budget, outcomes and methods of study {plan['study']} were written to plan.json before its cells were run, "
        f"with cohort hash {plan['cohort_hash'][:16]} and split hash {plan['split_hash'][:16]}."
    )


def data(contents: Contents) -> str:
    card = contents.record.cohort["card"]
    held = contents.record.plan["cohort_hash"][:16]
    return f"source: {card['source'].rstrip('.')}. Licence: {card['licence'].rstrip('.')}. Content hash of the cohort {held}."


def code(contents: Contents) -> str:
    cells = contents.record.cells.values()
    versions = sorted({cell.meta.get("versions", {}).get(SUITE, "") for cell in cells} - {""})
    said = f"Clinical MTL Bench {', '.join(versions)}" if versions else "the suite's version was not recorded by this run"
    return (
        f"{said}; versions of all libraries stand under Protocol. The key of each cell, in cell.json, covers the source of its "
        "method, the settings, the cohort and the split."
    )


def flow(contents: Contents) -> str:
    record = contents.record
    found, plan = record.cohort, record.plan
    said = [
        f"{name} {small(one['positive'])} with, {small(one['known'] - one['positive'])} without, "
        f"{small(found['cases_used'] - one['known'])} unknown"
        for name, one in found["outcomes"].items()
        if name in plan["outcomes"]
    ]
    left = [f"outcome {name} was left out ({why})" for name, why in plan["left_out"].items()]
    return (
        f"{found['cases']:,} cases of {found['patients']:,} patients in the cohort, {found['cases_used']:,} cases used. "
        f"{'. '.join([*said, *left])}. Sides: see 21."
    )


def characteristics(contents: Contents) -> str:  # noqa: ARG001
    return (
        "counts and prevalence of the outcomes stand under Cohort, gaps under 11. A table of the characteristics is made from the "
        "cohort itself, which a report does not open, by python -m bench prepare."
    )


def compared(contents: Contents) -> str | None:
    found = sides(contents.record)
    if not len(found.cases):
        return None
    said = []
    for name, positive in found.positive.items():
        shares = [100 * float((positive[side] / found.known[name][side]).mean()) for side in ("train", "valid", "test")]
        said.append(f"{name} {' / '.join(f'{share:.1f}' for share in shares)} %")
    return f"share with the outcome on train / valid / test, mean over folds: {', '.join(said)}. Predictors were not compared."


def analysed(contents: Contents) -> str:
    record, found = contents.record, sides(contents.record)
    lacking = [f"{label} {one.status} ({one.why})" for label, one in contents.scores.incomplete.items()]
    without = f" Without scores: {listed(lacking, 20)}." if lacking else ""
    if not len(found.cases):
        return f"no cell is done.{without}"
    thinned = record.plan.get("known", 1) < 1
    kept = f" Of the known outcomes on train {100 * record.plan['known']:g} % were left to learn from." if thinned else ""
    said = [
        f"{use} ({side}) {spread(found.cases[side])} cases with events "
        + ", ".join(f"{name} {spread(positive[side])}" for name, positive in found.positive.items())
        for side, use in (("train", "fitting"), ("valid", "tuning and stopping"), ("test", "evaluation"))
    ]
    return f"a fold: {'; '.join(said)}.{kept}{without}"


def specification(contents: Contents) -> str:
    sizes = contents.cost["parameters"].dropna().tolist()
    fitted = f", {min(sizes):,.0f} to {max(sizes):,.0f} parameters a fit" if sizes else ""
    return (
        f"the settings chosen in each fold stand in cell.json (params){fitted}. Fitted weights are not kept: a run is made to "
        "compare methods, and the same study gives the same predictions again on the same machine."
    )


def performance(contents: Contents) -> str | None:
    said = []
    for metric in METRICS:
        found = contents.leaders[metric]
        if found is not None:
            main = contents.main
            line = main[(main["method"] == found.method) & (main["outcome"] == AVERAGE) & (main["status"] == "ok")].iloc[0]
            shown = scored(line[metric], line[f"{metric}_low"], line[f"{metric}_high"])
            said.append(f"highest average {SHOWN[metric]}: {found.method} {shown}")
    if not said:
        return None
    by = [str(name) for name in contents.record.groups if name != "row"]
    none = "not recorded" if contents.record.groups.empty else "none"
    groups = f" By {', '.join(by)}: subgroups.csv." if by else f" By subgroup: {none}."
    return (
        f"{'; '.join(said)}, 95 % intervals. The highest of many is flattered by having been picked. All methods and outcomes: "
        f"main.csv, under Scores; calibration and net benefit: calibration.csv, decisions.csv.{groups}"
    )


def between_clusters(contents: Contents) -> str | None:
    groups = contents.record.groups
    if "centre" in groups:
        return "scores by centre, of the largest centres: subgroups.csv."
    return None if groups.empty else "not looked at: the cohort carries no centre."


def updates(contents: Contents) -> str:  # noqa: ARG001
    return "no model was updated. Risks after Platt scaling on valid: lines platt of calibration.csv and decisions.csv."


def limits(contents: Contents) -> str:
    """Facts to be weighed under 26; the weighing is the author's."""
    plan, counts = contents.record.plan, contents.scores.counts
    said = []
    if plan["folds"] < LEAST_FOLDS:
        said.append(f"{count(plan['folds'], 'test fold')}, so that results speak of these fitted models alone")
    few = [name for name, one in counts.items() if one.positive < LEAST_POSITIVES]
    if few:
        said.append(f"fewer than {LEAST_POSITIVES} test events of {', '.join(few)}")
    said.append("one source")
    if contents.record.cohort["card"].get("synthetic"):
        said.append("synthetic data, from which no clinical claim follows")
    return f"Facts of the run to weigh: {'; '.join(said)}."


def lost(contents: Contents) -> str | None:
    """A fact for 27a: whether the run looked at inputs that are missing."""
    if all(cell.missing.empty for cell in contents.record.cells.values()):
        return None
    return "Fact of the run: what each method loses where one modality is missing for every case stands in robustness.csv."
