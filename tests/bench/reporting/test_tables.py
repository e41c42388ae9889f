"""Grids as text: Markdown, LaTeX, terminal."""

from pathlib import Path

import pytest

from bench.reporting import latex, markdown
from bench.reporting.contents import Contents, gather
from bench.reporting.grid import Cell, Grid, duration, pages, scored, short
from bench.reporting.terminal import main_table
from tests.bench.records import Fake, study

GRID = Grid("a_b: AUC", ("method", "x & y"), ((Cell("m_1"), Cell("-0.5", "best")), (Cell("[z]"), Cell("–", "second"))))


def test_markdown_table():
    assert markdown.table(GRID).splitlines() == [
        "| method | x &amp; y |",
        "| --- | ---: |",
        "| m_1 | **-0.5** |",
        r"| \[z\] | <u>–</u> |",
    ]


def test_latex_table():
    lines = latex.table(GRID, "50 %").splitlines()
    assert r"\caption{a\_b: AUC. 50 \%}" in lines
    assert r"method & x \& y \\" in lines
    assert r"m\_1 & \textbf{$-$0.5} \\" in lines
    assert r"{[}z] & \underline{--} \\" in lines
    assert lines.index(r"\toprule") < lines.index(r"\midrule") < lines.index(r"\bottomrule")


@pytest.mark.parametrize("escape", [markdown.escape, latex.escape])
def test_names_stay_on_one_line_and_cannot_turn_the_text(escape: object):
    assert callable(escape)
    assert escape("a\nb\x1b[31mc\u202ed") == escape("a b [31mc d")


def test_underscores_inside_words_stay_and_at_their_edges_are_escaped():
    assert markdown.escape("single_task _x_") == r"single_task \_x\_"


def test_numbers():
    assert scored(0.12345, 0.1, 0.2) == "0.123 (0.100, 0.200)"
    assert scored(-0.01, float("nan"), float("nan"), sign=True) == "-0.010"
    assert [duration(s) for s in (3.21, 600, 36000)] == ["3.2 s", "10.0 min", "10.0 h"]
    assert short("x" * 50, 10) == "x" * 9 + "…"


def test_wide_tables_are_split_with_the_averages_first():
    assert pages(["a", "b", "average", "c", "d", "e", "f"]) == [("average", "a", "b", "c", "d", "e"), ("f",)]


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> Contents:
    return gather(study(tmp_path_factory.mktemp("results"), Fake(failed=[("orthtd", 0)])).datasets[0])


@pytest.mark.parametrize("width", [40, 60, 80, 100, 160])
def test_terminal_table_keeps_its_width_and_says_what_is_missing(contents: Contents, width: int):
    text = main_table(contents, width)
    assert max(map(len, text.splitlines())) <= width
    for label in ("mmoe", "single_task", "lightgbm", "orthtd", "prevalence", "oracle"):
        assert any(line.startswith(label) for line in text.splitlines())
    assert "failed" in text
    assert ("Not shown" in text) == (width < 86)
    assert "\x1b" not in text


def test_terminal_table_tells_what_failed_from_what_was_not_run(tmp_path: Path):
    fake = Fake(folds=2, failed=[("orthtd", 0)], unrun=[("mmoe", 1)])
    lines = main_table(gather(study(tmp_path, fake).datasets[0]), 100).splitlines()
    first = {label: next(line.split() for line in lines if line.startswith(label)) for label in ("orthtd", "mmoe")}
    assert set(first["orthtd"][1:]) == {"failed"}
    assert set(first["mmoe"][1:]) == {"not", "run"}
    order = [line.split()[0] for line in lines]
    assert order.index("orthtd") < order.index("mmoe") < order.index("prevalence")
    assert "orthtd failed: 1 of 2 cells: 1 FloatingPointError." in lines
    assert "mmoe not run: 1 of 2 folds done." in lines


def test_terminal_table_is_sorted_by_average_auc(contents: Contents):
    lines = main_table(contents, 100).splitlines()
    auc = contents.main[(contents.main["outcome"] == "average") & (contents.main["status"] == "ok")]
    expected = auc.sort_values("auc", ascending=False)["method"].tolist()
    order = [line.split()[0] for line in lines if line and line.split()[0] in expected]
    assert order == expected


def test_a_name_with_markup_is_printed_as_it_is(tmp_path: Path, contents: Contents):
    changed = contents.main.replace({"method": {"mmoe": "[red]m[/red]"}})
    text = main_table(Contents(**{**vars(contents), "main": changed}), 120)
    assert "[red]m[/red]" in text
