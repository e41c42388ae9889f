"""The cohort as a DataFrame for trees: NaN kept, categories as categories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from datasets import Cohort
from datasets.errors import unknown
from methods.columns.series import series_names, summarised
from methods.columns.text import FITS, TextColumns, fit_text
from methods.text_models.named import WORDS

TEXT_CHOICES = tuple(FITS)


@dataclass(frozen=True)
class Columns:
    """What was learned from train: which columns there are, which categories, and how text is read.

    `key` names all that it depends on. `frame` keeps what it has made under the cohort's key, so that the trials and
    outcomes of one cell share it; a frame that was handed out must not be changed.
    """

    key: tuple[str, ...]
    tabular: Mapping[Any, pd.Index | None]
    channels: tuple[str, ...]
    text: Mapping[Any, TextColumns]
    _made: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False, compare=False)

    def frame(self, cohort: Cohort) -> pd.DataFrame:
        """One row a case: float32 columns and categorical ones; NaN where a value, a category seen in train, a note or a
        whole modality is absent. A row does not depend on the other cases."""
        if cohort.inputs_key not in self._made:
            parts = [self._tabular(cohort), self._series(cohort), self._text(cohort)]
            self._made[cohort.inputs_key] = pd.concat(parts, axis=1)
        return self._made[cohort.inputs_key]

    def numbered(self, cohort: Cohort) -> pd.DataFrame:
        """`frame` with columns named c0, c1, …, for libraries that refuse some characters in a name."""
        frame = self.frame(cohort)
        return frame.set_axis([f"c{i}" for i in range(frame.shape[1])], axis=1)

    def _tabular(self, cohort: Cohort) -> pd.DataFrame:
        absent = np.full(len(cohort), np.nan, dtype=np.float32)
        table = cohort.tabular if cohort.tabular is not None else pd.DataFrame(index=range(len(cohort)))
        columns: dict[str, Any] = {}
        for name, categories in self.tabular.items():
            if categories is not None:
                values = _strings(table[name]) if name in table else pd.Series(absent, dtype=object)
                columns[f"tabular.{name}"] = pd.Categorical(values.where(values.isin(categories)), categories)
            else:
                found = table[name].to_numpy(dtype=np.float32, na_value=np.nan) if name in table else absent
                columns[f"tabular.{name}"] = np.where(np.isfinite(found), found, np.float32(np.nan))
        return pd.DataFrame(columns, index=range(len(cohort)))

    def _series(self, cohort: Cohort) -> pd.DataFrame:
        names = [f"series.{name}" for name in series_names(self.channels)]
        if cohort.series is None or not names:
            return pd.DataFrame(np.nan, index=range(len(cohort)), columns=names, dtype=np.float32)
        return summarised(cohort.series).add_prefix("series.").reindex(columns=names)

    def _text(self, cohort: Cohort) -> pd.DataFrame:
        parts = [pd.DataFrame(index=range(len(cohort)))]
        for name, fitted in self.text.items():
            texts = [""] * len(cohort) if cohort.text is None or name not in cohort.text else _notes(cohort.text[name])
            parts.append(pd.DataFrame(fitted.transform(texts)).add_prefix(f"text.{name}."))
        return pd.concat(parts, axis=1)


def fit_columns(train: Cohort, text: str, shared: dict[Any, Any], text_encoder: str = WORDS, device: str = "cpu") -> Columns:
    """Columns fitted on train's inputs with one choice for text; refuses an unknown choice. Kept in `shared`.

    With a `text_encoder` the choice `pooled` takes the mean of that model's last outputs; the other choices do not read it.
    """
    if text not in FITS:
        raise unknown("text choice", text, FITS)
    key = ("columns", text, text_encoder, train.inputs_key)
    if key not in shared:
        # A column without a single value in train has nothing to teach.
        table = (train.tabular if train.tabular is not None else pd.DataFrame()).dropna(axis=1, how="all")
        shared[key] = Columns(
            key=key,
            tabular={name: _categories(column) for name, column in table.items()},
            channels=() if train.series is None else train.series.channels,
            text=_fitted(train, text, text_encoder, device),
        )
    found: Columns = shared[key]
    return found


def _fitted(train: Cohort, text: str, text_encoder: str, device: str) -> dict[Any, TextColumns]:
    notes = {} if train.text is None else {name: _notes(note) for name, note in train.text.items()}
    return {name: fit_text(text, note, text_encoder, device) for name, note in notes.items()}


def _categories(column: pd.Series) -> pd.Index | None:
    """The categories seen, in order; None for a column of numbers."""
    if pd.api.types.is_numeric_dtype(column):
        return None
    return pd.Index(sorted(_strings(column).dropna().unique()), dtype=object)


def _strings(column: pd.Series) -> pd.Series:
    # One kind in train and elsewhere, so that 1 and "1" are one category.
    return column.astype(object).where(column.notna(), None).map(str, na_action="ignore")


def _notes(column: pd.Series) -> list[str]:
    return column.astype(object).where(column.notna(), "").tolist()
