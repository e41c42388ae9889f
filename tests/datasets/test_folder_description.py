"""Broken descriptions: every wrong key by its place, all at once."""

from pathlib import Path

import pytest

from datasets import Refused
from datasets.registry import entry
from tests.datasets.folders import (
    NOTES,
    OUTCOMES,
    TABLES,
    TOML,
    tiny,
)

DESCRIPTIONS = {
    "no toml": (TOML.replace('title = "Six', "title = Six"), "cohort.toml is not TOML"),
    "not utf-8": (TOML.replace("Six", "Séx").encode("latin-1"), "cohort.toml is not UTF-8"),
    "empty": ("", "name is missing"),
    "wrong key": (TOML.replace("licence", "license"), "key 'license' is not known. Did you mean 'licence'?"),
    "wrong key of a table": (
        TABLES.join(TOML.split(TABLES)[:1]) + TABLES + 'catgories = ["sex"]\n',
        "tables.1: key 'catgories' is not known. Did you mean 'categories'?",
    ),
    "wrong key of a variable": (TOML.replace("low = 20", "lo = 20"), "variables.map: key 'lo' is not known. Did you mean 'low'?"),
    "wrong key of the columns": (
        TOML.replace("patient =", "patients ="),
        "columns: key 'patients' is not known. Did you mean 'patient'?",
    ),
    "missing key": (TOML.replace('case = "case"\n', ""), "columns.case is missing."),
    "name that leaves": (TOML.replace('"tiny"', '"../tiny"'), "name: found '../tiny'; allowed are letters, digits"),
    "name with a blank": (TOML.replace('"tiny"', '"my cohort"'), "name: found 'my cohort'"),
    "name of dots": (TOML.replace('"tiny"', '"a..b"'), "name: found 'a..b'"),
    "name too long": (TOML.replace('"tiny"', f'"{"a" * 200}"'), "name: found"),
    "number for text": (TOML.replace('"made up"', "5"), "source: found 5; allowed is a valid string"),
    "no outcomes": (TOML.replace(OUTCOMES, "[outcomes]\n"), "outcomes: "),
    "landmark true": (TOML.replace('"ended"', "true"), "landmark.at: found True; allowed is a number, or the name of a column"),
    "landmark infinite": (TOML.replace('"ended"', "inf"), "landmark.at: "),
    "landmark huge": (TOML.replace('"ended"', "9" * 400), "landmark.at: "),
    "unit": (TOML.replace('unit = "min"', 'unit = "minutes"'), "landmark.unit: found 'minutes'; allowed is 's', 'min', 'h' or 'd'"),
    "bins after the landmark": (TOML.replace("stop = 0", "stop = 4"), "allowed is start < stop <= 0"),
    "bins turned around": (TOML.replace("start = -2", "start = 1"), "allowed is start < stop <= 0"),
    "bins of no width": (TOML.replace("width = 1", "width = 0"), "bins.width: found 0; "),
    "bins of negative width": (TOML.replace("width = 1", "width = -1"), "bins.width: found -1; "),
    "broken bins": (TOML.replace("width = 1", "width = 0.7"), "must be a whole number of widths"),
    "too many bins": (TOML.replace("width = 1", "width = 1e-9"), "must be a whole number of widths"),
    "two roles": (TOML.replace('patient = "patient"', 'patient = "death"'), "the column 'death' is given two roles"),
    "outcome as input": (
        TOML.replace(TABLES, TABLES + 'numbers = ["death"]\n'),
        "the column 'death' is outcome and is also listed under numbers",
    ),
    "two kinds": (TOML.replace(TABLES, TABLES + 'numbers = ["age"]\ntext = ["age"]\n'), "the column 'age' is given two kinds"),
    "nested": (TOML + '[nested]\ndeath = ["kidny"]\n', "nested: outcome 'kidny' is not known. Did you mean 'kidney'?"),
    "file twice": (TOML + TABLES, "tables: the file cases.csv stands twice"),
    "kind without kinds": (TOML.replace(NOTES, NOTES + 'kind = "kind"\n'), "allowed is either `field`, or `kind`"),
    "comma twice": (TOML.replace(TABLES, TABLES + 'decimal = ","\n'), "the decimal comma needs another separator"),
    "deep": ("a = " + "[" * 5000, "cohort.toml is not TOML"),
}


@pytest.mark.parametrize("kind", DESCRIPTIONS)
def test_a_broken_description_is_refused_by_key(tmp_path: Path, kind: str) -> None:
    toml, words = DESCRIPTIONS[kind]
    with pytest.raises(Refused) as refused:
        entry(str(tiny(tmp_path / "tiny", toml=toml)))
    assert words in str(refused.value)
    assert "cohort.toml" in str(refused.value)


def test_all_wrong_keys_are_told_at_once(tmp_path: Path) -> None:
    toml = TOML.replace("licence", "license").replace("low = 20", "lo = 20").replace('unit = "min"', 'unit = "m"')
    with pytest.raises(Refused) as refused:
        entry(str(tiny(tmp_path / "tiny", toml=toml)))
    assert all(word in str(refused.value) for word in ("'license'", "licence is missing", "'lo'", "landmark.unit"))
