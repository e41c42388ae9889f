"""Write: the whole report of a study, from its stored records alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from bench.diagnostics.phase import Phase, grids, phase
from bench.reporting import latex, page
from bench.reporting.contents import Contents, gather
from bench.reporting.files import replaced
from bench.reporting.grid import Grid
from bench.reporting.html.lead import lead
from bench.reporting.section import Section
from bench.reporting.sections import grid_answer
from bench.reporting.sections.order import of_grid, sections
from bench.store import StudyRecord

NOTHING = "Nothing to show: this study holds no method that it could be said of."


@dataclass(frozen=True)
class Report:
    """A written report: where it lies, and what it says of each dataset and of each grid of datasets."""

    folder: Path
    datasets: tuple[Contents, ...]
    grids: tuple[Phase, ...] = ()


def write(study: StudyRecord, reports: Path) -> Report:
    """Writes `reports/<study>/` in one step; the same records give the same bytes. Refuses a place that holds something else."""
    datasets = tuple(gather(record) for record in study.datasets if "grid" not in record.plan)
    told = [(contents.record.name, sections(contents)) for contents in datasets]
    leads = {contents.record.name: lead(contents) for contents in datasets}
    crossed = {label: (phase(label, records), records) for label, records in grids(study.datasets).items()}
    told += [(label, of_grid(found, records)) for label, (found, records) in crossed.items()]
    leads |= {label: grid_answer.lead(found) for label, (found, _) in crossed.items()}
    folder = reports / study.name
    with replaced(folder) as draft:
        for alike in _alike([section for _, found in told for section in found]):
            for name in dict.fromkeys(name for section in alike for name in section.tables):
                _csv(draft / f"{name}.csv", [section.tables[name] for section in alike if name in section.tables])
            if alike[0].kinds:
                _tables(draft, alike)
        drawings: dict[str, str] = {}
        for dataset, found in told:
            for section in found:
                _figures(section, draft, f"-{dataset}" if len(told) > 1 else "", drawings)
        (draft / "index.md").write_text(page.index(study.name, told), encoding="utf-8")
        (draft / "index.html").write_text(_html(study.name, told, leads, drawings), encoding="utf-8")
    return Report(folder, datasets, tuple(found for found, _ in crossed.values()))


def _alike(found: Sequence[Section]) -> list[list[Section]]:
    """The sections of one name together: they share their files."""
    return [[section for section in found if section.name == name] for name in dict.fromkeys(section.name for section in found)]


def _csv(path: Path, tables: Sequence[pd.DataFrame]) -> None:
    """One long table over all datasets, six significant digits; what a study says once stands in it once."""
    filled = [table for table in tables if not table.empty] or [tables[0]]
    pd.concat(filled, ignore_index=True).drop_duplicates().to_csv(path, index=False, float_format="%.6g", lineterminator="\n")


def _tables(draft: Path, alike: Sequence[Section]) -> None:
    """A section's tables of all datasets as Markdown and, unless folded, as LaTeX; what a study says once stands in them once."""
    name = alike[0].name
    blocks = list(dict.fromkeys(block for section in alike for block in section.blocks if isinstance(block, str | Grid)))
    grids = [block for block in blocks if isinstance(block, Grid)]
    text = f"# {name}\n\n{page.body(blocks or [NOTHING], 2)}"
    (draft / f"{name}.md").write_text(text, encoding="utf-8")
    if ".tex" not in alike[0].kinds:
        return
    tables = [latex.table(grid, grid.note or alike[0].caption) for grid in grids]
    (draft / f"{name}.tex").write_text("\n".join([latex.PREAMBLE, *tables]), encoding="utf-8")


def _html(study: str, told: Sequence[tuple[str, Sequence[Section]]], leads: Mapping[str, str], drawings: Mapping[str, str]) -> str:
    # Jinja and the reader of Markdown are loaded when the page is written.
    from bench.reporting.html import page as html

    return html.index(study, told, leads, drawings)


def _figures(section: Section, folder: Path, end: str, drawings: dict[str, str]) -> None:
    """Writes a section's figures, and keeps their drawings for the page."""
    for picture in section.pictures:
        # Matplotlib is loaded when the first figure is drawn.
        from bench.reporting.figures.style import save

        name = f"{picture.name}{end}"
        drawings[name] = save(picture.draw, folder, name)
