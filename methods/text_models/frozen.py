"""A cohort's notes through the frozen layers: from disk, made first where they are not there."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from datasets import Refused
from methods.text_models import store
from methods.text_models.model import TextModel, load
from methods.text_models.store import STATES, Shard

# Bytes of the disk that are left to others.
SPARE = 1 << 30


@dataclass(frozen=True)
class Summary:
    """Of some distinct notes: how many are on disk, how many of these lost their end, and the bytes that they take."""

    notes: int
    cut: int
    size: int


@dataclass(frozen=True)
class Taken:
    """The states of some texts, by memory map. `of`: for each text its chunks' numbers; a chunk's states are rows `start` to
    `start + rows` of `sources[source]` (rows, width) float16. `chunks` (chunks, 3) int64: source, start, rows."""

    sources: tuple[np.ndarray, ...]
    chunks: np.ndarray
    of: tuple[tuple[int, ...], ...]
    width: int


def prepare(text_encoder: str, texts: Iterable[str], device: str, progress: Callable[[str], None]) -> None:
    """Makes the states of these texts that are not on disk yet, and tells how it goes."""
    model = load(text_encoder, device)
    _made(model, _distinct(texts), device, progress)


def taken(text_encoder: str, texts: Sequence[str], device: str = "cpu") -> Taken:
    """The states below the last layer of each text, in order; a text without a word has no chunk."""
    model = load(text_encoder, device)
    found = _made(model, _distinct(texts), device)
    numbers: dict[int, int] = {}
    sources: list[np.ndarray] = []
    chunks: list[tuple[int, int, int]] = []
    of: dict[bytes, tuple[int, ...]] = {}
    for key, (shard, row) in found.items():
        if id(shard) not in numbers:
            numbers[id(shard)] = len(sources)
            sources.append(shard.states)
        begin, end = np.searchsorted(shard.chunks[:, 0], [row, row + 1])
        of[key] = tuple(range(len(chunks), len(chunks) + end - begin))
        chunks += [(numbers[id(shard)], start, rows) for _, start, rows in shard.chunks[begin:end].tolist()]
    place = [of.get(store.digest(text), ()) for text in texts]
    return Taken(tuple(sources), np.array(chunks, dtype=np.int64).reshape(-1, 3), tuple(place), model.width)


def pooled(text_encoder: str, texts: Sequence[str], device: str = "cpu") -> np.ndarray:
    """Mean over word pieces of the pretrained last layer's output: (texts, width) float32; 0 for a text without a word."""
    model = load(text_encoder, device)
    found = _made(model, _distinct(texts), device)
    rows = np.zeros((len(texts), model.width), dtype=np.float32)
    for place, text in enumerate(texts):
        if (at := found.get(store.digest(text))) is not None:
            rows[place] = at[0].pooled[at[1]]
    return rows


def described(text_encoder: str, texts: Iterable[str], device: str = "cpu") -> Summary:
    """What of these texts is on disk."""
    wanted = _distinct(texts)
    folder = store.home(load(text_encoder, device), device)
    found = store.kept(folder, wanted)
    size = 0
    for shard, row in found.values():
        begin, end = np.searchsorted(shard.chunks[:, 0], [row, row + 1])
        size += int(shard.chunks[begin:end, 2].sum()) * shard.states.shape[1] * shard.states.itemsize + shard.pooled[row].nbytes
    return Summary(len(found), sum(bool(shard.cut[row]) for shard, row in found.values()), size)


def _distinct(texts: Iterable[str]) -> dict[bytes, str]:
    return {store.digest(text): text for text in texts if text.strip()}


def _made(
    model: TextModel, wanted: dict[bytes, str], device: str, progress: Callable[[str], None] | None = None
) -> dict[bytes, tuple[Shard, int]]:
    """Shard and row of every wanted text."""
    folder = store.home(model, device)
    found = store.kept(folder, wanted)
    missing = {key: text for key, text in wanted.items() if key not in found}
    if not missing:
        return found
    _refuse_without_room(model, missing, folder)
    done = 0

    def make(draft: Path, texts: dict[bytes, str]) -> None:
        nonlocal done
        _write(model, draft, texts)
        done += len(texts)
        if progress is not None:
            progress(f"text model: {done:,} of {len(missing):,} notes")

    store.fill(folder, missing, make)
    return store.kept(folder, wanted)


def _refuse_without_room(model: TextModel, missing: dict[bytes, str], folder: Path) -> None:
    rows = sum(len(chunk) for chunks in model.chunks(list(missing.values()))[0] for chunk in chunks)
    needed, free = rows * model.width * STATES().itemsize, shutil.disk_usage(folder).free
    if needed + SPARE > free:
        raise Refused(
            f"text encoder '{model.named}': the states of {len(missing):,} notes take {needed / 1e9:.1f} GB in {folder}, of which "
            f"{free / 1e9:.1f} GB are free and 1 GB is left to others. Make room, or name a larger disk with CLINICAL_MTL_CACHE."
        )


def _write(model: TextModel, draft: Path, texts: dict[bytes, str]) -> None:
    """A shard's files; states go to disk as they are made."""
    notes, cut = model.chunks(list(texts.values()))
    lengths = [[len(chunk) for chunk in chunks] for chunks in notes]
    means = np.zeros((len(notes), model.width), dtype=np.float32)
    places: list[tuple[int, int, int]] = []
    start = 0
    with (draft / "states.npy").open("wb") as file:
        shape = (sum(map(sum, lengths)), model.width)
        np.lib.format.write_array_header_1_0(file, {"descr": STATES().dtype.str, "fortran_order": False, "shape": shape})
        for row, chunks in enumerate(notes):
            total = np.zeros(model.width, dtype=np.float64)
            for chunk in chunks:
                states = model.states(chunk).half()
                if not states.isfinite().all():
                    raise Refused(f"text encoder '{model.named}': its states are too large for float16; take another model.")
                file.write(states.cpu().numpy().tobytes())
                total += model.outputs(states.float()).double().sum(dim=0).cpu().numpy()
                places.append((row, start, len(chunk)))
                start += len(chunk)
            if chunks:
                means[row] = total / sum(lengths[row])
    arrays: dict[str, np.ndarray] = {
        "texts": np.frombuffer(b"".join(texts), dtype=np.uint8).reshape(-1, 32),
        "pooled": means,
        "cut": np.array(cut, dtype=np.int64),
        "chunks": np.array(places, dtype=np.int64).reshape(-1, 3),
    }
    for name, array in arrays.items():
        np.save(draft / f"{name}.npy", array, allow_pickle=False)
