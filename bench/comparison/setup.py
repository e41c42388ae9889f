"""Set-up: what two studies did otherwise on one dataset, from their plans and cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bench.comparison.spaces import Space, differences
from bench.protocol.study import USUAL
from bench.store import DatasetRecord

NONE = "–"
ALONE = "in one study alone"
# What of a method's entry in a plan decides its predictions, and is told by itself.
ENTRY = ("name", "without", "modalities", "per_outcome", "twin")
KEYED = ("dataset", "protocol", "cohort_hash", "split_hash", "outcomes", "known")
CARD = ("name", "landmark", "outcomes", "nested", "reference")


@dataclass(frozen=True)
class Change:
    """One thing that differs: the part of the set-up, what it is, and what A and B hold, in words. `counts`: whether it belongs to
    what a study sets; versions of libraries, the code of methods and the words of a card are told beside it."""

    part: str
    what: str
    a: str
    b: str
    counts: bool = True


def changes(a: DatasetRecord, b: DatasetRecord, spaces_a: Mapping[str, Space], spaces_b: Mapping[str, Space]) -> tuple[Change, ...]:
    """All that differs, what matters most first; `spaces_*`: the search space of each method, where trials tell it."""
    found = [*_dataset(a, b), *_protocol(a, b), *_methods(a, b)]
    for method in (m for m in a.plan["methods"] if m in b.plan["methods"]):
        if method in spaces_a and method in spaces_b:
            searched = differences(spaces_a[method], spaces_b[method])
            found += [Change("search space", f"{method} {name}", *both) for name, both in searched.items()]
    return (*found, *_code(a, b), *_versions(a, b))


def said(value: Any) -> str:
    """A value of a plan in words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {said(entry)}" for key, entry in value.items()) or NONE
    if isinstance(value, list | tuple):
        return ", ".join(map(said, value)) or NONE
    return NONE if value is None else str(value)


def _differing(part: str, a: Mapping[str, Any], b: Mapping[str, Any], counts: bool = True) -> Iterator[Change]:
    for key in dict.fromkeys([*a, *b]):
        if a.get(key) != b.get(key):
            yield Change(part, key, said(a.get(key)), said(b.get(key)), counts)


def _dataset(a: DatasetRecord, b: DatasetRecord) -> Iterator[Change]:
    yield from _differing("dataset", _shown(a), _shown(b))
    # Plans of before do not say how their datasets were set.
    if "set" in a.plan and "set" in b.plan:
        yield from _differing("dataset setting", a.plan["set"], b.plan["set"])
    yield from _differing("outcomes", {"outcomes": a.plan["outcomes"]}, {"outcomes": b.plan["outcomes"]})
    yield from _differing("outcome left out", a.plan["left_out"], b.plan["left_out"])
    yield from _differing("card", _card(a), _card(b), counts=False)


def _shown(record: DatasetRecord) -> dict[str, Any]:
    plan = record.plan
    hashes = {f"{name} hash": plan[f"{name}_hash"][:16] for name in ("cohort", "split")}
    return {"label": record.name, **hashes, "cases taken": plan["taken"], "known outcomes left": plan.get("known")}


def _card(record: DatasetRecord) -> dict[str, Any]:
    return {key: record.cohort["card"].get(key) for key in CARD}


def _protocol(a: DatasetRecord, b: DatasetRecord) -> Iterator[Change]:
    yield from _differing("protocol", {**USUAL, **a.plan["protocol"]}, {**USUAL, **b.plan["protocol"]})


def _methods(a: DatasetRecord, b: DatasetRecord) -> Iterator[Change]:
    ours, theirs = a.plan["methods"], b.plan["methods"]
    only_a, only_b = [label for label in ours if label not in theirs], [label for label in theirs if label not in ours]
    if only_a or only_b:
        yield Change("methods", ALONE, said(only_a), said(only_b))
    for label in (label for label in ours if label in theirs):
        yield from _differing("method", _entry(label, ours), _entry(label, theirs))
        yield from _differing("fixed parameter", _fixed(label, ours), _fixed(label, theirs))


def _entry(label: str, methods: Mapping[str, Any]) -> dict[str, Any]:
    # Plans of before name no `without`.
    entry = {"without": [], **methods[label]}
    return {f"{label} {key}": entry.get(key) for key in ENTRY}


def _fixed(label: str, methods: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{label} {key}": value for key, value in methods[label]["set"].items()}


def _code(a: DatasetRecord, b: DatasetRecord) -> Iterator[Change]:
    """Methods whose cells have other keys though nothing else that the keys are made of differs."""
    if any(a.plan.get(key) != b.plan.get(key) for key in KEYED):
        return
    ours, theirs = a.plan["methods"], b.plan["methods"]
    same = [m for m in ours if m in theirs and all(ours[m].get(key) == theirs[m].get(key) for key in ("set", *ENTRY))]
    if changed := [m for m in same if ours[m]["keys"] != theirs[m]["keys"]]:
        first = changed[0]
        keys = f"key {ours[first]['keys'][0][:8]}", f"key {theirs[first]['keys'][0][:8]}"
        yield Change("code", f"of {said(changed)}, or a file that it reads", *keys, counts=False)


def _versions(a: DatasetRecord, b: DatasetRecord) -> Iterator[Change]:
    yield from _differing("version", versions(a), versions(b), counts=False)


def versions(record: DatasetRecord) -> dict[str, list[str]]:
    """Versions of the libraries that the cells were run with."""
    found: dict[str, set[str]] = {}
    for cell in record.cells.values():
        for name, number in cell.meta.get("versions", {}).items():
            found.setdefault(name, set()).add(number)
    return {name: sorted(numbers) for name, numbers in sorted(found.items())}
