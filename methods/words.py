"""Words: token vectors that ship with a package, so that text needs no download."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

# Texts that are read at a time: beside its numbers the tokenizer keeps some hundred bytes of each token.
AT_ONCE = 512


@lru_cache(maxsize=1)
def _model() -> Any:
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    import wordllama

    # Plain load() would try to download; the weights of this size lie inside the package.
    model = wordllama.WordLlama.load(cache_dir=Path(wordllama.__file__).parent, disable_download=True)
    model.tokenizer.no_padding()
    model.tokenizer.no_truncation()
    return model


def token_vectors() -> np.ndarray:
    """Static vector of every token: (vocabulary, 256) float32."""
    return np.asarray(_model().embedding, dtype=np.float32)


def token_ids(texts: Sequence[str]) -> list[np.ndarray]:
    """Token numbers of each text, int32, in order, without special tokens; empty for an empty text."""
    found: list[np.ndarray] = []
    for start in range(0, len(texts), AT_ONCE):
        batch = _model().tokenizer.encode_batch(list(texts[start : start + AT_ONCE]), add_special_tokens=False)
        found += [np.array(encoding.ids, dtype=np.int32) for encoding in batch]
    return found


def pooled(texts: Sequence[str]) -> np.ndarray:
    """Mean token vector of each text: (texts, 256) float32; NaN for an empty text."""
    table = token_vectors()
    return np.stack(
        [table[ids].mean(axis=0) if len(ids) else np.full(table.shape[1], np.nan, np.float32) for ids in token_ids(texts)]
    )
