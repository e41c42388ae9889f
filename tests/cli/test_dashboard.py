"""dashboard: trials of a study that was really run, as Optuna reads them; of a run that goes on; served where it can be."""

import hashlib
import json
import os
import shutil
import socket
from importlib.util import find_spec
from pathlib import Path

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from bench.disk import append_line
from tests.bench.records import Fake, study
from tests.cli.conftest import QUICKEST, Bench

PLUGIN = ("--plugin", str(QUICKEST))
SERVER = '''
def run_server(storage, host, port):
    """Says what it would serve, and is ended as by Ctrl-C."""
    print("served", host, port, len(storage.get_all_studies()))
    raise KeyboardInterrupt
'''


def studies(path: Path) -> dict[str, optuna.Study]:
    storage = JournalStorage(JournalFileBackend(str(path)))
    return {name: optuna.load_study(study_name=name, storage=storage) for name in optuna.get_all_study_names(storage)}


def content(folder: Path) -> dict[str, str]:
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


def unfinished(cell: Path, key: str) -> Path:
    """A finished cell's folder as it was before its end, with a line that is being written."""
    partial = cell.with_name(f".{cell.name}.partial")
    partial.mkdir()
    shutil.move(cell / "trials.jsonl", partial / "trials.jsonl")
    shutil.rmtree(cell)
    (partial / "key").write_text(key)
    with (partial / "trials.jsonl").open("a") as file:
        file.write('{"outcome": null, "number": 2')
    return partial


def test_the_journal_holds_what_the_cells_hold_and_follows_a_run(bench: Bench, small: Path, tmp_path: Path) -> None:
    bench("run", str(small), *PLUGIN)
    record = tmp_path / "results" / "small"
    before = content(record)
    said = bench("dashboard", "small", "--no-open", "--out", "deep/er/j.log")
    assert "deep/er/j.log (8 trials in 4 Optuna studies)" in said.stdout
    assert content(record) == before
    journal = tmp_path / "deep" / "er" / "j.log"
    found = studies(journal)
    outcomes = ("any_complication", "pulmonary", "kidney_injury")
    assert set(found) == {"small/most_common/fold-0", *(f"small/logistic/fold-0/{outcome}" for outcome in outcomes)}
    for method, groups in (("most_common", ("all",)), ("logistic", outcomes)):
        cell = record / "small" / method / "fold-0"
        meta = json.loads((cell / "cell.json").read_text())
        lines = [json.loads(line) for line in (cell / "trials.jsonl").read_text().splitlines()]
        for group in groups:
            tuned = found[f"small/{method}/fold-0" + (f"/{group}" if group != "all" else "")]
            own = [line for line in lines if line["outcome"] in (group, None)]
            assert [trial.value for trial in tuned.trials] == [line["value"] for line in own]
            assert [trial.params for trial in tuned.trials] == [line["params"] for line in own]
            assert tuned.best_params == meta["params"][group]
            assert tuned.best_trial.number == meta["chosen_trial"][group] == tuned.user_attrs["chosen_trial"]
            assert tuned.user_attrs["cell"] == "done"
            for trial, line in zip(tuned.trials, own, strict=True):
                assert trial.duration is not None
                assert trial.duration.total_seconds() == pytest.approx(line["seconds"], abs=1e-5)
                assert set(trial.distributions) == set(trial.params)
    again = journal.read_bytes()
    bench("dashboard", "results/small/", "--no-open", "--out", "deep/er/j.log")
    assert journal.read_bytes() == again

    key = json.loads((record / "small" / "plan.json").read_text())["methods"]["most_common"]["keys"][0]
    partial = unfinished(record / "small" / "most_common" / "fold-0", key)
    torn = (partial / "trials.jsonl").read_bytes()
    bench("dashboard", "small", "--no-open", "--out", "running.log")
    running = studies(tmp_path / "running.log")["small/most_common/fold-0"]
    assert len(running.trials) == 2
    assert running.user_attrs["cell"] == "in progress"
    assert "chosen_trial" not in running.user_attrs
    # Whoever writes that line goes on with it.
    assert (partial / "trials.jsonl").read_bytes() == torn
    (partial / "key").write_text("of an earlier plan")
    bench("dashboard", "small", "--no-open", "--out", "running.log")
    assert "small/most_common/fold-0" not in studies(tmp_path / "running.log")


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A record that nobody ran, of one method and one trial."""
    study(tmp_path / "results", Fake(skill={"one": 1.0}, patients=90), "small")
    trial = {"outcome": None, "number": 0, "state": "complete", "value": 0.5, "settings": {}, "params": {}, "distributions": {}}
    cell = tmp_path / "results" / "small" / "cohort" / "one" / "fold-0"
    append_line(cell / "trials.jsonl", {**trial, "steps": {}, "seconds": 1.0})
    return cell


def test_it_is_served_where_it_is_installed(bench: Bench, written: Path, tmp_path: Path) -> None:
    if find_spec("optuna_dashboard") is None:
        lacking = bench("dashboard", "small")
        assert "python -m pip install optuna-dashboard" in lacking.stdout
        journal = lacking.stdout.splitlines()[0].removeprefix("Journal: ").partition(" (")[0]
        assert list(studies(Path(journal))) == ["cohort/one/fold-0"]
        assert tmp_path not in Path(journal).parents
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "optuna_dashboard.py").write_text(SERVER)
    path = os.pathsep.join([str(tmp_path / "site"), os.environ.get("PYTHONPATH", "")])
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        taken.listen()
        refused = bench("dashboard", "small", "--port", str(port), "--out", "j.log", code=2, PYTHONPATH=path)
        assert f"--port {port}: cannot be listened on" in refused.stderr
        assert not (tmp_path / "j.log").exists()
    served = bench("dashboard", "small", "--port", str(port), "--out", "j.log", PYTHONPATH=path)
    assert f"served 127.0.0.1 {port} 1" in served.stdout
    assert f"http://127.0.0.1:{port}" in served.stdout


def test_refusals(bench: Bench, written: Path, tmp_path: Path) -> None:
    assert "'nothing'" in bench("dashboard", "nothing", code=2).stderr
    assert "--port: found 'many'" in bench("dashboard", "nothing", "--port", "many", code=2).stderr
    (tmp_path / "notes.txt").write_text("mine\n")
    refused = bench("dashboard", "small", "--no-open", "--out", "notes.txt", code=2)
    assert "not a journal of trials" in refused.stderr
    assert (tmp_path / "notes.txt").read_text() == "mine\n"
    (written / "trials.jsonl").unlink()
    assert "no trial of this study has ended yet" in bench("dashboard", "small", "--no-open", code=2).stderr
