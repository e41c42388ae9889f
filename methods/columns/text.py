"""Text as columns: a note field becomes a few dense columns, by one of several choices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.utils.extmath import randomized_svd

from methods import words
from methods.columns.negation import marked
from methods.text_models.named import WORDS

RANK = 64
# Texts whose terms are held at a time.
AT_ONCE = 4096

Rows = Callable[[Sequence[str]], sparse.csr_array]


@dataclass(frozen=True)
class TextColumns:
    """A fitted note field: `rows` makes one sparse row a text, `directions` (row length, width) projects it."""

    rows: Rows
    directions: np.ndarray

    @property
    def width(self) -> int:
        return self.directions.shape[1]

    def transform(self, texts: Sequence[str]) -> np.ndarray:
        """float32 (texts, width); NaN for an empty text."""
        # The same short text stands in many cases: each is read once.
        place, each = pd.factorize(np.asarray(texts, dtype=object))
        values = np.full((len(each), self.width), np.nan, dtype=np.float32)
        written = np.array([bool(text.strip()) for text in each], dtype=bool)
        filled = np.flatnonzero(written) if self.width else np.empty(0, dtype=np.int64)
        for start in range(0, len(filled), AT_ONCE):
            some = filled[start : start + AT_ONCE]
            # A sparse product adds up each row on its own, so that a text's columns do not depend on the others, to the bit.
            values[some] = (self.rows(each[some].tolist()) @ self.directions).astype(np.float32)
        return values[place]


def fit_pooled(texts: Sequence[str], rank: int = RANK, means: Rows | None = None) -> TextColumns:
    """Mean vector of a text (`means`; without it, of its static token vectors), projected on at most `rank` leading principal
    directions of the train texts."""
    rows = means or _token_means
    vectors = rows(texts).toarray()
    centred = vectors - vectors.mean(axis=0)
    spread, directions = np.linalg.eigh(centred.T @ centred)
    return TextColumns(rows, _telling(np.sqrt(np.maximum(spread[::-1], 0)), directions[:, ::-1], rank))


def fit_tfidf(texts: Sequence[str], rank: int = RANK) -> TextColumns:
    """TF-IDF of the word 1-grams and 2-grams that two train texts or more hold, projected on at most `rank` leading
    singular directions of the train texts."""
    return _terms(texts, rank, str.lower)


def fit_marked(texts: Sequence[str], rank: int = RANK) -> TextColumns:
    """The same of the words marked for negation."""
    return _terms(texts, rank, marked)


def _terms(texts: Sequence[str], rank: int, read: Callable[[str], str]) -> TextColumns:
    terms = TfidfVectorizer(preprocessor=read, ngram_range=(1, 2), min_df=2, sublinear_tf=True, token_pattern=r"(?u)\b\w+\b")
    try:
        weights = terms.fit_transform(texts)
    except ValueError:
        # How scikit-learn says that the texts share no term.
        return TextColumns(_token_means, np.zeros((0, 0)))
    # A fixed state, not the fit's seed: every trial and final fit of a cell reads the same columns.
    _, spread, directions = randomized_svd(weights, min(rank, *weights.shape), random_state=0)
    return TextColumns(terms.transform, _telling(spread, directions.T, rank))


def _telling(spread: np.ndarray, directions: np.ndarray, rank: int) -> np.ndarray:
    # Along the others the texts differ by rounding alone, which standardising would raise to the rank of a finding.
    kept = spread[:rank] > 1e-5 * max(spread[0], 1e-5)
    return np.ascontiguousarray(directions[:, :rank][:, kept])


FITS: dict[str, Callable[..., TextColumns]] = {"pooled": fit_pooled, "tfidf": fit_tfidf, "marked": fit_marked}


def fit_text(choice: str, texts: Sequence[str], text_encoder: str = WORDS, device: str = "cpu", rank: int = RANK) -> TextColumns:
    """Fits a choice on the train texts that are not empty; no column where none is left. `text_encoder`: what `pooled` reads;
    `rank`: the most columns."""
    written = [text for text in texts if text.strip()]
    if written and choice == "pooled" and text_encoder != WORDS:
        return fit_pooled(written, rank, partial(_model_means, text_encoder, device))
    return FITS[choice](written, rank) if written else TextColumns(_token_means, np.zeros((0, 0)))


def _token_means(texts: Sequence[str]) -> sparse.csr_array:
    # A text that is not empty may still hold no token that the vocabulary knows.
    return sparse.csr_array(np.nan_to_num(words.pooled(texts).astype(np.float64)))


def _model_means(text_encoder: str, device: str, texts: Sequence[str]) -> sparse.csr_array:
    # Loads torch, which a method without such a model need not wait for.
    from methods.text_models import frozen

    return sparse.csr_array(frozen.pooled(text_encoder, texts, device).astype(np.float64))
