"""Sign: what a run leaves every few seconds, so that anybody who sees its folder can tell what it is doing."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.disk import read_json, seal, sealed, write_json
from datasets import Refused

FILE = "run.json"
# Seconds between two signs; after so many without one a run is taken for dead.
EVERY, DEAD = 5.0, 60.0


@dataclass(frozen=True)
class Running:
    """A cell at work: `name` as people read it, its last step, seconds since it began."""

    name: str
    step: str
    seconds: float


@dataclass(frozen=True)
class Sign:
    """What a run says of itself: where it runs, since when (seconds), which cells, what is left (seconds, None = not known yet);
    `ended`: it left on its own."""

    host: str
    pid: int
    gone: float
    left: float | None
    running: tuple[Running, ...]
    ended: bool = False


def sign(gone: float, left: float | None, running: Sequence[Running], ended: bool = False) -> Sign:
    """The sign of this process."""
    return Sign(socket.gethostname(), os.getpid(), gone, left, tuple(running), ended)


def leave(study: Path, left: Sign) -> None:
    """Writes the sign into a study's folder, whole."""
    write_json(study / FILE, sealed(asdict(left)))


def found(study: Path) -> tuple[Sign, float] | None:
    """The last sign of a study's folder and its age in seconds by the clock of this machine; None where nothing ever ran."""
    if not (study / FILE).is_file():
        return None
    content: Mapping[str, Any] = read_json(study / FILE)
    try:
        if "seal" in content and content["seal"] != seal(content):
            raise ValueError
        content = {name: value for name, value in content.items() if name != "seal"}
        running = tuple(Running(**one) for one in content["running"])
        left = Sign(**{**content, "running": running})
    except (KeyError, TypeError, ValueError) as error:
        raise Refused(f"{study / FILE}: is no sign of a run. Delete it; the next run writes it anew.") from error
    return left, max(0.0, time.time() - (study / FILE).stat().st_mtime)
