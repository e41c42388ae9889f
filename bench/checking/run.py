"""Checks of a method in a run, where all lies on disk that must not reach it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from bench.checking.staged import altered, ended
from methods.contract.broken import ContractBrokenError
from methods.contract.checks import Check
from methods.contract.learning import ERRORS, mean_auc
from methods.contract.subject import Subject


def checks_of_a_run(files: Sequence[str]) -> tuple[Check, ...]:
    """The checks of a method that the registry knows; `files`: the plug-ins that workers import."""
    runs = _Runs([str(Path(file).resolve()) for file in files])
    return Check("chance in a run", runs.chance), Check("test apart", runs.apart)


class _Runs:
    """Two runs of one method, of which the second meets another test side; made once for each draw of the probe."""

    def __init__(self, files: Sequence[str]) -> None:
        self._files = files
        self._found: dict[int, list[pd.DataFrame]] = {}

    def chance(self, subject: Subject) -> None:
        """In a run, by a worker beside whose cell lie cohort, split and the record of another method, outcomes that nothing tells
        stay at chance as well: mean AUC within three standard errors of 0.5. What lies outside is drawn and run once more, and is
        believed if it lies outside again."""
        said = []
        for again in (False, True):
            looked = subject.again() if again else subject
            test = self._of(looked)[0].query("side == 'test'")
            coins = [part for name, part in test.groupby("outcome") if name in looked.probe.coins]
            mean, error = mean_auc((part["y"].to_numpy(np.float64), part["p"].to_numpy()) for part in coins)
            if abs(mean - 0.5) <= ERRORS * error:
                return
            said.append(f"{mean:.3f} ± {error:.3f}")
        raise ContractBrokenError(
            "outcomes that nothing tells are predicted in a run.",
            f"mean AUC {said[0]}, and {said[1]} where all was drawn anew",
            f"0.5 within {ERRORS} standard errors",
            "Outcomes of test reach the method by files, memory or frames of the program that runs it.",
        )

    def apart(self, subject: Subject) -> None:
        """With the outcomes of test turned round, and others in place of half of its patients, a run trains the same: what it
        predicts for valid, and for the patients who stayed, is the same to the bit."""
        one, other = (found.sort_values(["side", "outcome", "row"], ignore_index=True) for found in self._of(subject))
        stayed = (one["patient"] == other["patient"]).to_numpy()
        off = np.abs((one["p"] - other["p"]).to_numpy())[stayed]
        if off.any():
            side = "valid" if off[(one["side"] == "valid").to_numpy()[stayed]].any() else "test"
            raise ContractBrokenError(
                f"predictions for {side} follow the outcomes of test, or who else is in it.",
                f"a difference of {off.max():.2g}",
                "none",
                "Fit on the train that is handed over, and predict each case from its own inputs.",
            )

    def _of(self, subject: Subject) -> list[pd.DataFrame]:
        if subject.seed not in self._found:
            with TemporaryDirectory() as home:
                probes = subject.probe, altered(subject.probe)
                self._found[subject.seed] = ended(probes, subject.entry, subject.settings, self._files, Path(home))
        return self._found[subject.seed]
