"""run --executor slurm: the same cells as jobs of a queue; a job that is killed, a run that is stopped.

With submitit's own local jobs, and with stand-ins for Slurm's commands, which need no daemon and no second machine.
"""

import json
import os
import signal
from pathlib import Path

import psutil
import pytest

from tests.cli.conftest import QUICKEST, Bench
from tests.cli.test_killed import FAULTY, PLUGINS, equal
from tests.cli.test_run import SLOW, start, wait_for, workers_below

SLURM = ("--executor", "slurm", "--cluster")
COMMANDS = {
    # Runs each job of an array as a process of its own, and writes down how it ended.
    "sbatch": r"""
last=$(grep -oP '(?<=--array=0-)\d+' "$1" || echo 0)
id=$(($(ls "$JOBS" | grep -c script) + 1))
cp "$1" "$JOBS/script-$id"
for index in $(seq 0 "$last"); do
    echo RUNNING > "$JOBS/${id}_$index.state"
    (
        export SLURM_JOB_ID=$id SLURM_NTASKS=1 SLURM_JOB_NUM_NODES=1 SLURM_NODEID=0 SLURM_PROCID=0 SLURM_LOCALID=0
        if [ "$last" != 0 ]; then export SLURM_ARRAY_JOB_ID=$id SLURM_ARRAY_TASK_ID=$index; fi
        setsid bash "$1" &
        echo $! > "$JOBS/${id}_$index.pid"
        wait $! && state=COMPLETED || state=FAILED
        echo $state > "$JOBS/${id}_$index.state"
    ) > /dev/null 2>&1 &
done
echo "Submitted batch job $id"
""",
    "srun": r"""
while [ "$1" != "${1#--}" ]; do
    case $1 in --output | --error) shift 2 ;; *) shift ;; esac
done
exec "$@"
""",
    "sacct": r"""
echo "JobID|State|NodeList"
for file in "$JOBS"/*.state; do
    name=$(basename "$file" .state)
    grep -q array "$JOBS/script-${name%_*}" || name=${name%_*}
    echo "$name|$(cat "$file")|here"
done
""",
    "scancel": r"""
echo "$@" >> "$JOBS/cancelled"
for file in "$JOBS/${1}"_*.pid; do kill -TERM -- "-$(cat "$file")"; done
""",
}


@pytest.fixture
def slurm(tmp_path: Path, environment: dict[str, str]) -> dict[str, str]:
    """Variables of a shell that finds the stand-ins."""
    commands, jobs = tmp_path / "commands", tmp_path / "queue"
    commands.mkdir()
    jobs.mkdir()
    for name, text in COMMANDS.items():
        (commands / name).write_text(f"#!/bin/bash{text}")
        (commands / name).chmod(0o755)
    return {"PATH": f"{commands}:{environment['PATH']}", "JOBS": str(jobs)}


def with_methods(small: Path, methods: str) -> None:
    small.write_text(small.read_text().replace('"most_common", "logistic"', methods))


def no_job_is_left(home: Path) -> bool:
    return not [path for path in home.iterdir() if path.name.endswith("-jobs")]


@pytest.mark.soak
def test_a_killed_job_fails_alone_and_all_ends_as_on_this_machine(bench: Bench, small: Path, tmp_path: Path) -> None:
    with_methods(small, '"logistic", "not_a_number", "orphaned"')
    placed = (*SLURM, "queue=local,time=30", "--workers", "2", "--results", "placed")
    first = bench("run", str(small), *PLUGINS, *placed, code=1, KILLED=str(tmp_path / "killed"))
    assert "2 cells failed" in first.stdout
    record = json.loads((tmp_path / "placed" / "small" / "small" / "orphaned" / "fold-0.failed.json").read_text())
    assert record["exception"] == "JobDied"
    # What is kept says why, and is no pickle.
    assert {file.suffix for file in (tmp_path / ".placed-small-jobs").iterdir()} == {".out", ".err"}
    trials = tmp_path / "placed" / "small" / "small" / "orphaned" / ".fold-0.partial" / "trials.jsonl"
    kept = trials.read_text()
    again = bench("run", str(small), *PLUGINS, *placed, "--methods", "logistic,orphaned", KILLED=str(tmp_path / "killed"))
    assert "1 done, 1 failed" in again.stdout
    assert no_job_is_left(tmp_path)
    assert (trials.parents[1] / "fold-0" / "trials.jsonl").read_text().startswith(kept)
    # What a method of ours says of its failure comes back as from a process of this machine.
    local = ("--methods", "logistic,not_a_number,orphaned", "--results", "local")
    bench("run", str(small), *PLUGINS, *local, code=1, KILLED=str(tmp_path / "killed"))
    bench("run", str(small), *PLUGINS, *placed, code=1, KILLED=str(tmp_path / "killed"))
    equal(tmp_path / "placed", tmp_path / "local")
    failed = [tmp_path / home / "small" / "small" / "not_a_number" / "fold-0.failed.json" for home in ("placed", "local")]
    assert failed[0].read_text() == failed[1].read_text()


def test_an_array_takes_the_options_given_and_ends_with_ctrl_c(
    bench: Bench, small: Path, tmp_path: Path, environment: dict[str, str], slurm: dict[str, str]
) -> None:
    with_methods(small, SLOW)
    placed = (*SLURM, "partition=a,b,time=30,mem=2G")
    process = start(small, {**environment, **slurm}, *FAULTY, *placed)
    wait_for(tmp_path / "results", "small/small/most_common/.fold-0.partial/trials.jsonl")
    scripts = list((tmp_path / "queue").glob("script-*"))
    assert len(scripts) == 1
    written = scripts[0].read_text()
    assert all(
        f"#SBATCH --{option}" in written for option in ("partition=a,b", "time=30", "mem=2G", "cpus-per-task=1", "array=0-1%")
    )
    leaders = [int(file.read_text()) for file in (tmp_path / "queue").glob("*.pid")]
    workers = [worker for pid in leaders if psutil.pid_exists(pid) for worker in workers_below(pid)]
    assert workers
    os.kill(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=90)
    assert process.returncode == 130
    assert "goes on from here" in out
    assert "Traceback" not in err
    assert not psutil.wait_procs(workers, timeout=15)[1]
    # The whole array by one command.
    assert (tmp_path / "queue" / "cancelled").read_text() == "1\n"
    assert no_job_is_left(tmp_path)
    assert "cells to run" in bench("run", str(small), "--plugin", str(QUICKEST), *placed, "--plan", **slurm).stdout
    bench("run", str(small), *PLUGINS, *placed, **slurm)
    bench("run", str(small), *PLUGINS, "--results", "whole")
    equal(tmp_path / "results", tmp_path / "whole")


def test_a_path_that_others_do_not_see_is_named(small: Path, tmp_path: Path) -> None:
    from bench.running.executors.elsewhere import run_here

    here = {"folder": str(tmp_path), "cohort": str(tmp_path / "cache"), "split": str(tmp_path), "plugins": []}
    (told,) = run_here({"cell": here})
    assert "cache is not seen on" in told["ended"]["failure"]["said"]
    assert "paths that all machines share" in told["ended"]["failure"]["said"]
