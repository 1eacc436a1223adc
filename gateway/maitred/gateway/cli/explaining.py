"""`maitred explain CONVERSATION`: how it was decided, and why one agent does not have it."""

from __future__ import annotations

import sys
from typing import Annotated

import msgspec
import typer

from maitred.gateway import reading
from maitred.gateway.cli.explaining_agents import Answer, answer, answer_lines, placed_last
from maitred.gateway.cli.explaining_decisions import Told, picture, told_lines
from maitred.gateway.cli.housing import names_of
from maitred.gateway.cli.printing import columns, console
from maitred.gateway.cli.session import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    Session,
    print_json,
    run,
)
from maitred.gateway.cli.showing import known_id
from maitred.gateway.policies import policy_of
from maitred.router.explaining.explain import sentences


def explain(
    name: Annotated[str, known_id("cnv_")],
    agent: Annotated[
        str, typer.Option("--agent", "-a", help="Say why this agent does not have it.")
    ] = "",
    at: Annotated[
        int,
        typer.Option(
            "--at", min=0, help="Which decision, from 1 on; 0: the last on who should have it."
        ),
    ] = 0,
    everything: Annotated[
        bool, typer.Option("--all", help="Print every decision in depth.")
    ] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Print why somebody has a conversation, and why not another.

    Example: maitred explain cnv_3dw6nq2zkkqj7ws6pq5xuhkx4e --agent ann
    """
    if agent:
        asked = run(config, lambda session: answer(session, name, agent, at))
        _print_answer(asked, as_json=as_json)
        return

    async def work(session: Session) -> Told:
        story = await reading.story(session.connection, session.subjects, name)
        policy = policy_of(session.configuration.settings)
        in_force = f"{policy.name}:{policy.hash()}"
        depth = reading.numbered(story, at or placed_last(story.decisions))
        return Told(story, names_of(session.configuration), in_force, None if everything else depth)

    found = run(config, work)
    if as_json:
        print_json(_plain(found))
    elif sys.stdout.isatty():
        console().print(picture(found))
    else:
        for line in told_lines(found, columns()):
            typer.echo(line)


def _print_answer(found: Answer, *, as_json: bool) -> None:
    if as_json:
        print_json(found.plain())
        return
    for line in answer_lines(found, columns()):
        typer.echo(line)


def _plain(found: Told) -> object:
    """Return the decisions as plain values, each with its words."""
    story, routing = found.story, found.story.routing
    return {
        "conversation": story.conversation.id,
        "state": routing.state if routing is not None else None,
        "agent": routing.agent if routing is not None else None,
        "epoch": routing.epoch if routing is not None else None,
        "in_force": found.in_force,
        "decisions": [
            {**msgspec.to_builtins(each), "words": sentences(each, found.names)}
            for each in story.decisions
        ],
    }
