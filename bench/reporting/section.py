"""Section: one part of a report, before it becomes Markdown, HTML or LaTeX."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from bench.reporting.grid import Grid

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Picture:
    """A figure: `name` of its files, `draw()` makes it, `how` it is read (Markdown). Its data is the CSV of the section."""

    name: str
    draw: Callable[[], Figure]
    how: str


@dataclass(frozen=True)
class Section:
    """What is told of one dataset under one title.

    `name`: of its files. `blocks`, in the order of reading: Markdown text, tables, figures; without any the page leaves the
    section out. `tables`: its numbers in long form, by the name of the CSV file that holds them. `caption`: under its tables in
    LaTeX; sections without one have no tables of their own as files. `about`: what its files are, one line for the list of files.
    `folded`: a long list to look things up in: the page shows it closed, index.md points to its own file, and LaTeX has none.
    """

    name: str
    title: str
    blocks: tuple[str | Grid | Picture, ...]
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    caption: str = ""
    about: str = ""
    folded: bool = False

    @property
    def kinds(self) -> tuple[str, ...]:
        """Endings of the files that hold its tables as readers see them."""
        return (".md",) if self.folded else (".md", ".tex") if self.caption else ()

    @property
    def grids(self) -> list[Grid]:
        """Its tables, in the order of reading."""
        return [block for block in self.blocks if isinstance(block, Grid)]

    @property
    def pictures(self) -> list[Picture]:
        """Its figures, in the order of reading."""
        return [block for block in self.blocks if isinstance(block, Picture)]
