"""Methods that misbehave, each in one way, as a stranger's plug-in would bring them."""

import os
import resource
import signal
import sys
import time
from pathlib import Path

import numpy as np

from methods import Method, Run, register


class MostCommon(Method):
    """The prevalence in train, moved a little by age."""

    def __init__(self, weight=0.01):
        self.weight = weight

    @staticmethod
    def search_space(trial):
        return {"weight": trial.suggest_float("weight", 0.0, 0.1)}

    def fit(self, train, valid, run=Run()):
        self.rate = np.nanmean(train.outcomes.to_numpy(), axis=0)
        return self

    def predict_proba(self, cohort):
        age = cohort.tabular["age_years"].fillna(60).to_numpy()
        return np.clip(self.rate + self.weight * (age[:, None] - 60) / 40, 0, 1)


@register("hangs", family="other", modalities=("tabular",))
class Hangs(MostCommon):
    """Its second trial never ends, while a file of this name is there."""

    def fit(self, train, valid, run=Run()):
        while self.weight != 0.01 and Path(os.environ["HANGS"]).exists():
            time.sleep(0.01)
        return super().fit(train, valid, run)


@register("greedy", family="other", modalities=("tabular",))
class Greedy(MostCommon):
    """Holds more and more memory."""

    def fit(self, train, valid, run=Run()):
        held = []
        # An end, for a machine on which nothing stops it.
        while len(held) < 40:
            held.append(np.ones(2**23))
            time.sleep(0.05)
        raise AssertionError("nobody stopped it")


@register("asks_for_too_much", family="other", modalities=("tabular",))
class AsksForTooMuch(MostCommon):
    """More memory than any machine has."""

    def fit(self, train, valid, run=Run()):
        return np.ones(2**57)


@register("shapeless", family="other", modalities=("tabular",))
class Shapeless(MostCommon):
    """One column, whatever is asked."""

    def predict_proba(self, cohort):
        return super().predict_proba(cohort)[:, :1]


@register("outside", family="other", modalities=("tabular",))
class Outside(MostCommon):
    """Probabilities above 1."""

    def predict_proba(self, cohort):
        return super().predict_proba(cohort) + 1


@register("constant", family="other", modalities=("tabular",))
class Constant(MostCommon):
    """The prevalence for everybody."""

    def predict_proba(self, cohort):
        return np.tile(self.rate, (len(cohort), 1))


@register("diverges", family="other", modalities=("tabular",))
class Diverges(MostCommon):
    """Its loss becomes NaN under its defaults."""

    def fit(self, train, valid, run=Run()):
        raise FloatingPointError("loss is NaN")


@register("fills_the_disk", family="other", modalities=("tabular",))
class FillsTheDisk(MostCommon):
    """From its final fit on, or from its first, no file may grow beyond so many bytes, while a file of this name is there."""

    def __init__(self, weight=0.01, bytes=0):
        super().__init__(weight)
        self.bytes = bytes

    def fit(self, train, valid, run=Run()):
        if Path(os.environ["FULL"]).exists():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (self.bytes, resource.RLIM_INFINITY))
        return super().fit(train, valid, run)


@register("orphaned", family="other", modalities=("tabular",))
class Orphaned(MostCommon):
    """Its second trial kills whoever started its worker, once: a queue's job, a cluster's process."""

    def fit(self, train, valid, run=Run()):
        killed = Path(os.environ["KILLED"])
        if self.weight != 0.01 and not killed.exists():
            killed.touch()
            os.kill(_starter(), signal.SIGKILL)
            time.sleep(600)
        return super().fit(train, valid, run)


def _starter():
    """Whoever started the worker; behind the fence a method stands in a child of that."""
    parent = os.getppid()
    if b"bench.running.worker" not in Path(f"/proc/{parent}/cmdline").read_bytes():
        return parent
    return int(Path(f"/proc/{parent}/stat").read_text().rpartition(")")[2].split()[1])


@register("dies", family="other", modalities=("tabular",))
class Dies(MostCommon):
    """Its worker is killed at one moment of writing its record, once."""

    def __init__(self, weight=0.01, moment="before"):
        super().__init__(weight)
        self.moment = moment

    def fit(self, train, valid, run=Run()):
        dead = Path(os.environ["DEAD"]) / self.moment
        if not dead.exists():
            _die_at(self.moment, dead)
        return super().fit(train, valid, run)


def _die_at(moment, dead):
    """`sealing`: the record's cell.json is written but not in its place; `before`: the whole record is not; `after`: it just is."""
    step = "replace" if moment == "sealing" else "rename"
    move = getattr(Path, step)

    def moved(self, target):
        ours = Path(target).name == ("cell.json" if moment == "sealing" else "fold-0")
        if ours and moment == "after":
            move(self, target)
        if ours:
            dead.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return move(self, target)

    setattr(Path, step, moved)


if os.environ.get("CLOCK_SET_BACK"):
    # The worker's clock as the record sees it: each look an hour before the last, and a stopwatch that runs backwards.
    from datetime import datetime, timedelta

    class Backwards(datetime):
        looks = 0

        @classmethod
        def now(cls, tz=None):
            cls.looks += 1
            return datetime(2001, 1, 1, tzinfo=tz) - timedelta(hours=cls.looks)

    ticks = iter(range(10**6, 0, -1))
    time.perf_counter = lambda: float(next(ticks))
    time.time = time.perf_counter
    for module in [module for name, module in sys.modules.items() if name.startswith("bench.running")]:
        if hasattr(module, "datetime"):
            module.datetime = Backwards
