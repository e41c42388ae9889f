"""Studies that were run, as a user names them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from datasets.errors import Refused


@dataclass(frozen=True)
class Place:
    """Where the record of a study lies: `results/name`."""

    results: Path
    name: str

    @property
    def folder(self) -> Path:
        return self.results / self.name


def place(source: str, results: Path) -> Place:
    """The record of a study by its name under `results`, by the path of its TOML file, or by the path of its folder; refuses what
    is none of these."""
    name = source
    if source.endswith(".toml"):
        from bench.protocol.study import read_study

        name = read_study(source).name
    # `.` and `..` have a name only in the whole path.
    for folder in (results / name, Path(source).expanduser()):
        if any(folder.glob("*/plan.json")):
            named = folder.resolve() if folder.name in ("", "..") else folder
            return Place(named.parent, named.name)
    raise Refused(
        f"no results of study '{source}' in {results}, and {source} is no results folder of a study. "
        "Allowed: the name of a study that was run, or the path of its folder, such as results/quick."
    )
