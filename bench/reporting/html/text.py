"""Text: a section's Markdown as HTML, in which nothing but Markdown is markup."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup

from bench.reporting.html.verdict import toned


class _Toned(RendererHTML):
    """Marks the verdicts in what is neither markup nor code."""

    def text(self, tokens: Sequence[Token], place: int, _options: Any, _env: Any) -> str:
        return str(toned(tokens[place].content))


@cache
def _reader(answers: bool = False) -> MarkdownIt:
    # Raw HTML stays text, and a picture would be a request.
    reader = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Toned if answers else RendererHTML)
    return reader.disable(["html_block", "html_inline", "image", "autolink"])


def rendered(markdown: str, answers: bool = False) -> Markup:
    """Markdown as HTML; verdicts marked where it `answers`."""
    return Markup(_reader(answers).render(markdown))


def inline(markdown: str) -> Markup:
    """Markdown of one paragraph as HTML, without the paragraph."""
    return Markup(_reader().renderInline(markdown))
