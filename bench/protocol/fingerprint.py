"""Fingerprint: the key of a cell, from everything that decides its predictions."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import io
import json
import sys
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import methods

# Changes when the engine itself would predict otherwise from the same settings.
ENGINE = 2
# Decide which method has which name, never what it predicts.
_NOT_KEYED = frozenset({"methods", "methods.registry", "methods.neural.compose"})
_SPACES = frozenset({tokenize.NL, tokenize.INDENT, tokenize.DEDENT})
# What stands before and after a statement.
_ENDS = frozenset({tokenize.ENCODING, tokenize.NEWLINE, tokenize.ENDMARKER})


def cell_key(settings: Mapping[str, Any], source: str) -> str:
    """SHA-256 of a cell's settings (cohort, split, label, parameters, protocol) and its method's source."""
    content = json.dumps({"engine": ENGINE, "settings": settings, "source": source}, sort_keys=True, allow_nan=False)
    return hashlib.sha256(content.encode()).hexdigest()


def source_hash(modules: Iterable[str]) -> str:
    """SHA-256 over the code of these modules and of all that they import, directly or not, from `methods`.

    Comments and docstrings are left out, which decide nothing.
    """
    closure: dict[str, bytes] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name in closure or name in _NOT_KEYED:
            continue
        file = _file(name)
        if file is None:
            continue
        closure[name] = file.read_bytes()
        waiting += [other for other in _imported(closure[name], name) if other.split(".")[0] == "methods"]
    digest = hashlib.sha256()
    for name in sorted(closure):
        code = _code(closure[name])
        digest.update(f"{name}\0{len(code)}\0{code}".encode())
    return digest.hexdigest()


def _file(module: str) -> Path | None:
    loaded = sys.modules.get(module)
    if loaded is not None and getattr(loaded, "__file__", None):
        return Path(str(loaded.__file__))
    package, *inside = module.split(".")
    if package == "methods":
        # Looked for, not imported: `find_spec` would run every package above it, and torch with it.
        below = Path(methods.__file__).parent.joinpath(*inside)
        return next((file for file in (below / "__init__.py", below.with_name(f"{below.name}.py")) if file.is_file()), None)
    try:
        spec = importlib.util.find_spec(module)
    except ModuleNotFoundError:
        return None
    return Path(spec.origin) if spec is not None and spec.origin else None


@cache
def _code(source: bytes) -> str:
    """A module's text without comments and bare strings; cut by their places, as versions of Python differ in how they would write
    the rest."""
    tokens = [token for token in tokenize.tokenize(io.BytesIO(source).readline) if token.type not in _SPACES]
    gone = [token for token in tokens if token.type == tokenize.COMMENT]
    plain = [token for token in tokens if token.type != tokenize.COMMENT]
    for before, token, after in zip(plain, plain[1:], plain[2:], strict=False):
        if token.type == tokenize.STRING and before.type in _ENDS and after.type in _ENDS:
            gone.append(token)
    lines = [line.decode(tokens[0].string) for line in io.BytesIO(source)]
    for token in sorted(gone, key=lambda token: token.start, reverse=True):
        (first, begin), (last, end) = token.start, token.end
        kept = lines[first - 1][:begin].rstrip() + lines[last - 1][end:]
        # A line that held nothing else goes with it.
        lines[first - 1 : last] = [kept] if kept.strip() else []
    return "".join(lines)


@cache
def _imported(source: bytes, module: str) -> tuple[str, ...]:
    """What a module imports; by its content, so that methods that share a module parse it once."""
    return tuple(_names(source, module))


def _names(source: bytes, module: str) -> Iterator[str]:
    package = module.rpartition(".")[0]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([node.module] if node.module else [])])
            yield base
            # `from package import name`: name may be a module of its own.
            yield from (f"{base}.{alias.name}" for alias in node.names)
