"""Small folders, made up, that a cohort is read from; each test breaks one thing in one of them."""

from pathlib import Path

from datasets.checks.findings import Finding, errors, warnings
from datasets.folder import examined
from datasets.folder.template import write_template

HEAD = """\
name = "tiny"
title = "Six operations"
source = "made up"
licence = "none"
citation = "none"
"""
COLUMNS = '[columns]\ncase = "case"\npatient = "patient"\n'
LANDMARK = '[landmark]\ntext = "End of surgery."\nat = "ended"\nunit = "min"\n'
OUTCOMES = '[outcomes]\nkidney = "Kidney injury."\ndeath = "Death in hospital."\n'
TABLES = '[[tables]]\nfile = "cases.csv"\n'
NOTES = '[[notes]]\nfile = "notes.csv"\n'
SERIES = '[[series]]\nfile = "series.csv"\nvariables = {hr = "1/min", map = {unit = "mmHg", low = 20, high = 200}}\n'
BINS = '[bins]\nstart = -2\nstop = 0\nwidth = 1\nunit = "h"\n'
TOML = HEAD + COLUMNS + LANDMARK + OUTCOMES + TABLES + NOTES + SERIES + BINS

# The landmark of each case lies where its operation ended: minutes on a clock that starts with it.
CASES = """\
case,patient,ended,age,sex,lactate,kidney,death
a,p1,180,61,f,1.5,1,0
b,p1,240,62,f,,0,0
c,p2,120,47,m,2.25,0,1
d,p3,60,70,m,0.5,,0
e,p4,300,55,f,1,1,1
f,p5,200,66,m,3,0,0
"""
NOTES_CSV = """\
case,time,text
a,170,second note
a,-30,first note
a,181,written later
b,240,at the landmark
d,10,"one, with
a line break"
"""
SERIES_CSV = """\
case,time,variable,value
a,60,hr,80
a,119,hr,90
a,120,hr,70
a,180,hr,60
a,180.5,hr,999
a,59,hr,40
b,200,map,70
b,201,map,500
"""
FILES = {"cohort.toml": TOML, "cases.csv": CASES, "notes.csv": NOTES_CSV, "series.csv": SERIES_CSV}


def tiny(folder: Path, **changed: str | bytes) -> Path:
    """The folder of six operations, some of its files changed: `cases` for cases.csv, `toml` for cohort.toml."""
    folder.mkdir(exist_ok=True)
    contents: dict[str, str | bytes] = dict(FILES)
    contents |= {"cohort.toml" if name == "toml" else f"{name}.csv": content for name, content in changed.items()}
    for name, content in contents.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def template(tmp_path: Path, name: str = "demo") -> Path:
    write_template(tmp_path / name)
    return tmp_path / name


def grave(folder: Path) -> list[str]:
    """The errors of a folder, in words."""
    return [str(finding) for finding in errors(examined(folder).findings)]


def mild(folder: Path) -> list[str]:
    """The warnings of a folder, in words."""
    return [str(finding) for finding in warnings(examined(folder).findings)]


def told(findings: tuple[Finding, ...]) -> list[str]:
    return [str(finding) for finding in findings]


# Stands for a patient's value: must never be shown.
SECRET = "Zebra77"


def cell(row: int, column: str, value: str, csv: str = CASES) -> str:
    """The file with one cell replaced; `row` counts data rows from 1."""
    lines = csv.split("\n")
    parts = lines[row].split(",")
    parts[lines[0].split(",").index(column)] = value
    lines[row] = ",".join(parts)
    return "\n".join(lines)


def without(column: str, csv: str = CASES) -> str:
    place = csv.split("\n")[0].split(",").index(column)
    return "\n".join(",".join(part for i, part in enumerate(line.split(",")) if i != place) for line in csv.split("\n"))
