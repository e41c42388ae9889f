"""Study: every number of a written report, recomputed from the stored predictions dataset by dataset."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bench.store import StudyRecord
from bench.verifying import calibrated, decided, gains, grids, logged, lost, main, parts
from bench.verifying.answered import FILE, answered, part_of
from bench.verifying.compared import compared
from bench.verifying.expected import Checked, Expected, Finding
from bench.verifying.foretold import foretold
from bench.verifying.predicted import Dataset
from bench.verifying.scaled import scaled
from bench.verifying.scores import scores

Said = Callable[[str], None]


def numbers(study: StudyRecord, folder: Path, names: list[str], intervals: bool, said: Said) -> list[Checked]:
    """Holds the CSV files of these names, and the sentences of the page, against what the records give.

    `intervals`: also all that resamples decide, which takes most of the time. `said` is told what is being done.
    """
    told: list[Checked] = []
    expected: dict[str, Expected] = {}
    pages: list[Checked] = []
    page = (folder / FILE).read_text(encoding="utf-8") if FILE in names else None
    plain = [record for record in study.datasets if "grid" not in record.plan]
    crossed: dict[str, list[Dataset]] = {}
    for record in study.datasets:
        if "grid" in record.plan:
            crossed.setdefault(record.plan["grid"]["label"], []).append(Dataset(record))
    for record in plain:
        data = Dataset(record)
        found = scores(data, intervals, said)
        if page is not None:
            pages.append(answered(data, found, part_of(page, data.name, len(plain) + len(crossed) > 1)))
        folds = scaled(data)
        said(f"{data.name}: all other tables")
        gradients, transfer = logged.gradients(data), gains.transfer(data, found)
        for one in (
            main.main(data, found),
            main.cost(data, found),
            main.default(data, found),
            main.nested(data),
            main.published(data),
            transfer,
            gains.delta_m(data, found),
            gains.baseline(data, found),
            calibrated.calibration(data, folds),
            calibrated.curve(data, folds),
            decided.decisions(data, folds),
            decided.risks(data, folds),
            decided.top(data, folds, intervals),
            logged.conflict(data),
            gradients,
            logged.layers(data),
            logged.affinity(data),
            logged.curvature(data),
            logged.gap(data, gains.twins(data)),
            foretold(data, gradients.rows, transfer.rows, intervals),
            *(parts.parts(data, name) for name in parts.TABLES),
            lost.robustness(data, intervals),
            lost.subgroups(data, intervals),
        ):
            expected[one.name] = expected[one.name].joined(one) if one.name in expected else one
    for label, points in sorted(crossed.items()):
        for one in _grid(label, points, intervals, said):
            expected[one.name] = expected[one.name].joined(one) if one.name in expected else one
    for name in sorted(name for name in names if name.endswith(".csv")):
        if (folder / name).is_file():
            told.append(compared(folder / name, expected.get(name.removesuffix(".csv"))))
    for name, one in expected.items():
        if one.rows and not (folder / f"{name}.csv").is_file():
            told.append(Checked(f"{name}.csv", findings=[Finding(f"{name}.csv", "", "the file is missing.", "")]))
    return told + pages


def _grid(label: str, points: list[Dataset], intervals: bool, said: Said) -> list[Expected]:
    outcomes, axes = grids.common(points), list(points[0].record.plan["grid"]["axes"])
    rows = []
    listed = []
    for point in points:
        said(point.name)
        # What was read of a point is let go with it: a grid holds more than memory does.
        data = Dataset(point.record)
        rows += grids.draws(data, outcomes, intervals)
        listed.append(grids.listed(data, outcomes))
    phase = grids.phase(rows, axes, label)
    found = [
        phase,
        grids.curves(rows, axes, label, grids.name_of_curves(points, axes)),
        Expected("points", ("grid", "dataset"), listed, "counts"),
    ]
    if phase.rows:
        # Without gains nothing is told of single draws.
        found.append(Expected("draws", ("dataset", "method", "outcome", "metric"), rows, main.RANKS))
    return found
