"""Channels: the 37 variables that the source measures over time, by the source's own names."""

from __future__ import annotations

from datasets.grid import Channel

# Ranges hold what a patient can live through for an hour, taken wide, so that no grave value is lost. Outside lie zeros of lines
# that were open or not connected, flushes (pressures of 300), typing errors (a pH of 735, a temperature of 3.7, −1 for unknown).
CHANNELS = (
    Channel("Albumin", "g/dL", 0.5, 8),
    Channel("ALP", "IU/L", 5, 10_000),
    Channel("ALT", "IU/L", 1, 40_000),
    Channel("AST", "IU/L", 1, 60_000),
    Channel("Bilirubin", "mg/dL", 0.05, 100),
    Channel("BUN", "mg/dL", 1, 300),
    Channel("Cholesterol", "mg/dL", 20, 800),
    Channel("Creatinine", "mg/dL", 0.1, 30),
    Channel("DiasABP", "mmHg", 10, 180),
    Channel("FiO2", "fraction", 0.21, 1),
    Channel("GCS", "points", 3, 15),
    Channel("Glucose", "mg/dL", 8, 2_000),
    Channel("HCO3", "mmol/L", 3, 60),
    Channel("HCT", "%", 5, 70),
    Channel("HR", "1/min", 15, 250),
    Channel("K", "mmol/L", 1, 12),
    Channel("Lactate", "mmol/L", 0.1, 35),
    Channel("MAP", "mmHg", 20, 200),
    Channel("MechVent", "1 = ventilated", 0, 1),
    # The source says mmol/L, but its median of 2.0 is the normal one in mg/dL.
    Channel("Mg", "mg/dL", 0.3, 15),
    Channel("Na", "mmol/L", 90, 190),
    Channel("NIDiasABP", "mmHg", 10, 180),
    Channel("NIMAP", "mmHg", 20, 200),
    Channel("NISysABP", "mmHg", 30, 280),
    Channel("PaCO2", "mmHg", 8, 150),
    Channel("PaO2", "mmHg", 20, 700),
    Channel("pH", "pH", 6.5, 8),
    Channel("Platelets", "1000/uL", 1, 2_500),
    Channel("RespRate", "1/min", 1, 80),
    Channel("SaO2", "%", 30, 100),
    Channel("SysABP", "mmHg", 30, 280),
    Channel("Temp", "°C", 25, 43),
    Channel("TroponinI", "ug/L", 0, 100),
    Channel("TroponinT", "ug/L", 0, 50),
    # mL of one hour. More than 5 L are the urine of a whole operation or day, entered at once.
    Channel("Urine", "mL", 0, 5_000),
    Channel("WBC", "1000/uL", 0.1, 500),
    Channel("Weight", "kg", 25, 300),
)
# The source gives a respiratory rate only to stays that no entry of ventilation within 48 hours stands against: of 12,000 none has
# both. That a stay has one on the first day therefore tells of its second day, and says alone (AUC 0.88) who will be ventilated.
CHANNELS_24H = tuple(channel for channel in CHANNELS if channel.name != "RespRate")
PLACE = {channel.name: place for place, channel in enumerate(CHANNELS)}
