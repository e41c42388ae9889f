"""The fence around methods: what can be read behind it, by this process or one that it starts, and what cannot."""

import gc
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.protocol.plan import Cell
from bench.running import fitting
from bench.running.apart import apart
from bench.running.fence import VARIABLE, enclose, version
from bench.store import CellPlace
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


def test_what_was_read_to_part_a_cohort_is_held_by_nobody(tmp_path: Path) -> None:
    cohort = make(240).without("text")
    cache.write([cohort], tmp_path / "cohort")
    sides = [("train", 0, 120), ("valid", 120, 180), ("test", 180, 240)]
    split = pd.concat([pd.DataFrame({"row": np.arange(a, b), "fold": 0, "side": side}) for side, a, b in sides])
    split.to_parquet(tmp_path / "split.parquet", index=False)
    names = list(cohort.outcome_names)
    settings, files = {"outcomes": names, "fold": 0}, (tmp_path / "cohort", tmp_path / "split.parquet")
    cell = Cell(CellPlace(tmp_path, "m", 0), "", 1, 1.0, settings, *files, (), {})
    before = {id(thing) for thing in gc.get_objects()}
    opened = fitting._open(cell)
    gc.collect()
    found = [thing for thing in gc.get_objects() if id(thing) not in before and isinstance(thing, pd.DataFrame)]
    told = [frame for frame in found if set(names) & {str(name) for name in frame.columns}]
    assert sorted({len(frame) for frame in told}) == [60, 120]
    assert list(opened.test.outcomes.columns) == []
    assert not any(frame.equals(cohort.outcomes.iloc[180:].reset_index(drop=True)) for frame in told)
