"""The paper's tables as studies: its rows, ours, the ablation, and the larger ones beside them."""

import pytest

from bench.protocol.labels import MethodLabel
from bench.protocol.select import absent, expand, refuse_baseline
from bench.protocol.study import presets, read_study
from methods.registry import entry

PAPER = {
    "XGBoost": "xgboost",
    "LightGBM": "lightgbm",
    "FT-Transformer": "ft_transformer",
    "TabPFN": "tabpfn",
    "MLP+Text": "mlp_text",
    "Transformer+Text": "transformer_text",
    "Hard-Sharing": "hard_sharing",
    "Uncertainty-Weighting": "uncertainty",
    "Cross-Stitch": "cross_stitch",
    "MMoE": "mmoe",
    "OrthTD": "orthtd",
}
OURS = {
    "CatBoost": "catboost",
    "PLE": "ple",
    "PCGrad": "pcgrad",
    "Static-Weights": "static_weights",
    "Single-Task": "single_task",
}
VARIANTS = ("none", "projection", "covariance", "tasks", "shared_only", "specific_only")
DECADES = (0.001, 0.01, 0.1, 1.0, 10.0)
STUDIES = ("csac", "ablation", "csac_paper", "ablation_paper")


def plain(methods: tuple[MethodLabel, ...]) -> dict[str, str]:
    return {label.label: label.name for label in methods}


@pytest.mark.parametrize("name", STUDIES)
def test_every_row_can_be_built_and_only_tabpfn_may_be_missing(name: str) -> None:
    study = read_study(name)
    assert presets()[name]
    assert study.protocol.loss == "bce+asl"
    assert [dataset.name for dataset in study.datasets] == ["surgical"]
    assert all(entry(label.name) for label in study.methods)
    found = expand(study.methods)
    refuse_baseline(study.baseline, found)
    left = set(plain(study.methods)) - set(plain(found))
    assert left <= {"TabPFN"}
    assert [line.split("'")[1] for line in absent(study.methods)] == sorted(left)


def test_csac_has_the_rows_of_the_paper_in_its_order_and_ours() -> None:
    study = read_study("csac")
    assert list(plain(study.methods).items()) == [*PAPER.items(), *OURS.items()]
    assert [label.label for label in study.methods if label.optional] == ["TabPFN"]
    assert not any(label.set or label.without for label in study.methods)


def test_ablation_has_the_variants_each_modality_and_five_decades_of_lambda() -> None:
    study = read_study("ablation")
    assert study.baseline == "orthtd"
    methods = {label.label: label for label in study.methods}
    assert {f"orthtd_{variant}" for variant in VARIANTS} < set(methods)
    without = {label.without for label in study.methods if label.without}
    assert without == {("tabular",), ("text",), ("series",)}
    lambdas = [label.set["orthogonality"] for label in study.methods if label.set]
    assert tuple(lambdas) == DECADES
    for value in DECADES:
        label = methods[f"orthtd_lambda_{value:g}"]
        assert (label.name, label.set) == ("orthtd", {"orthogonality": value})
        assert entry(label.name).build(**label.set).get_params()["orthogonality"] == value
    changed = {label.label for label in study.methods if label.set or label.without}
    assert len(methods) == 1 + len(VARIANTS) + len(changed) + 1 == 16
    assert all(methods[label].name == "orthtd" for label in changed)
    assert (methods["orthtd"].set, methods["orthtd"].without) == ({}, ())


@pytest.mark.parametrize("name", ["csac", "ablation"])
def test_the_larger_study_beside_it_differs_in_budget_alone(name: str) -> None:
    small, large = read_study(name), read_study(f"{name}_paper")
    assert large.methods == small.methods
    assert large.published == small.published
    assert large.baseline == small.baseline
    protocol = large.protocol
    assert (protocol.folds, protocol.trials, protocol.seeds, protocol.patients) == (5, 50, 5, None)
    assert (small.protocol.folds, small.protocol.repeats) == (1, 1)
    budget = {"folds", "trials", "seeds", "patients"}
    assert large.protocol.model_dump(exclude=budget) == small.protocol.model_dump(exclude=budget)


@pytest.mark.parametrize("name", STUDIES)
def test_the_published_averages_stand_beside(name: str) -> None:
    rows = read_study(name).published
    assert [(row.row, row.auc, row.auprc) for row in rows] == [("OrthTD", 0.875, 0.372), ("strongest baseline", 0.871, 0.329)]
    for row in rows:
        assert "2605.03570" in row.source
        assert "12,430" in row.cohort
        assert "private" in row.cohort
