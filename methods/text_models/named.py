"""Which text model is meant: a name becomes a folder on this machine and a revision that stands for its content."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from datasets import Refused

WORDS = "words"
HUB = "hf:"
# What a model is read from; weights in pickle are never opened, so they are not fetched either.
FILES = (
    "config.json", "model*.safetensors", "model.safetensors.index.json", "tokenizer*", "vocab*", "merges.txt",
    "special_tokens_map.json", "added_tokens.json", "*.model",
)  # fmt: skip
_HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")


@dataclass(frozen=True)
class Named:
    """A text model on this machine: `name` on the hub or absolute path; `revision`: the hub's commit, or sha256: of the files."""

    name: str
    revision: str
    folder: Path

    def __str__(self) -> str:
        return f"{HUB}{self.name}@{self.revision}"


def checked_name(text_encoder: str) -> str:
    """The name of a text encoder, if it has the form of one; ValueError otherwise."""
    if text_encoder != WORDS and (not text_encoder.startswith(HUB) or not text_encoder.removeprefix(HUB).strip()):
        raise ValueError(f"allowed is {WORDS}, or {HUB} and a model's name on huggingface.co or the path of its folder")
    return text_encoder


def pinned(text_encoder: str, say: Callable[[str], None]) -> str:
    """The same encoder with its revision (`hf:NAME@REVISION`), after loading it once; `words` stays as it is.

    Refuses a model that cannot be had or that is not BERT-like. A model of the hub that is not on this machine yet is fetched;
    `say` is told before.
    """
    if text_encoder == WORDS:
        return WORDS
    from methods.text_models.model import forget, load

    found = str(located(text_encoder, say))
    load(found)
    # Whoever asked reads no note; the workers load it again.
    forget()
    return found


def located(text_encoder: str, say: Callable[[str], None] | None = None) -> Named:
    """Where a text model lies. Without `say` the network is not asked."""
    name, revision = _parted(text_encoder.removeprefix(HUB))
    if _is_path(name):
        folder = Path(name).expanduser().resolve()
        if not folder.is_dir():
            raise Refused(
                f"text encoder '{text_encoder}': there is no folder {folder}. Give {HUB} and the folder of a saved model."
            )
        _refuse_without_weights(text_encoder, folder)
        found = f"sha256:{_content(folder)}"
        if revision is not None and revision != found:
            raise Refused(f"text encoder '{text_encoder}': its files are others than when the study was planned ({found}).")
        return Named(str(folder), found, folder)
    if not _HUB_NAME.fullmatch(name):
        raise Refused(f"text encoder '{text_encoder}': '{name}' is neither a folder nor a name as on huggingface.co (owner/model).")
    folder = _on_the_hub(text_encoder, name, revision, say)
    _refuse_without_weights(text_encoder, folder)
    return Named(name, folder.name, folder)


def transformers_of(text_encoder: str) -> Any:
    """The library transformers; refuses where it is not installed."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        import transformers
    except ImportError as error:
        raise Refused(
            f"text encoder '{text_encoder}' needs the package transformers, which cannot be imported ({error}). "
            f"Install it: pip install 'clinical-mtl-bench[bert]'; or take --text-encoder {WORDS}, which needs nothing more."
        ) from error
    return transformers


def _parted(name: str) -> tuple[str, str | None]:
    if "@" not in name or Path(name).expanduser().is_dir():
        return name, None
    base, _, revision = name.rpartition("@")
    return base, revision


def _is_path(name: str) -> bool:
    return name.startswith((".", "~", os.sep)) or Path(name).is_dir()


def _refuse_without_weights(text_encoder: str, folder: Path) -> None:
    missing = [want for want in ("config.json", "model*.safetensors") if not any(folder.glob(want))]
    if missing:
        raise Refused(
            f"text encoder '{text_encoder}': {folder} holds no {' and no '.join(missing)}. Weights are read from safetensors "
            "alone, never from pickle (.bin). Where you trust the source, save it anew: "
            "AutoModel.from_pretrained(NAME).save_pretrained(FOLDER), the tokenizer likewise."
        )


def _content(folder: Path) -> str:
    """SHA-256 over names and bytes of the files that a model is read from."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.iterdir() if path.is_file() and any(fnmatch(path.name, file) for file in FILES)):
        with path.open("rb") as file:
            digest.update(f"{path.name}\0{hashlib.file_digest(file, 'sha256').hexdigest()}\0".encode())
    return digest.hexdigest()


def _on_the_hub(text_encoder: str, name: str, revision: str | None, say: Callable[[str], None] | None) -> Path:
    """The folder of the hub's own cache that holds this model, fetched first where it is not there."""
    transformers_of(text_encoder)
    from huggingface_hub import constants, snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    wanted: dict[str, Any] = {"revision": revision, "allow_patterns": list(FILES)}
    try:
        folder = Path(snapshot_download(name, local_files_only=True, **wanted))
        # Another program may have fetched a part of it alone.
        if any(folder.glob("model*.safetensors")) and any(folder.glob("tokenizer*")):
            return folder
    except LocalEntryNotFoundError:
        pass
    said = f"text encoder '{text_encoder}': the model is not on this machine"
    elsewhere = f"hf download {name}` where there is a network, or give {HUB} and the folder of a saved model"
    if say is None or constants.HF_HUB_OFFLINE:
        raise Refused(f"{said}, and the network is not asked (HF_HUB_OFFLINE). Fetch it before: `{elsewhere}.")
    say(f"{said[0].upper()}{said[1:]}; fetching it from {constants.ENDPOINT}.")
    try:
        return Path(snapshot_download(name, **wanted))
    except Exception as error:
        # The library's errors, and those of the two HTTP libraries below it, have no base of their own.
        reason = str(error).strip().splitlines()
        first = f"{type(error).__name__}: {reason[0]}" if reason else type(error).__name__
        raise Refused(f"{said} and cannot be fetched ({first}). Look at its name; or fetch it with `{elsewhere}.") from error
