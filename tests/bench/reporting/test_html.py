"""The page of a report, read without a browser: whole, harmless, and with every cell of every table."""

import hashlib
import re
import tomllib
from base64 import b64encode
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest
from matplotlib.figure import Figure

import bench.reporting.contents as contents
from bench.evaluation.scores import score
from bench.reporting.contents import gather
from bench.reporting.figures.style import save
from bench.reporting.grid import Cell, Grid
from bench.reporting.html.page import index
from bench.reporting.html.svg import small
from bench.reporting.html.value import value, values
from bench.reporting.html.verdict import toned
from bench.reporting.section import Picture, Section
from bench.reporting.sections.order import sections
from bench.reporting.told import Told
from bench.reporting.write import write
from bench.store import StudyRecord
from tests.bench.records import Fake, study
from tests.bench.reporting.parsed import Node, parsed

BAD = "a|b_*`'\"&amp;<script>pwned=1</script><img src=//evil.example/x onerror=pwned=1>[l](javascript:pwned=1)"
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module", autouse=True)
def _fewer_resamples():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(contents, "score", lambda record: score(record, resamples=100))
        yield


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> StudyRecord:
    """A study whose every name is markup: a method, an outcome, a note and the title of the card."""
    fake = Fake(outcomes={"whole": 0.3, BAD: 0.2, "third": 0.1}, nested={"whole": (BAD,)}, patients=900, seeds=2)
    dataset = study(tmp_path_factory.mktemp("results"), fake).datasets[0]
    named = {label: BAD if label == "orthtd" else label for label in dataset.plan["methods"]}
    methods = {named[label]: method for label, method in dataset.plan["methods"].items()}
    cells = {(named[m], fold): replace(cell, method=named[m]) for (m, fold), cell in dataset.cells.items()}
    card = {**dataset.cohort["card"], "notes": [BAD], "title": BAD, "landmark": BAD}
    changed = replace(dataset, plan={**dataset.plan, "methods": methods}, cells=cells, cohort={**dataset.cohort, "card": card})
    return StudyRecord("invented", (changed,))


@pytest.fixture(scope="module")
def folder(hostile: StudyRecord, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(hostile, tmp_path_factory.mktemp("reports")).folder


@pytest.fixture(scope="module")
def page(folder: Path) -> Node:
    return parsed((folder / "index.html").read_text(encoding="utf-8"))


def test_the_page_is_well_formed_and_its_ids_are_its_own(page: Node):
    ids = [node.attributes["id"] for node in page.all() if "id" in node.attributes]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[A-Za-z][\w.-]*", name) for name in ids), ids
    used = {node.attributes["aria-labelledby"] for node in page.all() if "aria-labelledby" in node.attributes}
    used |= {node.attributes["href"][1:] for node in page.all() if node.attributes.get("href", "").startswith("#")}
    used |= {name for node in page.all() for text in node.attributes.values() for name in re.findall(r"url\(#([^)]+)\)", text)}
    assert used <= set(ids)
    assert len(page.all("h1")) == 1
    assert [node.tag for node in page.all() if node.tag in ("nav", "main", "header")] == ["header", "nav", "main"]


def test_nothing_is_asked_of_any_network(page: Node, folder: Path):
    targets = [
        node.attributes[name] for node in page.all() for name in ("href", "src", "srcset", "action") if name in node.attributes
    ]
    targets += re.findall(r"url\(([^)]*)\)", "".join(node.text for node in page.all("style")))
    targets += re.findall(
        r"url\(([^)]*)\)", " ".join(text for node in page.all("svg") for n in node.all() for text in n.attributes.values())
    )
    files = {target for target in targets if not target.startswith(("#", "data:"))}
    assert {"main.csv", "main.svg", "transfer.csv", "cost.png"} <= files
    assert all((folder / unquote(name)).is_file() for name in files), files
    assert not page.all("iframe", "object", "embed", "form", "img", "base")
    assert "@import" not in "".join(node.text for node in page.all("style"))


def test_the_page_forbids_itself_requests_and_foreign_scripts(page: Node):
    scripts = page.all("script")
    assert len(scripts) == 1
    policy = next(m.attributes["content"] for m in page.all("meta") if m.attributes.get("http-equiv") == "Content-Security-Policy")
    digest = b64encode(hashlib.sha256(scripts[0].text.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert len(scripts[0].text.splitlines()) < 150


def test_nothing_that_a_user_wrote_becomes_markup(page: Node, hostile: StudyRecord):
    assert not [name for node in page.all() for name in node.attributes if name.startswith("on")]
    assert not [node for node in page.all("a") if ":" in unquote(node.attributes["href"])]
    shown = page.all("main")[0].text
    plain = page.all("main")[0].text.replace("\u200b", "")
    assert "pwned" not in page.all("script")[0].text
    # The label in tables, the outcome in headings, the note and the title in running text.
    assert BAD in {node.text for node in page.all("th") if node.attributes.get("scope") == "row"}
    assert BAD in {node.text for node in page.all("th") if node.attributes.get("scope") == "col"}
    assert BAD in {node.text for node in page.all("li")}
    assert f"{BAD}" in next(node.text for node in page.all("strong") if node.text.startswith("a|b"))
    assert shown == plain


def test_every_cell_of_every_table_is_there(page: Node, hostile: StudyRecord):
    found = sections(gather(hostile.datasets[0]))
    grids = [grid for section in found for grid in section.grids if section.blocks]
    tables = page.all("table")
    assert len(grids) == len(tables) > 8
    for grid, table in zip(grids, tables, strict=True):
        rows = [[cell.text for cell in row.all("th", "td")] for row in table.all("tr")]
        assert rows == [list(grid.columns), *([cell.text for cell in row] for row in grid.rows)]
        marked = [
            [{"b": "best", "u": "second"}.get(m.tag, "") for m in c.all("b", "u")]
            for r in table.all("tr")[1:]
            for c in r.all("th", "td")
        ]
        assert marked == [[cell.mark] if cell.mark else [] for row in grid.rows for cell in row]
        assert ("data-filter" in table.attributes) == (len(grid.rows) > 8)
    captions = [strong.text for strong in page.all("strong") if "id" in strong.attributes]
    assert captions == [grid.title for grid in grids if grid.title]
    assert [node.text for node in page.all("h2")][2:-1] == [section.title for section in found[1:] if section.blocks]


def test_a_table_says_which_columns_are_numbers_and_what_they_are(page: Node):
    table = next(table for table in page.all("table") if table.all("th")[1].text == "family")
    kinds = {head.text: head.attributes.get("class") for head in table.all("th") if head.attributes.get("scope") == "col"}
    assert kinds["tuning"] == kinds["parameters"] == "num"
    assert kinds["family"] is None
    for row in table.all("tr")[1:]:
        tuned = row.all("td")[1]
        assert float(tuned.attributes["data-value"]) == float(tuned.text.removesuffix(" s"))


def test_every_figure_has_its_drawing_its_sentence_and_its_files(page: Node):
    figures = page.of("picture")
    assert len(figures) == len(page.all("svg")) >= 3
    assert "Each dot is a score" in figures[0].all("figcaption")[0].text
    assert [link.attributes["href"] for link in figures[0].all("a")] == ["main.csv", "main.svg", "main.png"]
    assert {"lightgbm", "single_task", "AUPRC"} <= {text.text for text in figures[0].all("text")}


def test_the_same_records_give_the_same_bytes(hostile: StudyRecord, folder: Path, tmp_path: Path):
    assert (write(hostile, tmp_path).folder / "index.html").read_bytes() == (folder / "index.html").read_bytes()


def test_answers_of_all_datasets_stand_first(tmp_path: Path):
    fakes = {
        "first": Fake(patients=900),
        "second": Fake(skill={"mmoe": 1.0}, outcomes={"x": 0.3, "y": 0.2}, nested={}, oracle=False),
    }
    told = write(study(tmp_path, fakes), tmp_path / "reports").folder
    page = parsed((told / "index.html").read_text(encoding="utf-8"))
    assert [node.of("suite")[0].text for node in page.of("answer")] == ["all datasets", "first", "second"]
    heads = [node.text for node in page.all("h2", "h3")]
    assert heads[1:5] == ["Over all datasets", "Answer", "Answer", "All datasets together"]
    assert heads.index("Dataset second") > heads.index("Cohort")
    links = {a.attributes["href"] for a in page.all("a") if not a.attributes["href"].startswith("#")}
    assert {"main-first.svg", "main-second.svg"} <= links
    assert all((told / link).is_file() for link in links)


def test_sections_that_the_page_has_never_heard_of_are_shown():
    grid = Grid(
        "Wins <b>", ("what", "said"), ((Cell("x", "best"), Cell("+0.1 (+0.0, +0.2) helped")), (Cell("y"), Cell("–"))), "Read & see"
    )
    picture = Picture("odd", Figure, "How *to* read it.")
    told = (
        Section("first", "First", ("- **bold** <i>no</i>",)),
        Section("odd", "Odd & new", ("Text.", grid, picture)),
        Section("none", "None", ()),
    )
    page = parsed(index("s<t", [Told("d", "Dataset d", told)], {}))
    assert page.all("title")[0].text == "Study s<t"
    assert page.of("answer")[0].all("li")[0].text == "bold <i>no</i>"
    assert [node.text for node in page.all("h2")] == ["Contents", "First", "Odd & new", "Files"]
    assert page.of("grid")[0].all("figcaption")[0].all("p")[0].text == "Read & see"
    assert [node.text for node in page.of("good")] == ["helped"]
    assert page.of("picture")[0].all("em")[0].text == "to"
    assert not page.all("svg")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.871 (0.852, 0.890)", 0.871),
        ("+0.012 (-0.001, +0.025) helped", 0.012),
        ("-0.247", -0.247),
        ("−0.5", -0.5),
        ("3.2 %", 3.2),
        ("22.2 %, weight 0.25", 22.2),
        ("1.5 min", 90.0),
        ("120 s", 120.0),
        ("2.0 h", 7200.0),
        ("512 MB", 512.0),
        ("12,430", 12430.0),
        ("121 of 600", 121.0),
        ("< 0.001", 0.001),
        ("1e-05", 1e-05),
        ("–", None),
        ("failed", None),
        ("", None),
        ("7z_method", None),
        ("2-layer", None),
        ("1.2.3", None),
        ("3sigma", None),
    ],
)
def test_a_cell_is_sorted_by_the_number_that_it_says(text: str, expected: float | None):
    assert value(text) == expected


def test_a_column_of_words_is_none_of_numbers():
    assert values(["0.5", "–", "0.25"]) == [0.5, None, 0.25]
    assert values(["65 to 79", "80 and more", "under 65"]) == [65.0, 80.0, None]
    assert values(["mlp", "2 layers", "gbm"]) is None
    assert values(["–", "failed"]) is None
    assert values([]) is None


def test_verdicts_are_marked_in_words_and_nothing_is_lost():
    text = "AUC harmed by sharing: a<b; AUPRC helped by sharing: x; AUC harmed by sharing: nothing clearly; so: no clear difference"
    page = parsed(str(toned(text)))
    assert page.text == text
    assert [(node.attributes["class"], node.text) for node in page.all("span")] == [
        ("bad", "harmed"),
        ("good", "helped"),
        ("unsure", "nothing clearly"),
        ("unsure", "no clear difference"),
    ]


def test_a_small_drawing_keeps_what_is_seen(tmp_path: Path):
    def draw() -> Figure:
        figure = Figure(figsize=(2, 2))
        axes = figure.add_axes((0.2, 0.2, 0.7, 0.7))
        axes.plot([0, 1, 2], [0.123456789, 1, 0], marker="o")
        axes.imshow([[0.0, 1.0]], aspect="auto")
        axes.set_title("a < b & c", color="#D55E00")
        return figure

    drawing = save(draw, tmp_path, "one")
    shrunk = small(drawing, "one-")
    assert len(shrunk) < 0.7 * len(drawing)
    tree = parsed(shrunk)
    assert re.findall(r"<text[^>]*>([^<]*)<", drawing) == re.findall(r"<text[^>]*>([^<]*)<", shrunk)
    assert "a < b & c" in [text.text for text in tree.all("text")]
    assert "#d55e00" in shrunk
    for tag in ("use", "image"):
        assert len(tree.all(tag)) == drawing.count(f"<{tag} ")
    ids = {node.attributes["id"] for node in tree.all() if "id" in node.attributes}
    links = [node.attributes["href"] for node in tree.all("use")]
    clips = re.findall(r"url\(#([^)]+)\)", shrunk)
    assert {link[1:] for link in links} | set(clips) == ids
    assert all(name.startswith("one-") for name in ids)
    assert "matplotlib" not in shrunk
    assert "rdf" not in shrunk


def test_every_file_of_the_page_is_packed():
    packed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["bench"]
    matched = {path for pattern in packed for path in (ROOT / "bench").glob(pattern)}
    held = {path for path in (ROOT / "bench/reporting/html").iterdir() if path.is_file() and path.suffix != ".py"}
    assert held <= matched
