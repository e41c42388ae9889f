"""Page: index.md, which ties a report together, question answered first."""

from __future__ import annotations

from collections.abc import Sequence

from bench.reporting import markdown
from bench.reporting.grid import Grid
from bench.reporting.markdown import escape
from bench.reporting.section import Picture, Section
from bench.reporting.told import Told

FILES = """\
- `index.html`: this page for a browser, in one file that needs no network; `index.md`: the same as text.
- Figures as PNG and SVG; each is drawn from the CSV of its own name.
- `manifest.json`: SHA-256 of every file of this report.
"""


def index(study: str, told: Sequence[Told]) -> str:
    """The whole page in Markdown; a dataset stands under its own heading where there are several."""
    parts = [f"# Study {escape(study)}\n"]
    for one in told:
        if len(told) > 1:
            parts.append(f"# {escape(one.heading)}\n")
        for section in one.shown:
            blocks = section.blocks
            if section.folded:
                blocks = (*_words(section), f"The whole of it: [{section.name}.md]({section.name}.md).")
            parts += [f"## {escape(section.title)}\n", body(blocks, 3, one.end)]
    return "\n".join([*parts, "## Files\n", listed(told)])


def listed(told: Sequence[Told]) -> str:
    """All files of a report, one line a section."""
    about = {section.name: files(section) for one in told for section in one.sections if section.about}
    return "\n".join([*(f"- {line}." for line in about.values()), FILES])


def files(section: Section) -> str:
    """What the files of a section are called, and what they hold."""
    return f"`{section.name}.*`: {section.about}" if section.kinds else f"`{section.name}.csv`: {section.about}"


def _words(section: Section) -> list[str]:
    return [block for block in section.blocks if isinstance(block, str)]


def body(blocks: Sequence[str | Grid | Picture], level: int, end: str = "") -> str:
    """Blocks in Markdown: tables under headings of this level, figures by their files, whose names end in `end`."""
    return "\n".join(_block(block, level, end) for block in blocks)


def _block(block: str | Grid | Picture, level: int, end: str) -> str:
    if isinstance(block, Grid):
        return markdown.titled([block], level) if block.title else markdown.table(block)
    if isinstance(block, Picture):
        return f"![{block.name}]({block.name}{end}.png)\n\n{block.how}\n"
    return f"{block}\n"
