"""The tables: what is charted before and during the operation, in real units, with missingness that tells of the patient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.special import expit, ndtri

from datasets.surgical.factors import FACTORS

Loads = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Column:
    """One charted value: x = loads · factors + noise, of unit variance; then by `kind`:

    linear: middle + spread x · skewed: middle exp(spread x) · level: how many of `cuts` (shares of patients below) lie under Φ(x)
    · class: the same, as one of `classes`. Rounded to `digits`, held within `low` to `high`. `seen` (a, factor, b): measured
    with probability σ(a + b factor).
    """

    name: str
    loads: Loads
    kind: Literal["linear", "skewed", "level", "class"]
    middle: float = 0.0
    spread: float = 1.0
    low: float = -np.inf
    high: float = np.inf
    digits: int = 0
    cuts: tuple[float, ...] = ()
    classes: tuple[str, ...] = ()
    seen: tuple[float, str, float] | None = None


def _linear(name: str, loads: Loads, middle: float, spread: float, low: float, high: float, digits: int = 0) -> Column:
    return Column(name, loads, "linear", middle, spread, low, high, digits)


def _skewed(name: str, loads: Loads, middle: float, spread: float, low: float, high: float, digits: int = 0) -> Column:
    return Column(name, loads, "skewed", middle, spread, low, high, digits)


def _yes(name: str, loads: Loads, share: float) -> Column:
    return Column(name, loads, "level", cuts=(1 - share,))


def _class(name: str, loads: Loads, *classes: str) -> Column:
    return Column(name, loads, "class", cuts=tuple(np.arange(1, len(classes)) / len(classes)), classes=classes)


def _measured(column: Column, a: float, factor: str, b: float) -> Column:
    return Column(**{**column.__dict__, "seen": (a, factor, b)})


F, C, R, S, V, I, H, G = FACTORS  # noqa: E741

OPERATIONS = (
    "hernia repair", "thyroidectomy", "mastectomy", "cholecystectomy", "hysterectomy", "prostatectomy",
    "knee replacement", "nephrectomy", "colectomy", "gastrectomy", "liver resection", "oesophagectomy",
)  # fmt: skip

COLUMNS = (
    _linear("age_years", ((F, 0.6),), 61, 13, 18, 97),
    _linear("bmi", ((C, 0.2),), 24.5, 3.8, 14, 55, 1),
    Column("asa", ((F, 0.4), (C, 0.4), (R, 0.2)), "level", low=1, high=5, cuts=(0.0, 0.14, 0.62, 0.93, 0.996)),
    _linear("albumin_g_l", ((F, -0.4), (I, -0.35)), 40, 4.8, 15, 56, 1),
    _linear("haemoglobin_g_l", ((F, -0.35), (R, -0.2)), 129, 17, 50, 195),
    _skewed("creatinine_umol_l", ((R, 0.65),), 76, 0.4, 25, 1200),
    _skewed("urea_mmol_l", ((R, 0.5), (F, 0.15)), 5.6, 0.4, 1.0, 50, 1),
    _skewed("white_cells_10e9_l", ((I, 0.45),), 6.8, 0.4, 1.0, 60, 1),
    _measured(_skewed("crp_mg_l", ((I, 0.55),), 9, 1.2, 0.2, 450, 1), 0.3, I, 0.8),
    _linear("spo2_percent", ((C, -0.35), (G, -0.25)), 96.3, 1.5, 80, 100),
    _measured(_linear("fev1_percent_predicted", ((G, -0.6), (C, -0.3)), 86, 19, 18, 140), -1.0, G, 1.2),
    _skewed("duration_min", ((S, 0.65),), 150, 0.6, 20, 960),
    _skewed("blood_loss_ml", ((S, 0.55), (H, 0.3)), 160, 1.0, 5, 9000),
    _linear("fluid_given_ml_kg_h", ((V, 0.6), (S, 0.2)), 8.5, 2.6, 1, 24, 1),
    _linear("urine_ml_kg_h", ((V, 0.25), (R, -0.3)), 1.4, 0.5, 0, 5, 2),
    _measured(_skewed("lactate_mmol_l", ((H, 0.4), (S, 0.3)), 1.5, 0.5, 0.3, 18, 1), -0.8, S, 1.2),
    _skewed("vasopressor_ug_kg_min", ((H, 0.4),), 0.03, 0.9, 0, 1.5, 3),
    _yes("emergency", ((I, 0.5),), 0.12),
    _yes("copd", ((G, 0.35),), 0.09),
    _yes("chronic_kidney_disease", ((R, 0.35),), 0.08),
    _yes("heart_failure", ((C, 0.35),), 0.06),
    _yes("diabetes", ((F, 0.2),), 0.19),
    _class("operation", ((S, 0.6),), *OPERATIONS),
    _yes("male", (), 0.52),
    _linear("height_cm", (), 166, 8.5, 135, 205),
    _linear("potassium_mmol_l", (), 4.1, 0.38, 2.4, 6.8, 1),
    _linear("calcium_mmol_l", (), 2.3, 0.11, 1.6, 3.2, 2),
    _skewed("bilirubin_umol_l", (), 11, 0.45, 2, 300),
    _skewed("thyrotropin_mu_l", (), 1.9, 0.5, 0.01, 60, 2),
    _class("blood_group", (), "O", "A", "B", "AB"),
    _class("weekday", (), "Monday", "Tuesday", "Wednesday", "Thursday", "Friday"),
)


# where tables suffice, every loading is multiplied by this
SUFFICE = 1.15


def loadings(columns: tuple[Column, ...] = COLUMNS) -> np.ndarray:
    """Loadings of the columns on the factors: (columns, 8)."""
    table = np.zeros((len(columns), len(FACTORS)))
    for row, column in enumerate(columns):
        for factor, value in column.loads:
            table[row, FACTORS.index(factor)] = value
    return table


def chart(rng: np.random.Generator, f: np.ndarray, loads: np.ndarray, sigma: np.ndarray) -> pd.DataFrame:
    """The charted tables of cases with factors `f`, under loadings `loads` (columns, 8) and factor correlations `sigma`."""
    noise = np.sqrt(np.maximum(1 - np.einsum("ij,jk,ik->i", loads, sigma, loads), 0.05))
    x = np.einsum("nj,ij->ni", f, loads) + noise * rng.standard_normal((len(f), len(COLUMNS)))
    uniform = rng.random((len(f), len(COLUMNS)))
    return pd.DataFrame({c.name: _value(c, x[:, i], f, uniform[:, i]) for i, c in enumerate(COLUMNS)})


def _value(column: Column, x: np.ndarray, f: np.ndarray, uniform: np.ndarray) -> np.ndarray | pd.Categorical[Any]:
    if column.kind in ("level", "class"):
        level = np.searchsorted(ndtri(np.asarray(column.cuts)), x, side="right")
        if column.kind == "class":
            return pd.Categorical.from_codes(level.astype(np.int8), dtype=pd.CategoricalDtype(list(column.classes)))
        return level.astype(np.float64)
    scaled = column.spread * x
    value = column.middle * np.exp(scaled) if column.kind == "skewed" else column.middle + scaled
    value = np.clip(np.round(value, column.digits), column.low, column.high)
    if column.seen is not None:
        a, factor, b = column.seen
        value[uniform >= expit(a + b * f[:, FACTORS.index(factor)])] = np.nan
    return value
