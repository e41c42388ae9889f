"""Brought: cohorts and methods, prepared, begun, checked and listed."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bench.cli.app import app
from bench.cli.options import DataHome, Plugins, home_of, whole
from datasets.errors import Refused


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

    raise typer.Exit(command(name, home_of(data_home), settings or [], yes, optional, out, large_n))


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

        raise typer.Exit(check_dataset(name, home_of(data_home), whole("--folds", folds, least=1) or 1))
    _meant_for("dataset", folds=folds)
    from bench.commands.check_method import check_method

    raise typer.Exit(check_method(name, plugin or [], dataset, home_of(data_home), settings or []))


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
