"""Published: scores that others published on a cohort of their own, which a report shows beside ours and never ranks with them."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from bench.protocol.labels import Strict


def _said(text: str) -> str:
    if not text.strip():
        raise ValueError("words are needed")
    return text


Words = Annotated[str, Field(max_length=500), AfterValidator(_said)]
Score = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class Published(Strict):
    """One published row: averages over the outcomes of its own cohort, in [0, 1]; `source` says where they were published."""

    row: Words
    cohort: Words
    source: Words
    auc: Score | None = None
    auprc: Score | None = None
    note: Words | None = None

    @model_validator(mode="after")
    def _says_a_score(self) -> Self:
        if self.auc is None and self.auprc is None:
            raise ValueError("needed is auc, auprc or both, as shares of 1")
        return self
