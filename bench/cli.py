"""Command line: plain verbs; each loads what it needs when it runs."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import platformdirs
import typer

from datasets.errors import Refused

app = typer.Typer(
    help="Clinical MTL Bench: which method predicts several rare outcomes best, is the difference real, and does sharing help.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Results = Annotated[Path, typer.Option("--results", help="Folder of stored records.", metavar="DIR")]
Reports = Annotated[Path, typer.Option("--reports", help="Folder that reports are written to.", metavar="DIR")]
DataHome = Annotated[
    Path | None,
    typer.Option("--data-home", help="Folder of source data; else CLINICAL_MTL_DATA, else a user folder.", metavar="DIR"),
]
Plugins = Annotated[
    list[Path] | None, typer.Option("--plugin", help="Python file that registers methods; may be given again.", metavar="FILE")
]


class Device(StrEnum):
    """Where neural methods compute."""

    cpu = "cpu"
    cuda = "cuda"


class Listed(StrEnum):
    """What `list` can show."""

    methods = "methods"
    datasets = "datasets"
    studies = "studies"


class Made(StrEnum):
    """What `new` can write."""

    dataset = "dataset"


class Checked(StrEnum):
    """What `check` can look at."""

    dataset = "dataset"
    method = "method"


@app.command()
def run(
    study: Annotated[str, typer.Argument(help="Name of a study that ships, or path of a TOML file.")] = "quick",
    methods: Annotated[
        str | None, typer.Option(help="all, core, a group, names, labels or compositions (ple+pcgrad), separated by commas.")
    ] = None,
    dataset: Annotated[str | None, typer.Option(help="Dataset names or folders, separated by commas.")] = None,
    trials: Annotated[
        str | None, typer.Option(help="Optuna trials a method and fold; the first is the default.", metavar="N")
    ] = None,
    folds: Annotated[str | None, typer.Option(help="1 = one holdout, else cross-validation.", metavar="N")] = None,
    repeats: Annotated[str | None, typer.Option(help="How often the folds are drawn anew.", metavar="N")] = None,
    split: Annotated[
        str | None, typer.Option(help="holdout, kfold, temporal, centre, official; default: holdout, kfold for several folds.")
    ] = None,
    seeds: Annotated[str | None, typer.Option(help="Final fits with different seeds.", metavar="N")] = None,
    patients: Annotated[str | None, typer.Option(help="At most this many patients; 0 = all.", metavar="N")] = None,
    modalities: Annotated[str | None, typer.Option(help="tabular, text, series, separated by commas.")] = None,
    text_encoder: Annotated[
        str | None,
        typer.Option(help="What notes are read with: words, or hf: and a BERT-like model's name or folder.", metavar="NAME"),
    ] = None,
    diagnostics: Annotated[
        str | None,
        typer.Option(help="none; plain (default); full: also layer by layer, look-ahead affinity and curvature, at some cost."),
    ] = None,
    workers: Annotated[str | None, typer.Option(help="Processes at once; default: one a core.", metavar="N")] = None,
    device: Annotated[Device, typer.Option(help="Where neural methods compute.")] = Device.cpu,
    data_home: DataHome = None,
    results: Results = Path("results"),
    reports: Reports = Path("reports"),
    plugin: Plugins = None,
) -> None:
    """Tune, train, test and report every method of a study; goes on where an earlier run stopped."""
    from bench.commands.run import run as command

    overrides: dict[str, Any] = {
        "methods": _names(methods),
        "datasets": _names(dataset),
        "trials": _whole("--trials", trials),
        "folds": _whole("--folds", folds),
        "repeats": _whole("--repeats", repeats),
        "split": split,
        "seeds": _whole("--seeds", seeds),
        "modalities": _names(modalities),
        "text_encoder": text_encoder,
        "diagnostics": diagnostics,
    }
    overrides = {key: value for key, value in overrides.items() if value is not None}
    if patients is not None:
        overrides["patients"] = _whole("--patients", patients) or None
    slots = _whole("--workers", workers, least=1) or os.cpu_count() or 1
    raise typer.Exit(command(study, overrides, _data_home(data_home), results, reports, plugin or [], slots, device.value))


@app.command()
def report(
    study: Annotated[str, typer.Argument(help="Name of a study that was run, or path of its TOML file.")] = "quick",
    results: Results = Path("results"),
    reports: Reports = Path("reports"),
) -> None:
    """Write a study's report again, from stored predictions alone."""
    from bench.commands.report import report as command

    raise typer.Exit(command(study, results, reports))


@app.command()
def verify(
    study: Annotated[str, typer.Argument(help="Name of a study that was reported, or path of its TOML file.")] = "quick",
    results: Results = Path("results"),
    reports: Reports = Path("reports"),
    quick: Annotated[
        bool, typer.Option("--quick", help="Leave out what bootstrap resamples decide: intervals, p-values, verdicts.")
    ] = False,
) -> None:
    """Recompute every number of a report from stored predictions by another way; exit code 1 where one differs."""
    from bench.commands.verify import verify as command

    raise typer.Exit(command(study, results, reports, quick))


@app.command()
def prepare(
    name: Annotated[str | None, typer.Argument(help="A dataset's name, or the path of a cohort's folder.")] = None,
    data_home: DataHome = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="A setting of the dataset; may be given again.", metavar="KEY=VALUE")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Fetch what is missing over the network without asking.")] = False,
    optional: Annotated[bool, typer.Option("--optional", help="Fetch also files that the dataset can do without.")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="Folder that Table 1 is also written to.", metavar="DIR")] = None,
    large_n: Annotated[
        bool, typer.Option("--large-n", help="Synthetic: fit plain methods on 100,000 further patients, as a row of reports.")
    ] = False,
) -> None:
    """Fetch a dataset's files or say where to apply, check and convert them once, print its Table 1."""
    from bench.commands.prepare import prepare as command

    raise typer.Exit(command(name, _data_home(data_home), settings or [], yes, optional, out, large_n))


@app.command()
def new(
    what: Annotated[Made, typer.Argument(help="What to make.")],
    name: Annotated[str, typer.Argument(help="Its name, or the path of a folder that is not there yet.", metavar="NAME")],
) -> None:
    """Write a commented folder to bring a cohort of your own in, with made-up patients."""
    assert what is Made.dataset
    from bench.commands.new import new_dataset

    raise typer.Exit(new_dataset(name))


@app.command()
def check(
    what: Annotated[Checked, typer.Argument(help="What to check.")],
    name: Annotated[
        str,
        typer.Argument(help="A dataset's name or the path of a cohort's folder; a method's name or composition.", metavar="NAME"),
    ],
    data_home: DataHome = None,
    folds: Annotated[
        str | None, typer.Option(help="Datasets: whether there are events enough for so many folds.", metavar="N")
    ] = None,
    plugin: Plugins = None,
    dataset: Annotated[
        str | None,
        typer.Option(help="Methods: check on this cohort, its outcomes dealt anew, not on a made-up one.", metavar="NAME"),
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="Methods: a fixed parameter; may be given again.", metavar="KEY=VALUE")
    ] = None,
) -> None:
    """Say all that is wrong with a cohort, or with a method, at once; exit code 2 if anything is."""
    if what is Checked.dataset:
        _meant_for("method", plugin=plugin, dataset=dataset, set=settings)
        from bench.commands.check import check_dataset

        raise typer.Exit(check_dataset(name, _data_home(data_home), _whole("--folds", folds, least=1) or 1))
    _meant_for("dataset", folds=folds)
    from bench.commands.check_method import check_method

    raise typer.Exit(check_method(name, plugin or [], dataset, _data_home(data_home), settings or []))


@app.command("list")
def show(
    what: Annotated[Listed, typer.Argument(help="What to list.")],
    plugin: Plugins = None,
) -> None:
    """List methods, datasets or studies: name, family, modalities, one line each."""
    from bench.commands.list import show as command

    raise typer.Exit(command(what.value, plugin or []))


def _meant_for(other: str, **given: object) -> None:
    """Refuses options that only the check of something else takes."""
    if found := [f"--{option}" for option, value in given.items() if value is not None]:
        raise Refused(f"{', '.join(found)}: allowed for `check {other}` alone. Leave it out.")


def _names(given: str | None) -> list[str] | None:
    return None if given is None else [name.strip() for name in given.split(",") if name.strip()]


def _whole(option: str, given: str | None, least: int | None = None) -> int | None:
    """The whole number given with an option; refuses anything else with the words that were given."""
    if given is None:
        return None
    try:
        number = int(given)
    except ValueError:
        raise Refused(f"{option}: found '{given}'; allowed is a whole number.") from None
    if least is not None and number < least:
        raise Refused(f"{option}: found {number}; allowed is {least} or more.")
    return number


def _data_home(given: Path | None) -> Path:
    return given or Path(os.environ.get("CLINICAL_MTL_DATA") or platformdirs.user_data_path("clinical-mtl-bench"))


def main() -> None:
    """Runs the command line; a refusal goes to standard error with exit code 2."""
    try:
        app(prog_name="python -m bench")
    except Refused as refusal:
        print(f"Error: {refusal}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        sys.exit(130)
