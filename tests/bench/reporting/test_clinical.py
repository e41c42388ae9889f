"""What a report says of calibration and decisions: its words, tables and figures hold the numbers of its CSV files."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.text import Text

import bench.reporting.contents as told
import bench.reporting.write as writing
from bench.evaluation.scores import score
from bench.reporting.contents import Contents, gather
from bench.reporting.figures import calibration as calibration_figure
from bench.reporting.figures import decisions as decisions_figure
from bench.reporting.figures import risks as risks_figure
from bench.reporting.figures.style import styled
from bench.reporting.grid import Grid
from bench.reporting.section import Section
from bench.reporting.sections import calibration, decisions
from bench.reporting.sections.picked import MOST, picked
from bench.reporting.write import write
from tests.bench.records import Fake, study

FEW = {"single_task": 1.0, "mmoe": 1.6, "lightgbm": 1.5}
MANY = {**FEW, **{f"a_method_of_a_longer_name_{n}": 0.4 + n / 60 for n in range(37)}}
TWINS = {name: "single_task" for name in MANY if name not in ("single_task", "lightgbm")}


@pytest.fixture(autouse=True)
def _fewer_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(told, "score", lambda record: score(record, resamples=50))


@pytest.fixture(scope="module", params=[FEW, MANY], ids=["3", "40"])
def contents(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Contents:
    fake = Fake(
        skill=request.param,
        twins=TWINS,
        patients=800,
        failed=[("a_method_of_a_longer_name_3", 0)],
        unrun=[("a_method_of_a_longer_name_5", 0)],
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(told, "score", lambda record: score(record, resamples=50))
        return gather(study(tmp_path_factory.mktemp("results"), fake).datasets[0])


def _sections(contents: Contents) -> tuple[Section, Section]:
    one, other = calibration.section(contents), decisions.section(contents)
    assert one is not None
    assert other is not None
    return one, other


@pytest.fixture(scope="module")
def sections(contents: Contents) -> tuple[Section, Section]:
    return _sections(contents)


def _rows(grid: Grid) -> dict[str, list[str]]:
    return {row[0].text: [cell.text for cell in row[1:]] for row in grid.rows}


def _grid(section: Section, words: str) -> Grid:
    (found,) = (grid for grid in section.grids if words in grid.title)
    return found


def _drawn(draw: Callable[[], Figure]) -> Figure:
    with styled():
        figure = draw()
        FigureCanvasAgg(figure).draw()
    return figure


def test_both_stand_after_the_subgroups_and_every_figure_has_its_csv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    draw = writing._figures
    ours = ("calibration", "decisions")
    monkeypatch.setattr(writing, "_figures", lambda section, *rest: draw(section, *rest) if section.name in ours else None)
    folder = write(study(tmp_path, Fake(skill=FEW)), tmp_path / "reports").folder
    page = (folder / "index.md").read_text()
    assert page.index("## Are the risks true?") < page.index("## Would it change decisions?") < page.index("## Cost")
    for name in ("calibration", "calibration_curve", "decisions", "risks", "top"):
        table = pd.read_csv(folder / f"{name}.csv")
        assert set(table["method"]) == set(FEW)
        assert f"`{name}.csv`" in page or f"`{name}.*`" in page
    for name in ("calibration_curve", "decisions", "risks"):
        assert (folder / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert f"![{name}]({name}.png)" in page
    assert "too few test positives to say" in page


def test_tables_of_the_page_hold_the_numbers_of_the_csv(contents: Contents, sections: tuple[Section, Section]):
    one, other = sections
    slopes, table = _rows(_grid(one, "slope")), one.tables["calibration"]
    line = table[(table["method"] == "mmoe") & (table["outcome"] == "any") & (table["scale"] == "raw")].iloc[0]
    assert slopes["mmoe"][0] == f"{line['slope']:.3f} ({line['slope_low']:.3f}, {line['slope_high']:.3f})"
    brier = _rows(_grid(one, "Brier"))["mmoe"]
    average = table[(table["method"] == "mmoe") & (table["outcome"] == "average")].set_index("scale")
    assert brier[2:] == [f"{average.loc[scale, 'brier']:.4f}" for scale in ("raw", "platt")]
    top = other.tables["top"].set_index(["method", "outcome"])
    found = _rows(_grid(other, "average over outcomes"))["mmoe"]
    line = top.loc[("mmoe", "average")]
    assert found[2].startswith(f"{line['evaluated_per_found']:.1f} ({line['evaluated_low']:.1f}, ")
    kidney = _rows(_grid(other, "predictive value among"))["mmoe"][2]
    assert kidney.startswith(f"{100 * top.loc[('mmoe', 'kidney'), 'ppv']:.1f} (")


def test_the_gain_is_told_at_the_threshold_nearest_to_the_prevalence(contents: Contents, sections: tuple[Section, Section]):
    section = sections[1]
    grid, table = _grid(section, "net benefit"), section.tables["decisions"]
    for place, (outcome, count) in enumerate(contents.scores.counts.items()):
        found = table[(table["outcome"] == outcome) & (table["method"] == "mmoe") & (table["scale"] == "raw")]
        line = found.loc[(found["threshold"] - count.prevalence).abs().idxmin()]
        assert grid.columns[1 + place] == f"{outcome}, from {100 * line['threshold']:.1f} %"
        assert _rows(grid)["mmoe"][place].split(" (")[0] == f"{1000 * line['gain']:.1f}"


def test_sentences_count_what_the_tables_say(contents: Contents, sections: tuple[Section, Section]):
    one, other = sections
    table = one.tables["calibration"]
    for scale, words in (("raw", "as predicted"), ("platt", "after Platt scaling")):
        found = table[(table["outcome"] == "any") & (table["scale"] == scale)]
        near = sum(
            line["slope_low"] <= 1 <= line["slope_high"] and line["intercept_low"] <= 0 <= line["intercept_high"]
            for _, line in found.iterrows()
        )
        said = next(line for line in str(one.blocks[0]).splitlines() if line.startswith("- any:"))
        assert f"{near} of {len(found)} {words}" in said
    *rest, icu = str(other.blocks[0]).splitlines()
    assert icu.startswith("- icu, treated from ")
    assert icu.endswith(" % on: too few test positives to say.")
    table = other.tables["decisions"]
    for line, outcome in zip(rest, ("any", "pulmonary", "kidney"), strict=True):
        at = float(line.split("treated from ")[1].split(" %")[0]) / 100
        found = table[(table["outcome"] == outcome) & (table["threshold"] == round(at, 3)) & (table["scale"] == "platt")]
        assert line.endswith(f"{(found['gain_low'] > 0).sum()} of {len(found)} after Platt scaling.")


def test_an_incomplete_method_is_shown_as_such_in_every_table(contents: Contents, sections: tuple[Section, Section]):
    for section in sections:
        for grid in section.grids:
            rows = _rows(grid)
            shown = {name: set(texts) for name, texts in rows.items() if {"failed", "not run"} & set(texts)}
            assert shown == {name: {found.status} for name, found in contents.scores.incomplete.items()}
            assert {len(row) for row in grid.rows} == {len(grid.columns)}
        assert not set(contents.scores.incomplete) & {name for table in section.tables.values() for name in table["method"]}


def test_figures_draw_every_line_of_their_csv_and_name_a_few(contents: Contents, sections: tuple[Section, Section]):
    names, complete = picked(contents), len(contents.scores.methods)
    assert len(names) <= MOST
    assert {"single_task", "lightgbm", *(found.method for found in contents.leaders.values() if found)} <= set(names)
    one, other = sections
    figures = {
        "predicted": _drawn(lambda: calibration_figure.draw(one.tables["calibration_curve"], names)),
        "net_benefit": _drawn(lambda: decisions_figure.draw(other.tables["decisions"], names)),
    }
    for figure in figures.values():
        assert len(figure.axes) == 8
        for axes in figure.axes:
            (grey,) = (found for found in axes.collections if isinstance(found, LineCollection))
            assert len(grey.get_segments()) == complete - len(names)
        named = [text.get_text() for axes in figure.axes for text in axes.texts]
        assert all(named.count(name) == 2 for name in names)
    table = other.tables["decisions"]
    first = table[(table["outcome"] == "any") & (table["scale"] == "raw") & (table["method"] == names[0])]
    drawn = [line.get_ydata() for line in figures["net_benefit"].axes[0].lines]
    assert any(len(y) == len(first) and np.allclose(y, 1000 * first["net_benefit"]) for y in drawn)


def test_risks_are_drawn_as_quantiles_alone(contents: Contents, sections: tuple[Section, Section]):
    table = sections[1].tables["risks"]
    figure = _drawn(lambda: risks_figure.draw(table))
    raw = table[table["scale"] == "raw"]
    for axes, outcome in zip(figure.axes, contents.scores.outcomes, strict=True):
        rows = raw[raw["outcome"] == outcome]
        medians = np.concatenate([np.asarray(line.get_xdata()) for line in axes.lines])
        np.testing.assert_allclose(np.sort(medians), np.sort(rows["q50"]))
        ends = np.concatenate([segment.reshape(-1, 2)[:, 0] for found in axes.collections for segment in found.get_segments()])
        wanted = rows[["q05", "q25", "q75", "q95"]].to_numpy().ravel()
        np.testing.assert_allclose(np.sort(ends[~np.isnan(ends)]), np.sort(wanted[~np.isnan(wanted)]))


def test_names_do_not_overlap_and_stay_inside(contents: Contents, sections: tuple[Section, Section]):
    one, other = sections
    for picture in (*one.pictures, *other.pictures):
        figure = _drawn(picture.draw)
        renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
        for axes in figure.axes:
            texts = [t for t in (*axes.texts, *axes.get_yticklabels(), axes.title, axes.yaxis.label) if t.get_text()]
            boxes = [Text.get_window_extent(t, renderer) for t in texts]
            for i, box in enumerate(boxes):
                assert box.x0 >= 0, (picture.name, texts[i].get_text())
                assert box.x1 <= figure.bbox.x1, (picture.name, texts[i].get_text())
                over = [texts[j].get_text() for j in range(i) if box.overlaps(boxes[j]) and texts[j] is not axes.title]
                assert not over, (picture.name, texts[i].get_text(), over)


def test_a_study_without_a_complete_method_has_neither(tmp_path: Path):
    found = gather(study(tmp_path, Fake(skill={"mmoe": 1.0}, failed=[("mmoe", 0)])).datasets[0])
    assert calibration.section(found) is None
    assert decisions.section(found) is None


@pytest.mark.parametrize("risk", [0.0, 0.2, 1.0])
def test_one_risk_for_all_is_told_and_drawn(tmp_path: Path, risk: float):
    def change(frame: pd.DataFrame, method: str, fold: int) -> pd.DataFrame:
        return frame.assign(p=risk) if method == "orthtd" else frame

    record = study(tmp_path, Fake(change=change)).datasets[0]
    sections = _sections(gather(record))
    assert _rows(_grid(sections[0], "slope"))["orthtd"] == ["–"] * 4
    assert set(_rows(_grid(sections[0], "intercept"))["orthtd"]) != {"–"}
    for section in sections:
        for picture in section.pictures:
            _drawn(picture.draw)


def test_a_study_too_small_for_bins_has_no_curve(tmp_path: Path):
    fake = Fake(skill={"mmoe": 1.0, "single_task": 1.0}, outcomes={"a": 0.4, "b": 0.5}, nested={}, patients=90)
    one, other = _sections(gather(study(tmp_path, fake).datasets[0]))
    assert one.tables["calibration_curve"].empty
    assert one.pictures == []
    assert [picture.name for picture in other.pictures] == ["decisions", "risks"]
    for picture in other.pictures:
        _drawn(picture.draw)


def test_many_outcomes_are_wrapped(tmp_path: Path):
    found = gather(study(tmp_path, Fake(skill=FEW)).datasets[0])
    one, other = _sections(found)
    for table, figure in ((one.tables["calibration_curve"], calibration_figure), (other.tables["decisions"], decisions_figure)):
        more = pd.concat([table, table.assign(outcome=table["outcome"] + "_again")])
        drawn = _drawn(partial(figure.draw, more, picked(found)))
        assert len(drawn.axes) == 16
        assert drawn.get_figwidth() < 12


def test_the_baseline_is_named_where_it_would_be_lost_among_many(contents: Contents):
    last = min(contents.scores.methods, key=lambda m: contents.scores.points[0, contents.scores.rows.index(m)].mean())
    named = picked(replace(contents, baseline=replace(contents.baseline, label=last)))
    assert last in named
    assert len(set(named)) == len(named) <= MOST
