"""Options: what several verbs take, and how the words given with them are read."""

from __future__ import annotations

import math
import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import platformdirs
import typer

from datasets.errors import Refused

Results = Annotated[Path, typer.Option("--results", help="Folder of stored records.", metavar="DIR")]
Reports = Annotated[Path, typer.Option("--reports", help="Folder that reports are written to.", metavar="DIR")]
DataHome = Annotated[
    Path | None,
    typer.Option("--data-home", help="Folder of source data; else CLINICAL_MTL_DATA, else a user folder.", metavar="DIR"),
]
Plugins = Annotated[
    list[Path] | None, typer.Option("--plugin", help="Python file that registers methods; may be given again.", metavar="FILE")
]


class Device(StrEnum):
    """Where neural methods compute."""

    cpu = "cpu"
    cuda = "cuda"


class Arithmetic(StrEnum):
    """What neural methods train in."""

    single = "single"
    mixed = "mixed"


class Where(StrEnum):
    """Where cells run."""

    local = "local"
    ray = "ray"
    slurm = "slurm"


class Size(StrEnum):
    """How much `speed` measures."""

    full = "full"
    tiny = "tiny"


def names(given: str | None) -> list[str] | None:
    """The names given, separated by commas."""
    return None if given is None else [name.strip() for name in given.split(",") if name.strip()]


def whole(option: str, given: str | None, least: int | None = None) -> int | None:
    """The whole number given with an option; refuses anything else with the words that were given."""
    if given is None:
        return None
    try:
        number = int(given)
    except ValueError:
        raise Refused(f"{option}: found '{given}'; allowed is a whole number.") from None
    if least is not None and number < least:
        raise Refused(f"{option}: found {number}; allowed is {least} or more.")
    return number


def above_zero(option: str, given: str | None) -> float | None:
    """The number given with an option; refuses anything that is not a finite number above 0."""
    if given is None:
        return None
    try:
        number = float(given)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise Refused(f"{option}: found '{given}'; allowed is a number above 0.")
    return number


def home_of(given: Path | None) -> Path:
    """The folder of source data: the one given, else the one of the environment, else one of the user's."""
    return given or Path(os.environ.get("CLINICAL_MTL_DATA") or platformdirs.user_data_path("clinical-mtl-bench"))
