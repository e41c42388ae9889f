"""Brought: files that a user holds under an agreement of their own, looked for in the data home."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from datasets.errors import Refused
from datasets.registry import File


def located(file: File, home: Path) -> Path | None:
    """Where a file lies in the data home, under any of its names, plain or gzipped; None where it does not."""
    return next((path for path in places(file, home) if path.is_file()), None)


def brought(dataset: str, files: Iterable[File], home: Path, access: str) -> dict[str, Path]:
    """Where each file lies, by its `path`. Refuses with all that are missing, where to apply and where to put them."""
    found = {file.path: located(file, home) for file in files}
    lacking = [str(home / name) for name, path in found.items() if path is None]
    if lacking:
        raise Refused(
            f"{dataset}: {', '.join(lacking)} {'was' if len(lacking) == 1 else 'were'} looked for (also as .gz) and "
            f"{'is' if len(lacking) == 1 else 'are'} not there. {access} The data home is set by --data-home or CLINICAL_MTL_DATA."
        )
    return {name: path for name, path in found.items() if path is not None}


def places(file: File, home: Path) -> Iterator[Path]:
    """Where a file may lie: under each of its names, plain or gzipped."""
    for name in (file.path, *file.also):
        plain = home / name.removesuffix(".gz")
        yield from (plain, plain.with_name(plain.name + ".gz"))
