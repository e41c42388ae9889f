"""Entries of a study: modalities left out, optional methods, labels that look like compositions, baseline, published rows."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.protocol.labels import MethodLabel
from bench.protocol.select import absent, expand, refuse_baseline
from bench.protocol.study import read_study
from datasets import Refused
from methods import registry
from methods.base import Method


class _Constant(Method):
    """Says nothing."""

    def __init__(self, value: float = 0.1) -> None:
        self.value = value

    def fit(self, train: Any, valid: Any, run: Any = None) -> "_Constant":
        return self

    def predict_proba(self, cohort: Any) -> np.ndarray:
        return np.full((len(cohort), 4), self.value)


@pytest.fixture
def missing() -> Iterator[str]:
    """A method that cannot run here, as one of an optional extra."""
    name = "weights_elsewhere"
    registry.add(
        registry.Entry(
            name, "tabular", ("tabular",), False, "", _Constant, (), absent=lambda: "its weights are missing. Fetch them."
        )
    )
    yield name
    del registry._ENTRIES[name]


def written(folder: Path, text: str, name: str = "mine.toml") -> str:
    path = folder / name
    path.write_text(f'extends = "quick"\n{text}')
    return str(path)


def label(name: str, shown: str = "", **more: Any) -> MethodLabel:
    return MethodLabel(label=shown or name, name=name, **more)


PUBLISHED = '[[published]]\nrow = "theirs"\ncohort = "another"\nsource = "a paper"\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('methods = [{label = "x", name = "orthtd", without = ["image"]}]', ("methods.0.without.0", "'image'", "'tabular'")),
        ('methods = [{label = "x", name = "orthtd", without = "text"}]', ("methods.0.without", "'text'")),
        ('methods = [{label = "x", name = "orthtd", optional = "yes"}]', ("methods.0.optional", "'yes'", "valid boolean")),
        ('methods = [{label = "x", name = "orthtd", wihtout = ["text"]}]', ("methods.0: key 'wihtout'", "Did you mean 'without'")),
        (
            'datasets = [{label = "x", name = "surgical", without = ["text"]}]',
            ("datasets.0: key 'without'", "grid, known, label, name, patients, set"),
        ),
        (
            'datasets = [{label = "x", name = "surgical", optional = true}]',
            ("datasets.0: key 'optional'", "grid, known, label, name, patients, set"),
        ),
        ("baseline = 3", ("baseline", "found 3")),
        ('baseline = "../x"', ("baseline", "cannot name a folder")),
        (PUBLISHED + "auc = 87.5", ("published.0.auc", "found 87.5", "less than or equal to 1")),
        (PUBLISHED + "auprc = -0.1", ("published.0.auprc", "found -0.1", "greater than or equal to 0")),
        (PUBLISHED + "auc = nan", ("published.0.auc", "finite number")),
        (PUBLISHED + 'auc = "0.8"', ("published.0.auc", "'0.8'", "valid number")),
        (PUBLISHED, ("published.0", "needed is auc, auprc or both")),
        (PUBLISHED + "auc = 0.8\naucpr = 0.3", ("published.0: key 'aucpr'", "Did you mean 'auprc'")),
        (PUBLISHED.replace('source = "a paper"', "auc = 0.8"), ("published.0.source is missing",)),
        (PUBLISHED.replace("a paper", "  ") + "auc = 0.8", ("published.0.source", "words are needed")),
        ("published = 3", ("published", "found 3")),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, words: tuple[str, ...]) -> None:
    with pytest.raises(Refused) as refusal:
        read_study(written(tmp_path, text))
    for word in words:
        assert word in str(refusal.value)


def test_published_rows_and_a_baseline_are_read_and_extended(tmp_path: Path) -> None:
    written(tmp_path, f'baseline = "mmoe"\n{PUBLISHED}auc = 1\nauprc = 0.25\nnote = "averages"', "base.toml")
    (tmp_path / "mine.toml").write_text('extends = "base.toml"\n[protocol]\ntrials = 1\n')
    study = read_study(str(tmp_path / "mine.toml"))
    assert study.baseline == "mmoe"
    row = {"row": "theirs", "cohort": "another", "source": "a paper", "auc": 1.0, "auprc": 0.25, "note": "averages"}
    assert [found.model_dump() for found in study.published] == [row]
    assert read_study("quick").published == ()


def test_a_label_with_a_plus_is_no_composition() -> None:
    found = expand([label("hard_sharing", "MLP+Text"), label("ple+pcgrad", "mmoe+pcgrad"), label("ple+pcgrad")])
    assert [(one.label, one.name) for one in found] == [
        ("MLP+Text", "hard_sharing"),
        ("mmoe+pcgrad", "ple+pcgrad"),
        ("ple+pcgrad", "ple+pcgrad"),
    ]
    with pytest.raises(Refused, match="MLP"):
        expand([label("MLP+Text")])


def test_methods_may_be_asked_for_by_the_labels_of_the_study(tmp_path: Path) -> None:
    entries = '[{label = "MLP+Text", name = "lightgbm"}, {label = "weak", name = "logistic", set = {C = 0.1}}, "xgboost"]'
    study = read_study(written(tmp_path, f"methods = {entries}"), {"methods": ["weak", "MLP+Text", "catboost"]})
    assert [(one.label, one.name, one.set) for one in study.methods] == [
        ("weak", "logistic", {"C": 0.1}),
        ("MLP+Text", "lightgbm", {}),
        ("catboost", "catboost", {}),
    ]


def test_an_optional_method_is_left_out_with_a_line(missing: str) -> None:
    optional = label(missing, "TabPFN", optional=True)
    assert [one.label for one in expand([optional, label("logistic")])] == ["logistic"]
    assert absent([optional, label("logistic")]) == ["method 'TabPFN' is left out: its weights are missing. Fetch them."]
    with pytest.raises(Refused, match="'weights_elsewhere': its weights are missing"):
        expand([label(missing, "TabPFN"), label("logistic")])
    with pytest.raises(Refused, match="No method of the study can run here: method 'TabPFN' is left out: its weights are missing"):
        expand([optional])
    with pytest.raises(Refused, match="'tabfpn' is not known"):
        expand([label("tabfpn", optional=True), label("logistic")])


def test_an_optional_method_that_is_there_runs() -> None:
    assert [one.label for one in expand([label("logistic", optional=True)])] == ["logistic"]
    assert absent([label("logistic", optional=True)]) == []


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (label("orthtd", "x", without=("tabular", "text", "series")), "'x': without: .* all that orthtd reads"),
        (label("weights_elsewhere", "x", without=("text",)), "'x': without: found 'text'; .* reads tabular"),
        (label("core", without=("text",)), "'core' stands for several methods"),
        (label("core", optional=True), "'core' stands for several methods"),
        (label("core", set={"C": 1.0}), "'core' stands for several methods"),
    ],
)
def test_modalities_that_cannot_be_left_out_are_refused(missing: str, entry: MethodLabel, words: str) -> None:
    # Present for this test, so that its modalities are looked at.
    registry._ENTRIES[missing] = registry.Entry(missing, "tabular", ("tabular",), False, "", _Constant, ())
    with pytest.raises(Refused, match=words):
        expand([entry])


def test_a_baseline_is_a_label_of_the_study() -> None:
    methods = [label("orthtd", "OrthTD"), label("mmoe")]
    refuse_baseline(None, methods)
    refuse_baseline("OrthTD", methods)
    with pytest.raises(Refused, match=r"baseline 'orthtd' is not known.*OrthTD"):
        refuse_baseline("orthtd", methods)


@pytest.mark.parametrize("name", ["xgboost", "logistic", "catboost_multi", "tabm", "mmoe", "mlp_text"])
def test_a_parameter_that_a_method_does_not_take_is_refused_by_name(name: str) -> None:
    with pytest.raises(Refused, match="'nonsense' is not known"):
        expand([label(name, set={"nonsense": 1})])
