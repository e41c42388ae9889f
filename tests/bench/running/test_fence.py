"""The fence around methods: what can be read behind it, by this process or one that it starts, and what cannot."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.place import CellPlace
from bench.protocol.plan import Cell
from bench.running.apart import apart
from bench.running.fence import VARIABLE, enclose, version
from bench.running.placed import to_json
from datasets import cache
from tests.methods.neural.cohorts import make

pytestmark = pytest.mark.skipif(not version(), reason="this system has no Landlock (Linux 5.19 and later)")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("closed/deep/secret", "closed/own/told", "beside/told", "told"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "link").symlink_to(tmp_path / "closed/deep/secret")
    (tmp_path / "beside/link").symlink_to(tmp_path / "closed")
    return tmp_path


def behind(folder: Path, work: Callable[[], object]) -> object:
    """What work says behind a fence around `folder`/closed that leaves `folder`/closed/own open."""

    def fenced() -> int:
        enclose([folder / "closed"], [folder / "closed/own"])
        (folder / "closed/own/answer").write_text(json.dumps(work()))
        return 0

    assert apart(fenced) == 0
    return json.loads((folder / "closed/own/answer").read_text())


def test_what_is_closed_cannot_be_read_and_all_else_can(folder: Path) -> None:
    names = ("closed/deep/secret", "link", "beside/link/deep/secret", "closed/own/told", "beside/told", "told")

    def readable() -> dict[str, bool]:
        return {name: os.access(folder / name, os.R_OK) and _reads(folder / name) for name in names}

    assert list(readable().values()) == [True] * 6
    assert list(behind(folder, readable).values()) == [False, False, False, True, True, True]  # type: ignore[attr-defined]
    # This process gave nothing up.
    assert list(readable().values()) == [True] * 6


def _reads(path: Path) -> bool:
    try:
        return bool(path.read_text())
    except PermissionError:
        return False


def test_neither_a_child_nor_a_link_nor_another_process_brings_it_out(folder: Path) -> None:
    secret, out = folder / "closed/deep/secret", folder / "beside/out"

    def tried() -> list[object]:
        told = subprocess.run(["cat", str(secret)], capture_output=True, text=True, check=False).stdout
        failed = []
        for way in (os.rename, os.link):
            try:
                way(secret, out)
            except OSError as error:
                failed.append(type(error).__name__)
        return [told, failed, _reads(Path(f"/proc/{os.getppid()}/root{secret}")), _opens(f"/proc/{os.getppid()}/mem")]

    assert behind(folder, tried) == ["", ["OSError", "OSError"], False, False]


def _opens(path: str) -> bool:
    try:
        with Path(path).open("rb"):
            return True
    except OSError:
        return False


def test_work_goes_on_as_before(folder: Path) -> None:
    def worked() -> list[object]:
        (folder / "beside/new").write_text("new")
        (folder / "beside/new").rename(folder / "closed/own/moved")
        ran = subprocess.run([sys.executable, "-c", "import sqlite3, numpy; print(1)"], capture_output=True, text=True, check=False)
        return [(folder / "closed/own/moved").read_text(), ran.stdout, bool(np.random.default_rng().random())]

    assert behind(folder, worked) == ["new", "1\n", True]


def test_whoever_waits_ends_as_the_work_did() -> None:
    code = "import os, signal; from bench.running.apart import apart; apart(lambda: os.kill(os.getpid(), signal.{}) or 0)"
    for name in ("SIGKILL", "SIGSEGV"):
        ended = subprocess.run([sys.executable, "-c", code.format(name)], check=False)
        assert ended.returncode == -getattr(__import__("signal"), name)
    assert apart(lambda: 5) == 5
    assert apart(lambda: int("no number")) == 1


def test_work_ends_with_whoever_waits_for_it(tmp_path: Path) -> None:
    waiting = (
        "import os, sys, time; from bench.running.apart import apart\n"
        "def work():\n    print(os.getpid(), flush=True)\n    time.sleep(60)\n    return 0\napart(work)"
    )
    with subprocess.Popen([sys.executable, "-c", waiting], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        process.kill()
    for _ in range(100):
        if not Path(f"/proc/{child}").exists() or "State:\tZ" in Path(f"/proc/{child}/status").read_text():
            return
        os.sched_yield()
        subprocess.run(["sleep", "0.05"], check=True)
    pytest.fail("the child lives on")


def test_it_can_be_left_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "0")
    assert version() == 0


FITS = """
import json, sys
from bench.running import fitting
from bench.running.apart import apart
from bench.running.placed import from_json

cell = from_json(json.loads(sys.argv[1]))
assert apart(lambda: fitting.begin_cell(cell) or 0) == 0
opened = fitting._open(cell)
assert list(opened.test.outcomes) == []
print(len(opened.train), flush=True)
sys.stdin.read()
"""


def found_in_memory(pid: int, columns: Sequence[np.ndarray]) -> list[bool]:
    """Which of these columns of 0 and 1 lie in the memory of a process, as numbers of four bytes or of eight."""
    maps = [line.split() for line in Path(f"/proc/{pid}/maps").read_text().splitlines()]
    found = [False] * len(columns)
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for span in (fields[0] for fields in maps if fields[1][0] == "r" and "[v" not in fields[-1] and ".so" not in fields[-1]):
            start, end = (int(one, 16) for one in span.split("-"))
            memory.seek(start)
            try:
                held = memory.read(end - start)
            except OSError:
                # A device, or gone since.
                continue
            for kind in (np.float32, np.float64):
                numbers = np.frombuffer(held, kind, count=len(held) // np.dtype(kind).itemsize)
                found = [one or _stands(numbers, column.astype(kind)) for one, column in zip(found, columns, strict=True)]
    return found


def _stands(numbers: np.ndarray, column: np.ndarray) -> bool:
    """Whether a column that holds a 1 stands somewhere in a row of numbers."""
    first = int(np.flatnonzero(column)[0])
    starts = np.flatnonzero(numbers == 1) - first
    starts = starts[(starts >= 0) & (starts + len(column) <= len(numbers))]
    for place, value in enumerate(column):
        starts = starts[numbers[starts + place] == value]
    return len(starts) > 0


def test_the_process_that_fits_holds_no_outcome_of_test_in_any_byte(tmp_path: Path) -> None:
    cohort = make(240).without("text")
    cache.write([cohort], tmp_path / "cohort")
    sides = [("train", 0, 120), ("valid", 120, 180), ("test", 180, 240)]
    split = pd.concat([pd.DataFrame({"row": np.arange(a, b), "fold": 0, "side": side}) for side, a, b in sides])
    split.to_parquet(tmp_path / "split.parquet", index=False)
    cell = Cell(
        place=CellPlace(tmp_path / "results" / "study" / "planted", "m", 0),
        key="key",
        train=120,
        effort=1.0,
        settings={"outcomes": list(cohort.outcome_names), "fold": 0, "method": "m"},
        cohort=tmp_path / "cohort",
        split=tmp_path / "split.parquet",
        plugins=(),
        origin={},
    )
    command = [sys.executable, "-c", FITS, json.dumps(to_json(cell))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "120\n"
        y = [cohort.outcomes[name].to_numpy(np.float32) for name in cohort.outcome_names]
        assert all(found_in_memory(process.pid, [one[:120] for one in y]))
        assert not any(found_in_memory(process.pid, [one[180:] for one in y]))
        process.communicate("")


def test_what_a_method_leaves_in_its_session_or_outside_ends_with_it(tmp_path: Path) -> None:
    code = (
        "import os, time; from bench.running.apart import apart\n"
        "def work():\n"
        "    for setsid in (False, True):\n"
        "        if os.fork() == 0:\n"
        "            setsid and os.setsid()\n"
        f"            open({str(tmp_path)!r} + '/' + str(os.getpid()), 'w').close(); time.sleep(60); os._exit(0)\n"
        f"    while len(os.listdir({str(tmp_path)!r})) < 2: time.sleep(0.01)\n"
        "    return 3\n"
        "raise SystemExit(apart(work))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 3
    left = [int(file.name) for file in tmp_path.iterdir()]
    assert len(left) == 2
    assert not any(Path(f"/proc/{pid}").exists() for pid in left)


def test_what_a_method_puts_beside_its_trials_is_not_followed_into_the_record(tmp_path: Path) -> None:
    place, outside = CellPlace(tmp_path / "results", "m", 0), tmp_path / "outside"
    partial = place.begin("key")
    (partial / "predictions.parquet").symlink_to(outside)
    (partial / "log.jsonl").symlink_to("/etc/hostname")
    (partial / "default.parquet").write_text("planted")
    (partial / "folder").mkdir()
    (partial / "trials.jsonl").write_text("{}\n")
    table = pd.DataFrame({"row": [0], "patient": [0], "side": ["test"], "outcome": ["o"], "seed": [0], "y": [1.0], "p": [0.5]})
    place.finish({"key": "key"}, table, None)
    assert sorted(file.name for file in place.done.iterdir()) == ["cell.json", "predictions.parquet", "trials.jsonl"]
    assert not outside.exists()
    assert not (place.done / "predictions.parquet").is_symlink()
    assert not partial.exists()


def test_a_record_that_was_stopped_leaves_its_trials_alone(tmp_path: Path) -> None:
    place = CellPlace(tmp_path / "results", "m", 0)
    (place.begin("key") / "trials.jsonl").write_text("{}\n")
    table = pd.DataFrame({"row": [0], "patient": [0], "side": ["test"], "outcome": ["o"], "seed": [0], "y": [1.0], "p": [0.5]})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "rename", _stopped)
        with pytest.raises(KeyboardInterrupt):
            place.finish({"key": "key"}, table, table)
    assert (place.making / "predictions.parquet").is_file()
    partial = place.begin("key")
    assert sorted(file.name for file in partial.iterdir()) == ["key", "trials.jsonl"]
    assert (partial / "trials.jsonl").read_text() == "{}\n"
    assert not place.making.exists()
    assert list(place.begin("another").iterdir()) == [partial / "key"]


def _stopped(*_: object) -> None:
    raise KeyboardInterrupt
