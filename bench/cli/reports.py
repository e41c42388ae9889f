"""Reports: what a study says, whether it says the truth, what changed since another."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.app import app
from bench.cli.options import Reports, Results, whole


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
def compare(
    study_a: Annotated[str, typer.Argument(help="Name of a study that was run, or path of its results folder.")],
    study_b: Annotated[str, typer.Argument(help="The one that is held against it: a name or a path, too.")],
    results: Results = Path("results"),
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder that Markdown and CSV files are also written to.", metavar="DIR")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit code 1 unless set-up and all predictions are equal, to the bit.")
    ] = False,
) -> None:
    """Show what changed between two studies that were run: set-up, predictions, scores, leaders, cost."""
    from bench.commands.compare import compare_studies as command

    raise typer.Exit(command(study_a, study_b, results, out, strict))


@app.command()
def dashboard(
    study: Annotated[str, typer.Argument(help="Name of a study that was run or is running, or path of its results folder.")],
    results: Results = Path("results"),
    out: Annotated[
        Path | None, typer.Option("--out", help="File that the journal goes to; default: one in the user's cache.", metavar="FILE")
    ] = None,
    port: Annotated[str, typer.Option("--port", help="Where the dashboard listens, on this machine alone.", metavar="N")] = "8080",
    no_open: Annotated[bool, typer.Option("--no-open", help="Write the journal alone.")] = False,
) -> None:
    """Show a study's trials by optuna-dashboard, from a journal that Optuna reads; written anew each time."""
    from bench.commands.dashboard import dashboard as command

    raise typer.Exit(command(study, results, out, whole("--port", port, least=1) or 1, not no_open))
