"""Disk: JSON, lines and text, written whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from datasets.errors import Refused


def read_json(path: Path) -> dict[str, Any]:
    """A JSON file's object; refuses one that cannot be read, by name."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Refused(f"{path}: cannot be read as JSON ({error}).") from error
    if not isinstance(content, dict):
        raise Refused(f"{path}: expected a JSON object, found {type(content).__name__}.")
    return content


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Writes a JSON file in one step: whole or not at all."""
    write_text(path, json.dumps(content, indent=1, allow_nan=False) + "\n")


def write_text(path: Path, content: str) -> None:
    """Writes a text file in one step: whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def seal(content: Mapping[str, Any]) -> str:
    """SHA-256 of a JSON object without its own field `seal`."""
    return hashlib.sha256(json.dumps({**content, "seal": None}, allow_nan=False).encode()).hexdigest()


def sealed(content: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON object with its seal, by which whoever reads it sees whether it is as it was written."""
    # As it will be read: JSON has no tuples, and names that are text alone.
    plain = json.loads(json.dumps({**content, "seal": None}, allow_nan=False))
    return {**plain, "seal": seal(plain)}


def sha256(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def append_line(path: Path, record: Mapping[str, Any]) -> None:
    """Appends one JSON line and hands it to the disk."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record, allow_nan=False) + "\n")
        file.flush()
        os.fsync(file.fileno())


def read_lines(path: Path, mend: bool = True) -> list[dict[str, Any]]:
    """The whole JSON lines of a file; a last line torn by a kill is cut off from the file. Without `mend` the file stays as it is:
    another process may be writing that line."""
    if not path.is_file():
        return []
    whole, records = 0, []
    content = path.read_bytes()
    for line in content.splitlines(keepends=True):
        if not line.endswith(b"\n"):
            break
        try:
            records.append(json.loads(line))
        except ValueError as error:
            raise Refused(f"{path}: line {len(records) + 1} cannot be read as JSON ({error}).") from error
        whole += len(line)
    if mend and whole < len(content):
        with path.open("r+b") as file:
            file.truncate(whole)
    return records
