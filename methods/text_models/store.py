"""What frozen layers give for a text, kept on disk: made once a machine, memory-mapped by all workers.

<cache>/text-models/<name>-<key>/model.json            what the key stands for
<cache>/text-models/<name>-<key>/<digit>-<hash>/       one shard: the texts whose hash begins with that digit
    texts.npy (texts, 32) uint8   SHA-256 of each text      pooled.npy (texts, width) float32   mean output of the last layer
    cut.npy (texts,) int64        word pieces left out      chunks.npy (chunks, 3) int64        text, first row, rows
    states.npy (rows, width) float16   states below the last layer
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from datasets import cache
from methods.text_models.model import MOST_CHUNKS, TextModel

# Halves the disk that states take; moves the last layer's outputs by 0.6 % of their spread at most (six-layer MiniLM).
STATES = np.float16
DIGITS = "0123456789abcdef"
# Changes when the same model and text would be kept otherwise.
FORMAT = 1


@dataclass(frozen=True)
class Shard:
    """The arrays of one shard; `states` stay on disk until they are read."""

    texts: np.ndarray
    pooled: np.ndarray
    cut: np.ndarray
    chunks: np.ndarray
    states: np.ndarray


def digest(text: str) -> bytes:
    """What a text is found by."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def home(model: TextModel, device: str) -> Path:
    """The folder of a model's shards, made where it is not there."""
    named = model.named
    stands_for = {
        "name": named.name,
        "revision": named.revision,
        "length": model.length,
        "most_chunks": MOST_CHUNKS,
        "states": np.dtype(STATES).name,
        "device": device.partition(":")[0],
        "format": FORMAT,
    }
    key = hashlib.sha256(json.dumps(stands_for, sort_keys=True).encode()).hexdigest()
    label = re.sub(r"[^A-Za-z0-9_.-]+", "_", Path(named.name).name)
    folder = cache.cache_home() / "text-models" / f"{label}-{key[:16]}"
    if not (folder / "model.json").is_file():
        # Patients' notes, in a form that may be guessed back: for nobody but the user.
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = Path(tempfile.mkdtemp(prefix=".model-", dir=folder)) / "model.json"
        draft.write_text(json.dumps(stands_for, indent=1), encoding="utf-8")
        draft.replace(folder / "model.json")
        draft.parent.rmdir()
    return folder


def shards(folder: Path, digit: str = "") -> Iterator[Shard]:
    """The whole shards of a folder, those of one digit where it is given."""
    for place in sorted(folder.glob(f"{digit or '[0-9a-f]'}-*")):
        arrays = {name: np.load(place / f"{name}.npy", allow_pickle=False) for name in ("texts", "pooled", "cut", "chunks")}
        yield Shard(**arrays, states=np.load(place / "states.npy", mmap_mode="r", allow_pickle=False))


def kept(folder: Path, wanted: Mapping[bytes, object], digit: str = "") -> dict[bytes, tuple[Shard, int]]:
    """Shard and row of those wanted texts that are there."""
    found: dict[bytes, tuple[Shard, int]] = {}
    for shard in shards(folder, digit):
        for row, text in enumerate(shard.texts):
            if (key := text.tobytes()) in wanted:
                found[key] = (shard, row)
    return found


def fill(folder: Path, wanted: Mapping[bytes, str], make: Callable[[Path, dict[bytes, str]], None]) -> None:
    """Has `make(draft, texts)` write a shard for each digit's texts that are not there; several processes share the digits out.

    Who finds a digit held by another goes on with the next and comes back in the end; a shard appears whole, by rename.
    """
    by_digit = {digit: {key: text for key, text in wanted.items() if key.hex()[0] == digit} for digit in DIGITS}
    waiting = [digit for digit, texts in by_digit.items() if texts]
    for patient in (False, True):
        for digit in list(waiting):
            with _held(folder / f".lock-{digit}", patient) as held:
                if held:
                    _fill(folder, digit, by_digit[digit], make)
                    waiting.remove(digit)


def _fill(folder: Path, digit: str, wanted: dict[bytes, str], make: Callable[[Path, dict[bytes, str]], None]) -> None:
    # Whoever held this digit before may have made them, or have been killed over a draft.
    there = kept(folder, wanted, digit)
    for torn in folder.glob(f".draft-{digit}-*"):
        shutil.rmtree(torn)
    texts = {key: text for key, text in sorted(wanted.items()) if key not in there}
    if not texts:
        return
    draft = Path(tempfile.mkdtemp(prefix=f".draft-{digit}-", dir=folder))
    try:
        make(draft, texts)
        name = hashlib.sha256(b"".join(texts)).hexdigest()
        draft.rename(folder / f"{digit}-{name[:16]}")
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


@contextmanager
def _held(path: Path, patient: bool) -> Iterator[bool]:
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if patient else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True
