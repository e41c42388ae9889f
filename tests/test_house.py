"""The house: imports run one way, rooms stay small, nothing unsafe is opened."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ALLOWED = {"datasets": {"datasets"}, "methods": {"methods", "datasets"}, "bench": {"bench", "methods", "datasets"}}
FILES = [path for room in ALLOWED for path in sorted((ROOT / room).rglob("*.py"))]


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_room(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0]
    ours = {name for name in imported(path) if name.split(".")[0] in ALLOWED}
    assert {name.split(".")[0] for name in ours} <= ALLOWED[room]
    if room == "methods":
        assert ours <= {"datasets", "datasets.cohort", "datasets.errors"} | {name for name in ours if name.startswith("methods")}
    assert not imported(path) & {"pickle", "joblib", "dill", "cloudpickle"}
    assert len(path.read_text().splitlines()) <= 300
