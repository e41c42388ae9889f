"""App: the command line that the verbs hang on."""

from __future__ import annotations

import typer

app = typer.Typer(
    help="Clinical MTL Bench: which method predicts several rare outcomes best, is the difference real, and does sharing help.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
