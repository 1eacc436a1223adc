"""What every connector must make of its provider's answers when it sends."""

from __future__ import annotations

from typing import Final

import msgspec

from maitred.connectors.abilities import FindsSent
from maitred.connectors.testing.door import THROTTLE_S, Mood
from maitred.connectors.testing.stage import Stage, expect
from maitred.contracts.errors import (
    MaitredError,
    OutcomeUnknown,
    Permanent,
    Retryable,
    Throttled,
    Unreachable,
)
from maitred.contracts.ids import OutboundId
from maitred.contracts.limits import SECOND_MS
from maitred.contracts.outbound import Outbound, OutboundKind

_TEXT: Final = "Your order left the house this morning."
_OTHER: Final = "It will be with you tomorrow."


async def sent(stage: Stage) -> None:
    """What the provider took is sent, with the provider's id for it, and reached it whole."""
    taken = await stage.connector.send(_outbound(stage))
    expect(taken.provider_id, "what was sent has no id of its provider")
    found = [each.text for each in stage.door.received()]
    expect(found == [_TEXT], f"the provider was sent {found!r}")


async def sent_twice(stage: Stage) -> None:
    """Where resending is safe, a retry carries the key of the first and another reply another."""
    for text, command in ((_TEXT, "1"), (_TEXT, "1"), (_OTHER, "2")):
        await stage.connector.send(_outbound(stage, text, command=command))
    first, again, other = (each.key for each in stage.door.received())
    expect(first == again, "a retry has another key than what it repeats")
    expect(first != other, "two replies have one key")


async def throttled(stage: Stage) -> None:
    """A provider that asks to wait is given as long as it asks for."""
    error = await _failure(stage, Mood.THROTTLES)
    expect(isinstance(error, Throttled), f"it is {_name(error)}, not Throttled")
    if isinstance(error, Throttled):
        asked = THROTTLE_S * SECOND_MS
        expect(error.after_ms == asked, f"it waits {error.after_ms} ms, not {asked}")


async def failing(stage: Stage) -> None:
    """A provider in trouble is tried again."""
    error = await _failure(stage, Mood.FAILS)
    expect(isinstance(error, Retryable), f"it is {_name(error)}, not Retryable")


async def refusing(stage: Stage) -> None:
    """What a provider will never take is given up, with a short stable word for why."""
    error = await _failure(stage, Mood.REFUSES)
    expect(isinstance(error, Permanent), f"it is {_name(error)}, not Permanent")
    if isinstance(error, Permanent):
        expect(error.code and " " not in error.code, f"{error.code!r} is no word")


async def silent(stage: Stage) -> None:
    """Of what a provider read and never answered, nobody says that it was not sent."""
    error = await _failure(stage, Mood.SILENT)
    expect(isinstance(error, OutcomeUnknown), f"it is {_name(error)}, not OutcomeUnknown")


async def absent(stage: Stage) -> None:
    """What reached nobody was certainly not sent, and waits until somebody is there."""
    error = await _failure(stage, Mood.ABSENT)
    expect(isinstance(error, Unreachable), f"it is {_name(error)}, not Unreachable")


async def no_such_account(stage: Stage) -> None:
    """A reply to an account that is no longer there is given up."""
    outbound = _outbound(stage)
    to = msgspec.structs.replace(outbound.to, account="nobody")
    try:
        await stage.connector.send(msgspec.structs.replace(outbound, to=to))
    except Permanent as error:
        stage.remember(error)
        return
    expect(met=False, what="it was sent")


async def edits(stage: Stage) -> None:
    """What stands instead of an earlier reply reaches the provider."""
    first = _outbound(stage)
    taken = await stage.connector.send(first)
    change = msgspec.structs.replace(
        _outbound(stage, _OTHER, command="2"),
        kind=OutboundKind.EDIT,
        target=OutboundId(first.id),
        target_provider_id=taken.provider_id,
    )
    await stage.connector.send(change)
    found = [each.text for each in stage.door.received()]
    expect(found == [_TEXT, _OTHER], f"the provider was sent {found!r}")


async def found(stage: Stage) -> None:
    """What the provider took is found there, and nothing else is taken for it."""
    connector, now = stage.connector, stage.house.now
    expect(isinstance(connector, FindsSent), "it has no `find`")
    if not isinstance(connector, FindsSent):
        return
    outbound = _outbound(stage)
    taken = await connector.send(outbound)
    seen = await connector.find(outbound, now)
    expect(seen == taken, "what was sent is not found as what it was sent as")
    try:
        other = await connector.find(_outbound(stage, command="2"), now)
    except OutcomeUnknown:
        return
    expect(other is None, "a reply that was never sent is found")


def _outbound(stage: Stage, text: str = _TEXT, *, command: str = "1") -> Outbound:
    stage.texts.append(text)
    return stage.door.outbound(stage.house, text, command=command)


async def _failure(stage: Stage, mood: Mood) -> MaitredError | None:
    """Return what a send ends with; a plain exception is the connector's fault and goes on."""
    await stage.door.behave(mood)
    try:
        await stage.connector.send(_outbound(stage))
    except MaitredError as error:
        stage.remember(error)
        return error
    return None


def _name(error: MaitredError | None) -> str:
    return "sent" if error is None else type(error).__name__


SENDING: Final = (
    sent,
    sent_twice,
    throttled,
    failing,
    refusing,
    silent,
    absent,
    no_such_account,
    edits,
    found,
)
