"""Told: what a report says under one heading: of one dataset, of a grid of them, or of all together."""

from __future__ import annotations

from dataclasses import dataclass

from bench.reporting.section import Section


@dataclass(frozen=True)
class Told:
    """`name`: what it is called above its answer; `heading`: above its other sections; `lead`: what was compared (Markdown);
    `end`: what the names of its figures' files end in."""

    name: str
    heading: str
    sections: tuple[Section, ...]
    lead: str = ""
    end: str = ""

    @property
    def shown(self) -> tuple[Section, ...]:
        """Sections that have anything for the page; the first of them is the answer."""
        return tuple(section for section in self.sections if section.blocks)
