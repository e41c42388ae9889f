"""The inputs of a network over columns, put together without the code under test."""

import numpy as np
import pandas as pd
import torch
from scipy.stats import norm, rankdata

from datasets import Cohort
from methods.columns import fit_columns


def columns_by_hand(train: Cohort, test: Cohort, directions: int) -> tuple[torch.Tensor, torch.Tensor, list[int]]:
    """Numbers, codes and their sizes: numbers as the standardised normal quantile of their mid-rank in train, read off between
    train's values; marks of distinct gaps; codes 0 missing, 1 rare or unseen, 2 and up by name."""
    fitted = fit_columns(train, "marked", {})
    seen, new = fitted.frame(train), fitted.frame(test)
    numbers, marks, gaps, codes, sizes = [], [], [], [], []
    for name in seen:
        if isinstance(seen[name].dtype, pd.CategoricalDtype):
            counts = seen[name].value_counts()
            number = {c: 2 + i for i, c in enumerate(sorted(counts.index[counts >= 5]))}
            codes.append([0 if pd.isna(c) else number.get(c, 1) for c in new[name]])
            sizes.append(2 + len(number))
            continue
        if (name.startswith("text.") and int(name.split(".")[-1]) >= directions) or seen[name].nunique() < 2:
            continue
        values = seen[name].dropna().to_numpy(np.float64)
        score = norm.ppf((rankdata(values) - 0.5) / len(values))
        score = (score - score.mean()) / score.std()
        order = np.argsort(values)
        x = np.interp(new[name].to_numpy(np.float64), values[order], score[order])
        numbers.append(np.nan_to_num(x, nan=0.0))
        gap = seen[name].isna().to_numpy()
        if gap.any() and not any(np.array_equal(gap, other) for other in gaps):
            gaps.append(gap)
            marks.append(new[name].isna().to_numpy(np.float64))
    return torch.tensor(np.column_stack(numbers + marks), dtype=torch.float32), torch.tensor(np.column_stack(codes)), sizes
