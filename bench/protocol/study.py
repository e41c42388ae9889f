"""Study: a TOML file that holds all that one run needs: cohorts × methods × protocol × budget."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

from bench.protocol.labels import DatasetLabel, Label, MethodLabel, Modality, Point, Strict, checked_label
from bench.protocol.published import Published
from datasets.errors import Refused, unknown
from methods.text_models.named import HUB, WORDS, checked_name, pinned

L = TypeVar("L", bound=Label)
# What a protocol that does not name them means.
USUAL: Mapping[str, Any] = {"arithmetic": "single", "precision": "full", "defaults": True}


class Protocol(Strict):
    """How every method of the study is tuned, trained and tested."""

    folds: Annotated[int, Field(ge=1, le=100)] = 1
    repeats: Annotated[int, Field(ge=1, le=1000)] = 1
    trials: Annotated[int, Field(ge=1, le=10_000)] = 20
    seeds: Annotated[int, Field(ge=1, le=100)] = 3
    patients: Annotated[int, Field(ge=50)] | None = None
    selection: Literal["auc_auprc", "auc", "auprc", "log_loss"] = "auc_auprc"
    loss: Literal["bce", "bce+asl"] = "bce"
    arithmetic: Literal["single", "mixed"] = "single"
    seed: Annotated[int, Field(ge=0)] = 0
    modalities: tuple[Modality, ...] = ("tabular", "text", "series")
    split: Literal["holdout", "kfold", "temporal", "centre", "official"] | None = None
    text_encoder: str = WORDS
    diagnostics: Literal["none", "plain", "full"] = "plain"
    gradients_every: Annotated[int, Field(ge=1)] = 50
    precision: Literal["full", "half"] = "full"
    defaults: bool = True

    @field_validator("text_encoder")
    @classmethod
    def _text_encoder_has_a_name(cls, text_encoder: str) -> str:
        return checked_name(text_encoder)

    def said(self) -> dict[str, Any]:
        """What decides a cell's predictions and its record, as JSON content. What a study may round or leave away stands in it only
        where it does, so that the keys of all other cells stay what they were."""
        said = self.model_dump(mode="json") | {"split": self.kind}
        return {key: value for key, value in said.items() if key not in USUAL or value != USUAL[key]}

    @property
    def kind(self) -> str:
        """The split that is made: the one asked for, else a holdout for one fold and k folds for more."""
        return self.split or ("holdout" if self.folds == 1 else "kfold")

    @model_validator(mode="after")
    def _split_has_folds(self) -> Self:
        if self.split in ("holdout", "temporal", "official") and self.folds != 1:
            raise ValueError(f'split = "{self.split}" has one fold; allowed with {self.folds} folds are kfold and centre')
        if self.split == "kfold" and self.folds == 1:
            raise ValueError('split = "kfold" needs folds = 2 or more; with one fold it is a holdout')
        if self.split == "temporal" and self.repeats != 1:
            raise ValueError('split = "temporal" draws nothing, so that repeats would all be the same; allowed is repeats = 1')
        return self


class Study(Strict):
    """Cohorts × methods × protocol; `methods` may still hold selectors such as `core` or a family's name.

    `baseline`: the label of the method that the report takes every other one's differences to. `published`: rows of others.
    """

    name: str
    description: str = ""
    methods: tuple[MethodLabel, ...]
    datasets: tuple[DatasetLabel, ...]
    protocol: Protocol = Protocol()
    baseline: str | None = None
    published: tuple[Published, ...] = ()

    @field_validator("name", "baseline")
    @classmethod
    def _stays_in_its_folder(cls, name: str | None) -> str | None:
        return name if name is None else checked_label(name)

    @model_validator(mode="after")
    def _defaults_are_there_to_be_shown(self) -> Self:
        if not self.protocol.defaults and not all(isinstance(dataset, Point) for dataset in self.datasets):
            raise ValueError("protocol.defaults = false: allowed where every dataset has a grid; other reports show the defaults")
        return self

    @field_validator("methods", "datasets", mode="before")
    @classmethod
    def _names_are_labels(cls, entries: Any) -> Any:
        if not isinstance(entries, list | tuple):
            return entries
        return tuple({"label": _label_of(entry), "name": entry} if isinstance(entry, str) else entry for entry in entries)

    @field_validator("datasets")
    @classmethod
    def _grids_are_crossed(cls, entries: tuple[DatasetLabel, ...]) -> tuple[DatasetLabel, ...]:
        return tuple(point for entry in entries for point in entry.points())

    @field_validator("methods", "datasets")
    @classmethod
    def _labels_are_told_apart(cls, entries: tuple[L, ...]) -> tuple[L, ...]:
        labels = [entry.label for entry in entries]
        twice = sorted({label for label in labels if labels.count(label) > 1})
        if twice:
            raise ValueError(f"the label {twice[0]!r} stands twice")
        if not labels:
            raise ValueError("at least one is needed")
        return entries


def _label_of(name: str) -> str:
    """A method's or dataset's own name; of a folder its last part, in letters that can name a folder here too."""
    from datasets.folder import is_folder, path_of

    return re.sub(r"[^A-Za-z0-9_.+-]+", "_", path_of(name).resolve().name) if is_folder(name) else name


def presets() -> dict[str, str]:
    """The studies that ship, by name, with what each says of itself."""
    found = {}
    for file in resources.files("bench.protocol").joinpath("presets").iterdir():
        if file.name.endswith(".toml"):
            found[file.name.removesuffix(".toml")] = tomllib.loads(file.read_text(encoding="utf-8")).get("description", "")
    return dict(sorted(found.items()))


def read_study(source: str, overrides: Mapping[str, Any] | None = None) -> Study:
    """The study of a preset's name or a TOML file's path, with overrides (`methods`, `datasets` or protocol keys) put on top.
    A name in the override of `methods` that is a label of the study stands for that entry of it.

    Refuses a file that is missing or broken, and every key or value that is not allowed, by name.
    """
    content = _resolved(source, seen=())
    for key, value in (overrides or {}).items():
        if key in ("methods", "datasets"):
            content[key] = _labelled(content.get(key), value) if key == "methods" else value
        else:
            content.setdefault("protocol", {})[key] = value
    try:
        return Study.model_validate(_tupled(content))
    except ValidationError as error:
        raise Refused("\n".join(_explained(source, problem) for problem in error.errors())) from error


def _labelled(own: Any, asked: Sequence[Any]) -> list[Any]:
    """What is asked for, each label of a study's own entries as that entry."""
    entries = own if isinstance(own, list) else []
    known = {entry["label"]: entry for entry in entries if isinstance(entry, dict) and isinstance(entry.get("label"), str)}
    return [known.get(name, name) for name in asked]


def with_text_encoder(study: Study, say: Callable[[str], None]) -> Study:
    """The study with its text model named to the byte, so that another model of the same name makes other cells; refuses one that
    cannot be had. Says before it goes to the network."""
    named = study.protocol.text_encoder
    if named == WORDS:
        return study
    return study.model_copy(update={"protocol": study.protocol.model_copy(update={"text_encoder": pinned(named, say)})})


def _resolved(source: str, seen: tuple[str, ...]) -> dict[str, Any]:
    if source in seen:
        raise Refused(f"study '{source}' extends itself: {' → '.join((*seen, source))}.")
    content = _content(source)
    base = content.pop("extends", None)
    if base is None:
        return content
    if not isinstance(base, str):
        raise Refused(f"study '{source}': extends: found {base!r}; allowed is the name or path of a study.")
    if base.endswith(".toml"):
        base = str(Path(source).parent / base)
    try:
        below = _resolved(base, (*seen, source))
    except Refused as refusal:
        raise Refused(f"study '{source}': extends: {refusal}") from refusal
    below.pop("description", None)
    protocol = content.pop("protocol", {})
    if not isinstance(protocol, dict):
        raise Refused(f"study '{source}': protocol: found {protocol!r}; allowed is a table [protocol].")
    return {**below, **content, "protocol": {**below.get("protocol", {}), **protocol}}


def _content(source: str) -> dict[str, Any]:
    if source.endswith(".toml"):
        path = Path(source)
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise Refused(f"study file {path}: cannot be read ({error}).") from error
        default_name = path.stem
    else:
        if source not in presets():
            raise unknown("study", source, [*presets(), "the path of a .toml file"])
        text = resources.files("bench.protocol").joinpath("presets", f"{source}.toml").read_text(encoding="utf-8")
        default_name = source
    try:
        content = {"name": default_name, **tomllib.loads(text)}
    except tomllib.TOMLDecodeError as error:
        raise Refused(f"study file {source}: is not TOML: {error}.") from error
    if isinstance(content.get("datasets"), list):
        content["datasets"] = [_from_here(entry, Path(source).parent) for entry in content["datasets"]]
    protocol = content.get("protocol")
    if isinstance(protocol, dict) and str(protocol.get("text_encoder")).startswith(f"{HUB}."):
        protocol["text_encoder"] = f"{HUB}{Path(source).parent.resolve() / protocol['text_encoder'].removeprefix(HUB)}"
    return content


def _from_here(dataset: Any, home: Path) -> Any:
    """An entry of `datasets` in a study file; folders are named as seen from the file."""
    if isinstance(dataset, dict):
        return {key: _from_here(value, home) if key == "name" else value for key, value in dataset.items()}
    from datasets.folder import is_folder

    seen = isinstance(dataset, str) and is_folder(dataset) and not dataset.startswith(("/", "~"))
    return f"{home}/{dataset}" if seen else dataset


def _tupled(value: Any) -> Any:
    """Lists as tuples outside `set`, as strict validation wants them."""
    if isinstance(value, dict):
        return {key: entry if key == "set" else _tupled(entry) for key, entry in value.items()}
    return tuple(_tupled(entry) for entry in value) if isinstance(value, list) else value


def _explained(source: str, problem: Mapping[str, Any]) -> str:
    place = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        rooms: dict[str, type[BaseModel]] = {
            "protocol": Protocol,
            "methods": MethodLabel,
            "datasets": DatasetLabel,
            "published": Published,
        }
        model = Study if len(problem["loc"]) == 1 else rooms[str(problem["loc"][0])]
        room = place.rpartition(".")[0]
        return f"study '{source}': " + str(unknown(f"{room}: key" if room else "key", str(problem["loc"][-1]), model.model_fields))
    if problem["type"] == "missing":
        return f"study '{source}': {place} is missing."
    allowed = problem["msg"].removeprefix("Value error, ").replace("Input should be", "allowed is")
    if not place:
        return f"study '{source}': {allowed}."
    return f"study '{source}': {place}: found {problem['input']!r}; {allowed}."
