"""run: killed at whatever moment and started again, it ends like one that never was, and leaves no process behind."""

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pandas as pd
import psutil
import pytest

from bench.disk import read_json, read_lines
from tests.cli.conftest import QUICKEST, Bench
from tests.cli.test_run import PLUGIN, start

FAULTY = ("--plugin", str(QUICKEST.with_name("faulty.py")))
PLUGINS = (*PLUGIN, *FAULTY)


def tables(home: Path) -> dict[str, pd.DataFrame]:
    """Predictions, those of the defaults and those without a modality."""
    return {str(file.relative_to(home)): pd.read_parquet(file) for file in sorted(home.glob("small/small/*/fold-0/*.parquet"))}


def told(home: Path) -> dict[str, object]:
    """Trials, without when and how long, and what diagnostics found."""
    cells = sorted(home.glob("small/small/*/fold-0"))
    trials = {cell.parent.name: read_lines(cell / "trials.jsonl") for cell in cells}
    bare = {
        name: [{key: line[key] for key in line if key not in ("began", "seconds", "seal")} for line in trials[name]]
        for name in trials
    }
    return bare | {f"{cell.parent.name} diagnosed": read_json(cell / "diagnosed.json") for cell in cells}


def files(home: Path) -> set[str]:
    return {file.relative_to(home).as_posix() for file in home.rglob("*") if file.is_file()}


def equal(torn: Path, whole: Path) -> None:
    one, other = tables(torn), tables(whole)
    assert list(one) == list(other)
    assert any(name.endswith("default.parquet") for name in one)
    for name, found in one.items():
        pd.testing.assert_frame_equal(found, other[name], check_exact=True)
    assert told(torn) == told(whole)
    assert files(torn) == files(whole)


@pytest.mark.soak
def test_a_worker_killed_while_its_record_moves_to_its_place(bench: Bench, small: Path, tmp_path: Path) -> None:
    moments = ("sealing", "before", "after")
    entries = ", ".join(f'{{label = "{m}", name = "dies", set = {{moment = "{m}"}}}}' for m in moments)
    small.write_text(small.read_text().replace('"most_common", "logistic"', entries))
    for home in ("dead", "alive"):
        (tmp_path / home).mkdir()
    for moment in moments:
        (tmp_path / "alive" / moment).touch()
    # Without a fence, so that the method stands in the process that writes the record.
    chosen, near = ("run", str(small), *PLUGINS), {"CLINICAL_MTL_FENCE": "0"}
    first = bench(*chosen, "--results", "torn", code=1, DEAD=str(tmp_path / "dead"), **near)
    # Whoever dies right after the last step has done all there was to do.
    assert "2 cells failed" in first.stdout
    assert "killed by SIGKILL" in " ".join(first.stdout.split())
    assert {file.name for file in (tmp_path / "dead").iterdir()} == set(moments)
    trials = {m: next((tmp_path / "torn/small/small" / m).glob(".fold-0.*/trials.jsonl")) for m in moments[:2]}
    kept = {moment: file.read_text() for moment, file in trials.items()}
    again = bench(*chosen, "--results", "torn", DEAD=str(tmp_path / "dead"), **near)
    assert "1 done, 2 failed" in again.stdout
    for moment in moments[:2]:
        done = tmp_path / "torn" / "small" / "small" / moment / "fold-0" / "trials.jsonl"
        assert done.read_text() == kept[moment]
    bench(*chosen, "--results", "whole", DEAD=str(tmp_path / "alive"), **near)
    equal(tmp_path / "torn", tmp_path / "whole")


def below(process: "subprocess.Popen[str]") -> list[psutil.Process]:
    try:
        return psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def test_ctrl_c_twice_ends_at_once_and_leaves_all_valid(
    bench: Bench, small: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    slow = '{label = "most_common", name = "most_common", set = {pause = 1.0}}'
    small.write_text(small.read_text().replace('"most_common", "logistic"', slow))
    process = start(small, environment, *FAULTY, "--results", "torn")
    trials = tmp_path / "torn" / "small" / "small" / "most_common" / ".fold-0.partial" / "trials.jsonl"
    end = time.monotonic() + 200
    while not trials.is_file():
        assert time.monotonic() < end
        time.sleep(0.02)
    workers = below(process)
    assert workers
    process.send_signal(signal.SIGINT)
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    # The second may come when Python itself is ending, and hears it no more; a shell tells both as 130.
    assert process.returncode in (130, -signal.SIGINT)
    assert "Traceback" not in err
    assert not psutil.wait_procs(workers, timeout=15)[1]
    bench("run", str(small), *PLUGINS, "--results", "torn")
    bench("run", str(small), *PLUGINS, "--results", "whole")
    equal(tmp_path / "torn", tmp_path / "whole")


@pytest.mark.soak
def test_twenty_kills_at_random_moments(bench: Bench, small: Path, tmp_path: Path, environment: dict[str, str]) -> None:
    slow = '"logistic", {label = "most_common", name = "most_common", set = {pause = 0.3}}'
    small.write_text(small.read_text().replace('"most_common", "logistic"', slow).replace("trials = 2", "trials = 12"))
    began = time.monotonic()
    bench("run", str(small), *PLUGINS, "--results", "whole")
    whole = time.monotonic() - began
    rng, left = random.Random(20), 20
    while left:
        # Some runs come to their end between kills: what is killed then is a run anew.
        home = tmp_path / f"torn-{left}"
        for _ in range(min(left, 4)):
            process = start(small, environment, *FAULTY, "--results", str(home))
            time.sleep(rng.uniform(0.1, 1.0) * whole)
            workers = below(process)
            os.kill(process.pid, signal.SIGKILL)
            process.communicate()
            assert not psutil.wait_procs(workers, timeout=15)[1]
            left -= 1
        bench("run", str(small), *PLUGINS, "--results", str(home))
        equal(home, tmp_path / "whole")
