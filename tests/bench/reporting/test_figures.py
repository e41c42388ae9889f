"""Figures show what the tables hold, and no name lies on another."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from bench.reporting.contents import Contents, gather
from bench.reporting.figures import cost, main, transfer
from bench.reporting.figures.style import save, styled
from tests.bench.records import Fake, study

MANY = ["single_task", "hard_sharing+pcgrad", *(f"method_{n}" for n in range(27)), "lightgbm"]


@pytest.fixture(scope="module", params=[4, 30])
def contents(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Contents:
    skill = {name: 0.5 + place / 20 for place, name in enumerate(MANY[-request.param + 1 :])} | {"single_task": 1.0}
    fake = Fake(skill=skill, twins=dict.fromkeys(MANY[1:-1], "single_task"), failed=[("method_26", 0)], unrun=[("lightgbm", 0)])
    return gather(study(tmp_path_factory.mktemp("results"), fake).datasets[0])


def _families(contents: Contents) -> dict[str, str]:
    return {label: method["family"] for label, method in contents.record.plan["methods"].items()}


def _drawn(figure: Figure) -> Figure:
    FigureCanvasAgg(figure).draw()
    return figure


def test_names_do_not_overlap_and_stay_inside(contents: Contents):
    with styled():
        figures = [main.draw(contents.main, _families(contents)), transfer.draw(contents.transfer), cost.draw(contents.cost)]
        for figure in map(_drawn, figures):
            renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
            for axes in figure.axes:
                texts = [t for t in (*axes.texts, *axes.get_yticklabels()) if t.get_text()]
                # An annotation's own extent would hold its line to the dot.
                boxes = [Text.get_window_extent(t, renderer) for t in texts]
                for i, box in enumerate(boxes):
                    assert box.x0 >= 0
                    assert box.x1 <= figure.bbox.x1
                    overlapping = [texts[j].get_text() for j in range(i) if box.overlaps(boxes[j])]
                    assert not overlapping, (texts[i].get_text(), overlapping)


def test_main_figure_draws_every_score(contents: Contents):
    with styled():
        figure = main.draw(contents.main, _families(contents))
    ok = contents.main[contents.main["status"] == "ok"]
    for axes, target in zip(figure.axes, ["average", "average_components"], strict=False):
        dots = np.concatenate([line.get_xdata() for line in axes.lines if line.get_marker() in ("o", "s", "D")])
        np.testing.assert_allclose(np.sort(dots), np.sort(ok.loc[ok["outcome"] == target, "auc"]))
        said = {text.get_text(): round(text.get_position()[1]) for text in axes.texts}
        names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
        assert names[said["failed"]] == "method_26"
        assert names[said["not run"]] == "lightgbm"
        assert {"chance", "oracle"} <= {text.get_text() for text in axes.texts}


def test_a_dollar_in_a_name_is_not_mathematics(contents: Contents, tmp_path: Path):
    changed = contents.cost.replace({"method": {"single_task": r"$\frac{$"}})
    save(lambda: cost.draw(changed), tmp_path, "cost")
    assert (tmp_path / "cost.png").stat().st_size > 1000
    assert (tmp_path / "cost.svg").is_file()


@pytest.mark.parametrize("count", [1, 2, 15, 40])
def test_spread_keeps_order_and_distance(count: int):
    heights = np.sort(np.random.default_rng(count).random(count) ** 6)
    placed = cost.spread(heights, 1 / max(count, 12))
    assert (np.diff(placed) >= 1 / max(count, 12) - 1e-9).all()
    assert placed.max() <= 1
