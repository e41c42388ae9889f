"""Card: what the cohort is, and what its source does not say."""

from __future__ import annotations

from datasets.cohort import Card

CARD = Card(
    name="mi_complications",
    title="Myocardial infarction complications: 1,700 patients of a hospital in Krasnoyarsk, 1992-1995, at admission",
    source="https://archive.ics.uci.edu/dataset/579/myocardial+infarction+complications",
    licence="CC BY 4.0",
    citation="Golovenkin SE et al. Myocardial infarction complications database. University of Leicester 2020. "
    "doi:10.25392/leicester.data.12045261.v3. Golovenkin SE, Bac J, Chervov A et al. Trajectories, bifurcations, and pseudo-time "
    "in large clinical datasets: applications to myocardial infarction and diabetes data. GigaScience 2020;9(11):giaa128.",
    landmark="Admission: arrival in intensive care, at the start of the stay in hospital. Nothing known only later is an input: no "
    "relapse of pain, and no drug of the hospital.",
    outcomes={
        "atrial_fibrillation": "Atrial fibrillation during the stay in hospital, as recorded.",
        "supraventricular_tachycardia": "Supraventricular tachycardia, as recorded.",
        "ventricular_tachycardia": "Ventricular tachycardia, as recorded.",
        "ventricular_fibrillation": "Ventricular fibrillation, as recorded.",
        "av_block_3": "Third-degree atrioventricular block, as recorded.",
        "pulmonary_oedema": "Pulmonary oedema, as recorded.",
        "myocardial_rupture": "Myocardial rupture, as recorded; all of these patients died of it.",
        "dressler_syndrome": "Dressler syndrome, as recorded.",
        "chronic_heart_failure": "Chronic heart failure, as recorded.",
        "reinfarction": "Relapse of the myocardial infarction, as recorded.",
        "postinfarction_angina": "Angina after the infarction, as recorded.",
        "death": "Death in hospital of any cause: the source's `LET_IS`, which has eight values (0 = alive, else one of seven "
        "causes), is above 0.",
    },
    subgroups=("age", "sex"),
    reference=("age", "systolic_pressure_icu", "cardiogenic_shock_on_arrival", "pulmonary_oedema_on_arrival"),
    notes=(
        "Twelve outcomes, most of them rare: from 20 positives (supraventricular tachycardia, 1.2 %) to 394 (chronic heart "
        "failure, 23.2 %). A study leaves out, and names, those with fewer than five positives on a side.",
        "Complications bear no time. Some had begun before admission: of 159 patients with pulmonary oedema 24 arrived with it, of "
        "170 with atrial fibrillation 29; they count as positives.",
        "Who died early could not have a late complication (Dressler syndrome, chronic heart failure, angina) and counts as a "
        "negative of it.",
        "The source counts fibrinolysis and the drugs of intensive care among what is known at admission, but they follow it and "
        "bear no time: they are no inputs here. The blood tests bear no time either and are inputs, as the source has them.",
        "The file is in order of death: its record number alone tells death with AUC 0.999. Neither is left in the cohort.",
        "What is missing speaks too: history, site of the infarct and blood tests are missing more often in those who died, and by "
        "the pattern of gaps alone a logistic regression tells death with AUC 0.75 (by the values alone 0.86). Some gaps may come "
        "from an early death, so from after admission.",
        "A blood pressure of 0 was too low to be measured. Creatine kinase was measured in fewer than five patients, family "
        "history asked in 72.",
        "Liver enzymes are said to be in IU/L, which does not fit their values (0.03 to 3).",
        "Treatment was that of its time: fibrinolysis in 7 %. One centre, no calendar time.",
    ),
)
