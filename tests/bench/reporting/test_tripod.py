"""The TRIPOD+AI sheet: every item once, filled with what the records say and with nothing that they do not."""

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import bench.reporting.contents as contents
import bench.reporting.write as writing
from bench.evaluation.scores import score
from bench.reporting.contents import gather
from bench.reporting.sections.tripod import FILLS, Answer, answers
from bench.reporting.tripod.counts import listed, small, spread
from bench.reporting.tripod.items import handled, items, kinds
from bench.reporting.write import write
from bench.store import DatasetRecord, StudyRecord
from methods.registry import entries
from tests.bench.records import Fake, study
from tests.bench.reporting.parsed import parsed

SUBITEMS = {3: 3, 5: 2, 6: 3, 8: 3, 9: 3, 12: 7, 18: 6, 20: 3, 23: 2, 27: 3}
# What no run knows of a cohort of real patients.
ALWAYS_OPEN = [
    "1",
    "2",
    "3a",
    "3b",
    "3c",
    "5b",
    "6c",
    "8b",
    "8c",
    "9c",
    "17",
    "18a",
    "18b",
    "18d",
    "19",
    "25",
    "26",
    "27a",
    "27b",
    "27c",
]
INPUTS = {
    "tabular": [
        {"name": "age", "kind": "number", "missing": 0},
        {"name": "crp", "kind": "number", "missing": 400},
        {"name": "rare", "kind": "number", "missing": None},
    ],
    "text": [{"name": "note", "missing": 0}],
    "series": [{"name": "hr", "unit": "1/min", "missing": 80}],
    "bins": {"count": 6, "time_unit": "h"},
}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "score", lambda record: score(record, resamples=50))
    monkeypatch.setattr(writing, "_figures", lambda *_: None)


def sheet(record: DatasetRecord, **cohort: Any) -> dict[str, Answer]:
    """The sheet of a record whose cohort is changed, by item; of real patients unless `synthetic`."""
    card = {**record.cohort["card"], "synthetic": cohort.pop("synthetic", False)}
    changed = replace(record, cohort={**record.cohort, "card": card, **cohort})
    return {answer.item.number: answer for answer in answers(gather(changed))}


def one(folder: Path, fake: Fake) -> DatasetRecord:
    return study(folder, fake).datasets[0]


def test_the_items_are_those_of_the_statement_in_its_order() -> None:
    numbers = [f"{n}{letter}" for n in range(1, 28) for letter in ("abcdefg"[: SUBITEMS[n]] if n in SUBITEMS else ("",))]
    assert [item.number for item in items()] == numbers
    assert len(numbers) == 52
    sections = Counter(item.section for item in items())
    assert sections == {
        "Title": 1,
        "Abstract": 1,
        "Introduction": 4,
        "Methods": 26,
        "Open science": 6,
        "Patient and public involvement": 1,
        "Results": 8,
        "Discussion": 5,
    }
    assert len({item.heading for item in items()}) == 52
    assert set(FILLS) <= set(numbers)
    assert all(item.author for item in items() if item.number not in FILLS)


def test_every_method_that_ships_is_of_one_kind() -> None:
    named = [name for kind in kinds().values() for name in kind["names"]]
    assert len(named) == len(set(named))
    shipped = {name for name, entry in entries().items() if entry.family in ("neural", "tabular")}
    assert set(named) - shipped == {"sum"}
    assert shipped <= set(named)


def test_a_composition_is_known_by_its_parts_and_a_stranger_by_none() -> None:
    methods = {label: {"name": name} for label, name in (("a", "ple+cagrad"), ("b", "logistic"), ("c", "mine"), ("d", "ple+mine"))}
    said = handled(methods, "missing")
    assert said.startswith("a: a missing number or measurement is 0")
    assert "b: a gap is filled with the median of train" in said
    assert said.endswith("c, d: not known here, as the suite does not ship them.")


def test_of_real_patients_only_what_a_run_knows_is_filled(tmp_path: Path) -> None:
    record = one(tmp_path, Fake())
    found = sheet(record)
    assert [number for number, answer in found.items() if answer.status == "open"] == sorted(
        {*ALWAYS_OPEN, "6a", "12d", "23b"}, key=list(found).index
    )
    # Synthetic data have no dates and no persons, which a run knows.
    made = sheet(record, synthetic=True)
    assert {n for n in made if made[n].status != found[n].status} == {"5b", "17"}


def test_events_of_each_side_are_those_of_the_predictions(tmp_path: Path) -> None:
    record = one(tmp_path, Fake(folds=3, unknown=0.2))
    said = sheet(record)["21"].text
    by_fold = []
    for fold in range(3):
        frame = pd.read_parquet(tmp_path / "invented" / "cohort" / "mmoe" / f"fold-{fold}" / "predictions.parquet")
        by_fold.append(frame[frame["outcome"] == "any"].groupby("side")["y"].sum())
    test, valid = ([int(sums[side]) for sums in by_fold] for side in ("test", "valid"))
    whole = record.cohort["outcomes"]["any"]["positive"]
    train = [whole - a - b for a, b in zip(test, valid, strict=True)]
    fitting, tuning, evaluation = said.split("; ")
    for part, numbers in ((fitting, train), (tuning, valid), (evaluation, test)):
        assert f"any {min(numbers)} to {max(numbers)}" in part
    # Every case is tested once.
    assert sum(test) == whole
    assert f"any {whole} events of {record.cohort['outcomes']['any']['known']} known" in sheet(record)["10"].text
    shares = re.search(r"any [\d.]+ / [\d.]+ / ([\d.]+) %", sheet(record)["20c"].text)
    known = [
        pd.read_parquet(path)[lambda f: (f["outcome"] == "any") & (f["side"] == "test")]["y"].mean()
        for path in (tmp_path / "invented" / "cohort" / "mmoe").glob("fold-*/predictions.parquet")
    ]
    assert shares is not None
    assert float(shares[1]) == pytest.approx(100 * float(np.mean(known)), abs=0.051)


def test_inputs_are_named_and_their_gaps_told_where_they_were_recorded(tmp_path: Path) -> None:
    record = one(tmp_path, Fake())
    old = sheet(record)
    assert "the names of their columns were not recorded by this run" in old["9b"].text
    assert "Gaps by column were not recorded by this run." in old["11"].text
    assert "was not recorded" in old["7"].text
    new = sheet(record, inputs=INPUTS, warnings=["one", "two"])
    assert "tabular, 3 columns: age, crp, rare. text, 1 note field: note. series, 1 channel in 6 bins of time: hr (1/min)." in (
        new["9b"].text
    )
    assert "Landmark: end of surgery;" in new["9b"].text
    assert "Columns with gaps: tabular 2 of 3 (most: crp 50.0 %); text 0 of 1; series 1 of 1 (most: hr 10.0 %)." in new["11"].text
    assert "the check of the cohort gave 2 warnings, told under Cohort." in new["7"].text


def test_scores_are_those_of_the_main_table_and_missing_methods_are_named(tmp_path: Path) -> None:
    record = one(tmp_path, Fake(folds=2, failed=[("mmoe", 1)], unrun=[("orthtd", 0)]))
    found = sheet(record)
    main = gather(record).main
    best = main[(main["outcome"] == "average") & (main["status"] == "ok")].sort_values("auc").iloc[-1]
    assert f"highest average AUC: {best['method']} {best['auc']:.3f} ({best['auc_low']:.3f}, {best['auc_high']:.3f})" in (
        found["23a"].text
    )
    assert "mmoe failed (1 of 2 cells: 1 FloatingPointError), orthtd not run (1 of 2 folds done)." in found["21"].text
    assert "2 test folds" in found["26"].text
    assert "fewer than 20 test events of icu" in found["26"].text


def test_a_study_that_has_just_begun_has_a_sheet_that_claims_no_result(tmp_path: Path) -> None:
    found = sheet(one(tmp_path, Fake(skill={"mmoe": 1.0}, unrun=[("mmoe", 0)])))
    assert found["23a"].status == found["20c"].status == "open"
    assert found["21"].text == "no cell is done. Without scores: mmoe not run (0 of 1 fold done)."


def test_subgroups_and_centres_are_told_where_the_record_has_them(tmp_path: Path) -> None:
    def groups(row: np.ndarray) -> pd.DataFrame:
        return pd.DataFrame({"row": row, "sex": np.where(row % 2, "f", "m"), "centre": (row % 4 - 1).astype(str)})

    found = sheet(one(tmp_path, Fake(groups=groups)))
    # One of the four codes stands for a centre that is not known.
    assert found["6a"].text.startswith("the cases used come from 3 centres")
    assert "scores are set out by sex, centre" in found["14"].text
    assert found["23b"].status == "filled"
    plain = sheet(one(tmp_path / "plain", Fake(groups=lambda row: pd.DataFrame({"row": row}))))
    assert plain["12d"].text.startswith("not looked at: the cohort carries no centre.")
    assert "as the card names no column for them" in plain["14"].text


@pytest.mark.parametrize("split", ["holdout", "temporal", "centre", "official"])
def test_what_may_have_changed_between_the_sides_is_open_unless_they_are_random(tmp_path: Path, split: str) -> None:
    record = one(tmp_path, Fake())
    changed = replace(record, plan={**record.plan, "protocol": {**record.plan["protocol"], "split": split}})
    said = sheet(changed)["16"].text
    assert ("Still open: whether setting" in said) == (split != "holdout")
    assert ("parted at random" in said) == (split == "holdout")


def test_counts_of_a_few_are_not_told() -> None:
    assert [small(n) for n in (0, 1, 4, 5, 1800)] == ["0", "fewer than 5", "fewer than 5", "5", "1,800"]
    assert spread([3, 1]) == "fewer than 5"
    assert spread([3, 12]) == "fewer than 5 to 12"
    assert listed(["a", "b", "c"], 2) == "a, b and 1 more"


def test_each_dataset_has_its_sheet_as_files_and_folded_on_the_page(tmp_path: Path) -> None:
    record = study(tmp_path, {"one": Fake(), "two": Fake(seeds=2)})
    folder = write(record, tmp_path / "reports").folder
    table = pd.read_csv(folder / "tripod.csv")
    assert list(table.columns) == ["dataset", "item", "section", "heading", "status", "text"]
    assert table.groupby("dataset")["item"].apply(list).to_dict() == {name: [i.number for i in items()] for name in ("one", "two")}
    assert set(table["status"]) == {"filled", "open"}
    assert table["text"].str.len().min() > 10
    text = (folder / "tripod.md").read_text()
    assert text.count("## one: Methods") == text.count("## two: Methods") == 1
    assert text.count("| filled from the run: ") + text.count("| open: ") == len(table)
    assert not (folder / "tripod.tex").exists()
    page = (folder / "index.md").read_text()
    assert page.count("The whole of it: [tripod.md](tripod.md).") == 2
    assert "filled from the run: " not in page
    assert "- `tripod.*`: the TRIPOD+AI sheet" in page
    html = parsed((folder / "index.html").read_text())
    folded = html.all("details")
    sheets = [node for node in folded if node.attributes.get("class") == "folded"]
    assert len(sheets) == 2
    assert all("open" not in node.attributes for node in sheets)
    for name, node in zip(("one", "two"), sheets, strict=True):
        cells = [cell.text for cell in node.all("td")]
        said = table[table["dataset"] == name]
        assert len(cells) == 2 * 52
        assert sum(cell.startswith("open: ") for cell in cells) == (said["status"] == "open").sum()
    answer = (folder / "index.html").read_text().split('<details class="words">')[0]
    assert "TRIPOD" not in answer.split("</nav>")[1]


def test_names_that_a_user_gave_stay_text_in_the_sheet(tmp_path: Path) -> None:
    bad = "a|b <i>*x*</i> `y`"
    record = one(tmp_path, Fake())
    card = {**record.cohort["card"], "title": bad, "licence": bad}
    folder = write(StudyRecord("invented", (replace(record, cohort={**record.cohort, "card": card}),)), tmp_path / "reports").folder
    row = next(line for line in (folder / "tripod.md").read_text().splitlines() if line.startswith("| 18e "))
    assert r"Licence: a\|b &lt;i&gt;\*x\*&lt;/i&gt; \`y\`." in row
    assert len(re.findall(r"(?<!\\)\|", row)) == 4
    html = parsed((folder / "index.html").read_text())
    assert not html.all("i")
