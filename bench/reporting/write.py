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
from bench.reporting.sections import grid_answer, together
from bench.reporting.sections.order import of_grid, sections
from bench.reporting.told import Told
from bench.store import DatasetRecord, StudyRecord

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
    crossed = {label: (phase(label, records), records) for label, records in grids(study.datasets).items()}
    told = _told(datasets, crossed)
    folder = reports / study.name
    with replaced(folder) as draft:
        for alike in _alike([section for one in told for section in one.sections]):
            for name in dict.fromkeys(name for section in alike for name in section.tables):
                _csv(draft / f"{name}.csv", [section.tables[name] for section in alike if name in section.tables])
            if alike[0].kinds:
                _tables(draft, alike)
        drawings: dict[str, str] = {}
        for one in told:
            for section in one.sections:
                _figures(section, draft, one.end, drawings)
        (draft / "index.md").write_text(page.index(study.name, told), encoding="utf-8")
        (draft / "index.html").write_text(_html(study.name, told, drawings), encoding="utf-8")
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


def _told(datasets: Sequence[Contents], crossed: Mapping[str, tuple[Phase, list[DatasetRecord]]]) -> list[Told]:
    """What several datasets say together comes first, each dataset then, grids last."""
    several = len(datasets) + len(crossed) > 1
    told = (
        [Told(together.NAME, together.HEADING, together.sections(datasets), together.lead(datasets))] if len(datasets) > 1 else []
    )
    for contents in datasets:
        name = contents.record.name
        end = f"-{name}" if several else ""
        told.append(Told(name, f"Dataset {name}", tuple(sections(contents)), lead(contents), end))
    for label, (found, records) in crossed.items():
        end = f"-{label}" if several else ""
        told.append(Told(label, f"Dataset {label}", tuple(of_grid(found, records)), grid_answer.lead(found), end))
    return told


def _html(study: str, told: Sequence[Told], drawings: Mapping[str, str]) -> str:
    # Jinja and the reader of Markdown are loaded when the page is written.
    from bench.reporting.html import page as html

    return html.index(study, told, drawings)


def _figures(section: Section, folder: Path, end: str, drawings: dict[str, str]) -> None:
    """Writes a section's figures, and keeps their drawings for the page."""
    for picture in section.pictures:
        # Matplotlib is loaded when the first figure is drawn.
        from bench.reporting.figures.style import save

        name = f"{picture.name}{end}"
        drawings[name] = save(picture.draw, folder, name)
