"""Studies: run one, watch it, run a cell of it again, measure the machine they run on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from bench.cli.app import app
from bench.cli.options import (
    Arithmetic,
    DataHome,
    Device,
    Plugins,
    Reports,
    Results,
    Size,
    Where,
    above_zero,
    home_of,
    names,
    whole,
)


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
    workers: Annotated[
        str | None, typer.Option(help="Cells at once; default: one a core, on a cluster as many as it takes.", metavar="N")
    ] = None,
    executor: Annotated[
        Where, typer.Option(help="Where cells run: on this machine, on a Ray cluster, as Slurm jobs.")
    ] = Where.local,
    cluster: Annotated[
        str | None,
        typer.Option(
            help="For ray: address=HOST:PORT, gpus=SHARE. For slurm: options of sbatch (partition=gpu,time=60).",
            metavar="KEY=VALUE,…",
        ),
    ] = None,
    device: Annotated[Device, typer.Option(help="Where neural methods compute.")] = Device.cpu,
    arithmetic: Annotated[
        Arithmetic | None,
        typer.Option(help="What neural methods train in: single (float32; default), or mixed (products in bfloat16)."),
    ] = None,
    cell_timeout: Annotated[
        str | None,
        typer.Option(help="End a cell that takes longer; it counts as failed, the next run goes on with it.", metavar="MINUTES"),
    ] = None,
    memory: Annotated[str | None, typer.Option(help="End a cell whose process holds more memory.", metavar="GB")] = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Say which cells would be run, about how long and in how much memory; start nothing.")
    ] = False,
    data_home: DataHome = None,
    results: Results = Path("results"),
    reports: Reports = Path("reports"),
    plugin: Plugins = None,
) -> None:
    """Tune, train, test and report every method of a study; goes on where an earlier run stopped."""
    from bench.commands.run import run as command
    from bench.running.executors.limits import Limits
    from bench.running.executors.placing import Placing, words

    overrides: dict[str, Any] = {
        "methods": names(methods),
        "datasets": names(dataset),
        "trials": whole("--trials", trials),
        "folds": whole("--folds", folds),
        "repeats": whole("--repeats", repeats),
        "split": split,
        "seeds": whole("--seeds", seeds),
        "modalities": names(modalities),
        "text_encoder": text_encoder,
        "diagnostics": diagnostics,
        "arithmetic": None if arithmetic is None else arithmetic.value,
    }
    overrides = {key: value for key, value in overrides.items() if value is not None}
    if patients is not None:
        overrides["patients"] = whole("--patients", patients) or None
    limits = Limits(above_zero("--cell-timeout", cell_timeout), above_zero("--memory", memory))
    placing = Placing(executor.value, whole("--workers", workers, least=1), device.value, limits, words(cluster))
    home, files = home_of(data_home), plugin or []
    raise typer.Exit(command(study, overrides, home, results, reports, files, placing, plan))


@app.command()
def status(
    study: Annotated[str, typer.Argument(help="Name of a study that was begun.")] = "quick",
    results: Results = Path("results"),
) -> None:
    """Say how far a study is and what runs now, from its folder alone; exit code 1 while anything is left."""
    from bench.commands.status import status as command

    raise typer.Exit(command(study, results))


@app.command()
def rerun(
    cell: Annotated[Path, typer.Argument(help="Folder of a finished cell: results/STUDY/DATASET/METHOD/fold-K.")],
    device: Annotated[
        Device | None, typer.Option(help="Where neural methods compute; default: where the record says they did.")
    ] = None,
    data_home: DataHome = None,
    plugin: Plugins = None,
) -> None:
    """Run one finished cell again from its record alone, and say whether it ends equal; exit code 1 if not."""
    from bench.commands.rerun import rerun as command

    raise typer.Exit(command(cell, home_of(data_home), plugin or [], None if device is None else device.value))


@app.command()
def speed(
    quick: Annotated[
        bool, typer.Option("--quick", help="Only what is short: training steps, bootstrap, resuming a finished study.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="File that the table is also written to, as JSON.", metavar="FILE")
    ] = None,
    grown: Annotated[
        bool,
        typer.Option("--scaling", help="Instead: how cost grows with patients, outcomes and features (with --quick: smaller)."),
    ] = False,
    margin: Annotated[
        float | None,
        typer.Option(
            "--margin", min=0, help="Exit code 1 where a goal is missed by more than so many per cent.", metavar="PERCENT"
        ),
    ] = None,
    size: Annotated[Size, typer.Option(hidden=True, help="tiny: to test that all is measured.")] = Size.full,
) -> None:
    """Measure how fast this machine is and what the suite itself costs, beside plain code, in one run; half an hour or so."""
    if grown:
        from bench.commands.scaling import scaling

        raise typer.Exit(scaling(quick, out, size.value))
    from bench.commands.speed import speed as command

    raise typer.Exit(command(quick, out, size.value, margin))
