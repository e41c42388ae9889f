"""True risks: from a patient's factors to the probabilities of the outcomes, and their drawing."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.special import expit

from datasets.surgical.factors import FACTORS

OUTCOMES = ("any_complication", "pulmonary", "kidney_injury", "unplanned_icu")

# log-odds that a pulmonary, kidney or other complication adds to unplanned ICU admission
CASCADE = (1.5, 1.2, 0.8)


@dataclass(frozen=True)
class Equations:
    """The risk equations of one world: knobs q and c, strength k, intercepts (a_P, a_K, a_O, a_U)."""

    common: float
    conflict: float
    k: float
    intercepts: tuple[float, float, float, float]


def effects(f: np.ndarray, common: float, conflict: float) -> np.ndarray:
    """e = √(2q) common + √(2 − 2q) own + extra: (cases, 4) for pulmonary, kidney, other, unplanned ICU; x₊ = max(x, 0)."""
    F, C, R, S, V, I, H, G = (f[:, FACTORS.index(name)] for name in FACTORS)  # noqa: E741
    Fp, Cp, Rp, Sp, Ip, Hp, Gp = (np.maximum(x, 0) for x in (F, C, R, S, I, H, G))
    shared = 0.55 * F + 0.65 * S + 0.35 * I + 0.25 * C + 0.5 * Fp * Sp
    own = np.column_stack([0.75 * G + 0.55 * C, 0.8 * R + 0.65 * H, 0.8 * I + 0.3 * S, 0.6 * C + 0.4 * H])
    lung = 0.55 * V + 0.8 * Gp * Sp + 0.4 * Cp * V
    kidney = 0.55 * (1 - 2 * conflict) * V + 0.9 * Rp * Hp
    extra = np.column_stack([lung, kidney, 0.6 * Ip * Fp, 0.6 * Cp * Hp])
    return np.sqrt(2 * common) * shared[:, None] + np.sqrt(2 - 2 * common) * own + extra


def probabilities(e: np.ndarray, k: float, intercepts: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Pr(P), Pr(K), Pr(O) given the effects `e`: (cases, 3); and the log-odds of U when none of them comes: (cases,).

    P, K, O: independent, σ(a_t + k e_t). U: σ(a_U + .8 k e_U + 1.5 P + 1.2 K + .8 O).
    """
    a = np.asarray(intercepts)
    return expit(a[:3] + k * e[:, :3]), a[3] + 0.8 * k * e[:, 3]


def risks(f: np.ndarray, equations: Equations) -> np.ndarray:
    """True risks (cases, 4) in the order of `OUTCOMES`, given the factors alone."""
    return combine(*probabilities(effects(f, equations.common, equations.conflict), equations.k, equations.intercepts))


def combine(first: np.ndarray, icu: np.ndarray) -> np.ndarray:
    """Risks (cases, 4) from Pr(P), Pr(K), Pr(O) and the log-odds of U without them.

    U: the exact sum over the eight states of (P, K, O); any: 1 − Pr(0, 0, 0) (1 − σ(log-odds of U)).
    """
    unplanned = np.zeros(len(first))
    for state in product((0, 1), repeat=3):
        chance = np.prod([first[:, i] if on else 1 - first[:, i] for i, on in enumerate(state)], axis=0)
        unplanned += chance * expit(icu + sum(c * on for c, on in zip(CASCADE, state, strict=True)))
    any_one = 1 - np.prod(1 - first, axis=1) * (1 - expit(icu))
    return np.column_stack([any_one, first[:, 0], first[:, 1], unplanned])


def draw_outcomes(rng: np.random.Generator, f: np.ndarray, equations: Equations) -> np.ndarray:
    """Outcomes (cases, 4), 0 or 1 float32, in the order of `OUTCOMES`; any = P ∨ K ∨ O ∨ U."""
    first, icu = probabilities(effects(f, equations.common, equations.conflict), equations.k, equations.intercepts)
    uniform = rng.random((len(f), 4))
    came = uniform[:, :3] < first
    unplanned = uniform[:, 3] < expit(icu + came @ np.asarray(CASCADE))
    return np.column_stack([came.any(axis=1) | unplanned, came[:, 0], came[:, 1], unplanned]).astype(np.float32)
