"""Select: the methods that a study's entries stand for."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points
from pathlib import Path

from bench.protocol.study import LABEL, Label
from datasets.errors import Refused
from methods.registry import CORE, FAMILIES, GROUPS, entries, entry

ENTRY_POINTS = "clinical_mtl_bench.methods"


def load_plugins(files: Sequence[str]) -> list[str]:
    """Registers the methods of these files and of other packages' entry points; gives a line for each package that is broken."""
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


def expand(methods: Sequence[Label]) -> tuple[Label, ...]:
    """One label a method: `all`, `core`, families and groups become those of their members that can run here; refuses a name that
    is not known, and a method asked for by name that cannot run here."""
    expanded: dict[str, Label] = {}
    for label in methods:
        for name in _members(label.name):
            if why := entry(name).absent():
                if name == label.name:
                    raise Refused(f"method '{name}': {why}")
                continue
            if label.set and name != label.name:
                raise Refused(f"methods: '{label.name}' stands for several methods, so 'set' cannot be given with it.")
            found = label if name == label.name else Label(label=name, name=name)
            expanded.setdefault(found.label, found)
    for label in expanded.values():
        entry(label.name).build(**label.set)
    return tuple(expanded.values())


def absent(methods: Sequence[Label]) -> list[str]:
    """A line for each method that a selector stands for and that cannot run here: what is missing, and what to do."""
    names = dict.fromkeys(name for label in methods for name in _members(label.name) if name != label.name)
    return [f"method '{name}' is left out: {why}" for name in names if (why := entry(name).absent())]


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
