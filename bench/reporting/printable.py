"""Printable: words of others without signs that a terminal or a page would obey."""

from __future__ import annotations

import re

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


def printable(text: str) -> str:
    """Text on one line: control characters, also those that turn the direction of writing, become a space."""
    return _CONTROL.sub(" ", text)


def on_lines(text: str) -> str:
    """Text of several lines, each of them printable."""
    return "\n".join(map(printable, text.split("\n")))
