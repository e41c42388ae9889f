"""Kept: tensors of a cohort on disk, made once by whichever worker comes first and mapped by all that read the same."""

from __future__ import annotations

import errno
import fcntl
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch

from datasets.errors import UNWRITABLE

# Bytes of the disk that are left to others: what is kept here only saves time and memory.
SPARE = 2_000_000_000

Part = TypeVar("Part")


def kept(folder: Path, kind: type[Part], make: Callable[[], Part]) -> Part:
    """Inputs of one modality, a dataclass of tensors: those of the folder, where they are; else made, written whole, and mapped.

    Where nothing can be written they stay in memory.
    """
    if not folder.is_dir():
        made = make()
        if not _written(folder, {name: tensor.numpy() for name, tensor in vars(made).items()}):
            return made
    # Copy on write: PyTorch warns of memory that cannot be written, and no page is copied until somebody does.
    found = {name: np.load(folder / f"{name}.npy", mmap_mode="c", allow_pickle=False) for name in kind.__annotations__}
    return kind(**{name: torch.from_numpy(array) for name, array in found.items()})


def known(folder: Path, find: Callable[[], Any]) -> Any:
    """JSON content of a folder, where it is; else found and left there."""
    if folder.is_dir():
        return json.loads(str(np.load(folder / "known.npy", allow_pickle=False)))
    content = find()
    _written(folder, {"known": np.array(json.dumps(content))})
    return content


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Holds a folder, made where it is not there; who comes later waits, and finds what the first has made."""
    with ExitStack() as held:
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            fcntl.flock(held.enter_context((folder / ".lock").open("w")), fcntl.LOCK_EX)
        except OSError as error:
            # Then nothing can be kept there either, and each makes its own.
            if error.errno not in UNWRITABLE:
                raise
        yield


def _written(folder: Path, arrays: Mapping[str, np.ndarray]) -> bool:
    """Whether there was room for them; they appear together, or not at all."""
    draft: Path | None = None
    try:
        if shutil.disk_usage(folder.parent).free < SPARE + sum(array.nbytes for array in arrays.values()):
            return False
        draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=folder.parent))
        for name, array in arrays.items():
            np.save(draft / f"{name}.npy", array, allow_pickle=False)
        draft.rename(folder)
    except OSError as error:
        if draft is not None:
            shutil.rmtree(draft, ignore_errors=True)
        if error.errno not in (*UNWRITABLE, errno.ENOENT):
            raise
        return False
    return True
