"""Write: the whole report of a study, from its stored records alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from bench.reporting import grids, latex, markdown, page, published
from bench.reporting.contents import Contents, gather
from bench.reporting.files import replaced
from bench.reporting.grid import Grid
from bench.store import StudyRecord

# Table by file name: what makes it, and how it is read.
TABLES: dict[str, tuple[Callable[[Contents], list[Grid]], str]] = {
    "main": (grids.main_grids, page.READ_MAIN),
    "transfer": (grids.transfer_grids, page.READ_TRANSFER),
    "baseline": (grids.baseline_grids, page.READ_BASELINE),
    "cost": (grids.cost_grids, page.READ_COST),
    "default": (grids.default_grids, page.READ_DEFAULT),
}
CAPTIONS = {
    "main": "95 % bootstrap intervals over patients, unadjusted; best bold, second underlined",
    "transfer": "Score minus that of the twin; paired 95 % bootstrap intervals, unadjusted; helped, harmed: Holm p < 0.05",
    "baseline": "Score minus that of the baseline; paired 95 % bootstrap intervals, unadjusted; better, worse: Holm p < 0.05",
    "cost": "Sums over folds; parameters of one fit",
    "default": "Trial 0 with one seed against the tuned method; paired 95 % bootstrap intervals, unadjusted",
}


@dataclass(frozen=True)
class Report:
    """A written report: where it lies, and what it says of each dataset."""

    folder: Path
    datasets: tuple[Contents, ...]


def write(study: StudyRecord, reports: Path) -> Report:
    """Writes `reports/<study>/` in one step; the same records give the same bytes. Refuses a place that holds something else."""
    datasets = tuple(gather(record) for record in study.datasets)
    folder = reports / study.name
    with replaced(folder) as draft:
        for name in dict.fromkeys(name for contents in datasets for name in contents.tables):
            _csv(draft / f"{name}.csv", [contents.tables[name] for contents in datasets if name in contents.tables])
        others = pd.concat([contents.published for contents in datasets], ignore_index=True).drop_duplicates()
        for name, (made, how) in TABLES.items():
            found = [grid for contents in datasets for grid in made(contents)]
            if name == "baseline" and not found:
                continue
            text = _markdown(name, how, found)
            tables = [latex.table(grid, CAPTIONS[name]) for grid in found]
            if name == "main" and len(others):
                text += f"\n{published.in_markdown(others, 2)}"
                tables.append(published.in_latex(others))
            (draft / f"{name}.md").write_text(text, encoding="utf-8")
            (draft / f"{name}.tex").write_text("\n".join([latex.PREAMBLE, *tables]), encoding="utf-8")
        for contents in datasets:
            _figures(contents, draft, f"-{contents.record.name}" if len(datasets) > 1 else "")
        (draft / "index.md").write_text(page.index(study.name, datasets), encoding="utf-8")
    return Report(folder, datasets)


def _csv(path: Path, tables: Sequence[pd.DataFrame]) -> None:
    """One long table over all datasets, six significant digits; what a study says once stands in it once."""
    filled = [table for table in tables if not table.empty] or [tables[0]]
    pd.concat(filled, ignore_index=True).drop_duplicates().to_csv(path, index=False, float_format="%.6g", lineterminator="\n")


def _markdown(name: str, how: str, found: list[Grid]) -> str:
    body = markdown.titled(found, 2) if found else "Nothing to show: no complete method has its twin in this study.\n"
    return f"# {name}\n\n{how}\n\n{body}"


def _figures(contents: Contents, folder: Path, end: str) -> None:
    # Matplotlib is loaded when the first figure is drawn.
    from bench.reporting.figures import cost, main, transfer
    from bench.reporting.figures.style import save

    families = {label: method["family"] for label, method in contents.record.plan["methods"].items()}
    save(lambda: main.draw(contents.main, families), folder, f"main{end}")
    save(lambda: cost.draw(contents.cost), folder, f"cost{end}")
    if contents.pairs.twins:
        save(lambda: transfer.draw(contents.transfer), folder, f"transfer{end}")
