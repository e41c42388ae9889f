"""Methods that leave something behind: an exit without a record, processes, words of patients, noise in what their worker tells."""

import os
import sys
import time
from pathlib import Path

import numpy as np

from datasets import Refused
from methods import Method, Run, register


class MostCommon(Method):
    """The prevalence in train, for everybody."""

    def fit(self, train, valid, run=Run()):
        self.rate = np.nanmean(train.outcomes.to_numpy(), axis=0)
        return self

    def predict_proba(self, cohort):
        return np.tile(self.rate, (len(cohort), 1))


def sleeps():
    """A child that sleeps on, with all that its parent had open."""
    if os.fork() == 0:
        (Path(os.environ["LEFT"]) / str(os.getpid())).touch()
        time.sleep(600)
        os._exit(0)


@register("exits", family="other", modalities=("tabular",))
class Exits(MostCommon):
    """Ends its worker, as if all were well."""

    def fit(self, train, valid, run=Run()):
        sys.exit(0)


@register("exits_at_once", family="other", modalities=("tabular",))
class ExitsAtOnce(MostCommon):
    """The same past every handler."""

    def fit(self, train, valid, run=Run()):
        os._exit(0)


@register("leaves_a_child", family="other", modalities=("tabular",))
class LeavesAChild(MostCommon):
    """A child outlives it."""

    def fit(self, train, valid, run=Run()):
        sleeps()
        return super().fit(train, valid, run)


@register("waits_for_a_child", family="other", modalities=("tabular",))
class WaitsForAChild(MostCommon):
    """Hangs, and a child with it."""

    def fit(self, train, valid, run=Run()):
        sleeps()
        time.sleep(600)


@register("eats_in_a_child", family="other", modalities=("tabular",))
class EatsInAChild(MostCommon):
    """All memory is held by a child."""

    def fit(self, train, valid, run=Run()):
        if os.fork() == 0:
            held = bytearray(3 * 2**30)
            held[::4096] = b"1" * len(held[::4096])
            time.sleep(600)
            os._exit(0)
        time.sleep(600)


@register("quotes", family="other", modalities=("tabular", "text"))
class Quotes(MostCommon):
    """A patient's note in an error that looks like ours."""

    def fit(self, train, valid, run=Run()):
        raise Refused("MARKED " + str(train.text.iloc[0, 0]))


@register("shouts", family="other", modalities=("tabular",))
class Shouts(MostCommon):
    """Writes into whatever is open."""

    def fit(self, train, valid, run=Run()):
        for number in range(1, 40):
            try:
                os.write(number, b"no line of ours\n[1]\n")
            except OSError:
                continue
        return super().fit(train, valid, run)
