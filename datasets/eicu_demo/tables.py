"""Tables: what one row a stay tells, known within 24 hours of admission to the unit."""

from __future__ import annotations

import numpy as np
import pandas as pd

from datasets.eicu_demo.rows import STAY
from datasets.source import Table

# An admission to hospital earlier than this, in hours, is a slip of the pen.
LONGEST_BEFORE = 3_650 * 24.0

CATEGORIES = {
    "gender": "gender",
    "ethnicity": "ethnicity",
    "unit_type": "unittype",
    "unit_stay_type": "unitstaytype",
    "unit_admission_source": "unitadmitsource",
    "hospital_admission_source": "hospitaladmitsource",
}
HOSPITAL = {"hospital_beds": "numbedscategory", "hospital_teaching": "teachingstatus", "hospital_region": "region"}

# Worst values of the first day and state at them; -1 is the source's mark of a missing one.
DAY_1 = {
    **{f"day1_{part}": part for part in ("dialysis", "eyes", "motor", "verbal", "urine", "wbc", "bun")},
    **{f"day1_{part}": part for part in ("temperature", "sodium", "ph", "hematocrit", "creatinine", "albumin", "pao2", "pco2")},
    **{f"day1_{part}": part for part in ("glucose", "bilirubin", "fio2")},
    "day1_respiratory_rate": "respiratoryrate",
    "day1_heart_rate": "heartrate",
    "day1_mean_pressure": "meanbp",
    "day1_coma_not_scored": "meds",
    "day1_intubated_at_worst_gas": "intubated",
    "day1_ventilated_at_worst_rate": "vent",
}
# The rest of apachePredVar is constant, repeats other columns, has no documented time, or is known only at discharge.
ILLNESS = {
    **{part: part for part in ("aids", "lymphoma", "leukemia", "immunosuppression", "cirrhosis", "diabetes", "thrombolytics")},
    "hepatic_failure": "hepaticfailure",
    "metastatic_cancer": "metastaticcancer",
    "elective_surgery": "electivesurgery",
    "infarction_within_6_months": "midur",
    "day1_ventilated": "oobventday1",
    "day1_intubated": "oobintubday1",
}


def tabular(patients: Table, hospitals: Table, physiology: Table, predictors: Table) -> pd.DataFrame:
    """Tabular inputs of the cases, one row each: float32 and categories.

    `patients`: rows of the cases, of patient; the others whole: hospital, apacheApsVar, apachePredVar. Units as in the source:
    cm, kg, degrees Celsius, mmHg, mL a day, mg/dL, mmol/L, g/dL, per cent, thousands of cells a microlitre.
    """
    stays = patients.whole(STAY)
    before = 0.0 - patients.number("hospitaladmitoffset") / 60
    columns: dict[str, np.ndarray] = {
        "age": patients.number("age", capped=True),
        "height": _within(patients.number("admissionheight"), 100, 230),
        "weight": _within(patients.number("admissionweight"), 25, 350),
        "unit_visit": patients.number("unitvisitnumber"),
        "hours_in_hospital_before": _within(before, 0, LONGEST_BEFORE),
        **_joined(physiology, physiology.key(STAY), DAY_1, stays),
        **_joined(predictors, predictors.key(STAY), ILLNESS, stays),
    }
    frame = pd.DataFrame(columns).astype(np.float32)
    for name, column in CATEGORIES.items():
        frame[name] = _category(patients.string(column))
    place = pd.Index(hospitals.key("hospitalid")).get_indexer(pd.Index(patients.whole("hospitalid")))
    for name, column in HOSPITAL.items():
        frame[name] = _category(pd.Series(hospitals.string(column).reindex(place).to_numpy()))
    return frame


def apache(results: Table, stays: np.ndarray) -> pd.DataFrame:
    """APACHE IVa of the cases: score, and predicted probability of death in hospital; float32, NaN where there is none."""
    final = results.where("apacheversion", "IVa")
    columns = {"apache_iva_score": "apachescore", "apache_iva_death": "predictedhospitalmortality"}
    return pd.DataFrame(_joined(final, final.key(STAY), columns, stays)).astype(np.float32)


def _joined(table: Table, key: np.ndarray, columns: dict[str, str], stays: np.ndarray) -> dict[str, np.ndarray]:
    """Columns of a table of one row a stay, beside the cases; -1 and a row that is not there are missing."""
    place = pd.Index(key).get_indexer(pd.Index(stays))
    joined = {}
    for name, column in columns.items():
        value = np.append(table.number(column), np.nan)
        value[value == -1] = np.nan
        joined[name] = value[place]
    return joined


def _within(value: np.ndarray, low: float, high: float) -> np.ndarray:
    return np.where((value >= low) & (value <= high), value, np.nan)


def _category(values: pd.Series) -> pd.Categorical:
    return pd.Categorical(values, categories=sorted(values.dropna().unique()))
