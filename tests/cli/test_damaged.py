"""Records that were damaged after they were written: found by the next run, named, kept aside and made anew; refused by reports."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from bench.store import read_study
from datasets import Refused
from tests.cli.conftest import QUICKEST, Bench

PLUGIN = ("--plugin", str(QUICKEST))


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def changed(old: bytes, new: bytes) -> Callable[[Path], None]:
    def harm(path: Path) -> None:
        assert old in path.read_bytes()
        path.write_bytes(path.read_bytes().replace(old, new, 1))

    return harm


def bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def foreign(path: Path) -> None:
    path.write_text('{"name": "of somebody else"}')


# By label: which file of its cell is damaged, how, and what is said of it.
HARMS: dict[str, tuple[str, Callable[[Path], None], str]] = {
    "a": ("cell.json", truncated, "cell.json: cannot be read as JSON"),
    "b": ("cell.json", changed(b'"trials": 2', b'"trials": 3'), "cell.json: is not as it was written"),
    "c": ("cell.json", foreign, "cell.json: is another kind of file: it holds no key"),
    "d": ("cell.json", Path.unlink, "cell.json: is missing"),
    "e": ("predictions.parquet", bit, "predictions.parquet: is not as it was written"),
    "f": ("trials.jsonl", Path.unlink, "trials.jsonl: is missing; cell.json names it"),
}


@pytest.fixture
def study(bench: Bench, small: Path, tmp_path: Path) -> Path:
    """A study that ran, of one cell a label: those to be damaged, and `g`."""
    entries = ", ".join(f'{{label = "{label}", name = "most_common"}}' for label in [*HARMS, "g"])
    small.write_text(small.read_text().replace('"most_common", "logistic"', entries))
    bench("run", str(small), *PLUGIN)
    return tmp_path / "results" / "small"


def test_damage_is_refused_by_report_and_mended_by_run(bench: Bench, small: Path, study: Path) -> None:
    folder = study / "small"
    whole = {label: pd.read_parquet(folder / label / "fold-0" / "predictions.parquet") for label in [*HARMS, "g"]}
    for label, (name, harm, said) in HARMS.items():
        path = folder / label / "fold-0" / name
        content = path.read_bytes()
        harm(path)
        with pytest.raises(Refused, match=said) as refused:
            read_study(study.parent, "small")
        assert str(path) in str(refused.value)
        path.write_bytes(content)
    # A record of before hashes were kept is read as before, and refused where it cannot be.
    old = folder / "g" / "fold-0"
    older = {k: v for k, v in json.loads((old / "cell.json").read_text()).items() if k not in ("files", "seal")}
    (old / "cell.json").write_text(json.dumps(older))
    assert ("g", 0) in read_study(study.parent, "small").datasets[0].cells
    truncated(old / "predictions.parquet")
    with pytest.raises(Refused, match=r"predictions\.parquet: cannot be read as Parquet"):
        read_study(study.parent, "small")
    for name, harm, _ in [(f"{label}/fold-0/{name}", harm, said) for label, (name, harm, said) in HARMS.items()]:
        harm(folder / name)
    # What a cell left that was stopped: one digit of one value is another one, though all can be read.
    unfinished = folder / "f" / ".fold-0.partial"
    unfinished.mkdir()
    (unfinished / "key").write_text(json.loads((folder / "f" / "fold-0" / "cell.json").read_text())["key"])
    kept = (folder / "e" / "fold-0" / "trials.jsonl").read_bytes()
    (unfinished / "trials.jsonl").write_bytes(kept.replace(b'"value": 0.', b'"value": 1.', 1))
    (folder / "g" / "fold-0.failed.json").write_text("{")
    foreign(study / "run.json")
    foreign(folder / "plan.json")
    (folder / ".plan.json.4711").write_text("what a killed run left")
    refused = bench("report", "small", code=2)
    assert "plan.json: is another kind of file" in refused.stderr
    assert "Run the study again" in refused.stderr
    said = bench("run", str(small), *PLUGIN).stdout
    for _, _, words in HARMS.values():
        assert words in said
    for words in (
        "predictions.parquet: cannot be read as Parquet. Kept aside as fold-0.broken-1. Its cell is run again.",
        "trials.jsonl: line 1 is not as it was written. Kept aside as fold-0.broken-2. Its trials are run again.",
        "failed.json: cannot be read as JSON. Kept aside as fold-0.failed.json.broken-1.",
        "Kept aside as run.json.broken-1.",
        "Kept aside as plan.json.broken-1.",
    ):
        assert words in said
    assert "7 new" in said
    for label, before in whole.items():
        assert (folder / label / "fold-0.broken-1").is_dir()
        now = pd.read_parquet(folder / label / "fold-0" / "predictions.parquet")
        pd.testing.assert_frame_equal(now, before, check_exact=True)
    assert not (folder / ".plan.json.4711").exists()
    again = bench("run", str(small), *PLUGIN).stdout
    assert "7 done" in again
    assert "Broken" not in again


@pytest.mark.soak
def test_what_stands_beside_the_cells_is_held_to_its_hash_too(bench: Bench, small: Path, tmp_path: Path) -> None:
    bench("run", str(small), *PLUGIN, "--methods", "most_common")
    folder = tmp_path / "results" / "small" / "small"
    before = pd.read_parquet(folder / "most_common" / "fold-0" / "predictions.parquet")
    harms: dict[str, Callable[[Path], None]] = {
        "plan.json": changed(b'"folds"', b'"folde"'),
        "cohort.json": changed(b'"positive": ', b'"positive": 1'),
        **dict.fromkeys(("split.parquet", "factors.parquet", "groups.parquet"), bit),
    }
    for name, harm in harms.items():
        content = (folder / name).read_bytes()
        harm(folder / name)
        for command in ("report", "verify"):
            refused = bench(command, "small", code=2).stderr
            assert name in refused
            assert "is not as it was written" in refused
        if name != "groups.parquet":
            (folder / name).write_bytes(content)
    run = bench("run", str(small), *PLUGIN, "--methods", "most_common")
    assert "groups.parquet: is not as it was written" in run.stderr + run.stdout
    assert (folder / "groups.parquet.broken-1").is_file()
    assert "1 done" in run.stdout
    bench("report", "small")
    pd.testing.assert_frame_equal(before, pd.read_parquet(folder / "most_common" / "fold-0" / "predictions.parquet"))
    sign = tmp_path / "results" / "small" / "run.json"
    sign.write_text(sign.read_text().replace('"gone": ', '"gone": "x", "was": '))
    assert "run.json" in bench("status", "small", code=2).stderr


@pytest.mark.soak
def test_a_damaged_local_form_is_made_anew(bench: Bench, small: Path, tmp_path: Path) -> None:
    home = tmp_path / "cache"
    chosen = ("run", str(small), *PLUGIN, "--methods", "logistic")
    bench(*chosen, "--results", "first", CLINICAL_MTL_CACHE=str(home))
    (local,) = [file.parent for file in home.glob("surgical-*/meta.json")]
    for name, harm in {"tabular.feather": truncated, "series.npy": bit, "outcomes.feather": bit, "meta.json": truncated}.items():
        whole = (local / name).read_bytes()
        harm(local / name)
        bench("run", str(small), *PLUGIN, "--methods", "logistic", "--plan", CLINICAL_MTL_CACHE=str(home))
        assert (local / name).read_bytes() == whole
    bit(local / "series.npy")
    bench(*chosen, "--results", "second", CLINICAL_MTL_CACHE=str(home))
    first, second = (
        pd.read_parquet(tmp_path / name / "small" / "small" / "logistic" / "fold-0" / "predictions.parquet")
        for name in ("first", "second")
    )
    pd.testing.assert_frame_equal(first, second, check_exact=True)
