"""Columns: what the source's 124 columns mean, and which of them are known at admission.

Source: the description that comes with the data (Golovenkin SE et al., Myocardial infarction complications database, University
of Leicester 2020; UCI Machine Learning Repository 579).
"""

from __future__ import annotations

# In the order of the file, which has no header.
COLUMNS = (
    *("ID", "AGE", "SEX", "INF_ANAM", "STENOK_AN", "FK_STENOK", "IBS_POST", "IBS_NASL", "GB", "SIM_GIPERT", "DLIT_AG", "ZSN_A"),
    *("nr_11", "nr_01", "nr_02", "nr_03", "nr_04", "nr_07", "nr_08"),
    *("np_01", "np_04", "np_05", "np_07", "np_08", "np_09", "np_10", "endocr_01", "endocr_02", "endocr_03"),
    *("zab_leg_01", "zab_leg_02", "zab_leg_03", "zab_leg_04", "zab_leg_06"),
    *("S_AD_KBRIG", "D_AD_KBRIG", "S_AD_ORIT", "D_AD_ORIT"),
    *("O_L_POST", "K_SH_POST", "MP_TP_POST", "SVT_POST", "GT_POST", "FIB_G_POST"),
    *("ant_im", "lat_im", "inf_im", "post_im", "IM_PG_P"),
    *("ritm_ecg_p_01", "ritm_ecg_p_02", "ritm_ecg_p_04", "ritm_ecg_p_06", "ritm_ecg_p_07", "ritm_ecg_p_08"),
    *("n_r_ecg_p_01", "n_r_ecg_p_02", "n_r_ecg_p_03", "n_r_ecg_p_04", "n_r_ecg_p_05", "n_r_ecg_p_06"),
    *("n_r_ecg_p_08", "n_r_ecg_p_09", "n_r_ecg_p_10", "n_p_ecg_p_01", "n_p_ecg_p_03", "n_p_ecg_p_04", "n_p_ecg_p_05"),
    *("n_p_ecg_p_06", "n_p_ecg_p_07", "n_p_ecg_p_08", "n_p_ecg_p_09", "n_p_ecg_p_10", "n_p_ecg_p_11", "n_p_ecg_p_12"),
    *("fibr_ter_01", "fibr_ter_02", "fibr_ter_03", "fibr_ter_05", "fibr_ter_06", "fibr_ter_07", "fibr_ter_08"),
    *("GIPO_K", "K_BLOOD", "GIPER_NA", "NA_BLOOD", "ALT_BLOOD", "AST_BLOOD", "KFK_BLOOD", "L_BLOOD", "ROE", "TIME_B_S"),
    *("R_AB_1_n", "R_AB_2_n", "R_AB_3_n", "NA_KB", "NOT_NA_KB", "LID_KB", "NITR_S"),
    *("NA_R_1_n", "NA_R_2_n", "NA_R_3_n", "NOT_NA_1_n", "NOT_NA_2_n", "NOT_NA_3_n"),
    *("LID_S_n", "B_BLOK_S_n", "ANT_CA_S_n", "GEPAR_S_n", "ASP_S_n", "TIKL_S_n", "TRENT_S_n"),
    *("FIBR_PREDS", "PREDS_TAH", "JELUD_TAH", "FIBR_JELUD", "A_V_BLOK", "OTEK_LANC", "RAZRIV", "DRESSLER", "ZSN"),
    *("REC_IM", "P_IM_STEN", "LET_IS"),
)

# Measured; pressures in mmHg, by the emergency cardiology team (`ambulance`) and on arrival in intensive care.
NUMBERS = {
    "AGE": "age",
    "S_AD_KBRIG": "systolic_pressure_ambulance",
    "D_AD_KBRIG": "diastolic_pressure_ambulance",
    "S_AD_ORIT": "systolic_pressure_icu",
    "D_AD_ORIT": "diastolic_pressure_icu",
    "K_BLOOD": "potassium",
    "NA_BLOOD": "sodium",
    "ALT_BLOOD": "alt",
    "AST_BLOOD": "ast",
    "KFK_BLOOD": "creatine_kinase",
    "L_BLOOD": "white_cells",
    "ROE": "erythrocyte_sedimentation",
}

# Grades that only rise: name, lowest, highest.
GRADES = {
    "INF_ANAM": ("previous_infarctions", 0, 3),  # 3 = three and more
    "STENOK_AN": ("angina_since", 0, 6),  # 0 never, 1 within the last year … 6 for more than five years
    "FK_STENOK": ("angina_class", 0, 4),
    "GB": ("hypertension_stage", 0, 3),
    "DLIT_AG": ("hypertension_years", 0, 7),  # 0 none, 1 to 5 years, 6 = 6 to 10, 7 = more
    # Depth of the change of QRS in the leads of a wall: 0 no infarct, 1 QRS unchanged, 2 QR, 3 Qr, 4 QS.
    "ant_im": ("anterior_infarct", 0, 4),
    "lat_im": ("lateral_infarct", 0, 4),
    "inf_im": ("inferior_infarct", 0, 4),
    "post_im": ("posterior_infarct", 0, 4),
    "TIME_B_S": ("onset_to_admission", 1, 9),  # 1 under 2 h … 5 = 8 to 12 h, 6 = 12 to 24 h, 9 = more than three days
}

# Kinds that have no order, or only a partial one: in heart failure IIA is of the right or of the left ventricle.
KINDS = {
    "SEX": ("sex", {0: "female", 1: "male"}),
    "IBS_POST": ("angina_before_admission", {0: "none", 1: "exertional", 2: "unstable"}),
    "ZSN_A": ("heart_failure_before", {0: "none", 1: "I", 2: "IIA right", 3: "IIA left", 4: "IIB"}),
}

# Yes or no.
FLAGS = {
    "IBS_NASL": "family_history",
    "SIM_GIPERT": "secondary_hypertension",
    "nr_11": "arrhythmia_before",
    "nr_01": "atrial_extrasystoles_before",
    "nr_02": "ventricular_extrasystoles_before",
    "nr_03": "paroxysmal_atrial_fibrillation_before",
    "nr_04": "persistent_atrial_fibrillation_before",
    "nr_07": "ventricular_fibrillation_before",
    "nr_08": "ventricular_tachycardia_before",
    "np_01": "av_block_1_before",
    "np_04": "av_block_3_before",
    "np_05": "left_anterior_block_before",
    "np_07": "incomplete_left_bundle_block_before",
    "np_08": "complete_left_bundle_block_before",
    "np_09": "incomplete_right_bundle_block_before",
    "np_10": "complete_right_bundle_block_before",
    "endocr_01": "diabetes",
    "endocr_02": "obesity",
    "endocr_03": "thyrotoxicosis",
    "zab_leg_01": "chronic_bronchitis",
    "zab_leg_02": "obstructive_bronchitis",
    "zab_leg_03": "asthma",
    "zab_leg_04": "chronic_pneumonia",
    "zab_leg_06": "tuberculosis",
    # On arrival in intensive care; rhythms also before the hospital.
    "O_L_POST": "pulmonary_oedema_on_arrival",
    "K_SH_POST": "cardiogenic_shock_on_arrival",
    "MP_TP_POST": "paroxysmal_atrial_fibrillation_on_arrival",
    "SVT_POST": "supraventricular_tachycardia_on_arrival",
    "GT_POST": "ventricular_tachycardia_on_arrival",
    "FIB_G_POST": "ventricular_fibrillation_on_arrival",
    "IM_PG_P": "right_ventricular_infarct",
    # On the ECG at admission.
    "ritm_ecg_p_01": "ecg_sinus_60_to_90",
    "ritm_ecg_p_02": "ecg_atrial_fibrillation",
    "ritm_ecg_p_04": "ecg_atrial_rhythm",
    "ritm_ecg_p_06": "ecg_idioventricular_rhythm",
    "ritm_ecg_p_07": "ecg_sinus_above_90",
    "ritm_ecg_p_08": "ecg_sinus_below_60",
    "n_r_ecg_p_01": "ecg_atrial_extrasystoles",
    "n_r_ecg_p_02": "ecg_frequent_atrial_extrasystoles",
    "n_r_ecg_p_03": "ecg_ventricular_extrasystoles",
    "n_r_ecg_p_04": "ecg_frequent_ventricular_extrasystoles",
    "n_r_ecg_p_05": "ecg_paroxysmal_atrial_fibrillation",
    "n_r_ecg_p_06": "ecg_persistent_atrial_fibrillation",
    "n_r_ecg_p_08": "ecg_supraventricular_tachycardia",
    "n_r_ecg_p_09": "ecg_ventricular_tachycardia",
    "n_r_ecg_p_10": "ecg_ventricular_fibrillation",
    "n_p_ecg_p_01": "ecg_sinoatrial_block",
    "n_p_ecg_p_03": "ecg_av_block_1",
    "n_p_ecg_p_04": "ecg_av_block_2_type_1",
    "n_p_ecg_p_05": "ecg_av_block_2_type_2",
    "n_p_ecg_p_06": "ecg_av_block_3",
    "n_p_ecg_p_07": "ecg_left_anterior_block",
    "n_p_ecg_p_08": "ecg_left_posterior_block",
    "n_p_ecg_p_09": "ecg_incomplete_left_bundle_block",
    "n_p_ecg_p_10": "ecg_complete_left_bundle_block",
    "n_p_ecg_p_11": "ecg_incomplete_right_bundle_block",
    "n_p_ecg_p_12": "ecg_complete_right_bundle_block",
    "GIPO_K": "potassium_below_4",
    "GIPER_NA": "sodium_above_150",
    # Given by the emergency cardiology team, before the hospital.
    "NA_KB": "ambulance_opioids",
    "NOT_NA_KB": "ambulance_nsaids",
    "LID_KB": "ambulance_lidocaine",
}

# Not known at admission. The source itself leaves out, for a prediction at admission, the pain and the analgesics of the first
# hours and of days 2 and 3. What intensive care gave (nitrates, lidocaine, …), and fibrinolysis, bear no time: they follow
# admission and may answer a complication (lidocaine alone tells ventricular fibrillation with AUC 0.74, nitrates pulmonary
# oedema with 0.68; of those who died early, the columns of day 3 are empty).
LATER = (
    *("R_AB_1_n", "R_AB_2_n", "R_AB_3_n", "NA_R_1_n", "NA_R_2_n", "NA_R_3_n", "NOT_NA_1_n", "NOT_NA_2_n", "NOT_NA_3_n"),
    *("NITR_S", "LID_S_n", "B_BLOK_S_n", "ANT_CA_S_n", "GEPAR_S_n", "ASP_S_n", "TIKL_S_n", "TRENT_S_n"),
    *("fibr_ter_01", "fibr_ter_02", "fibr_ter_03", "fibr_ter_05", "fibr_ter_06", "fibr_ter_07", "fibr_ter_08"),
)

COMPLICATIONS = {
    "FIBR_PREDS": "atrial_fibrillation",
    "PREDS_TAH": "supraventricular_tachycardia",
    "JELUD_TAH": "ventricular_tachycardia",
    "FIBR_JELUD": "ventricular_fibrillation",
    "A_V_BLOK": "av_block_3",
    "OTEK_LANC": "pulmonary_oedema",
    "RAZRIV": "myocardial_rupture",
    "DRESSLER": "dressler_syndrome",
    "ZSN": "chronic_heart_failure",
    "REC_IM": "reinfarction",
    "P_IM_STEN": "postinfarction_angina",
}
# 0 = alive, else the cause of death: 1 cardiogenic shock, 2 pulmonary oedema, 3 myocardial rupture, 4 progress of congestive heart
# failure, 5 thromboembolism, 6 asystole, 7 ventricular fibrillation.
CAUSE_OF_DEATH, CAUSES = "LET_IS", (0, 7)
