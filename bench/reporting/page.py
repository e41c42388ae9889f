"""Page: index.md, which ties a report together, question answered first."""

from __future__ import annotations

from collections.abc import Sequence

from bench.reporting import markdown
from bench.reporting.grid import Grid
from bench.reporting.markdown import escape
from bench.reporting.section import Picture, Section

FILES = """\
- `index.html`: this page for a browser, in one file that needs no network; `index.md`: the same as text.
- Figures as PNG and SVG; each is drawn from the CSV of its own name.
- `manifest.json`: SHA-256 of every file of this report.
"""


def index(study: str, datasets: Sequence[tuple[str, Sequence[Section]]]) -> str:
    """The whole page in Markdown, from the sections of each dataset by its name; a dataset stands under its own heading where
    there are several."""
    parts = [f"# Study {escape(study)}\n"]
    for name, sections in datasets:
        if len(datasets) > 1:
            parts.append(f"# Dataset {escape(name)}\n")
        for section in sections:
            if section.blocks and section.folded:
                words = body([*_words(section), f"The whole of it: [{section.name}.md]({section.name}.md)."], 3)
                parts += [f"## {escape(section.title)}\n", words]
            elif section.blocks:
                parts += [f"## {escape(section.title)}\n", body(section.blocks, 3, f"-{name}" if len(datasets) > 1 else "")]
    about = {section.name: files(section) for _, sections in datasets for section in sections if section.about}
    return "\n".join([*parts, "## Files\n", *(f"- {line}." for line in about.values()), FILES])


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
