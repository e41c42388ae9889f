"""Rewritten: a report written again from its records, and held against the one that stands, letter by letter."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.reporting.write import write
from bench.store import StudyRecord

TEXTS = (".csv", ".md", ".tex", ".html")
DRAWINGS = (".svg", ".png")
# Of what is unlike in one file, this much is told.
MOST = 5
_DRAWING = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
_LETTERS = re.compile(r"<(text|tspan)\b[^>]*>([^<]*)")
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")


@dataclass(frozen=True)
class Unlike:
    """A place where a file does not say what its records say: line from 1, 0 for a file as a whole."""

    file: str
    line: int
    stands: str
    written: str


@dataclass(frozen=True)
class Rewritten:
    """`alike`: numbers in each text file that was compared; `unlike`: what differs; `redrawn`: files whose drawings have the same
    letters on other places, as another version of the library that draws may make them."""

    alike: dict[str, int]
    unlike: Sequence[Unlike]
    redrawn: Sequence[str]


def rewritten(study: StudyRecord, folder: Path) -> Rewritten:
    """Writes a study's report into a temporary folder and compares every text file with the one in `folder`.

    Drawings are compared by their letters; where the lines of one differ, it is named in `redrawn`.
    """
    alike: dict[str, int] = {}
    unlike: list[Unlike] = []
    redrawn: list[str] = []
    with TemporaryDirectory() as temporary:
        fresh = write(study, Path(temporary)).folder
        for path in sorted(fresh.iterdir()):
            if path.suffix not in (*TEXTS, *DRAWINGS):
                continue
            if not (folder / path.name).is_file():
                unlike.append(Unlike(path.name, 0, "the file is missing", "a file of this name"))
                continue
            if path.suffix in DRAWINGS:
                # Their letters are lines and dots themselves: whether they say the same cannot be told.
                redrawn += [path.name] if (folder / path.name).read_bytes() != path.read_bytes() else []
                continue
            there, here = ((place / path.name).read_text(encoding="utf-8", errors="replace") for place in (folder, fresh))
            found = _unlike(path.name, _undrawn(there), _undrawn(here))
            unlike += found
            if there != here and not found:
                redrawn.append(path.name)
            alike[path.name] = len(_NUMBER.findall(_undrawn(here)))
    return Rewritten(alike, unlike, redrawn)


def _undrawn(text: str) -> str:
    """A page with the letters of its drawings in the place of the drawings, on as many lines."""
    return _DRAWING.sub(
        lambda found: " ".join(letters for _, letters in _LETTERS.findall(found[0])) + "\n" * found[0].count("\n"), text
    )


def _unlike(name: str, there: str, here: str) -> list[Unlike]:
    if there == here:
        return []
    one, other = there.split("\n"), here.split("\n")
    found = [Unlike(name, number, *_around(a, b)) for number, (a, b) in enumerate(zip(one, other, strict=False), start=1) if a != b]
    if len(one) != len(other):
        found.append(Unlike(name, 0, f"{len(one)} lines", f"{len(other)} lines"))
    rest = len(found) - MOST
    return [*found[:MOST], *([Unlike(name, 0, f"{rest} more differences", "none")] if rest > 0 else [])]


def _around(a: str, b: str, reach: int = 30) -> tuple[str, str]:
    """The part of two lines in which they differ, with a little of what stands around it."""
    start = next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    end = next((n for n, (x, y) in enumerate(zip(a[:start:-1], b[:start:-1], strict=False)) if x != y), 0)
    return tuple(text[max(0, start - reach) : min(max(len(text) - end, start + 1) + reach, start + 2 * reach)] for text in (a, b))  # type: ignore[return-value]
