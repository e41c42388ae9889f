"""Verification shares nothing with what it verifies: it reads records and files, and knows the seeds."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FILES = sorted((ROOT / "bench" / "verifying").glob("*.py"))
ALLOWED = {"bench.store", "bench.disk", "bench.protocol.seeds", "datasets.errors"}


def imported(path: Path) -> set[str]:
    """Every module of the project that a file imports, wherever in it, `from package import module` by its whole name."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path.name}: a relative import hides what it imports"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.split(".")[0] in ("bench", "methods", "datasets")}


def allowed(name: str) -> bool:
    return any(name == room or name.startswith(f"{room}.") for room in (*ALLOWED, "bench.verifying"))


def test_there_is_something_to_look_at() -> None:
    assert len(FILES) > 10
    assert "bench.protocol.seeds.seed" in imported(ROOT / "bench" / "verifying" / "scores.py")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_of_the_verifier_imports_records_files_and_seeds_alone(path: Path) -> None:
    assert {name for name in imported(path) if not allowed(name)} == set()
