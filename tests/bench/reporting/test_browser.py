"""The page of a report in a real browser: it sorts, filters, fits a phone, prints, and asks nothing of any network."""

import base64
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import bench.reporting.contents as contents
from bench.evaluation.scores import score
from bench.reporting.write import write
from tests.bench.grids import write_grid
from tests.bench.records import Fake, study

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
WHY = "no Chromium with its driver is installed: apt-get install chromium chromium-driver"
COMMITTED = {path.parent.name: path for path in Path(__file__).parents[3].glob("reports/*/index.html")}
# One process, one browser.
pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason=WHY)
QUIET = ("--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(contents, "score", lambda record: score(record, resamples=100))
        # Nine methods: a table of more than eight rows has a filter.
        skill = {"single_task": 1.0, "lightgbm": 1.5, **{f"method_{n}": 0.5 + 0.15 * n for n in range(7)}}
        record = study(tmp_path_factory.mktemp("results"), Fake(skill=skill, patients=900))
        return write(record, tmp_path_factory.mktemp("reports")).folder / "index.html"


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a grid of worlds, which is made of sections of its own."""
    axes = {"conflict": (0.0, 1.0), "patients": (1000, 3000)}
    record = write_grid(tmp_path_factory.mktemp("grids"), lambda method, point, draw: 0.8 + 0.002 * draw, axes)
    return write(record, tmp_path_factory.mktemp("reports")).folder / "index.html"


@pytest.fixture(params=["small", "grid", *sorted(COMMITTED)])
def any_page(request: pytest.FixtureRequest) -> Path:
    """A small study, a grid, and every report that lies in the project."""
    if request.param in COMMITTED:
        return COMMITTED[request.param]
    return request.getfixturevalue("page" if request.param == "small" else request.param)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    profile = tmp_path_factory.mktemp("profile")
    for flag in ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", *QUIET, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(str(DRIVER)))
    yield driver
    driver.quit()


def opened(browser: Any, page: Path, width: int = 1280, scheme: str = "light") -> Any:
    from selenium.webdriver.support.ui import WebDriverWait

    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    browser.get(page.as_uri())
    there = "return document.readyState === 'complete' && location.href === arguments[0]"
    # On a machine that is busy a page of several megabytes is not there as soon as it was asked for.
    WebDriverWait(browser, 120).until(lambda _: browser.execute_script(there, page.as_uri()))
    return browser


def column(browser: Any, place: int) -> list[str]:
    """Cells of a column of the main table, as they stand now."""
    return browser.execute_script(
        f"return [...document.querySelector('#main table').tBodies[0].rows].map((row) => row.cells[{place}].textContent)"
    )


def press(browser: Any, place: int) -> str:
    """Presses a column's head; gives the direction that it then says."""
    head = browser.find_elements("css selector", "#main table thead")[0].find_elements("css selector", "th")[place]
    head.find_element("css selector", "button").click()
    return head.get_attribute("aria-sort")


def leading(cells: list[str]) -> list[float]:
    return [float(cell.split("(")[0]) for cell in cells]


def test_a_column_of_numbers_falls_then_rises_then_stands_as_written(browser: Any, page: Path) -> None:
    opened(browser, page)
    written = column(browser, 1)
    assert press(browser, 1) == "descending"
    assert leading(column(browser, 1)) == sorted(leading(written), reverse=True)
    assert press(browser, 1) == "ascending"
    assert leading(column(browser, 1)) == sorted(leading(written))
    assert press(browser, 1) == "none"
    assert column(browser, 1) == written


def test_names_are_sorted_as_words_and_whole_rows_move(browser: Any, page: Path) -> None:
    opened(browser, page)
    pairs = set(zip(column(browser, 0), column(browser, 1), strict=True))
    assert press(browser, 0) == "ascending"
    names = column(browser, 0)
    assert names == sorted(names)
    assert set(zip(names, column(browser, 1), strict=True)) == pairs


def test_a_filter_hides_the_other_rows_and_counts_what_is_left(browser: Any, page: Path) -> None:
    opened(browser, page)
    box = browser.find_element("css selector", "#main input[type=search]")
    box.send_keys("METHOD_3")
    rows = "[...document.querySelector('#main table').tBodies[0].rows]"
    shown = f"{rows}.filter((row) => !row.hidden).map((row) => row.cells[0].textContent)"
    assert browser.execute_script(f"return {shown}") == ["method_3"]
    assert browser.find_element("css selector", "#main output").text.startswith("1 of ")
    box.clear()
    box.send_keys("nothing of the kind")
    assert browser.execute_script(f"return {shown}") == []


def test_nothing_leaves_the_page_and_the_console_is_silent(browser: Any, any_page: Path) -> None:
    for kind in ("browser", "performance"):
        browser.get_log(kind)
    opened(browser, any_page)
    # Every table that sorts is sorted, every one that filters is filtered.
    assert browser.execute_script(
        "const heads = [...document.querySelectorAll('th button')]; heads.forEach((head) => head.click()); return heads.length"
    )
    for box in browser.find_elements("css selector", "input[type=search]"):
        browser.execute_script("arguments[0].value = 'a'; arguments[0].dispatchEvent(new Event('input'))", box)
    assert browser.get_log("browser") == []
    events = [json.loads(line["message"])["message"] for line in browser.get_log("performance")]
    asked = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
    assert asked
    assert all(url.startswith(("data:", any_page.as_uri())) for url in asked)


@pytest.mark.parametrize("width", [360, 1280])
def test_no_screen_scrolls_sideways(browser: Any, any_page: Path, width: int) -> None:
    opened(browser, any_page, width)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width


def test_dark_is_dark_and_light_is_light(browser: Any, page: Path) -> None:
    luminance = {}
    for scheme in ("light", "dark"):
        opened(browser, page, scheme=scheme)
        said = browser.execute_script("const s = getComputedStyle(document.body); return [s.backgroundColor, s.color]")
        luminance[scheme] = [sum(int(part) for part in colour.strip("rgba()").split(",")[:3]) for colour in said]
    assert luminance["light"][0] > 600 > 300 > luminance["light"][1]
    assert luminance["dark"][0] < 300 < 450 < luminance["dark"][1]


def test_it_prints_on_several_pages(browser: Any, page: Path) -> None:
    opened(browser, page)
    printed = base64.b64decode(browser.print_page())
    assert printed.startswith(b"%PDF")
    assert printed.count(b"/Type /Page\n") + printed.count(b"/Type /Page ") + printed.count(b"/Type /Page/") > 1
