"""Table 1: what the first table of a paper says of a cohort, safe to print: no count of one to four patients stands in it."""

from __future__ import annotations

from importlib import metadata

import numpy as np
import pandas as pd

from bench.reporting.grid import Cell, Grid
from bench.reporting.table_one.absent import absences
from bench.reporting.table_one.columns import MOST_LEVELS, characteristics
from bench.reporting.table_one.events import events, together
from bench.reporting.table_one.withheld import SMALL, WITHHELD
from datasets import Cohort


def tables(cohort: Cohort) -> dict[str, Grid]:
    """The parts of Table 1 by the name of their file. A case is what the cohort counts: an operation, a stay."""
    patient = pd.factorize(cohort.patient)[0]
    both, share = together(cohort, patient)
    found = {"cohort": _cohort(cohort)}
    if cohort.tabular is not None:
        found["characteristics"] = characteristics(cohort.tabular, patient)
    return found | {"outcomes": events(cohort), "together": both, "together_share": share, "missing": absences(cohort, patient)}


def explained() -> str:
    """What the signs of the tables mean."""
    return (
        f"Tables count cases; percentages are of the cases with a known value. {SMALL}: one to four patients, withheld; "
        f"'{WITHHELD}': would give such a count away. Of many levels the {MOST_LEVELS} most frequent are named, of many rare "
        f"ones none. Characteristics by tableone {metadata.version('tableone')} (Pollard et al., JAMIA Open 2018;1:26-31)."
    )


def _cohort(cohort: Cohort) -> Grid:
    patients = len(np.unique(cohort.patient))
    lines = [("patients", str(patients)), ("cases", str(len(cohort)))]
    if cohort.centre is not None:
        lines.append(("centres", str(len(np.unique(cohort.centre)))))
    if cohort.official is not None:
        lines.append(("cases that the source keeps for testing", str(int(cohort.official.sum()))))
    if cohort.tabular is not None:
        lines.append(("tabular columns", str(cohort.tabular.shape[1])))
    if cohort.text is not None:
        lines.append(("note fields", str(cohort.text.shape[1])))
    if cohort.series is not None:
        _, steps, channels = cohort.series.values.shape
        lines.append(("series", f"{channels} channels, {steps} bins"))
    return Grid("Cohort", ("", ""), tuple((Cell(name), Cell(text)) for name, text in lines))
