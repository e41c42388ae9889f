"""Study: every number of a written report, recomputed from the stored predictions dataset by dataset."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from sklearn import config_context

from bench.store import DatasetRecord, StudyRecord
from bench.verifying import calibrated, decided, gains, grids, logged, lost, main, parts
from bench.verifying.answered import FILE, answered, part_of
from bench.verifying.compared import compared
from bench.verifying.expected import Checked, Expected, Finding, Row
from bench.verifying.foretold import foretold
from bench.verifying.predicted import Dataset
from bench.verifying.scaled import scaled
from bench.verifying.scores import Scores, scores
from bench.verifying.together import together

Said = Callable[[str], None]
# Files of sentences, as those of a page: the report is written again and compared with them letter by letter.
SENTENCES = ("tripod.csv",)


def numbers(study: StudyRecord, folder: Path, names: list[str], intervals: bool, said: Said) -> list[Checked]:
    """Holds the CSV files of these names, and the sentences of the page, against what the records give.

    `intervals`: also all that resamples decide, which takes most of the time. `said` is told what is being done.
    """
    page = (folder / FILE).read_text(encoding="utf-8") if (folder / FILE).is_file() else None
    plain = [record for record in study.datasets if "grid" not in record.plan]
    crossed: dict[str, list[DatasetRecord]] = {}
    for record in study.datasets:
        if "grid" in record.plan:
            crossed.setdefault(record.plan["grid"]["label"], []).append(record)
    expected: dict[str, Expected] = {}
    pages: list[Checked] = []
    told_of: list[tuple[Dataset, Scores]] = []
    logs: list[tuple[Sequence[Row], Sequence[Row]]] = []
    # Scikit-learn looks at what it is given for longer than it computes; the records were looked at before.
    with config_context(assume_finite=True, skip_parameter_validation=True):
        for record in plain:
            data = Dataset(record)
            found = scores(data, intervals, said)
            if page is not None:
                pages.append(answered(data, found, part_of(page, data.name, len(plain) + len(crossed) > 1)))
            said(f"{data.name}: all other tables")
            tables = list(_tables(data, found, intervals))
            _join(expected, tables)
            rows = {one.name: one.rows for one in tables}
            told_of.append((data, found))
            logs.append((rows["gradients"], rows["transfer"]))
        if len(plain) > 1:
            said("all datasets together")
            _join(expected, together(told_of, logs, intervals))
        for label, points in sorted(crossed.items()):
            _join(expected, _grid(label, points, intervals, said))
    told = []
    for name in sorted(name for name in names if name.endswith(".csv") and (folder / name).is_file()):
        if name in SENTENCES:
            told.append(Checked(name, means="sentences: letter by letter", worst=0.0))
        else:
            told.append(compared(folder / name, expected.get(name.removesuffix(".csv"))))
    for name, one in expected.items():
        if one.rows and not (folder / f"{name}.csv").is_file():
            told.append(Checked(f"{name}.csv", findings=[Finding(f"{name}.csv", "", "the file is missing.", None)]))
    return told + pages


def _join(expected: dict[str, Expected], more: Iterable[Expected]) -> None:
    """One file tells of all datasets."""
    for one in more:
        expected[one.name] = expected[one.name].joined(one) if one.name in expected else one


def _tables(data: Dataset, found: Scores, intervals: bool) -> Iterator[Expected]:
    """Every table that is told of one dataset of no grid."""
    folds, gradients, transfer = scaled(data), logged.gradients(data), gains.transfer(data, found)
    yield from (main.main(data, found), main.cost(data, found), main.default(data, found), main.nested(data), main.published(data))
    yield from (transfer, gains.delta_m(data, found), gains.baseline(data, found))
    yield from (calibrated.calibration(data, folds), calibrated.curve(data, folds))
    yield from (decided.decisions(data, folds), decided.risks(data, folds), decided.top(data, folds, intervals))
    yield from (logged.conflict(data), gradients, logged.layers(data), logged.affinity(data), logged.curvature(data))
    yield from (logged.gap(data, gains.twins(data)), foretold(data, gradients.rows, transfer.rows, intervals))
    yield from (parts.parts(data, name) for name in parts.TABLES)
    yield from (lost.robustness(data, intervals), lost.subgroups(data, intervals))


def _grid(label: str, points: list[DatasetRecord], intervals: bool, said: Said) -> Iterator[Expected]:
    """Every table that is told of a grid."""
    outcomes, axes = grids.common(points), list(points[0].plan["grid"]["axes"])
    rows, listed = [], []
    for record in points:
        said(record.name)
        # What was read of a point is let go with it: a grid holds more than memory does.
        data = Dataset(record)
        rows += grids.draws(data, outcomes, intervals)
        listed.append(grids.listed(data, outcomes))
    phase = grids.phase(rows, axes, label)
    yield phase
    yield grids.curves(rows, axes, label, grids.name_of_curves(points, axes))
    yield Expected("points", ("grid", "dataset"), listed, "counts")
    if phase.rows:
        # Without gains nothing is told of single draws.
        yield Expected("draws", ("dataset", "method", "outcome", "metric"), rows, main.RANKS)
