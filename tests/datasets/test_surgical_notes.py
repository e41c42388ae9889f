"""The notes of the synthetic surgical cohort, read back by a reader that knows nothing of how they were written."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest

from datasets.surgical import notes
from datasets.surgical.factors import FACTORS, correlation
from datasets.surgical.findings import FIELDS, FINDINGS

FORM_OF = {form.lower(): number for number, finding in enumerate(FINDINGS) for form in finding.forms}
ANY_FORM = re.compile("|".join(rf"(?<![\w-]){re.escape(form)}(?![\w-])" for form in sorted(FORM_OF, key=len, reverse=True)))
RELATIVE = re.compile(r"\b(family history|fhx|mother|father|brother)\b")
UNCERTAIN = re.compile(r"^\?|^(possible|cannot exclude|query)\b|\b(suspected|uncertain)$")
DENIED = re.compile(r"^(no|denies|pt denies|without|negative for|-ve for|nil|free of)\b|: (denied|absent|no)\b")


def read(*fields: str) -> np.ndarray:
    """States of the findings: (findings,), 1 affirmed, −1 denied, 2 uncertain, 0 not said."""
    states = np.zeros(len(FINDINGS), dtype=np.int8)
    for sentence in (part for field in fields for part in field.lower().rstrip(".").split(". ")):
        if RELATIVE.search(sentence):
            continue
        denied = DENIED.search(sentence) is not None
        until = sentence.find(", but ")
        for match in ANY_FORM.finditer(sentence):
            in_scope = denied and (until < 0 or match.start() < until)
            states[FORM_OF[match[0]]] = 2 if UNCERTAIN.search(sentence) else -1 if in_scope else 1
    return states


def some(cases: int, seed: int = 0) -> tuple[np.ndarray, list[tuple[str, ...]]]:
    f = np.random.default_rng(seed).multivariate_normal(np.zeros(8), correlation(), cases)
    said = notes.find(np.random.default_rng(seed + 1), f, notes.loadings())
    frame = notes.write(np.random.default_rng(seed + 2), said)
    return said, list(frame.itertuples(index=False, name=None))


def test_at_least_46_findings_and_200_forms_each_for_one_factor():
    assert len(FINDINGS) >= 46
    assert len({finding.name for finding in FINDINGS}) == len(FINDINGS)
    assert len(FORM_OF) == sum(len(finding.forms) for finding in FINDINGS) >= 200
    least = {"frailty": 4, "cardiopulmonary": 5, "renal": 2, "stress": 2, "inflammation": 4, "airway": 6}
    spoken = Counter(finding.factor for finding in FINDINGS)
    assert set(spoken) <= set(FACTORS)
    assert all(spoken[factor] >= number for factor, number in least.items())
    assert (np.count_nonzero(notes.loadings(), axis=1) == 1).all()


@pytest.mark.parametrize("template", notes.DENIED)
def test_every_negated_form_is_read_as_denied(template):
    for finding in range(0, len(FINDINGS) - 2):
        run = [finding, finding + 1, finding + 2]
        for size in (1, 2, 3):
            sentence = template.format(notes.listed([FINDINGS[i].forms[-1] for i in run[:size]], "or"))
            states = read(sentence[0].upper() + sentence[1:])
            assert states[run[:size]].tolist() == [-1] * size
            assert np.count_nonzero(states) == size


def test_scope_ends_at_but():
    chance = iter([0.0])
    sentence = notes.deny(["cough", "fever", "SOBOE"], "wheeze", chance)
    assert sentence == "No cough, fever or SOBOE, but wheeze."
    names = {FINDINGS[i].name: state for i, state in enumerate(read(sentence)) if state}
    assert names == {"cough": -1, "fever": -1, "exertional_dyspnoea": -1, "wheeze": 1}


def test_notes_without_typing_errors_say_exactly_what_was_found(monkeypatch):
    monkeypatch.setattr(notes, "mistyped", lambda text, chance: text)
    said, written = some(150)
    np.testing.assert_array_equal(np.array([read(*fields) for fields in written]), said)


def test_typing_errors_spoil_little_and_something():
    said, written = some(150)
    right = (np.array([read(*fields) for fields in written]) == said)[said != 0].mean()
    assert 0.95 < right < 0.999


def test_mistyped_swaps_or_loses_one_letter():
    # chances: an error at all; how many; then word, place in it, lost or swapped
    assert notes.mistyped("denies dyspnoea", iter([0.0, 0.0, 0.9, 0.0, 0.0])) == "denies dspnoea"
    assert notes.mistyped("denies dyspnoea", iter([0.0, 0.0, 0.9, 0.0, 0.9])) == "denies dsypnoea"
    assert notes.mistyped("denies dyspnoea", iter([0.99])) == "denies dyspnoea"


def test_findings_are_present_affirmed_and_denied_as_stated():
    f = np.zeros((20_000, 8))
    said = notes.find(np.random.default_rng(0), f, notes.loadings())
    silent = ~said.any(axis=1)
    present = 1 / (1 + np.exp(1.2))
    assert silent.mean() == pytest.approx(0.05, abs=0.006)
    for state, share in ((1, present * 0.7 * 0.94), (-1, (1 - present) * 0.45 * 0.94)):
        assert (said == state).mean() == pytest.approx(0.95 * share, abs=0.003)
    assert (said == 2).mean() == pytest.approx(0.95 * 0.06 * (present * 0.7 + (1 - present) * 0.45), abs=0.002)


def test_a_strong_factor_shows_in_its_findings_alone():
    f = np.zeros((4000, 8))
    f[:, FACTORS.index("airway")] = 2.0
    affirmed = (notes.find(np.random.default_rng(0), f, notes.loadings()) == 1).mean(axis=0)
    for finding, share in zip(FINDINGS, affirmed, strict=True):
        assert share == pytest.approx(
            0.95 * 0.94 * 0.7 / (1 + np.exp(1.2 - (2.0 if finding.factor == "airway" else 0.0))), abs=0.035
        )


def test_relatives_and_doubts_are_written_and_are_no_findings():
    _, written = some(600)
    text = " ".join(" ".join(fields) for fields in written)
    for sign in ("Family history of", "FHx:", "Possible", "Cannot exclude", "suspected", ", but "):
        assert sign in text
    assert read("Family history of asthma. Father with angina.", "GA, ETT.").any() is np.False_


def test_the_same_findings_are_worded_in_many_ways():
    _, written = some(300)
    assert len({fields for fields in written if fields != ("", "")}) == sum(fields != ("", "") for fields in written)
    assert sum(fields == ("", "") for fields in written) == pytest.approx(15, abs=12)
    assert len(FIELDS) == len(written[0]) == 2
