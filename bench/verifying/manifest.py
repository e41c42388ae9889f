"""Manifest: the hashes of a report's files, and the hashes and contents of the records that it was written from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.disk import read_json
from bench.verifying.expected import Finding
from datasets.errors import Refused

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Sealed:
    """A report's files by name, with the SHA-256 that its manifest gives; `strangers`: files that it does not name."""

    files: Mapping[str, str]
    findings: Sequence[Finding]
    strangers: Sequence[str]


def sealed(folder: Path) -> Sealed:
    """Hashes every file of a report; refuses a folder that holds none."""
    if not (folder / MANIFEST).is_file():
        raise Refused(f"no report in {folder}. Write it first: python -m bench report {folder.name}")
    files = read_json(folder / MANIFEST).get("files")
    if not isinstance(files, dict) or not files:
        raise Refused(f"{folder / MANIFEST}: names no files. Write the report again: python -m bench report {folder.name}")
    findings = []
    for name, told in files.items():
        if not (folder / name).is_file():
            findings.append(Finding(name, "", "the file is missing; manifest.json names it.", None))
        elif (found := _hash(folder / name)) != told:
            findings.append(Finding(name, "SHA-256 in manifest.json", str(told), found))
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    return Sealed(files, findings, sorted(there - set(files) - {MANIFEST}))


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
