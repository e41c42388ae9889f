"""Modelling: what a run knows of building, measuring and giving out predictions (items 12b to 16)."""

from __future__ import annotations

from collections import Counter

from bench.evaluation.bootstrap import RESAMPLES
from bench.reporting.contents import Contents
from bench.reporting.sections.protocol import MIXED, SPLITS
from bench.reporting.tripod.counts import count, listed
from bench.reporting.tripod.items import handled

RANDOM = ("holdout", "kfold")
CHOSEN_BY = {
    "auc_auprc": "the mean over outcomes of (AUC + AUPRC) / 2",
    "auc": "the mean AUC over outcomes",
    "auprc": "the mean AUPRC over outcomes",
    "log_loss": "the mean log-loss over outcomes",
}
LOSS = {
    "bce": "cross-entropy",
    "bce+asl": "cross-entropy plus asymmetric loss (Ridnik et al. 2021), which weighs easy negatives down",
}


def entered(contents: Contents) -> str:
    return handled(contents.record.plan["methods"], "predictors")


def built(contents: Contents) -> str:
    plan = contents.record.plan
    said, methods = plan["protocol"], plan["methods"]
    families = Counter(method["family"] for method in methods.values())
    named = "; ".join(
        f"{family} ({number}): {listed([label for label, method in methods.items() if method['family'] == family], 50)}"
        for family, number in families.items()
    )
    alone = [label for label, method in methods.items() if method["per_outcome"]]
    apart = f" One model an outcome, tuned apart: {listed(alone, 12)}." if alone else ""
    computed = f", neural arithmetic {MIXED}" if said.get("arithmetic") == "mixed" else ""
    trials, seeds, by = count(said["trials"], "trial"), count(said["seeds"], "seed"), CHOSEN_BY[said["selection"]]
    return (
        f"{named}. Tuning: {trials} a method and fold (Optuna), the first of them the default, chosen on valid by {by}.{apart} "
        f"Final fits: {seeds}, on train, stopped on valid; neural loss {LOSS[said['loss']]}{computed}. "
        f"Study seed {said['seed']}. Internal validation: see 12a."
    )


def clusters(contents: Contents) -> str | None:
    record = contents.record
    if record.plan["protocol"]["split"] == "centre":
        return "whole centres are kept for choosing and for testing; no parameter of a model differs between centres."
    if "centre" in record.groups:
        return "centres are mixed over the sides; scores are also given by centre (23b). No parameter differs between centres."
    return None if record.groups.empty else "not looked at: the cohort carries no centre."


def measured(contents: Contents) -> str:  # noqa: ARG001
    return (
        "AUC and AUPRC of each outcome and their mean, AUPRC beside the prevalence; paired differences and gains against the twin "
        f"that shares nothing, with 95 % intervals by bootstrap of patients ({RESAMPLES:,} resamples, without strata) and p-values "
        "after Holm's correction; calibration slope and intercept, Brier score, decision curves, the cases at highest risk, "
        "distribution of risks. Plots: scores, gains, calibration, net benefit, risks by class, cost."
    )


def updated(contents: Contents) -> str:  # noqa: ARG001
    return (
        "no model was updated after its evaluation. Beside the risks as predicted, the report shows them after Platt scaling, "
        "which is fitted on valid for each model and outcome and never on test."
    )


def calculated(contents: Contents) -> str:
    kept = contents.record.plan["protocol"].get("precision") == "half"
    return (
        "by the fitted objects themselves, in the process that fitted them, for cases without their outcomes; every probability on "
        f"valid and test is stored{', to eleven significant bits,' if kept else ''} in predictions.parquet of its cell, and all "
        "scores are computed from there."
    )


def imbalance(contents: Contents) -> str:
    loss = contents.record.plan["protocol"]["loss"]
    return (
        "the suite's own methods weight no class and resample no case, except that a pretrained model's limit of cases is kept by "
        f"a draw within the classes; the neural loss is {LOSS[loss]}. Splits are stratified over all outcomes where they are "
        "random. Recalibration: see 12f. What a method that the suite does not ship does is its own."
    )


def fairness(contents: Contents) -> str:
    record = contents.record
    by = [str(name) for name in record.groups if name != "row"]
    shown = (
        f"scores are set out by {', '.join(by)} (23a)" if by else "scores by subgroup: none, as the card names no column for them"
    )
    if record.groups.empty:
        shown = "subgroups were not recorded by this run"
    return f"no method was changed for fairness; {shown}."


def given(contents: Contents) -> str:  # noqa: ARG001
    return (
        "a probability from 0 to 1 for each case and outcome. No class is given; thresholds occur in the decision curves alone, "
        "from 1 % to about three times the prevalence, and none of them was chosen."
    )


def sides_alike(contents: Contents) -> str:
    kind = contents.record.plan["protocol"]["split"]
    if kind in RANDOM:
        return (
            "the same source, eligibility, outcomes and predictors on all sides: patients were parted at random, stratified over "
            "the outcomes. Nothing here speaks of another setting."
        )
    return f"the same source, outcomes and predictors; the sides differ by design: {SPLITS.get(kind, kind)}."
