"""Labels: the entries of a study, each a method or a dataset with fixed parameters, under a name of its own."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from bench.protocol.crossed import RULES, Value, checked_lists, crossed, point_label

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


class DatasetLabel(Label):
    """A dataset of a study. `patients`: at most so many, in place of the protocol's; those that the split keeps for testing from
    outside (split = "official") are not counted and all stay. `known`: the share of the known outcomes that is left on the train
    side. `grid`: lists of settings, of `patients` or of `known`, to be crossed: the entry stands for one dataset a point."""

    patients: Annotated[int, Field(ge=50)] | None = None
    known: Annotated[float, Field(gt=0, le=1)] | None = None
    grid: dict[str, Any] = Field(default_factory=dict)

    @field_validator("grid")
    @classmethod
    def _can_be_crossed(cls, grid: dict[str, Any]) -> dict[str, Any]:
        return dict(checked_lists(grid))

    @model_validator(mode="after")
    def _points_are_entries(self) -> Self:
        for key in self.grid:
            if (key in self.set and key not in RULES) or (key in RULES and getattr(self, key) is not None):
                raise ValueError(f"{key} stands in grid and beside it; say it once")
        for values in crossed(self.grid) if self.grid else ():
            checked_label(point_label(self.label, values))
        return self

    def points(self) -> tuple[DatasetLabel, ...]:
        """What the entry stands for: itself, or each point of its grid as an entry of its own."""
        return tuple(self._at(values) for values in crossed(self.grid)) if self.grid else (self,)

    def _at(self, values: dict[str, Value]) -> Point:
        ruled = {rule: values.get(rule, getattr(self, rule)) for rule in RULES}
        settings = self.set | {key: value for key, value in values.items() if key not in RULES}
        return Point(label=point_label(self.label, values), name=self.name, set=settings, entry=self.label, values=values, **ruled)


class Point(DatasetLabel):
    """One point of a grid: `entry` is the label of the grid, `values` say where in it the point lies."""

    entry: str
    values: dict[str, Any]


def checked_label(label: str) -> str:
    """A label that is safe as a folder's name; ValueError otherwise."""
    if not LABEL.fullmatch(label) or ".." in label:
        raise ValueError(f"{label!r} cannot name a folder; allowed are letters, digits and '_', '.', '+', '-' inside")
    return label
