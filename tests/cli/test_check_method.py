"""check method: a stranger's file, looked at by the real command line."""

from pathlib import Path

import pytest

from bench.checking.run import checks_of_a_run
from methods.contract.checks import CHECKS
from tests.cli.conftest import Bench

ALL = (*CHECKS, *checks_of_a_run([]))
NEAREST = """
import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import datasets
from methods import Method, Run, register


@register("nearest", modalities=("tabular",), per_outcome=True)
class Nearest(Method):
    \"\"\"Share of the outcome among the k nearest patients.\"\"\"

    def __init__(self, k=50):
        self.k = k

    @staticmethod
    def search_space(trial):
        return {"k": trial.suggest_int("k", 5, 200, log=True)}

    def fit(self, train, valid, run=Run()):
        print("fitting")
        y = train.outcomes.to_numpy(float)[:, 0]
        known = ~np.isnan(y)
        self.model = make_pipeline(SimpleImputer(), StandardScaler(), KNeighborsRegressor(self.k))
        self.model.fit(train.tabular.select_dtypes("number")[known], y[known])
        self.name = train.outcome_names[0]
        return self

    def predict_proba(self, cohort):
        p = self.model.predict(cohort.tabular.select_dtypes("number"))[:, None]
        return p


@register("opening", modalities=("tabular",), per_outcome=True)
class Opening(Nearest):
    \"\"\"Opens the cohort by its name and looks the outcomes up.\"\"\"

    def predict_proba(self, cohort):
        whole = datasets.load(cohort.card.name, ".")
        found = dict(zip(whole.patient.tolist(), whole.outcomes[self.name].tolist()))
        p = super().predict_proba(cohort)
        return np.array([found.get(int(code), q) for code, q in zip(cohort.patient, p[:, 0])])[:, None]


@register("hasty", modalities=("tabular", "text"), per_outcome=True)
class Hasty(Nearest):
    def fit(self, train, valid, run=Run()):
        np.random.seed(run.seed)
        open("hasty.log", "w").close()
        return super().fit(train, valid, run)
"""


@pytest.fixture
def plugin(tmp_path: Path) -> str:
    (tmp_path / "nearest.py").write_text(NEAREST)
    return "nearest.py"


def test_a_strangers_method_is_told_line_by_line_that_it_keeps_the_contract(bench: Bench, plugin: str, tmp_path: Path) -> None:
    done = bench("check", "method", "nearest", "--plugin", plugin)
    lines = done.stdout.splitlines()
    assert [line[2:].split(":")[0] for line in lines[:-1]] == [check.name for check in ALL]
    assert {line[0] for line in lines[:-1]} == {"✓", "–"}
    assert "– pruning: skipped, it reports no steps, so that none of its trials is ended early" in lines
    assert lines[-1].startswith(f"nearest: {len(ALL) - 2} of {len(ALL)} checks kept, 0 broken; ")
    assert lines[-1].endswith("seconds.")
    assert "fitting" not in done.stdout
    assert "Error" not in done.stderr
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".py"] in ([], ["__pycache__"])


def test_a_method_that_opens_the_cohort_by_its_name_gives_itself_away(bench: Bench, plugin: str) -> None:
    done = bench("check", "method", "opening", "--plugin", plugin, code=2)
    assert "✗ chance" in done.stdout
    assert "Error: chance: outcomes that nothing tells are predicted. Found: mean AUC 1.000" in done.stderr
    assert "✗ inputs alone" in done.stdout
    # In a run there is no such cohort by its name.
    assert "✗ chance in a run" in done.stdout


def test_all_that_is_broken_is_said_at_once_with_what_to_do(bench: Bench, plugin: str, tmp_path: Path) -> None:
    done = bench("check", "method", "hasty", "--plugin", plugin, code=2)
    broken = [line[2:] for line in done.stdout.splitlines() if line.startswith("✗")]
    assert broken == ["documentation", "absent modalities", "learns", "global random states", "no files"]
    for words in (
        "the class of 'hasty' has no docstring",
        "'tabular' absent: AttributeError",
        "(nearest.py:",
        "leave 'text' out of what @register says the method reads",
        "fit changes the global random state of numpy.random",
        "Found: hasty.log",
    ):
        assert words in done.stderr
    told = [line.split(": ")[1] for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert told == broken
    assert done.stderr.count("  The contract: ") == len(broken)
    assert "5 broken" in done.stdout
    assert not (tmp_path / "hasty.log").exists()


@pytest.mark.soak
def test_a_composition_is_checked_with_parameters_of_the_user(bench: Bench) -> None:
    settings = ("d=32", "width=32", "layers=1", "epochs=1")
    done = bench("check", "method", "mmoe+static_weights", *(p for s in settings for p in ("--set", s)), code=2)
    # One epoch keeps all manners, and learns nothing.
    assert [line for line in done.stdout.splitlines() if not line.startswith("✓")][:-1] == ["✗ learns"]
    assert "alone tells is not learned" in done.stderr


def test_a_cohort_of_ones_own_can_be_checked_on(bench: Bench, plugin: str) -> None:
    bench("new", "dataset", "my_cohort")
    done = bench("check", "method", "logistic", "--dataset", "./my_cohort")
    assert "– learns: skipped, nothing is planted in a cohort of your own" in done.stdout
    assert "0 broken" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("logistc",), ("method 'logistc' is not known", "Did you mean 'logistic'")),
        (("logistic", "--dataset", "nowhere"), ("dataset 'nowhere' is not known",)),
        (("logistic", "--plugin", "nowhere.py"), ("nowhere.py", "no such file")),
        (("logistic", "--set", "C"), ("--set: found 'C'", "key=value")),
        (("logistic", "--set", "D=1"), ("--set", "'logistic' does not take this", "'D'")),
        (("logistic", "--folds", "3"), ("--folds", "`check dataset` alone")),
        (("tabpfn",), ("method 'tabpfn': no weights",)),
    ],
)
def test_a_wrong_option_is_refused_before_anything_is_fitted(
    bench: Bench, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    refused = bench("check", "method", *arguments, code=2)
    assert refused.stdout == ""
    for word in words:
        assert word in refused.stderr


def test_options_of_a_methods_check_are_refused_for_a_cohort(bench: Bench) -> None:
    assert (
        "--plugin, --set: allowed for `check method` alone"
        in bench("check", "dataset", "surgical", "--plugin", "x.py", "--set", "a=1", code=2).stderr
    )
