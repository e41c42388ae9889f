"""Probes: what can be read from a part of a network by a linear model."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from bench.evaluation.metrics import scores

# A probe's own strength; parts of one width are then read with one strength.
C = 1.0
ALPHAS = (1.0, 10.0, 100.0, 1000.0)


def outcome_probes(
    train: Mapping[str, np.ndarray], test: Mapping[str, np.ndarray], y_train: pd.DataFrame, y_test: pd.DataFrame
) -> list[dict[str, Any]]:
    """AUC and AUPRC on test of logistic regression from each part (cases, width) to each outcome, fitted on train's known cases
    (Alain and Bengio 2016). Without either class on a side an outcome has no line."""
    found = []
    for part, x in train.items():
        for outcome in y_train:
            y, known = y_train[outcome].to_numpy(np.float64), y_train[outcome].notna().to_numpy()
            if len(np.unique(y[known])) < 2:
                continue
            probe = make_pipeline(StandardScaler(), LogisticRegression(C=C, max_iter=200))
            with warnings.catch_warnings():
                # A probe stopped after 200 steps is as good a reader.
                warnings.simplefilter("ignore", ConvergenceWarning)
                probe.fit(x[known], y[known])
            auc, auprc = scores(y_test[outcome].to_numpy(np.float64), probe.predict_proba(test[part])[:, 1])
            if not np.isnan(auc):
                found.append({"part": part, "outcome": str(outcome), "auc": float(auc), "auprc": float(auprc)})
    return found


def factor_probes(
    train: Mapping[str, np.ndarray], test: Mapping[str, np.ndarray], f_train: pd.DataFrame, f_test: pd.DataFrame
) -> list[dict[str, Any]]:
    """R² on test of ridge regression from each part (cases, width) to each true factor of a synthetic cohort, its strength chosen
    by leave-one-out on train; a part that says nothing of a factor has 0 or less."""
    found = []
    for part, x in train.items():
        probe = make_pipeline(StandardScaler(), RidgeCV(ALPHAS, alpha_per_target=True)).fit(x, f_train.to_numpy())
        guess, truth = probe.predict(test[part]), f_test.to_numpy()
        r2 = 1 - ((truth - guess) ** 2).sum(axis=0) / ((truth - truth.mean(axis=0)) ** 2).sum(axis=0)
        found += [{"part": part, "factor": str(name), "r2": float(value)} for name, value in zip(f_train, r2, strict=True)]
    return found
