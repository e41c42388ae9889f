"""The folder where workers keep inputs: there while a run goes on, gone when it ends, whichever way."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.running.executors import kept_inputs
from bench.running.executors.kept_inputs import KeptInputs
from methods.neural.inputs.kept import alone

HOLD = """
import sys
from bench.running.executors.kept_inputs import KeptInputs
kept = KeptInputs()
print(kept.folder, flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLINICAL_MTL_CACHE", str(tmp_path))
    return tmp_path


def there(home: Path) -> list[Path]:
    return sorted(home.glob("inputs-*"))


def other() -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_it_is_for_nobody_else_and_goes_with_the_run(home: Path) -> None:
    kept = KeptInputs()
    assert there(home) == [kept.folder]
    assert kept.folder is not None
    assert kept.folder.stat().st_mode & 0o077 == 0
    (kept.folder / "train").mkdir()
    kept.remove()
    assert there(home) == []
    kept.remove()


def test_what_a_killed_run_has_left_goes_with_the_next_and_what_a_living_one_holds_stays(home: Path) -> None:
    living, killed = other(), other()
    assert living.stdout is not None
    assert killed.stdout is not None
    stays, goes = Path(living.stdout.readline().strip()), Path(killed.stdout.readline().strip())
    killed.kill()
    killed.communicate()
    assert there(home) == sorted([stays, goes])
    own = KeptInputs()
    assert there(home) == sorted(path for path in (stays, own.folder) if path is not None)
    living.communicate("")
    own.remove()
    assert there(home) == []


def test_what_was_not_read_for_the_longest_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = KeptInputs()
    assert kept.folder is not None
    for number, name in enumerate(("old", "held", "middle", "new")):
        part = kept.folder / name / "table-x"
        part.mkdir(parents=True)
        (part / "numbers.npy").write_bytes(b"0" * 100)
        (kept.folder / name / ".lock").touch()
        os.utime(kept.folder / name / ".lock", (number, number))
    monkeypatch.setattr(kept_inputs, "MOST", 400)
    kept.trim()
    assert len(list(kept.folder.iterdir())) == 5
    monkeypatch.setattr(kept_inputs, "MOST", 250)
    with alone(kept.folder / "held"):
        os.utime(kept.folder / "held" / ".lock", (1, 1))
        kept.trim()
    assert {path.name for path in kept.folder.iterdir()} == {"held", "new", ".run"}
    kept.remove()


def test_what_belongs_to_another_user_is_left_alone(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "inputs-theirs").mkdir()
    reading = Path.open

    def refused(path: Path, mode: str = "r") -> object:
        if path.parent.name == "inputs-theirs":
            raise PermissionError(13, "Permission denied")
        return reading(path, mode)

    monkeypatch.setattr(Path, "open", refused)
    kept = KeptInputs()
    assert kept.folder is not None
    kept.remove()
    assert there(home) == [home / "inputs-theirs"]


def test_where_the_cache_cannot_be_written_there_is_none(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(kept_inputs.tempfile, "mkdtemp", refuse)
    kept = KeptInputs()
    assert kept.folder is None
    kept.remove()
    assert there(home) == []
