"""What holds for any input at all: names in reports, cells of files, patients in splits."""

import re
from html import unescape
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.protocol.labels import checked_label
from bench.protocol.split import Split
from bench.reporting import latex, markdown
from bench.reporting.html.text import inline
from bench.reporting.printable import printable
from datasets import Card, Cohort
from datasets.folder import cells
from tests.datasets.folders import CASES, TOML, tiny
from tests.fuzz.ran import files, ran, refused

FEW = settings(max_examples=100, deadline=None, database=None, derandomize=True)
# Names that mean something to HTML, Markdown, LaTeX, a shell or a template.
PIECES = (
    *(
        "<script>",
        "</td>",
        "<!--",
        "&amp;",
        "&",
        "_",
        "%",
        "\\",
        "$",
        "'",
        '"',
        "`",
        "~",
        "^",
        "#",
        "{",
        "}",
        "{{ 7 }}",
        "{%",
        "|",
        "[x](y)",
    ),
    *("\\input{x}", "$(x)", "**", "\n", "\u202e", "Δ", "–", "a", "1", " ", "-1", "[", "javascript:", "\\\\", "\\end{tabular}"),
)
NAMES = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=3)), min_size=1, max_size=6).map("".join)
# Commands that `escape` itself writes, and signs that stand for themselves after a backslash.
OWN = re.compile(
    r"\\(textbackslash|textasciitilde|textasciicircum|textless|textgreater|textbar)\{\}|\\[&%$#_{}]|\{\[\}|\$-\$|\$\\Delta\$"
)
CARD = Card("toy", "A toy cohort", "made up", "none", "none", "admission", {"one": "", "two": ""})


def surrogate_free(text: str) -> bool:
    return not any("\ud800" <= sign <= "\udfff" for sign in text)


@FEW
@given(NAMES.filter(surrogate_free))
def test_a_name_in_latex_holds_nothing_that_latex_would_obey(name: str) -> None:
    rest = OWN.sub("", latex.escape(name))
    assert not set(rest) & set("\\&%$#_{}~^"), rest
    assert "\n" not in rest


@FEW
@given(NAMES.filter(surrogate_free))
def test_a_name_in_markdown_becomes_the_same_text_in_html_and_no_markup(name: str) -> None:
    html = str(inline(f"x{markdown.escape(name)}x"))
    assert "<" not in html
    assert " ".join(unescape(html).split()) == " ".join(f"x{printable(name)}x".split())


@FEW
@given(st.floats(-1e38, 1e38), st.sampled_from(("{}", " {} ", "+{}")))
def test_a_number_written_in_a_file_is_read_as_itself(number: float, written: str) -> None:
    text = written.format(repr(number)) if number >= 0 else repr(number)
    read = cells.numbers(pa.array([text, "x"]), ())
    assert read.values[0] == number
    assert sum(mask[1] for mask in read.wrong.values()) == 1
    assert not any(mask[0] for mask in read.wrong.values())


@FEW
@given(NAMES)
def test_a_label_that_is_allowed_names_a_folder_inside_its_own(name: str) -> None:
    try:
        label = checked_label(name)
    except ValueError:
        return
    home = Path("/results/study")
    assert (home / label).resolve().parent == home


@FEW
@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.sampled_from(("holdout", "kfold")))
def test_a_patient_with_several_rows_stands_on_one_side_of_every_fold(seed: int, most: int, kind: str) -> None:
    rng = np.random.default_rng(seed)
    patient = rng.permutation(np.repeat(np.arange(80), rng.integers(1, most + 1, 80)))
    outcomes = pd.DataFrame({"one": rng.random(len(patient)) < 0.3, "two": rng.random(len(patient)) < 0.5}).astype(np.float32)
    cohort = Cohort(card=CARD, patient=patient, outcomes=outcomes)
    sides = Split(kind, 1 if kind == "holdout" else 3, seed=seed % 100).sides(cohort, "x")
    assert (sides.groupby(["fold", "patient"])["side"].nunique() == 1).all()
    assert (sides.groupby("fold")["row"].nunique() == len(patient)).all()


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", "a & b_%$#\\", "'; DROP TABLE", '"quoted"', "{{ 7 * 7 }}", "../../x"]
)
def test_a_folder_whose_columns_and_outcomes_bear_hostile_names_is_checked_like_any_other(hostile: str, tmp_path: Path) -> None:
    csv_name, toml_name = hostile.replace('"', '""'), hostile.replace("\\", "\\\\").replace('"', '\\"')
    cases = CASES.replace("lactate", f'"{csv_name}"').replace("kidney", f'"{csv_name} outcome"', 1)
    tiny(tmp_path / "tiny", cases=cases, toml=TOML.replace("kidney =", f'"{toml_name} outcome" ='))
    found = ran(tmp_path, "check", "dataset", "./tiny")
    assert f"outcome {hostile} outcome: 2 events in 5 known cases." in found.out
    # Six cases are too few for a study, and nothing else is wrong.
    assert refused(found)
    assert "too few" in found.out + found.err


@pytest.mark.parametrize(
    "arguments", [("run", "a\x1b[31m\u202eb"), ("check", "dataset", "./a\x07b"), ("run", "--trials", "\x1b[2J")]
)
def test_what_is_said_of_a_name_moves_no_cursor_and_turns_no_writing(arguments: tuple[str, ...], tmp_path: Path) -> None:
    assert refused(ran(tmp_path, *arguments))


LONG = "x" * 300


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "dataset", f"./{LONG}"),
        ("run", f"{LONG}.toml"),
        ("run", "--dataset", LONG),
        ("report", LONG),
        ("rerun", f"./{LONG}"),
    ],
)
def test_a_name_that_no_file_system_takes_is_refused_in_words(arguments: tuple[str, ...], tmp_path: Path) -> None:
    found = ran(tmp_path, *arguments)
    assert refused(found)
    assert LONG[:60] in found.err
    assert files(tmp_path) == set()
