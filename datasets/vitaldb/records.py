"""Records: the source's files of cases and laboratory results, found under the names of either of its sites."""

from __future__ import annotations

from pathlib import Path

from datasets.errors import Refused
from datasets.source import Table

CASES = ("cases.csv", "clinical_data.csv")
LABS = ("labs.csv", "lab_data.csv")
WHERE = (
    "the open dataset of vitaldb.net: https://api.vitaldb.net/cases (save as cases.csv) and https://api.vitaldb.net/labs "
    "(save as labs.csv), or clinical_data.csv and lab_data.csv of https://physionet.org/content/vitaldb/"
)


def opened(folder: Path, dataset: str) -> tuple[Table, Table]:
    """Cases in an order that is not the file's, the same for both landmarks, and all creatinine results.

    Refuses missing files in the name of `dataset`.
    """
    cases = Table.read(_needed(folder, CASES, dataset))
    labs = Table.read(_needed(folder, LABS, dataset)).where("name", "cr")
    return cases.scrambled("vitaldb", cases.key("caseid")), labs


def find(folder: Path, names: tuple[str, ...]) -> Path | None:
    """The first of these files that is there, plain or gzipped."""
    paths = (folder / spelling for name in names for spelling in (name, f"{name}.gz"))
    return next((path for path in paths if path.is_file()), None)


def _needed(folder: Path, names: tuple[str, ...], dataset: str) -> Path:
    path = find(folder, names)
    if path is None:
        raise Refused(
            f"{dataset}: {folder / names[0]} was looked for (also {names[1]}, each also as .gz) and is not there. Get it from "
            f"{WHERE}. Put it into {folder}. The data home is set by --data-home or CLINICAL_MTL_DATA."
        )
    return path
