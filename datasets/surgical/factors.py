"""Latent factors of a patient, the worlds they live in, and where each world's random numbers come from."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri
from scipy.stats import qmc

from datasets.errors import Refused

FACTORS = ("frailty", "cardiopulmonary", "renal", "stress", "fluid", "inflammation", "hypotension", "airway")

# part of every seed; a change to a frozen world raises it
_EDITION = 1

_CORRELATED = {
    ("frailty", "cardiopulmonary"): 0.3,
    ("frailty", "renal"): 0.3,
    ("stress", "hypotension"): 0.3,
    ("stress", "fluid"): 0.3,
    ("cardiopulmonary", "airway"): 0.3,
    ("stress", "inflammation"): 0.2,
    ("frailty", "inflammation"): 0.15,
    ("cardiopulmonary", "hypotension"): 0.15,
}


@dataclass(frozen=True)
class World:
    """One world. `common` q in [0, 1]: share of common signal; `conflict` c in [0, 1]: from 0, fluid harms lung and
    kidney alike, to 1, it harms the lung and spares the kidney; `replicate`: which jitter of the loadings and which draw;
    `tables_suffice`: notes and series speak of nobody, tables of every factor."""

    name: str = "surgical"
    common: float = 0.5
    conflict: float = 1.0
    replicate: int = 0
    tables_suffice: bool = False

    def __post_init__(self) -> None:
        for knob, value in (("common", self.common), ("conflict", self.conflict)):
            if not 0 <= value <= 1:
                raise Refused(f"dataset '{self.name}': {knob} must lie in [0, 1], found {value}.")
        if self.replicate < 0:
            raise Refused(f"dataset '{self.name}': replicate must be 0 or more, found {self.replicate}.")

    def seeds(self, *stream: int) -> np.random.SeedSequence:
        """The seeds of one numbered stream of this world; common and conflict move no random number."""
        return np.random.SeedSequence((_EDITION, zlib.crc32(self.name.encode()), self.replicate, *stream))


def correlation() -> np.ndarray:
    """Σ (8, 8): the correlation of the factors, in the order of `FACTORS`."""
    sigma = np.eye(len(FACTORS))
    for (one, other), value in _CORRELATED.items():
        i, j = FACTORS.index(one), FACTORS.index(other)
        sigma[i, j] = sigma[j, i] = value
    return sigma


def draw(rng: np.random.Generator, cases: int) -> np.ndarray:
    """f ~ N(0, Σ): (cases, 8), unit variances."""
    return _correlated(rng.standard_normal((cases, len(FACTORS))))


def grid(power: int = 14) -> np.ndarray:
    """2^power points that spread as N(0, Σ) does (scrambled Sobol, one fixed scramble): for expectations over patients."""
    uniform = qmc.Sobol(len(FACTORS), rng=np.random.default_rng(0)).random_base2(power)
    return _correlated(ndtri(uniform))


def _correlated(z: np.ndarray) -> np.ndarray:
    # einsum sums one row at a time in one order: no BLAS kernel can make a case's last bit depend on its neighbours
    return np.einsum("ij,kj->ik", z, np.linalg.cholesky(correlation()))
