"""`maitred identity …`: who is who, by whose word, and how to take it back."""

from __future__ import annotations

import typer

from maitred.gateway.cli.identity import (
    conversing,
    erasing,
    exporting,
    operating,
    replaying,
    showing,
)

app = typer.Typer(
    name="identity",
    help="Look who is who; correct, undo, erase, export, replay.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command("show")(showing.show)
app.command("audit")(showing.audit)
app.command("preview")(operating.preview)
app.command("link")(operating.link)
app.command("unlink")(operating.unlink)
app.command("cannot-link")(operating.cannot_link)
app.command("shared")(operating.shared)
app.command("block")(operating.block)
app.command("revoke")(operating.revoke)
app.command("undo")(operating.undo)
app.command("erase")(erasing.erase)
app.command("certificate")(erasing.certificate)
app.command("export")(exporting.export)
app.command("replay")(replaying.replay)
app.command("split")(conversing.split)
app.command("join")(conversing.join)
