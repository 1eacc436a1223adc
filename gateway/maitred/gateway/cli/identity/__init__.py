"""`maitred identity …`: who is who, by whose word, and how to take it back."""

from __future__ import annotations

import typer

app = typer.Typer(
    name="identity",
    help="Who is who: look, correct, undo, erase, export, and try the resolver on a file.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
