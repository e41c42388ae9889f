"""Study files: what is read, what is refused, and in which words."""

from pathlib import Path

import pytest

from bench.protocol.study import presets, read_study
from datasets import Refused
from methods.neural.arithmetic import ARITHMETICS


def written(folder: Path, text: str, name: str = "mine.toml") -> str:
    path = folder / name
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize(("name", "trials", "folds", "seeds"), [("quick", 2, 1, 1), ("standard", 20, 1, 3), ("paper", 50, 5, 5)])
def test_presets_hold_the_stated_budgets(name: str, trials: int, folds: int, seeds: int) -> None:
    study = read_study(name)
    assert (study.protocol.trials, study.protocol.folds, study.protocol.seeds) == (trials, folds, seeds)
    assert study.name == name
    assert presets()[name]


def test_a_study_extends_another_and_overrides_come_last(tmp_path: Path) -> None:
    written(tmp_path, 'extends = "quick"\nmethods = ["logistic"]\n[protocol]\ntrials = 7\nseed = 3\n', "base.toml")
    source = written(tmp_path, 'extends = "base.toml"\n[protocol]\nseed = 4\n')
    study = read_study(source, {"folds": 2, "methods": ["lightgbm", "xgboost"]})
    assert study.name == "mine"
    assert [label.name for label in study.methods] == ["lightgbm", "xgboost"]
    assert study.protocol.model_dump(include={"trials", "seed", "folds", "patients"}) == {
        "trials": 7,
        "seed": 4,
        "folds": 2,
        "patients": 3000,
    }


def test_labels_fix_parameters(tmp_path: Path) -> None:
    source = written(
        tmp_path,
        'extends = "quick"\nmethods = ["logistic", {label = "weak", name = "logistic", set = {C = 0.1, text = "tfidf"}}]\n',
    )
    weak = read_study(source).methods[1]
    assert (weak.label, weak.name, weak.set) == ("weak", "logistic", {"C": 0.1, "text": "tfidf"})


def test_arithmetic_is_said_where_it_is_not_the_usual() -> None:
    """So that cells trained in single keep the keys that they had before there was another."""
    plain, single, mixed = (read_study("quick", told).protocol.said() for told in ({}, *({"arithmetic": a} for a in ARITHMETICS)))
    assert single == plain
    assert mixed == {**plain, "arithmetic": "mixed"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[protocl]\ntrials = 3", ("protocl", "Did you mean 'protocol'", "datasets")),
        ("[protocol]\ntrails = 3", ("trails", "Did you mean 'trials'", "folds")),
        ("[protocol]\ntrials = 0", ("protocol.trials", "found 0", "greater than or equal to 1")),
        ('[protocol]\ntrials = "3"', ("protocol.trials", "found '3'", "valid integer")),
        ("[protocol]\nfolds = 2.5", ("protocol.folds", "found 2.5")),
        ('[protocol]\narithmetic = "half"', ("protocol.arithmetic", "'half'", "'single' or 'mixed'")),
        ('[protocol]\nloss = "mse"', ("protocol.loss", "'mse'", "'bce' or 'bce+asl'")),
        ('[protocol]\nmodalities = ["image"]', ("modalities", "'image'", "'tabular'")),
        ("protocol = 3", ("protocol", "found 3")),
        ('methods = ["logistic", "logistic"]', ("methods", "'logistic' stands twice")),
        ("methods = []", ("methods", "at least one")),
        ('methods = [{label = "../../x", name = "logistic"}]', ("../../x", "cannot name a folder")),
        ('methods = [{label = "x"}]', ("methods.0.name", "missing")),
        ('name = ".."', ("name", "cannot name a folder")),
        ("extends = 3", ("extends", "found 3")),
        ('extends = "nope"', ("nope", "quick")),
        ('extends = "mine.toml"', ("extends itself",)),
        ("trials = = 3", ("not TOML", "line 1")),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, words: tuple[str, ...]) -> None:
    if "extends" not in text:
        text = f'extends = "quick"\n{text}'
    if "trials = =" in text:
        text = "trials = = 3"
    with pytest.raises(Refused) as refusal:
        read_study(written(tmp_path, text))
    for word in words:
        assert word in str(refusal.value)


def test_a_missing_file_and_an_unknown_name_are_refused() -> None:
    with pytest.raises(Refused, match=r"nowhere\.toml: cannot be read"):
        read_study("nowhere.toml")
    with pytest.raises(Refused, match="Did you mean 'quick'"):
        read_study("quik")


def test_a_split_is_asked_for_by_name_or_follows_from_the_folds(tmp_path: Path) -> None:
    kinds = {(): "holdout", ("folds", 5): "kfold", ("split", "centre"): "centre", ("split", "temporal"): "temporal"}
    for given, kind in kinds.items():
        assert read_study("quick", dict([given]) if given else {}).protocol.kind == kind


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"split": "temporal", "folds": 5}, "has one fold; allowed with 5 folds are kfold and centre"),
        ({"split": "kfold"}, "needs folds = 2 or more"),
        ({"split": "temporal", "repeats": 3}, "allowed is repeats = 1"),
        ({"split": "random"}, "'random'"),
    ],
)
def test_a_split_that_cannot_be_is_refused(given: dict[str, object], words: str) -> None:
    with pytest.raises(Refused, match=words):
        read_study("quick", given)


def test_a_folder_is_named_as_seen_from_the_study_file_and_labelled_by_its_last_part(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    source = written(
        tmp_path / "deep", 'extends = "quick"\ndatasets = ["../my cohort", {label = "b", name = "./other"}, "vitaldb"]\n'
    )
    found = [(label.label, Path(label.name)) for label in read_study(source).datasets]
    assert found[0][0] == "my_cohort"
    assert found[0][1].resolve() == tmp_path / "my cohort"
    assert found[1] == ("b", tmp_path / "deep" / "other")
    assert found[2] == ("vitaldb", Path("vitaldb"))
    assert read_study("quick", {"datasets": ["./here"]}).datasets[0].label == "here"


def test_a_study_that_extends_one_that_is_not_there_names_itself_and_the_other(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('extends = "quik"\n')
    with pytest.raises(Refused, match=r"mine\.toml': extends: study 'quik' is not known\. Did you mean 'quick'"):
        read_study(str(tmp_path / "mine.toml"))
