"""`maitred policy …`: what decides, what it would say again, and what another one would have."""

from __future__ import annotations

import typer

from maitred.gateway.cli.policy import replaying, showing

app = typer.Typer(
    name="policy",
    help="Replay decisions; ask what another policy had done.\n\n"
    "Example: maitred policy replay --since 7d",
    rich_markup_mode=None,
)
app.command("replay")(replaying.replay)
app.command("show")(showing.show)
app.command("shadow")(showing.shadow)
