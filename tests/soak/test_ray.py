"""run --executor ray: a cluster of two machines of which one is lost, processes that die, and Ctrl-C."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.cli.conftest import Bench
from tests.cli.conftest import bench as bench
from tests.cli.conftest import environment as environment
from tests.cli.conftest import small as small
from tests.cli.test_killed import FAULTY, PLUGINS, below, equal
from tests.cli.test_run import start, wait_for

pytestmark = pytest.mark.soak
pytest.importorskip("ray", reason="Ray is not installed (pip install '.[ray]')")

SLOW = '{{label = "{0}", name = "most_common", set = {{pause = 1.0}}}}'


def two_machines() -> Any:
    from ray.cluster_utils import Cluster

    made = Cluster()
    try:
        for _ in range(2):
            made.add_node(num_cpus=1, include_dashboard=False, include_log_monitor=False)
        made.wait_for_nodes()
    except Exception:
        made.shutdown()
        raise
    return made


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Two machines with one CPU each, as far as Ray can tell."""
    # A cluster has the variables of the shell that started it.
    for name in ("killed", "hangs"):
        monkeypatch.setenv(name.upper(), str(tmp_path / name))
    for left in (2, 1, 0):
        try:
            made = two_machines()
            break
        except Exception as error:
            # Ray gives its processes 30 s to begin, which a busy machine may not.
            if not left or "timed out during startup" not in str(error):
                raise
    yield made
    made.shutdown()


def slow(small: Path, *labels: str) -> None:
    methods = ", ".join(SLOW.format(label) for label in labels)
    small.write_text(small.read_text().replace('"most_common", "logistic"', methods).replace("trials = 2", "trials = 6"))


def test_a_machine_lost_in_the_middle_changes_nothing(
    bench: Bench, small: Path, tmp_path: Path, environment: dict[str, str], cluster: Any
) -> None:
    slow(small, "a", "b", "c", "d")
    process = start(
        small, environment, *FAULTY, "--executor", "ray", "--cluster", f"address={cluster.address}", "--results", "placed"
    )
    lost = next(node for node in cluster.worker_nodes)
    raylet = psutil.Process(lost.all_processes["raylet"][0].process.pid)
    end = time.monotonic() + 300
    while (
        not (workers := workers_of(raylet))
        or len(list((tmp_path / "placed").glob("small/small/*/.fold-0.partial/trials.jsonl"))) < 2
    ):
        assert time.monotonic() < end
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    cluster.remove_node(lost, allow_graceful=False)
    assert not psutil.wait_procs(workers, timeout=60)[1]
    out, err = process.communicate(timeout=400)
    assert process.returncode == 0, out + err
    assert "Traceback" not in err
    # A cluster that was there before is there after.
    assert len([node for node in cluster.list_all_nodes() if node.any_processes_alive()]) == 1
    bench("run", str(small), *PLUGINS, "--results", "local")
    equal(tmp_path / "placed", tmp_path / "local")


def workers_of(raylet: psutil.Process) -> list[psutil.Process]:
    return [p for p in raylet.children(recursive=True) if "bench.running.worker" in " ".join(p.cmdline())]


def test_a_process_that_dies_is_begun_again_within_the_run_and_limits_hold(
    bench: Bench, small: Path, tmp_path: Path, cluster: Any
) -> None:
    small.write_text(small.read_text().replace('"most_common", "logistic"', '"logistic", "orphaned", "hangs"'))
    (tmp_path / "hangs").touch()
    placed = ("--executor", "ray", "--cluster", f"address={cluster.address}", "--results", "placed")
    first = bench("run", str(small), *PLUGINS, *placed, "--cell-timeout", "2", code=1)
    assert "1 cells failed" in first.stdout
    assert "took longer than --cell-timeout 2" in " ".join(first.stdout.split())
    assert (tmp_path / "killed").exists()
    (tmp_path / "hangs").unlink()
    assert "2 done, 1 failed" in bench("run", str(small), *PLUGINS, *placed).stdout
    bench("run", str(small), *PLUGINS, "--results", "local", **{name.upper(): str(tmp_path / name) for name in ("killed", "hangs")})
    equal(tmp_path / "placed", tmp_path / "local")


def test_ctrl_c_ends_the_cells_and_the_cluster_that_was_started(
    bench: Bench, small: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    slow(small, "a", "b")
    process = start(small, environment, *FAULTY, "--executor", "ray", "--workers", "1", "--results", "torn")
    wait_for(tmp_path / "torn", "small/small/*/.fold-0.partial/trials.jsonl", limit=300)
    all_below = below(process)
    assert any("raylet" in " ".join(p.cmdline()) for p in all_below)
    os.kill(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=90)
    assert process.returncode == 130, out + err
    assert "Traceback" not in err
    assert not psutil.wait_procs(all_below, timeout=30)[1]
