"""Template: a commented `cohort.toml` with made-up files, which passes its check and runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path

from datasets.errors import Refused
from datasets.folder.description import FILE, NAME
from datasets.folder.example import example

TOML = """\
# A cohort of your own. All patients in this folder are made up: put your files here and say below what is what.
#   python -m bench check dataset {path}
#   python -m bench run quick --dataset {path} --methods logistic
# Check says all that is wrong at once. Errors stop; warnings are shown, and stand in the report of a run.
# Keys that are commented out may be left out. Nothing leaves this machine.

name = "{name}"          # letters, digits and _ . + - inside; names folders
title = "Operations of two made-up hospitals"
source = "Made up by `python -m bench new dataset`"
licence = "none"
citation = "none"
synthetic = true               # leave this line out for real patients

# Files are .csv, .csv.gz or .parquet and lie in this folder. A CSV file is UTF-8, its first line names the columns. For a file of
# another make, add to its part below:  separator = ";"  and  decimal = ","
# A cell is missing if it is empty or says NA, N/A, NaN, nan, NULL or null. Other spellings must be listed; what is neither
# listed nor of its column's kind is an error.
# missing = ["?", "-", "unknown"]

[columns]                      # which column of the tables is what; none is an input unless it says so
case = "case_id"               # one operation or stay; the same name in every file, unless a file says `case` itself
patient = "patient_id"         # whose cases stay together in every split; left out: each case is a patient of its own
time = "surgery_end"           # when the case was, a date or a number: for splits by time
centre = "hospital"            # for splits by centre
# official = "test"            # 1 = the source keeps the case for testing, 0 = not
reference = ["age", "asa"]     # inputs that a bedside rule would use
procedure = "diagnosis"        # the input that names the procedure, or else the reason of admission
subgroups = ["age", "sex"]     # inputs by which reports part the patients
# scores = ["saps"]            # clinical scores to set beside the methods; no inputs

# The moment of prediction. Nothing timed after it is an input: notes and measurements after it are left out and counted; a cell of
# a table after it is an error, for such a column was filled with hindsight.
# `at` says where it lies on the clock of the files, in one of three ways:
#   at = "surgery_end"   a column: each case has its own. If it holds dates, all times in the files are dates, written
#                        2021-03-04 or 2021-03-04 12:30, without a time zone; if it holds numbers, all times are
#                        numbers on the same clock
#   at = 48              a number: the same for all cases, such as 48 h after an admission that is time 0
#   at = 0               times in the files count from the landmark itself, negative before it (so too if `at` is left out)
[landmark]
text = "End of surgery."
at = "surgery_end"
# unit = "h"                   # of times that are numbers: s, min, h or d; needed for series

# Columns of 1, 0 and nothing (unknown), each with its definition. TRUE and FALSE are not taken in CSV (in Parquet they are).
[outcomes]
any_complication = "Kidney injury or an unplanned stay in intensive care within 7 days after surgery."
kidney_injury = "Creatinine at least 1.5 times the last one before surgery within 7 days (KDIGO)."
unplanned_icu = "Unplanned stay in intensive care within 7 days after surgery."

[nested]                       # an outcome that holds others
any_complication = ["kidney_injury", "unplanned_icu"]

# Tables: one row a case. The first one says which cases there are; others may lack some. Every column that is not named in
# [columns], [landmark] or [outcomes] is an input, unless it is listed under `ignore`.
[[tables]]
file = "cases.csv"
# Kinds need saying only where the cells do not say them: a column is numbers if most of its cells are, else categories.
# numbers = []
categories = ["asa"]           # such as codes written as numbers
text = ["diagnosis"]           # short text known at the landmark; becomes a note field
times = ["admitted"]           # dates, or times on the clock: read as time before the landmark (dates in days)
ignore = ["surgeon"]           # no inputs: what is known only later, identifiers, whatever else
measured = {{ lactate = "lactate_time" }}   # column = the column with its time, to be sure that it lies before the landmark
units = {{ age = "years", creatinine = "mg/dL", lactate = "mmol/L" }}

# [[tables]]                   # as many as there are; a column stands in one of them only
# file = "laboratory.csv"
# unknown_cases = "leave_out"  # rows of cases that the first table lacks: counted and left out, instead of an error

# Notes: one row a note, any number a case. Notes of one field are joined in the order of their times.
[[notes]]
file = "notes.csv"
time = "time"
text = "text"
kind = "kind"                  # a column that tells kinds of notes apart; each kind listed becomes a note field
kinds = ["admission", "anaesthesia"]
# field = "notes"              # instead of kind and kinds: the one field that the file's notes become
# unknown_kinds = "leave_out"  # kinds that are not listed: left out, instead of an error
# unknown_cases = "leave_out"

# Series in long form: one row a measurement.
[[series]]
file = "series.csv"
time = "time"
variable = "variable"
value = "value"
# unknown_variables = "leave_out"
# unknown_cases = "leave_out"
[series.variables]             # variable = its unit; with a range, what lies outside is an artefact: left out and counted
heart_rate = {{ unit = "1/min", low = 10, high = 300 }}
mean_pressure = "mmHg"

# The grid of the series, counted from the landmark, which is 0: each bin holds the mean of what was measured in it, the last bin
# its end too. What lies outside all bins is left out and counted.
[bins]
start = -2.0
stop = 0.0
width = 0.25
unit = "h"
"""


def write_template(folder: Path) -> list[Path]:
    """Writes a new folder with the template, named as the folder is; gives its files. Refuses to touch anything that is there."""
    name = folder.name
    if not re.fullmatch(NAME, name):
        raise Refused(f"dataset name '{name}': allowed are letters, digits and '_', '.', '+', '-' inside, up to 64.")
    if folder.exists() or folder.is_symlink():
        raise Refused(f"{folder} is there already, and nothing is overwritten; take another name, or move it away.")
    path = str(folder) if folder.parent != Path() else f"./{folder}"
    files = {FILE: TOML.format(name=name, path=path), **example()}
    try:
        folder.mkdir(parents=True)
        for file, content in files.items():
            (folder / file).write_text(content, encoding="utf-8")
    except OSError as problem:
        raise Refused(f"{folder} cannot be written ({problem.strerror}).") from problem
    return [folder / file for file in files]
