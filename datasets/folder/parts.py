"""Parts of a description: what `cohort.toml` says of columns, landmark, tables, notes, series and bins."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

# Of one unit in seconds.
SECONDS = {"s": 1.0, "min": 60.0, "h": 3_600.0, "d": 86_400.0}
MOST_BINS = 5_000

Unit = Literal["s", "min", "h", "d"]
Others = Literal["refuse", "leave_out"]
Text = Annotated[str, Field(min_length=1)]
Names = tuple[Text, ...]


class Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, str_strip_whitespace=True, allow_inf_nan=False)


class Columns(Strict):
    """Which column of the tables is what. `reference`: inputs that a bedside rule uses; `procedure`: the input that
    names the procedure or the reason of admission; `subgroups`: inputs by which reports part the patients; `scores`: scores
    that are no inputs."""

    case: Text
    patient: Text | None = None
    time: Text | None = None
    centre: Text | None = None
    official: Text | None = None
    reference: Names = ()
    procedure: Text | None = None
    subgroups: Names = ()
    scores: Names = ()


class Landmark(Strict):
    """The moment of prediction, in words, and where it lies on the clock of the files: a number, or a column."""

    text: Text
    at: Any = 0.0
    unit: Unit | None = None

    @field_validator("at")
    @classmethod
    def _number_or_column(cls, at: Any) -> float | str:
        if isinstance(at, str) and at.strip():
            return at.strip()
        if isinstance(at, int | float) and not isinstance(at, bool) and abs(at) < 1e15:
            return float(at)
        raise ValueError("allowed is a number, or the name of a column")


class _InFile(Strict):
    file: Text
    case: Text | None = None
    separator: Literal[",", ";", "\t", "|"] = ","
    decimal: Literal[".", ","] = "."

    @model_validator(mode="after")
    def _told_apart(self) -> Self:
        if self.decimal == self.separator:
            raise ValueError('the decimal comma needs another separator, such as separator = ";"')
        return self


class Table(_InFile):
    """A table, one row a case. What is in no list is an input; numbers and categories are told apart by what they hold."""

    numbers: Names = ()
    categories: Names = ()
    text: Names = ()
    times: Names = ()
    ignore: Names = ()
    measured: dict[Text, Text] = Field(default_factory=dict)
    units: dict[Text, Text] = Field(default_factory=dict)
    unknown_cases: Others = "refuse"

    @property
    def kinds(self) -> dict[str, str]:
        """Column → the kind that is said of it."""
        return {name: kind for kind in ("numbers", "categories", "text", "times", "ignore") for name in getattr(self, kind)}

    @model_validator(mode="after")
    def _one_kind_each(self) -> Self:
        said = [*self.numbers, *self.categories, *self.text, *self.times, *self.ignore]
        twice = sorted({name for name in said if said.count(name) > 1})
        if twice:
            raise ValueError(f"the column '{twice[0]}' is given two kinds")
        return self


class Notes(_InFile):
    """Notes, one row a note. `field`: the note field they become; or `kind`, a column whose `kinds` become a field each."""

    time: Text = "time"
    text: Text = "text"
    field: Text | None = None
    kind: Text | None = None
    kinds: Names = ()
    unknown_cases: Others = "refuse"
    unknown_kinds: Others = "refuse"

    @property
    def fields(self) -> tuple[str, ...]:
        return self.kinds if self.kind else (self.field or self.text,)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.kind is None) != (not self.kinds) or (self.kind and self.field):
            raise ValueError("allowed is either `field`, or `kind` (a column) together with `kinds` (a list), or none of them")
        if len(set(self.kinds)) < len(self.kinds):
            raise ValueError("`kinds` names one twice")
        return self


class Variable(Strict):
    """One measured variable: its unit, and the range outside which a value is taken for an artefact and left out."""

    unit: str
    low: float | None = None
    high: float | None = None


class Measurements(_InFile):
    """A series file in long form: one row a measurement."""

    time: Text = "time"
    variable: Text = "variable"
    value: Text = "value"
    variables: dict[Text, Annotated[Variable, BeforeValidator(lambda said: {"unit": said} if isinstance(said, str) else said)]]
    unknown_cases: Others = "refuse"
    unknown_variables: Others = "refuse"


class Bins(Strict):
    """The grid of the series: bins from `start` to `stop`, counted from the landmark, which is 0."""

    start: float
    stop: float
    width: Annotated[float, Field(gt=0)]
    unit: Unit

    @property
    def count(self) -> int:
        return round((self.stop - self.start) / self.width)

    @model_validator(mode="after")
    def _whole_bins_before_the_landmark(self) -> Self:
        if not self.start < self.stop <= 0:
            raise ValueError("allowed is start < stop <= 0, for 0 is the landmark and nothing after it is an input")
        whole = (self.stop - self.start) / self.width
        if not 0.5 < whole <= MOST_BINS or abs(whole - round(whole)) > 1e-6:
            raise ValueError(f"stop - start must be a whole number of widths, 1 to {MOST_BINS:,}")
        return self
