"""list: what there is to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from datasets import MODALITIES


def show(what: str, plugins: Sequence[Path]) -> int:
    """Prints methods, datasets or studies as a table; exit code 0."""
    console = Console()
    table = Table(box=None, pad_edge=False)
    if what == "methods":
        from bench.protocol.select import load_plugins
        from methods.registry import entries

        for warning in load_plugins([str(file) for file in plugins]):
            Console(stderr=True).print(warning, markup=False)
        for column in ("name", "group", "what"):
            table.add_column(column, no_wrap=column != "what")
        for method in entries().values():
            reads = "" if method.modalities == MODALITIES else f" Reads {', '.join(method.modalities)}."
            here = f" Not here: {why}" if (why := method.absent()) else ""
            table.add_row(method.name, method.group or method.family, escape(f"{method.summary}{reads}{here}"))
    elif what == "datasets":
        from datasets.registry import entries as datasets

        for column in ("name", "modalities", "what"):
            table.add_column(column, no_wrap=column == "name")
        for dataset in datasets().values():
            table.add_row(dataset.name, ", ".join(dataset.modalities), escape(dataset.summary))
    else:
        from bench.protocol.study import presets

        for column in ("name", "what"):
            table.add_column(column, no_wrap=column == "name")
        for name, description in presets().items():
            table.add_row(name, escape(description))
    console.print(table)
    return 0
