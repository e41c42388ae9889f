"""Write: the parts of Table 1 as one Markdown file and one CSV file each."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from bench.reporting.grid import Grid
from bench.reporting.markdown import escape, titled
from bench.reporting.table_one import explained
from datasets import Card, Refused


def write(tables: dict[str, Grid], card: Card, folder: Path) -> list[Path]:
    """Writes `table_one.md` and `table_one_PART.csv`; each file is replaced whole. Refuses a folder that cannot be written."""
    texts = {"table_one.md": _markdown(tables, card)} | {f"table_one_{name}.csv": _csv(grid) for name, grid in tables.items()}
    for name, text in texts.items():
        _put(folder, name, text)
    return [folder / name for name in texts]


def made(folder: Path) -> Path:
    """The folder, there and writable; refuses one that cannot be."""
    _put(folder, "table_one.md", None)
    return folder


def _put(folder: Path, name: str, text: str | None) -> None:
    """Writes a file whole, or, without a text, tries whether it could be written."""
    draft = folder / f".{name}.draft"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        draft.write_text(text or "", encoding="utf-8")
        if text is None:
            draft.unlink()
        else:
            draft.replace(folder / name)
    except OSError as error:
        raise Refused(f"--out {folder}: cannot be written ({error.strerror}). Give another folder.") from error


def _markdown(tables: dict[str, Grid], card: Card) -> str:
    lines = [f"# Table 1: {escape(card.title)}", ""]
    said = {"Source": card.source, "Licence": card.licence, "Citation": card.citation, "Landmark": card.landmark}
    lines += [f"- {name}: {escape(text)}" for name, text in said.items()]
    lines += ["", titled(list(tables.values()), 2), "## What each outcome is", ""]
    lines += [f"- {escape(name)}: {escape(text)}" for name, text in card.outcomes.items()]
    if card.notes:
        lines += ["", "## What to know", "", *(f"- {escape(note)}" for note in card.notes)]
    return "\n".join([*lines, "", escape(explained()), ""])


def _csv(grid: Grid) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([grid.columns, *([cell.text for cell in row] for row in grid.rows)])
    return out.getvalue()
