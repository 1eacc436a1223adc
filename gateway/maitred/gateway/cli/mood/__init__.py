"""`maitred mood …`: the mood of lines of text, and models taught by one's own history."""

from __future__ import annotations

import typer

from maitred.gateway.cli.mood import reading, training

app = typer.Typer(name="mood", rich_markup_mode=None)
app.callback(invoke_without_command=True)(reading.mood)
app.command("train")(training.train)
app.command("eval")(training.evaluate)
