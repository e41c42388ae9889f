"""Negation: words that a note denies, told apart from words that it affirms."""

from __future__ import annotations

import re

MARK = "not_"

_SENTENCE = re.compile(r"(?<!\d)[.;\n]+|[.;\n]+(?!\d)")
_BREAK = re.compile(r"\b(?:but|however|although|though|except|apart from|yet)\b")
_BEFORE = re.compile(
    r"\b(?:no|not|nor|never|nil|without|denies|denied|denying|lacks|free of|negative for|absence of)\b|(?<!\w)-ve for\b"
)
_AFTER = re.compile(
    r"[:-]\s*(?:no|not present|nil|none|denied|absent|negative|-ve)\s*$"
    r"|\b(?:is|are|was|were|been)?\s*(?:denied|absent|ruled out|excluded|not (?:seen|present|found|reported))\s*$"
)
_WORD = re.compile(r"\w+")


def marked(text: str) -> str:
    """The text in lower case, `not_` before each word that stands in the scope of a negation.

    After Chapman et al. 2001 (NegEx, J Biomed Inform 34:301): a cue such as "no" or "denies" reaches forward to the end of its
    sentence or to a "but", a cue such as "denied" or "ruled out" at the end reaches backward as far. The cue itself is kept.
    """
    return ". ".join(" but ".join(_clause(clause) for clause in _BREAK.split(s)) for s in _SENTENCE.split(text.lower()))


def _clause(clause: str) -> str:
    if after := _AFTER.search(clause):
        return _denied(clause[: after.start()]) + clause[after.start() :]
    if before := _BEFORE.search(clause):
        return clause[: before.end()] + _denied(clause[before.end() :])
    return clause


def _denied(words: str) -> str:
    return _WORD.sub(lambda word: MARK + word.group(), words)
