"""Select: the methods that a study's entries stand for."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points
from pathlib import Path

from bench.protocol.labels import LABEL, MethodLabel
from datasets.errors import Refused, unknown
from methods.registry import CORE, FAMILIES, GROUPS, entries, entry

ENTRY_POINTS = "clinical_mtl_bench.methods"


def load_plugins(files: Sequence[str]) -> list[str]:
    """Registers the methods of these files and of other packages' entry points; gives a line for each package that is broken."""
    if files or entry_points(group=ENTRY_POINTS):
        # All names that are taken, so that a second method of one is refused; else each is loaded when it is asked for.
        entries()
    load_files(files)
    return load_packages()


def load_files(files: Sequence[str]) -> None:
    """Registers the methods of these files; refuses a file that is missing or broken."""
    for file in files:
        _load_file(Path(file))


def load_packages() -> list[str]:
    """Registers the methods of other packages' entry points; gives a line for each that is broken and left out."""
    warnings = []
    for point in entry_points(group=ENTRY_POINTS):
        try:
            point.load()
        except Exception as error:
            warnings.append(f"plug-in '{point.name}' ({point.value}) is left out: {type(error).__name__}: {error}")
    return warnings


def expand(methods: Sequence[MethodLabel]) -> tuple[MethodLabel, ...]:
    """One label a method: `all`, `core`, families and groups become those of their members that can run here; an optional one that
    cannot is left out. Refuses a name that is not known, a method asked for by name that cannot run here, parameters that it does
    not take, and modalities to leave out that it does not read or that are all it reads."""
    expanded: dict[str, MethodLabel] = {}
    for label in methods:
        members = _members(label.name)
        if members != [label.name] and (label.set or label.without or label.optional):
            said = "'set', 'without' and 'optional' cannot be given with it"
            raise Refused(f"methods: '{label.name}' stands for several methods, so {said}.")
        for name in members:
            if why := entry(name).absent(**label.set):
                if name == label.name and not label.optional:
                    raise Refused(f"method '{name}': {why}")
                continue
            found = label if name == label.name else MethodLabel(label=name, name=name)
            expanded.setdefault(found.label, found)
    if not expanded:
        raise Refused(" ".join(["No method of the study can run here:", *absent(methods)]))
    for label in expanded.values():
        _refuse_set(label)
        _refuse_without(label)
    return tuple(expanded.values())


def _refuse_set(label: MethodLabel) -> None:
    """Builds the method once, so that a wrong name or value is refused before anything starts."""
    build = entry(label.name).build
    try:
        build(**label.set)
    except TypeError as error:
        if unmet := [name for name in label.set if name not in (allowed := build().get_params())]:
            raise unknown(f"method '{label.label}': set: parameter", unmet[0], allowed) from error
        raise Refused(f"method '{label.label}': set: {error}.") from error


def _refuse_without(label: MethodLabel) -> None:
    reads = entry(label.name).modalities
    for modality in label.without:
        if modality not in reads:
            said = f"{label.name} does not read it anyway; it reads {', '.join(reads)}"
            raise Refused(f"method '{label.label}': without: found '{modality}'; {said}.")
    if set(reads) <= set(label.without):
        found = ", ".join(label.without)
        raise Refused(f"method '{label.label}': without: found {found}, which is all that {label.name} reads; leave one in.")


def refuse_baseline(baseline: str | None, methods: Sequence[MethodLabel]) -> None:
    """Refuses a baseline that is no label among the methods of its study."""
    labels = [label.label for label in methods]
    if baseline is not None and baseline not in labels:
        raise unknown("baseline", baseline, labels)


def absent(methods: Sequence[MethodLabel]) -> list[str]:
    """A line for each method that a selector stands for, or that is optional, and that cannot run here: what is missing, and what
    to do."""
    asked = {
        label.label if name == label.name else name: (name, label.set)
        for label in methods
        for name in _members(label.name)
        if name != label.name or label.optional
    }
    why = {shown: entry(name).absent(**given) for shown, (name, given) in asked.items()}
    return [f"method '{shown}' is left out: {said}" for shown, said in why.items() if said]


def _members(name: str) -> list[str]:
    if name == "all":
        return list(entries())
    if name == "core":
        return list(CORE)
    if name in (*FAMILIES, *GROUPS):
        return [other for other, found in entries().items() if name in (found.family, found.group)]
    return [name]


def _load_file(path: Path) -> None:
    if not path.is_file():
        raise Refused(f"--plugin {path}: there is no such file.")
    name = f"plugin_{path.stem}"
    if not LABEL.fullmatch(path.stem) or path.suffix != ".py":
        raise Refused(f"--plugin {path}: expected a Python file (.py) with a plain name.")
    if name in sys.modules and Path(str(sys.modules[name].__file__)).resolve() == path.resolve():
        return
    spec = importlib.util.spec_from_file_location(name, path.resolve())
    if spec is None or spec.loader is None:
        raise Refused(f"--plugin {path}: cannot be loaded as Python.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Refused:
        del sys.modules[name]
        raise
    except Exception as error:
        del sys.modules[name]
        raise Refused(f"--plugin {path}: {type(error).__name__}: {error}.") from error
