"""Page: index.html, the whole report in one file that needs nothing beside it, from the same sections as index.md."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from bench.reporting.grid import Grid
from bench.reporting.html.svg import small
from bench.reporting.html.table import Table, table
from bench.reporting.html.text import inline, rendered
from bench.reporting.page import listed
from bench.reporting.printable import printable
from bench.reporting.section import Picture, Section
from bench.reporting.told import Told


@dataclass(frozen=True)
class Figure:
    """A drawing, how it is read, and the files that hold it and its numbers."""

    id: str
    drawing: Markup
    how: Markup
    files: tuple[str, ...]


@dataclass(frozen=True)
class Block:
    """One of the three."""

    text: Markup | None = None
    table: Table | None = None
    figure: Figure | None = None


@dataclass(frozen=True)
class Part:
    """A section, ready for the template."""

    id: str
    title: str
    blocks: tuple[Block, ...]
    files: tuple[str, ...]
    folded: bool


@dataclass(frozen=True)
class Shown:
    """What is told of one dataset, or of several: its answer stands at the top of the page, its sections below all answers."""

    id: str
    name: str
    heading: str
    lead: Markup
    answer: Part
    sections: tuple[Part, ...]


def index(study: str, told: Sequence[Told], drawings: Mapping[str, str]) -> str:
    """The page. `drawings`: SVG by the name of a figure's files.

    Same input, same bytes. The page forbids itself any request, and any script but its own (Content-Security-Policy).
    """
    several = len(told) > 1
    shown = [_shown(one, drawings, f"d{number}-" if several else "") for number, one in enumerate(told, start=1)]
    script = _source("table.js")
    templates = Environment(
        loader=FunctionLoader(_source),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters["breakable"] = _breakable
    return templates.get_template("page.html.jinja").render(
        study=printable(study),
        told=shown,
        several=several,
        files=rendered(listed(told)),
        words=rendered(_source("words.md")),
        style=Markup(_source("style.css") + _source("print.css")),
        script=Markup(script),
        script_hash=b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )


def _source(name: str) -> str:
    return (resources.files("bench.reporting.html") / name).read_text(encoding="utf-8")


def _breakable(text: str) -> Markup:
    """A name that may go on in a new line after an underscore."""
    return Markup(str(escape(text)).replace("_", "_<wbr>"))


def _shown(told: Told, drawings: Mapping[str, str], start: str) -> Shown:
    """`start`: of the ids on the page."""
    parts = [_part(section, drawings, start, told.end, answers=section is told.shown[0]) for section in told.shown]
    name, heading = printable(told.name), printable(told.heading)
    return Shown(f"{start}dataset", name, heading, rendered(told.lead), parts[0], tuple(parts[1:]))


def _part(section: Section, drawings: Mapping[str, str], start: str, end: str, answers: bool) -> Part:
    identity = f"{start}{section.name}"
    blocks = tuple(
        _block(section, block, f"{identity}-{number}", drawings, end, answers)
        for number, block in enumerate(section.blocks, start=1)
    )
    linked = {file for block in blocks if block.figure for file in block.figure.files}
    written = [file for file in (f"{name}.csv" for name in section.tables) if file not in linked]
    written += [f"{section.name}{kind}" for kind in section.kinds]
    return Part(identity, printable(section.title), blocks, tuple(written), section.folded)


def _block(
    section: Section, block: str | Grid | Picture, identity: str, drawings: Mapping[str, str], end: str, answers: bool
) -> Block:
    if isinstance(block, Grid):
        return Block(table=table(block, identity))
    if isinstance(block, Picture):
        stem = f"{block.name}{end}"
        drawing = Markup(small(drawings[stem], f"{identity}-")) if stem in drawings else Markup("")
        data = [f"{name}.csv" for name in section.tables if name == block.name] or [f"{name}.csv" for name in section.tables]
        return Block(figure=Figure(identity, drawing, inline(block.how), (*data, f"{stem}.svg", f"{stem}.png")))
    return Block(text=rendered(block, answers))
