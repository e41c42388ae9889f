"""Infarction: complications of a myocardial infarction, and death by its recorded cause."""

from __future__ import annotations

import numpy as np

from datasets.outcomes.known import where_known


def complication(flag: np.ndarray) -> np.ndarray:
    """A complication as recorded: 1 or 0. float32 (cases,); anything else is unknown.

    Source: columns 113 to 123 of the myocardial infarction complications database (Golovenkin SE et al., University of Leicester
    2020; UCI 579), whose description names the complications and gives them neither criteria nor times.
    """
    recorded = np.asarray(flag, dtype=np.float64)
    return where_known((recorded == 0) | (recorded == 1), recorded == 1)


def death_by_cause(cause: np.ndarray) -> np.ndarray:
    """Death of any cause, from a code that is 0 in survivors and the number of a cause else. float32 (cases,).

    Unknown where the code is missing or negative. Source: `LET_IS`, column 124 of the same database.
    """
    code = np.asarray(cause, dtype=np.float64)
    return where_known(code >= 0, code > 0)
