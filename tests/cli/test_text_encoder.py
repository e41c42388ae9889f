"""run --text-encoder: a text model for trees and networks; refused before anything is started where it cannot be had."""

import json
from pathlib import Path

import pandas as pd
import pytest

from bench.protocol.study import read_study, with_text_encoder
from datasets import load
from tests.cli.conftest import Bench

pytest.importorskip("transformers", reason="the extra [bert] is not installed")

from tests.methods.tiny_models import save

STUDY = """
extends = "quick"
datasets = [{label = "small", name = "surgical", set = {patients = 660}}]
methods = [
    {label = "network", name = "hard_sharing", set = {epochs = 2, d = 32, width = 32, layers = 1}},
    {label = "pooled", name = "logistic", set = {text = "pooled"}},
]

[protocol]
trials = 1
seeds = 1
modalities = ["text"]
"""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    path = tmp_path / "notes.toml"
    path.write_text(STUDY)
    return path


def predictions(results: Path, method: str) -> pd.DataFrame:
    return pd.read_parquet(results / "notes" / "small" / method / "fold-0" / "predictions.parquet")


def ran(bench: Bench, home: Path, results: str, workers: int) -> None:
    """The study with a cache of its own, and an address of the hub at which nobody answers."""
    own = {"CLINICAL_MTL_CACHE": str(home / f"cache-{results}"), "HF_ENDPOINT": "http://127.0.0.1:9"}
    bench("run", "notes.toml", "--text-encoder", "hf:tiny", "--workers", str(workers), "--results", results, **own)


@pytest.mark.soak
def test_what_reads_a_text_model_repeats_to_the_bit(bench: Bench, study: Path, tmp_path: Path) -> None:
    save(tmp_path / "tiny", longest=400)
    for results, workers in (("one", 1), ("two", 2)):
        ran(bench, tmp_path, results, workers)
    for method in ("network", "pooled"):
        one, two = (predictions(tmp_path / results, method) for results in ("one", "two"))
        pd.testing.assert_frame_equal(one, two, check_exact=True)


@pytest.mark.soak
def test_networks_and_trees_read_a_text_model(bench: Bench, study: Path, tmp_path: Path) -> None:
    model = save(tmp_path / "tiny", longest=400)
    ran(bench, tmp_path, "one", 2)
    text = load("surgical", Path(), patients=660).text
    assert text is not None
    distinct = len({note for field in text for note in text[field] if note})
    for method in ("network", "pooled"):
        meta = json.loads((tmp_path / "one" / "notes" / "small" / method / "fold-0" / "cell.json").read_text())
        assert meta["protocol"]["text_encoder"].startswith(f"hf:{model}@sha256:")
        assert meta["versions"]["transformers"]
        assert meta["text_model"]["notes"] == distinct
        assert meta["text_model"]["share_cut"] == 0
        states = [path.stat().st_size - 128 for path in (tmp_path / "cache-one").rglob("states.npy")]
        assert meta["text_model"]["cache_bytes"] == sum(states) + distinct * 32 * 4


def test_a_changed_model_has_another_name_and_so_other_cells(study: Path, tmp_path: Path) -> None:
    study.write_text(STUDY.replace("trials = 1", 'trials = 1\ntext_encoder = "hf:./tiny"'))
    found = []
    for seed in (0, 0, 1):
        save(tmp_path / "tiny", seed=seed)
        named = with_text_encoder(read_study(str(study), {"seeds": 2}), print)
        assert named.protocol.seeds == 2
        found.append(named.protocol.text_encoder)
    assert found[0] == found[1] != found[2]
    assert found[0].startswith(f"hf:{tmp_path / 'tiny'}@sha256:")
    plain = read_study("quick")
    assert with_text_encoder(plain, print) == plain


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("bert", ("text_encoder", "found 'bert'", "allowed is words, or hf:")),
        ("hf:./nowhere", ("nowhere", "no folder")),
        ("hf:owner/tiny", ("owner/tiny", "not on this machine", "HF_HUB_OFFLINE", "hf download owner/tiny")),
        ("hf:./albert", ("AlbertModel is not like BERT", "RoBERTa")),
    ],
)
def test_a_model_that_cannot_be_had_is_refused(
    bench: Bench, study: Path, tmp_path: Path, given: str, words: tuple[str, ...]
) -> None:
    save(tmp_path / "albert", "Albert")
    own = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "hub")}
    refused = bench("run", "notes.toml", "--text-encoder", given, code=2, **own)
    for word in words:
        assert word in refused.stderr
    assert not (tmp_path / "results").exists()


def test_without_the_library_it_is_said_how_to_get_it(bench: Bench, study: Path, tmp_path: Path) -> None:
    (tmp_path / "shadow").mkdir()
    (tmp_path / "shadow" / "transformers.py").write_text("raise ImportError(\"No module named 'transformers'\")\n")
    save(tmp_path / "tiny")
    refused = bench("run", "notes.toml", "--text-encoder", "hf:tiny", code=2, PYTHONPATH=str(tmp_path / "shadow"))
    assert "pip install 'clinical-mtl-bench[bert]'" in refused.stderr
    assert not (tmp_path / "results").exists()


def test_the_network_is_asked_for_a_name_of_the_hub_alone_and_that_is_said(bench: Bench, study: Path, tmp_path: Path) -> None:
    own = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(tmp_path / "hub"), "HF_HUB_OFFLINE": "0"}
    refused = bench("run", "notes.toml", "--text-encoder", "hf:owner/tiny", code=2, **own)
    assert "fetching it from http://127.0.0.1:9" in refused.stderr
    assert "cannot be fetched" in refused.stderr
