"""Placing: where the cells of a run go, as the command line says it, and the executor that takes them there."""

from __future__ import annotations

import math
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from bench.running.executors.base import Executor
from bench.running.executors.elsewhere import MOST
from bench.running.executors.limits import Limits
from bench.running.executors.local import Local
from datasets.errors import Refused

PACKAGES = {"ray": "ray", "slurm": "submitit"}
# sbatch's options by which its jobs would no longer be one cell each.
OURS = ("array", "nodes", "ntasks", "output", "error", "wrap")
DAY = 24 * 60


@dataclass(frozen=True)
class Placing:
    """`workers`: cells at once, None = as many as fit; `cluster`: words for Ray or Slurm. What cannot be placed is refused here."""

    name: str = "local"
    workers: int | None = None
    device: str = "cpu"
    limits: Limits = field(default_factory=Limits)
    cluster: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.name not in PACKAGES and self.cluster:
            raise Refused(f"--cluster: found with --executor {self.name}; allowed with --executor ray or slurm.")
        if self.name == "ray":
            self._refuse_ray()
        if self.name == "slurm":
            self._refuse_slurm()

    def refuse_absent(self) -> None:
        """Refuses where this machine lacks what takes cells elsewhere: before a run, which may prepare a cohort for minutes."""
        package = PACKAGES.get(self.name)
        if package is not None and find_spec(package) is None:
            raise Refused(
                f"--executor {self.name}: the package '{package}' is not installed. "
                f"Install it with pip install 'clinical-mtl-bench[{self.name}]'."
            )
        if self.name == "slurm" and self._queue == "slurm" and shutil.which("sbatch") is None:
            raise Refused(
                "--executor slurm: no sbatch on this machine. Run where jobs are handed in; "
                "--cluster queue=local runs the same jobs on this machine, without Slurm."
            )

    @property
    def here(self) -> int:
        """Cells at once, were they all to run on this machine."""
        return self.workers or os.cpu_count() or 1

    def executor(self, cells: int, study: Path) -> Executor:
        """The executor for so many cells of the study with this folder of results."""
        here = min(self.here, cells)
        away = min(self.workers or MOST, MOST, cells)
        if self.name == "ray":
            from bench.running.executors.ray import Ray

            address = self.cluster.get("address")
            return Ray(here if address is None else away, self.device, self.limits, address, self._gpus())
        if self.name == "slurm":
            from bench.running.executors.slurm import Slurm

            rest = {key: value for key, value in self.cluster.items() if key not in ("queue", "folder", "time")}
            slots = away if self._queue == "slurm" else here
            return Slurm(slots, self._folder(study), self.device, self.limits, self._queue, self._minutes(), rest)
        return Local(here, self.device, self.limits)

    @property
    def _queue(self) -> str:
        return self.cluster.get("queue", "slurm")

    def _refuse_ray(self) -> None:
        for key in self.cluster:
            if key not in ("address", "gpus"):
                raise Refused(f"--cluster {key}: not known to --executor ray; allowed: address=HOST:PORT, gpus=SHARE.")
        if "://" in self.cluster.get("address", ""):
            raise Refused(
                f"--cluster address: found '{self.cluster['address']}'; allowed is HOST:PORT or auto, on a machine of the cluster."
            )
        self._gpus()

    def _refuse_slurm(self) -> None:
        for key in OURS:
            if key in self.cluster:
                raise Refused(f"--cluster {key}: cannot be chosen, as each cell is a job of its own; leave it out.")
        if self._queue not in ("slurm", "local"):
            raise Refused(f"--cluster queue: found '{self._queue}'; allowed: slurm, local.")
        self._minutes()

    def _gpus(self) -> float:
        found = self.cluster.get("gpus", "1")
        try:
            share = float(found)
        except ValueError:
            share = math.nan
        if not (0 < share < 1 or share == 1):
            raise Refused(f"--cluster gpus: found '{found}'; allowed is a share of one GPU, above 0 and at most 1.")
        return share

    def _minutes(self) -> int:
        """The time limit of a job: a little over that of its cell where that has one."""
        default = DAY if self.limits.minutes is None else math.ceil(self.limits.minutes) + 5
        found = self.cluster.get("time", str(default))
        if not found.isdecimal() or int(found) == 0:
            raise Refused(f"--cluster time: found '{found}'; allowed is a whole number of minutes.")
        return int(found)

    def _folder(self, study: Path) -> Path:
        """Where jobs are handed over: beside the results, never in them, under a name that only this study has."""
        study = study.resolve()
        home = Path(self.cluster["folder"]).resolve() if "folder" in self.cluster else study.parent.parent
        return home / f".{study.parent.name}-{study.name}-jobs"


def words(given: str | None) -> dict[str, str]:
    """What `KEY=VALUE,KEY=VALUE` says; a value may hold commas."""
    found: dict[str, str] = {}
    for one in re.split(r",(?=[\w-]+=)", given) if given else []:
        key, equals, value = one.partition("=")
        if not equals or not key.strip() or not value.strip():
            raise Refused(f"--cluster: found '{one}'; allowed: KEY=VALUE, separated by commas, such as partition=gpu,time=60.")
        found[key.strip().replace("-", "_")] = value.strip()
    return found
