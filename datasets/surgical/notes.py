"""The notes: what was found, what was denied, and what only looks like either."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

import numpy as np
import pandas as pd
from scipy.special import expit

from datasets.surgical.factors import FACTORS
from datasets.surgical.findings import FACTOR_OF, FIELDS, FINDINGS

T = TypeVar("T")

SLOPE = 1.0

# wordings of a statement: {} is a list such as "cough, fever or wheeze"
AFFIRMED = (
    "{}.",
    "Has {}.",
    "Known {}.",
    "Reports {}.",
    "Hx of {}.",
    "Noted: {}.",
    "Positive for {}.",
    "+ve for {}.",
    "Pt with {}.",
)
DENIED = (
    "No {}.", "Denies {}.", "Without {}.", "Negative for {}.", "No evidence of {}.", "No hx of {}.", "-ve for {}.",
    "Pt denies {}.", "No signs of {}.", "Nil {}.", "Free of {}.", "{}: denied.", "{}: absent.", "{}: no.",
)  # fmt: skip
UNCERTAIN = ("Possible {}.", "?{}.", "Cannot exclude {}.", "Query {}.", "{} suspected.", "{} uncertain.")
RELATIVE = ("Family history of {}.", "FHx: {}.", "Mother had {}.", "Father with {}.", "Brother has {}.")
OPENING = {
    "preoperative_note": ("Preop clinic.", "Seen before surgery.", "Preanaesthetic visit.", "PAC review.", "Ward review."),
    "anaesthesia_note": ("Theatre record.", "GA, ETT.", "Anaesthetic course.", "Intraop events.", "TIVA with ETT."),
}

_UNCERTAIN_SHARE = 0.06
_RELATIVE_SHARE = 0.35
_CONTRAST_SHARE = 0.15
_TYPING_ERRORS = 0.8
_POOL = 640


def loadings() -> np.ndarray:
    """Loadings of the findings on the factors: (findings, 8)."""
    table = np.zeros((len(FINDINGS), len(FACTORS)))
    table[np.arange(len(FINDINGS)), list(FACTOR_OF)] = SLOPE
    return table


def find(rng: np.random.Generator, f: np.ndarray, loads: np.ndarray) -> np.ndarray:
    """What the notes of cases with factors `f` say: (cases, findings) int8; 1 affirmed, −1 denied, 2 left uncertain, 0 not said.

    Present with σ(−1.2 + factor); affirmed with .7 if present, denied with .45 if not; 6 % of either left uncertain;
    5 % of patients without a note.
    """
    shape = (len(f), len(FINDINGS))
    present = rng.random(shape) < expit(-1.2 + np.einsum("nj,ij->ni", f, loads))
    mentioned = rng.random(shape) < np.where(present, 0.7, 0.45)
    unsure = rng.random(shape) < _UNCERTAIN_SHARE
    mentioned &= (rng.random(len(f)) >= 0.05)[:, None]
    return np.where(mentioned, np.where(unsure, 2, np.where(present, 1, -1)), 0).astype(np.int8)


def write(rng: np.random.Generator, said: np.ndarray) -> pd.DataFrame:
    """Notes that say this (cases, findings), among findings of relatives: one string column a field, "" = no note."""
    # a finding's place in its note, and the random numbers that its writer draws from
    places = np.argsort(rng.random(said.shape), axis=1)
    pools = rng.random((len(said), _POOL))
    notes: dict[str, list[str]] = {field: [] for field in FIELDS}
    for states, order, pool in zip(said, places, pools, strict=True):
        chance = iter(pool.tolist())
        told = [(i, state) for i, state in zip(order.tolist(), states[order].tolist(), strict=True) if state]
        for field in FIELDS:
            here = [(i, state) for i, state in told if FINDINGS[i].field == field]
            notes[field].append(_note(field, here, chance) if told else "")
    return pd.DataFrame(notes, dtype="str")


def _note(field: str, states: list[tuple[int, int]], chance: Iterator[float]) -> str:
    """One note: sentences over the findings in this order, with their states (1 affirmed, −1 denied, 2 uncertain)."""
    affirmed = [i for i, state in states if state == 1]
    denied = [i for i, state in states if state == -1]
    sentences = [pick(UNCERTAIN, chance).format(form(i, chance)) for i, state in states if state == 2]
    while denied:
        run = [form(denied.pop(), chance) for _ in range(min(len(denied), 1 + int(4 * next(chance))))]
        contrast = form(affirmed.pop(), chance) if affirmed and next(chance) < _CONTRAST_SHARE else None
        sentences.append(deny(run, contrast, chance))
    while affirmed:
        run = [form(affirmed.pop(), chance) for _ in range(min(len(affirmed), 1 + int(3 * next(chance))))]
        sentences.append(pick(AFFIRMED, chance).format(listed(run, "and")))
    if field == FIELDS[0] and next(chance) < _RELATIVE_SHARE:
        relative = pick(_FAMILIAL, chance)
        sentences.append(pick(RELATIVE, chance).format(form(relative, chance)))
    sentences.sort(key=lambda _: next(chance))
    text = " ".join([pick(OPENING[field], chance), *(s[0].upper() + s[1:] for s in sentences)])
    return mistyped(text, chance)


_FAMILIAL = tuple(i for i, finding in enumerate(FINDINGS) if finding.familial)


def pick(options: Sequence[T], chance: Iterator[float]) -> T:
    """One of the options."""
    return options[int(len(options) * next(chance))]


def form(finding: int, chance: Iterator[float]) -> str:
    """One wording of a finding."""
    return pick(FINDINGS[finding].forms, chance)


def listed(items: list[str], joint: str) -> str:
    """The items in one phrase: a, b and c."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {joint} {items[-1]}"


def deny(items: list[str], contrast: str | None, chance: Iterator[float]) -> str:
    """A sentence that denies all items, and affirms `contrast` behind its "but"."""
    sentence = pick(DENIED, chance).format(listed(items, "or"))
    return sentence if contrast is None else f"{sentence[:-1]}, but {contrast}."


def mistyped(text: str, chance: Iterator[float]) -> str:
    """The text with now and then two letters swapped or one lost, in words of five letters and more."""
    if next(chance) > _TYPING_ERRORS:
        return text
    words = text.split(" ")
    for _ in range(1 + int(3 * next(chance))):
        where = int(len(words) * next(chance))
        word = words[where]
        if len(word) >= 5 and word.isalpha():
            at = 1 + int((len(word) - 2) * next(chance))
            lost = next(chance) < 0.5
            words[where] = word[:at] + word[at + 1 :] if lost else word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return " ".join(words)
