"""Description: what `cohort.toml` says of a folder, checked before any table is opened."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field, ValidationError

from datasets.errors import Refused, unknown
from datasets.folder.parts import Bins, Columns, Landmark, Measurements, Names, Notes, Strict, Table, Text, Variable

FILE = "cohort.toml"
NAME = r"^[A-Za-z0-9](\.?[A-Za-z0-9_+-]){0,63}$"
SHOWN = 60


class Description(Strict):
    """All that `cohort.toml` says."""

    name: Annotated[str, Field(pattern=NAME)]
    title: Text
    source: Text
    licence: Text
    citation: Text
    synthetic: bool = False
    missing: tuple[str, ...] = ()
    columns: Columns
    landmark: Landmark
    outcomes: Annotated[dict[Text, Text], Field(min_length=1)]
    nested: dict[Text, Names] = Field(default_factory=dict)
    tables: Annotated[tuple[Table, ...], Field(min_length=1)]
    notes: tuple[Notes, ...] = ()
    series: tuple[Measurements, ...] = ()
    bins: Bins | None = None

    @property
    def roles(self) -> dict[str, str]:
        """Column → what it is, for the columns that are no inputs by their role."""
        one = {role: getattr(self.columns, role) for role in ("patient", "time", "centre", "official")}
        found = {name: role for role, name in one.items() if name is not None}
        found |= dict.fromkeys(self.columns.scores, "score")
        if isinstance(self.landmark.at, str):
            found.setdefault(self.landmark.at, "landmark")
        return found | dict.fromkeys(self.outcomes, "outcome")

    def faults(self) -> Iterator[str]:
        """What the keys say against each other."""
        single = [self.columns.case, self.columns.patient, self.columns.centre, self.columns.official]
        timed = {self.columns.time, self.landmark.at}
        given = [*self.outcomes, *self.columns.scores, *(name for name in (*single, *timed) if isinstance(name, str))]
        for name in sorted({name for name in given if given.count(name) > 1}):
            yield f"the column '{name}' is given two roles; allowed is one."
        for table in self.tables:
            for name, kind in table.kinds.items():
                role = self.roles.get(name)
                if role is not None and not (kind == "times" and role in ("time", "landmark")):
                    yield f"the column '{name}' is {role} and is also listed under {kind} of {table.file}; allowed is one."
        for whole, parts in self.nested.items():
            for name in (whole, *parts):
                if name not in self.outcomes:
                    yield str(unknown("nested: outcome", name, self.outcomes))
            if whole in parts:
                yield f"nested: '{whole}' is said to hold itself."
        if bool(self.series) != (self.bins is not None):
            lacking = "[bins] (start, stop, width, unit)" if self.series else "[[series]], for which [bins] is"
            yield f"{lacking} is missing."
        files = [table.file for table in self.tables]
        for file in sorted({file for file in files if files.count(file) > 1}):
            yield f"tables: the file {file} stands twice."
        variables = [name for part in self.series for name in part.variables]
        for name in sorted({name for name in variables if variables.count(name) > 1}):
            if len({str(part.variables[name]) for part in self.series if name in part.variables}) > 1:
                yield f"series: the variable '{name}' is given two units or ranges."
        fields = {field for note in self.notes for field in note.fields}
        for name in sorted(fields & {name for table in self.tables for name in table.text}):
            yield f"the note field '{name}' is also a text column of a table; give the notes another `field`."


def described(folder: Path) -> Description:
    """The description of a folder. Refuses, all at once: no file, no TOML, unknown or missing keys, values that are not allowed."""
    path = folder / FILE
    if not path.is_file():
        what = f"no {FILE} in it; `python -m bench new dataset NAME` writes one to start from"
        raise Refused(f"dataset folder {folder}: there is {what if folder.is_dir() else 'no such folder'}.")
    if not path.resolve().is_relative_to(folder.resolve()):
        raise Refused(f"{path} is a link that leaves the folder; put the file itself there.")
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as problem:
        raise Refused(f"{path} cannot be read ({problem.strerror}).") from problem
    except UnicodeDecodeError as problem:
        raise Refused(f"{path} is not UTF-8 text; save it as UTF-8.") from problem
    except (tomllib.TOMLDecodeError, RecursionError) as problem:
        raise Refused(f"{path} is not TOML: {problem}.") from problem
    try:
        found = Description.model_validate(_tupled(content))
    except ValidationError as problem:
        # A list whose entries are wrong is also said to be too short.
        lines = dict.fromkeys(_explained(fault) for fault in problem.errors() if fault["type"] != "too_short" or not fault["input"])
    else:
        lines = dict.fromkeys(found.faults())
        if not lines:
            return found
    raise Refused("\n".join(f"{path}: {line}" for line in lines))


def _tupled(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _tupled(entry) for key, entry in value.items()}
    return tuple(_tupled(entry) for entry in value) if isinstance(value, list) else value


_ROOMS: Mapping[str, type[BaseModel]] = {
    **{"columns": Columns, "landmark": Landmark, "tables": Table, "notes": Notes, "series": Measurements, "bins": Bins},
}


def _explained(fault: Mapping[str, Any]) -> str:
    places = [f"{part + 1}" if isinstance(part, int) else str(part) for part in fault["loc"]]
    room, key = ".".join(places[:-1]), places[-1] if places else ""
    if fault["type"] == "extra_forbidden":
        model = Description if len(places) == 1 else Variable if "variables" in places else _ROOMS[places[0]]
        return str(unknown(f"{room}: key" if room else "key", key, model.model_fields))
    if fault["type"] == "missing":
        return f"{'.'.join(places)} is missing."
    if fault["type"] == "too_short":
        return f"{'.'.join(places)}: at least one is needed."
    shown = repr(fault["input"])
    shown = shown if len(shown) <= SHOWN else f"{shown[:SHOWN]}…"
    if "name" in places[:1]:
        return f"name: found {shown}; allowed are letters, digits and '_', '.', '+', '-' inside, up to 64."
    allowed = fault["msg"].removeprefix("Value error, ").replace("Input should be", "allowed is")
    found = f"found {shown}; " if isinstance(fault["input"], str | int | float) else ""
    return f"{'.'.join(places)}: {found}{allowed}."
