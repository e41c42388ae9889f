"""prepare on the real command line: consent, download, agreement, conversion, Table 1."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.cli import main
from datasets import cache
from datasets.registry import _ENTRIES
from tests.cli.conftest import Bench, hears_ctrl_c
from tests.datasets.served import Page, Server, serve

HERE = Path(__file__).resolve()
ROWS = b"patient,age,died,moved\n" + b"".join(b"%d,%d,%d,%d\n" % (i, 30 + i % 50, i % 4 == 0, i % 3 == 0) for i in range(30_000))
CUT = 100_000
# What a package with a loader of its own would do, before the same command line.
TOY = """
import os
import numpy as np
import pandas as pd
from datasets import Card, Cohort, dataset
from datasets.registry import File
CARD = Card("toy", "A toy cohort", "toy.example", "Licence of the toy", "Toy et al. 2020", "admission", {"died": "d", "moved": "m"})
address = os.environ["TOY_ADDRESS"]
FILES = (
    File("toy/data.csv", url=address + "/data.csv", sums=address + "/SUMS" if os.environ.get("TOY_SUMS") else None),
    File("toy/more.csv", url=address + "/more.csv", needed=False),
)
CLOSED = (File("toy/data.csv"), File("toy/open.csv", url=address + "/data.csv"))

def load(home, least: int = 0):
    \"\"\"Toy.\"\"\"
    table = pd.read_csv(home / "toy" / "data.csv")
    table = table[table["age"] >= least].reset_index(drop=True)
    outcomes = table[["died", "moved"]].astype(np.float32)
    return Cohort(CARD, table["patient"].to_numpy(), outcomes, tabular=table[["age"]].astype(np.float32))

dataset("toy", ("tabular",), CARD, FILES)(load)
dataset("closed", ("tabular",), CARD, CLOSED, access="Apply at https://agreement.example.")(load)
"""


@dataclass(frozen=True)
class Done:
    stdout: str
    stderr: str


Toy = Callable[..., Done]
Command = Callable[..., tuple[list[str], dict[str, str]]]


@pytest.fixture(autouse=True)
def _direct(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def command(tmp_path: Path, environment: dict[str, str]) -> Command:
    """The command line and shell of a process in which the toy datasets are registered."""
    (tmp_path / "toy.py").write_text(TOY + "from bench.cli import main\nmain()\n")

    def made(*arguments: str, server: Server, **variables: str) -> tuple[list[str], dict[str, str]]:
        shell = {name: value for name, value in environment.items() if not name.lower().endswith("_proxy")}
        shell |= {"TOY_ADDRESS": server.address, "PYTHONPATH": str(HERE.parents[2]), **variables}
        return [sys.executable, str(tmp_path / "toy.py"), "prepare", *arguments, "--data-home", "home"], shell

    return made


@pytest.fixture
def toy(
    tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Toy]:
    """Runs the same command line in this process, which is quicker."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLINICAL_MTL_CACHE", environment["CLINICAL_MTL_CACHE"])
    monkeypatch.setenv("COLUMNS", "100")
    before = dict(_ENTRIES)

    def run(*arguments: str, server: Server, code: int = 0, **variables: str) -> Done:
        for name, value in {"TOY_ADDRESS": server.address, "TOY_SUMS": "", **variables}.items():
            monkeypatch.setenv(name, value)
        for name in ("toy", "closed"):
            _ENTRIES.pop(name, None)
        exec(compile(TOY, "toy.py", "exec"), {"__name__": "toy"})
        monkeypatch.setattr(sys, "argv", ["bench", "prepare", *arguments, "--data-home", "home"])
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        assert (end.value.code or 0) == code, said
        return Done(said.out, said.err)

    yield run
    _ENTRIES.clear()
    _ENTRIES.update(before)


def held(home: Path) -> dict[str, bytes]:
    return {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}


def flat(text: str) -> str:
    return " ".join(text.split())


def test_a_synthetic_cohort_needs_no_file(
    bench: Bench, tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLINICAL_MTL_CACHE", environment["CLINICAL_MTL_CACHE"])
    said = bench("prepare", "surgical", "--set", "patients=700", "--set", "conflict=0.5", "--out", "tables", COLUMNS="80").stdout
    assert said.index("Licence:") < said.index("Local form") < said.index("Outcomes")
    assert "Files: none are needed." in said
    assert re.search(r"^patients +700$", said, re.MULTILINE)
    assert re.search(r"^any_complication +700 +\d+ +\d+\.\d\d$", said, re.MULTILINE)
    assert "series    heart_rate" in said
    assert max(len(line) for line in said.splitlines() if not line.startswith(("Local", "Written", "/"))) <= 80
    assert (tmp_path / "tables" / "table_one.md").read_text(encoding="utf-8").startswith("# Table 1: Synthetic surgical cohort")
    assert len(list((tmp_path / "tables").iterdir())) == 7
    # What prepare made is what a study opens.
    assert str(cache.prepared("surgical", tmp_path, patients=700, conflict=0.5)) in said
    again = bench("prepare", "surgical", "--set", "patients=700", "--set", "conflict=0.5").stdout
    assert "Local form (is there already):" in again


def test_real_files_that_are_there_need_no_network_and_stay(bench: Bench) -> None:
    home = Path(os.environ.get("CLINICAL_MTL_DATA") or HERE.parents[2] / "../shared/data")
    if not (home / "vitaldb" / "cases.csv").is_file():
        pytest.skip(f"no vitaldb/cases.csv below {home}: set CLINICAL_MTL_DATA to the data home")
    before = sorted((home / "vitaldb").iterdir())
    dead = dict.fromkeys(("http_proxy", "https_proxy"), "http://127.0.0.1:1")
    said = bench("prepare", "vitaldb", "--data-home", str(home), **dead).stdout
    assert "nothing is fetched" in flat(said)
    assert "CC BY 4.0" in said
    assert re.search(r"^patients +6090$", said, re.MULTILINE)
    assert re.search(r"^kidney_injury +3060 +122 +3\.99$", said, re.MULTILINE)
    assert re.search(r"^death +6388 +57 +0\.89$", said, re.MULTILINE)
    assert sorted((home / "vitaldb").iterdir()) == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), ("a dataset is needed", "surgical", "vitaldb")),
        (("vitalbd",), ("vitalbd", "Did you mean 'vitaldb'")),
        (("surgical", "--set", "patients"), ("--set", "'patients'", "key=value")),
        (("surgical", "--set", "patient=5"), ("'patient'", "Did you mean 'patients'")),
        (("surgical", "--out", "taken"), ("taken", "cannot be written")),
    ],
)
def test_a_refusal_names_what_is_wrong(bench: Bench, tmp_path: Path, arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    (tmp_path / "taken").write_text("")
    refused = bench("prepare", *arguments, *(["--set", "patients=600"] if "--out" in arguments else []), code=2)
    for word in words:
        assert word in refused.stderr
    assert "Licence" not in refused.stdout


def test_help_is_quick(bench: Bench) -> None:
    heavy = {
        "torch",
        "xgboost",
        "lightgbm",
        "catboost",
        "sklearn",
        "pandas",
        "optuna",
        "matplotlib",
        "tableone",
        "pooch",
        "requests",
    }
    code = (
        "import sys\nfrom bench.cli import app\n"
        "try: app(['prepare', '--help'])\nexcept SystemExit as end: assert not end.code, end.code\n"
        f"loaded = {heavy!r} & set(sys.modules)\nassert not loaded, loaded"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "--yes" in done.stdout


def test_without_consent_nothing_is_asked_of_the_network(toy: Toy, tmp_path: Path) -> None:
    with serve(data__csv=Page(ROWS)) as server:
        refused = toy("toy", server=server, code=2)
        assert server.asked == []
    assert refused.stdout.index("Licence of the toy") < refused.stdout.index("Missing from")
    assert "Toy et al. 2020" in refused.stdout
    assert server.url("/data.csv") in refused.stdout
    assert server.address.removeprefix("http://") in refused.stderr
    assert "--yes" in refused.stderr
    assert not (tmp_path / "home").exists()


def test_with_consent_the_files_come_are_converted_and_described(toy: Toy, tmp_path: Path) -> None:
    with serve(data__csv=Page(ROWS), more__csv=Page(b"1\n")) as server:
        said = toy("toy", "--yes", server=server).stdout
        assert server.asked == [("/data.csv", None)]
        assert held(tmp_path / "home") == {"toy/data.csv": ROWS}
        assert "the source publishes no sum" in flat(said)
        assert "Not in home, and not needed: toy/more.csv. The same command with --optional" in flat(said)
        assert re.search(r"^died +30000 +7500 +25\.00$", said, re.MULTILINE)
        toy("toy", "--yes", "--optional", server=server)
        assert server.asked[1:] == [("/more.csv", None)]
        before = (tmp_path / "home" / "toy" / "data.csv").stat()
        settled = toy("toy", "--set", "least=70", server=server).stdout
    assert re.search(r"^patients +6000$", settled, re.MULTILINE)
    after = (tmp_path / "home" / "toy" / "data.csv").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_wrong_setting_is_refused_before_anything_is_fetched(toy: Toy) -> None:
    with serve(data__csv=Page(ROWS)) as server:
        assert "Allowed: least" in toy("toy", "--yes", "--set", "most=3", server=server, code=2).stderr
        assert server.asked == []


def test_a_sum_that_differs_leaves_nothing_and_names_the_address(toy: Toy, tmp_path: Path) -> None:
    with serve(data__csv=Page(ROWS), SUMS=Page(f"{'0' * 64}  data.csv\n".encode())) as server:
        refused = toy("toy", "--yes", server=server, code=2, TOY_SUMS="1")
        assert [path for path, _ in server.asked] == ["/SUMS", "/data.csv"]
    assert refused.stderr.startswith(f"Error: {server.url('/data.csv')}: the SHA-256")
    assert held(tmp_path / "home") == {}


def test_an_error_of_the_server_is_one_line(toy: Toy, tmp_path: Path) -> None:
    with serve(data__csv=Page(b"", status=503)) as server:
        refused = toy("toy", "--yes", server=server, code=2)
    assert refused.stderr.count("\n") == 1
    assert refused.stderr.startswith(f"Error: {server.url('/data.csv')}: the server answered 503")
    assert str(Path("home/toy/data.csv")) in refused.stderr
    assert "refused the connection" in toy("toy", "--yes", server=server, code=2).stderr
    assert held(tmp_path / "home") == {}


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_a_command_that_was_stopped_goes_on(toy: Toy, tmp_path: Path, command: Command, end: signal.Signals) -> None:
    with serve(data__csv=Page(ROWS, halt=CUT + 70_000)) as server:
        line, shell = command("toy", "--yes", server=server)
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        running = subprocess.Popen(line, cwd=tmp_path, env=shell, text=True, preexec_fn=hears_ctrl_c, **pipes)
        while not server.halted.wait(0.1):
            assert running.poll() is None
        part = tmp_path / "home" / "toy" / "data.csv.part"
        while not part.exists() or part.stat().st_size < CUT:
            assert running.poll() is None
        running.send_signal(end)
        _, errors = running.communicate(timeout=30)
        assert running.returncode == (-9 if end == signal.SIGKILL else 130)
        assert "Traceback" not in errors
        assert not (tmp_path / "home" / "toy" / "data.csv").exists()
        server.pages["/data.csv"].halt = None
        kept = part.stat().st_size
        toy("toy", "--yes", server=server)
        assert server.asked[1:] == [("/data.csv", f"bytes={kept}-")]
    assert held(tmp_path / "home") == {"toy/data.csv": ROWS}


def test_a_cohort_under_agreement_says_where_to_apply_and_where_to_put_it(toy: Toy, tmp_path: Path) -> None:
    with serve(data__csv=Page(ROWS)) as server:
        refused = toy("closed", "--yes", server=server, code=2)
        assert server.asked == []
        for words in ("https://agreement.example", "home/toy/data.csv", "--data-home", "CLINICAL_MTL_DATA"):
            assert words in refused.stderr
        assert "toy/open.csv" not in refused.stderr
        (tmp_path / "home" / "toy").mkdir(parents=True)
        (tmp_path / "home" / "toy" / "data.csv").write_bytes(ROWS)
        assert re.search(r"^patients +30000$", toy("closed", "--yes", server=server).stdout, re.MULTILINE)


def heard(terminal: int, until: bytes | None = None) -> bytes:
    """What a terminal shows until these words, or until the other side hangs up; not for ever."""
    said, end = b"", time.monotonic() + 60
    while until is None or until not in said:
        assert time.monotonic() < end, said
        if select.select([terminal], [], [], 1)[0]:
            try:
                piece = os.read(terminal, 4096)
            except OSError:
                piece = b""
            if not piece:
                assert until is None, said
                break
            said += piece
    return said


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("\n", 1), ("\x04", 1)])
def test_on_a_terminal_it_asks(tmp_path: Path, command: Command, answer: str, code: int) -> None:
    with serve(data__csv=Page(ROWS)) as server:
        line, shell = command("toy", server=server, TERM="xterm", COLUMNS="100")
        ours, theirs = pty.openpty()
        running = subprocess.Popen(
            line,
            cwd=tmp_path,
            env=shell,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=hears_ctrl_c,
        )
        os.close(theirs)
        said = heard(ours, until=b"[y/N]")
        assert server.asked == []
        os.write(ours, answer.encode())
        said += heard(ours)
        os.close(ours)
        assert running.wait(60) == code
        assert len(server.asked) == (code == 0)
    assert (b"Nothing was fetched" in said) == (code == 1)
    assert (tmp_path / "home" / "toy" / "data.csv").exists() == (code == 0)
