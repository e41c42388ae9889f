"""Verdict: words that say how something ended get a colour and a sign, and stay words."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from bench.diagnostics.baseline import BETTER, WORSE
from bench.diagnostics.phase import LOSES, WINS
from bench.diagnostics.transfer import HARMED, HELPED

# Classes of the style sheet.
GOOD, BAD, SURE, UNSURE = "good", "bad", "sure", "unsure"
TONES = {HELPED: GOOD, BETTER: GOOD, WINS: GOOD, HARMED: BAD, WORSE: BAD, LOSES: BAD}
# In a sentence that answers, where nothing happened nothing is coloured.
_SAID = re.compile(
    r"(?P<sure>(?<=: )a clear difference\b)|(?P<unsure>(?<=: )(?:no clear difference|nothing clearly)\b)"
    rf"|(?P<tone>\b(?:{HARMED}|{HELPED})\b(?= by sharing: (?!nothing\b)))"
)


def toned(text: str) -> Markup:
    """A plain sentence as HTML, its verdicts marked."""
    parts, end = Markup(), 0
    for found in _SAID.finditer(text):
        tone = TONES[found["tone"]] if found["tone"] else SURE if found["sure"] else UNSURE
        parts += escape(text[end : found.start()]) + Markup('<span class="{}">{}</span>').format(tone, found[0])
        end = found.end()
    return parts + escape(text[end:])
