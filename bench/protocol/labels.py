"""Labels: the entries of a study, each a method or a dataset with fixed parameters, under a name of its own."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,99}")
Modality = Literal["tabular", "text", "series"]


class Strict(BaseModel):
    """A part of a study file: nothing is guessed, converted or ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Label(Strict):
    """One entry of a study: a method or dataset with fixed parameters; folder and table row bear `label`."""

    label: str
    name: str
    set: dict[str, Any] = Field(default_factory=dict)

    @field_validator("label")
    @classmethod
    def _stays_in_its_folder(cls, label: str) -> str:
        return checked_label(label)


class MethodLabel(Label):
    """A method of a study. `without`: modalities that are taken from this entry alone, in all its fits and predictions.
    `optional`: where the method cannot run here, it is left out with a line, and the study goes on."""

    without: tuple[Modality, ...] = ()
    optional: bool = False


def checked_label(label: str) -> str:
    """A label that is safe as a folder's name; ValueError otherwise."""
    if not LABEL.fullmatch(label) or ".." in label:
        raise ValueError(f"{label!r} cannot name a folder; allowed are letters, digits and '_', '.', '+', '-' inside")
    return label
