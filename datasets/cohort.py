"""Cohort: cases, their modalities, their outcomes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from datasets.errors import Refused, unknown
from datasets.identity import Identity, digest
from datasets.later import Later, Taken, held

MODALITIES = ("tabular", "text", "series")


@dataclass(frozen=True)
class Card:
    """What a reader must know of a cohort.

    `outcomes`: name → definition. `reference`: tabular columns that a bedside rule would use (ASA, age, SAPS).
    `nested`: a composite outcome → the outcomes it holds. `notes`: what is unusual or missing. `procedure`: the tabular or text
    column that names the procedure, or else the reason of admission; None: there is none. `subgroups`: tabular columns by whose
    values reports part the patients (age, sex).
    """

    name: str
    title: str
    source: str
    licence: str
    citation: str
    landmark: str
    outcomes: Mapping[str, str]
    reference: tuple[str, ...] = ()
    nested: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    synthetic: bool = False
    notes: tuple[str, ...] = ()
    procedure: str | None = None
    subgroups: tuple[str, ...] = ()


@dataclass(frozen=True)
class Series:
    """Physiological time series on a grid: `values` (cases, steps, channels) float32, NaN = not measured.

    `times` (steps,): start of each bin, in `time_unit`, relative to the zero that the card's landmark names.
    """

    values: np.ndarray
    channels: tuple[str, ...]
    units: tuple[str, ...]
    times: np.ndarray
    time_unit: str = "h"

    def __post_init__(self) -> None:
        if self.values.ndim != 3 or self.values.dtype != np.float32:
            raise Refused(f"series must be float32 (cases, steps, channels), found {self.values.dtype} {self.values.shape}.")
        if self.values.shape[1:] != (len(self.times), len(self.channels)) or len(self.units) != len(self.channels):
            raise Refused(
                f"series has shape {self.values.shape}, but {len(self.times)} bin times, "
                f"{len(self.channels)} channel names and {len(self.units)} units."
            )


@dataclass(frozen=True, eq=False)
class Cohort:
    """Cases with their modalities and outcomes; any modality may be None, or missing for single cases.

    `patient` (cases,): integer codes that group cases, never the source's identifiers. `tabular`: one row a case, numeric
    or categorical by dtype, NaN = missing. `text`: one string column per note field, "" = no note. `outcomes`: float32
    (cases, outcomes), 1, 0, NaN = unknown. `time` (cases,): float, order in time. `centre` (cases,): integer codes.
    `official` (cases,): bool, the cases that the source itself keeps for testing. `reference`: float32, one row a case,
    clinical scores (SAPS, SOFA) that are set beside the methods and are an input of none of them.

    Notes and series of cases that were taken are cut out of the whole at the first look: most of a cohort's memory, which methods
    that find their inputs ready never ask for.
    """

    card: Card
    patient: np.ndarray
    outcomes: pd.DataFrame
    tabular: pd.DataFrame | None = None
    text: Later[pd.DataFrame] = Later()
    series: Later[Series] = Later()
    time: np.ndarray | None = None
    centre: np.ndarray | None = None
    official: np.ndarray | None = None
    reference: pd.DataFrame | None = None
    # Not an argument of the constructor, so that a cohort made with other inputs never bears an old name.
    lineage: str = field(default="", init=False, repr=False)

    def __post_init__(self) -> None:
        lengths = {"patient": len(self.patient), "outcomes": len(self.outcomes)}
        for name in ("tabular", "text", "series", "time", "centre", "official", "reference"):
            if (part := held(self, name)) is not None:
                lengths[name] = len(part.values if isinstance(part, Series) else part)
        if len(set(lengths.values())) > 1:
            raise Refused(f"cohort '{self.card.name}': parts differ in their number of cases: {lengths}.")
        if self.official is not None and self.official.dtype != np.bool_:
            raise Refused(f"cohort '{self.card.name}': official must be bool, found {self.official.dtype}.")
        for part in (self.tabular, held(self, "text"), self.outcomes, self.reference):
            if isinstance(part, pd.DataFrame) and not part.columns.is_unique:
                twice = part.columns[part.columns.duplicated()][0]
                raise Refused(f"cohort '{self.card.name}': the column '{twice}' stands twice.")
        for outcome in self.outcomes:
            y = self.outcomes[outcome].to_numpy()
            if y.dtype != np.float32 or not ((y == 0) | (y == 1) | np.isnan(y)).all():
                raise Refused(f"cohort '{self.card.name}': outcome '{outcome}' must be float32 of 1, 0 and NaN, found {y.dtype}.")

    def __len__(self) -> int:
        return len(self.patient)

    @property
    def outcome_names(self) -> tuple[str, ...]:
        return tuple(self.outcomes.columns)

    @property
    def modalities(self) -> tuple[str, ...]:
        return tuple(m for m in MODALITIES if held(self, m) is not None)

    def present(self, modality: str) -> np.ndarray:
        """Which cases have anything of a modality: (cases,) bool."""
        if modality not in MODALITIES:
            raise unknown("modality", modality, MODALITIES)
        if modality == "tabular" and self.tabular is not None:
            return np.asarray(self.tabular.notna().any(axis=1), dtype=bool)
        if modality == "text" and self.text is not None:
            return np.asarray(self.text.apply(lambda column: column.fillna("").str.strip().ne("")).any(axis=1), dtype=bool)
        if modality == "series" and self.series is not None:
            return np.asarray((~np.isnan(self.series.values)).any(axis=(1, 2)), dtype=bool)
        return np.zeros(len(self), dtype=bool)

    def take(self, rows: Sequence[int] | np.ndarray) -> Cohort:
        """The cohort of these cases, in this order: row numbers, or a mask (cases,) of bool."""
        index = np.asarray(rows, dtype=None if len(rows) else np.int64)
        index = np.flatnonzero(index) if index.dtype == bool and len(index) == len(self) else index.astype(np.int64, casting="safe")
        if len(index) and (index.min() < 0 or index.max() >= len(self)):
            raise Refused(f"cohort '{self.card.name}': rows must lie in 0 to {len(self) - 1}.")
        taken = self._with(
            patient=self.patient[index],
            outcomes=self.outcomes.iloc[index].reset_index(drop=True),
            tabular=None if self.tabular is None else self.tabular.iloc[index].reset_index(drop=True),
            text=_later(held(self, "text"), index, _notes_of),
            series=_later(held(self, "series"), index, _series_of),
            time=None if self.time is None else self.time[index],
            centre=None if self.centre is None else self.centre[index],
            official=None if self.official is None else self.official[index],
            reference=None if self.reference is None else self.reference.iloc[index].reset_index(drop=True),
        )
        return taken.known_as(digest([self.inputs_key, index.tobytes()]))

    def only(self, *outcomes: str) -> Cohort:
        """The same cases with these outcomes alone."""
        for name in outcomes:
            if name not in self.outcomes.columns:
                raise unknown(f"cohort '{self.card.name}': outcome", name, self.outcome_names)
        return self._with(outcomes=self.outcomes[list(outcomes)]).known_as(self.inputs_key)

    def without(self, *modalities: str) -> Cohort:
        """The same cases without these modalities."""
        for name in modalities:
            if name not in MODALITIES:
                raise unknown("modality", name, MODALITIES)
        gone = [name for name in self.modalities if name in modalities]
        if not gone:
            return self
        bare = self._with(**dict.fromkeys(gone))
        return bare.known_as(digest([self.inputs_key, *gone]))

    def missing(self, modality: str) -> Cohort:
        """The same cases as if a modality had been recorded of none of them: its columns and channels are there, and empty."""
        if modality not in MODALITIES:
            raise unknown("modality", modality, MODALITIES)
        part: Any = None
        if modality == "tabular" and (tabular := self.tabular) is not None:
            part = tabular.reindex(np.full(len(self), -1)).reset_index(drop=True).astype(_nullable(tabular))
        if modality == "text" and (text := self.text) is not None:
            part = pd.DataFrame("", index=text.index, columns=text.columns).astype(text.dtypes)
        if modality == "series" and (series := self.series) is not None:
            part = replace(series, values=np.full_like(series.values, np.nan))
        empty = self._with(**{modality: part})
        return empty.known_as(digest([self.inputs_key, "missing", modality]))

    def hide_outcomes(self) -> Cohort:
        """The same cases with no outcome at all: `outcomes` has no column."""
        return self._with(outcomes=self.outcomes.iloc[:, :0]).known_as(self.inputs_key)

    def without_reference(self) -> Cohort:
        """The same cases without their clinical scores."""
        return self._with(reference=None).known_as(self.inputs_key)

    def _with(self, **parts: Any) -> Cohort:
        """With other parts in place of these; what nobody has looked at yet stays so."""
        return Cohort(**{f.name: held(self, f.name) for f in fields(self) if f.init} | parts)

    def known_as(self, key: str) -> Cohort:
        """This cohort, its inputs named by a key that stands for exactly them."""
        object.__setattr__(self, "lineage", key)
        return self

    @cached_property
    def inputs_key(self) -> str:
        """A name for the inputs of exactly these cases, whatever outcomes stand beside them."""
        return self.lineage or _identity(self).inputs


def _later(part: Any, index: np.ndarray, cut: Any) -> Any:
    return part.take(index) if isinstance(part, Taken) else None if part is None else Taken(part, index, cut)


def _notes_of(text: pd.DataFrame, index: np.ndarray) -> pd.DataFrame:
    return text.iloc[index].reset_index(drop=True)


def _series_of(series: Series, index: np.ndarray) -> Series:
    return replace(series, values=series.values[index])


def _nullable(table: pd.DataFrame) -> dict[Any, Any]:
    """Each column's dtype where it can hold a gap; whole numbers and truth values become float."""
    plain = {name: np.dtype(float) if dtype.kind in "iub" else dtype for name, dtype in table.dtypes.items()}
    return dict(plain)


def whole(pieces: Iterable[Cohort]) -> Cohort:
    """The cohort that these pieces make, end to end; they bear the same columns and card."""
    found = list(pieces)
    if not found:
        raise Refused("a cohort without a single case cannot be made.")

    def frame(part: str) -> pd.DataFrame | None:
        frames = [getattr(piece, part) for piece in found]
        return None if frames[0] is None else pd.concat(frames, ignore_index=True)

    def array(part: str) -> np.ndarray | None:
        arrays = [getattr(piece, part) for piece in found]
        return None if arrays[0] is None else np.concatenate(arrays)

    signals = [piece.series for piece in found]
    frames: dict[str, Any] = {part: frame(part) for part in ("outcomes", "tabular", "text", "reference")}
    arrays: dict[str, Any] = {part: array(part) for part in ("patient", "time", "centre", "official")}
    first = signals[0]
    series = None if first is None else replace(first, values=np.concatenate([s.values for s in signals if s is not None]))
    return replace(found[0], series=series, **frames, **arrays)


def content_hash(cohort: Cohort) -> str:
    """SHA-256 over every input, outcome, patient code, time and centre, and the outcome and channel names."""
    return _identity(cohort).content


def _identity(cohort: Cohort) -> Identity:
    identity = Identity()
    identity.add(cohort)
    return identity
