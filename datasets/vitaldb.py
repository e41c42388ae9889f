"""VitalDB: operations in Seoul, predicted from at the end of surgery."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from datasets import outcomes
from datasets.cohort import Card, Cohort
from datasets.errors import Refused
from datasets.registry import File, dataset
from datasets.source import Table

DAY = 86_400.0
# The source marks an admission or discharge it does not know by an offset of about 117 years.
LONGEST_STAY = 3_650 * DAY

CASES = ("cases.csv", "clinical_data.csv")
LABS = ("labs.csv", "lab_data.csv")
WHERE = (
    "the open dataset of vitaldb.net: https://api.vitaldb.net/cases (save as cases.csv) and https://api.vitaldb.net/labs "
    "(save as labs.csv), or clinical_data.csv and lab_data.csv of https://physionet.org/content/vitaldb/"
)

CATEGORIES = (
    *("sex", "department", "optype", "approach", "position", "ane_type", "preop_ecg", "preop_pft"),
    *("cormack", "airway", "dltubesize", "iv1", "iv2", "aline1", "aline2", "cline1", "cline2"),
)
NUMBERS = (
    *("age", "height", "weight", "bmi", "asa", "emop", "preop_htn", "preop_dm"),
    *("preop_hb", "preop_plt", "preop_pt", "preop_aptt", "preop_na", "preop_k", "preop_gluc", "preop_alb", "preop_ast"),
    *("preop_alt", "preop_bun", "preop_cr", "preop_ph", "preop_hco3", "preop_be", "preop_pao2", "preop_paco2", "preop_sao2"),
    *("tubesize", "lmasize", "intraop_ebl", "intraop_uo", "intraop_rbc", "intraop_ffp", "intraop_crystalloid"),
    *("intraop_colloid", "intraop_ppf", "intraop_mdz", "intraop_ftn", "intraop_rocu", "intraop_vecu", "intraop_eph"),
    *("intraop_phe", "intraop_epi", "intraop_ca"),
)
TEXT = {"diagnosis": "dx", "operation": "opname"}

CARD = Card(
    name="vitaldb",
    title="VitalDB: non-cardiac operations at Seoul National University Hospital, 2016-2017, at the end of surgery",
    source="https://vitaldb.net (open dataset); https://physionet.org/content/vitaldb/",
    licence="CC BY 4.0",
    citation="Lee HC et al. VitalDB, a high-fidelity multi-parameter vital signs database in surgical patients. "
    "Sci Data 2022;9:279.",
    landmark="End of surgery (`opend`). Nothing timed after it is an input; durations end at it.",
    outcomes={
        "kidney_injury": "Highest creatinine within 7 days after surgery at least 1.5 times the last before it (KDIGO ratio); "
        "unknown where either is missing or the baseline exceeds 4 mg/dL.",
        "icu_stay": "Any stay in intensive care after surgery, planned or not.",
        "death_or_long_stay": "Death in hospital, or more than 14 days in hospital from the end of surgery.",
        "death": "Death in hospital.",
    },
    reference=("asa", "age", "emergency"),
    notes=(
        "Kidney injury is unknown for about half of the operations, and not at random: creatinine was measured again in those "
        "who were expected to need it.",
        "Intensive care was mostly planned and can nearly be read from the operation's name.",
        "The recorded final diagnosis and operation stand for the planned ones.",
        "Totals of drugs, fluids and blood loss are those of the whole anaesthesia; they cannot be cut at the end of surgery.",
        "An age above the source's cap (`>89`) is taken as one year above it.",
        "The death of a patient with an unknown length of stay decides the composite outcome; other such stays are unknown.",
        "One centre; the source gives no calendar time.",
    ),
)


FILES = (
    File("vitaldb/cases.csv", url="https://api.vitaldb.net/cases"),
    File("vitaldb/labs.csv", url="https://api.vitaldb.net/labs"),
)


@dataset("vitaldb", modalities=("tabular", "text"), card=CARD, files=FILES)
def load(home: Path) -> Cohort:
    """Operations of one hospital in Seoul (open): kidney injury, intensive care, long stay, death at the end of surgery.

    `home`: the data home, which holds `vitaldb/cases.csv` and `vitaldb/labs.csv`, as the source serves them or gzipped.
    Refuses missing files, missing columns and numbers that do not parse.
    """
    cases = Table.read(_find(home / "vitaldb", CASES))
    labs = Table.read(_find(home / "vitaldb", LABS)).where("name", "cr")
    cases = cases.scrambled("vitaldb", cases.key("caseid"))
    creatinine = _creatinine(labs, cases.key("caseid"), cases.number("opstart"), cases.number("opend"))
    return Cohort(
        card=CARD,
        # By first appearance in the scrambled order: neither the file's order nor its identifiers are left in the codes.
        patient=pd.factorize(cases.whole("subjectid"))[0].astype(np.int64),
        outcomes=_outcomes(cases, *creatinine),
        tabular=_inputs(cases),
        text=pd.DataFrame({name: cases.string(column).fillna("") for name, column in TEXT.items()}),
    )


def _inputs(cases: Table) -> pd.DataFrame:
    """Tabular columns known at the end of surgery; each reads one case alone."""
    start, end = cases.number("opstart"), cases.number("opend")
    before = start - cases.number("adm")
    columns: dict[str, np.ndarray | pd.Categorical] = {
        name: cases.number(name, capped=name == "age").astype(np.float32) for name in NUMBERS
    }
    columns["emergency"] = columns.pop("emop")
    columns["hours_admission_to_surgery"] = np.where((before >= 0) & (before <= LONGEST_STAY), before / 3600, np.nan)
    columns["minutes_anaesthesia_to_incision"] = (start - cases.number("anestart")) / 60
    columns["minutes_surgery"] = (end - start) / 60
    frame = pd.DataFrame(columns).astype(np.float32)
    for name in CATEGORIES:
        values = cases.string(name)
        frame[name] = pd.Categorical(values, categories=sorted(values.dropna().unique()))
    return frame


def _outcomes(cases: Table, baseline: np.ndarray, highest: np.ndarray) -> pd.DataFrame:
    stay = (cases.number("dis") - cases.number("opend")) / DAY
    stay[stay > LONGEST_STAY / DAY] = np.nan
    died = cases.number("death_inhosp")
    return pd.DataFrame(
        {
            "kidney_injury": outcomes.kidney_injury(baseline, highest),
            "icu_stay": outcomes.icu_stay(cases.number("icu_days")),
            "death_or_long_stay": outcomes.death_or_long_stay(died, stay),
            "death": outcomes.death(died),
        }
    )


def _creatinine(labs: Table, case: np.ndarray, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Last creatinine before surgery, and highest after it and within 7 days, mg/dL: (cases,) each, NaN = not measured."""
    tests = pd.DataFrame({"case": labs.whole("caseid"), "time": labs.number("dt"), "value": labs.number("result")}).dropna()
    # Two results of one moment: the higher stands last, whatever the file's order.
    tests = tests.merge(pd.DataFrame({"case": case, "start": start, "end": end})).sort_values(["case", "time", "value"])
    baseline = tests[tests["time"] <= tests["start"]].groupby("case")["value"].last()
    week = tests[(tests["time"] > tests["end"]) & (tests["time"] <= tests["end"] + 7 * DAY)]
    highest = week.groupby("case")["value"].max()
    return baseline.reindex(case).to_numpy(dtype=np.float64), highest.reindex(case).to_numpy(dtype=np.float64)


def _find(folder: Path, names: tuple[str, ...]) -> Path:
    for name in names:
        for path in (folder / name, folder / f"{name}.gz"):
            if path.is_file():
                return path
    raise Refused(
        f"vitaldb: {folder / names[0]} was looked for (also {names[1]}, each also as .gz) and is not there. Get it from {WHERE}. "
        f"Put it into {folder}. The data home is set by --data-home or CLINICAL_MTL_DATA."
    )
