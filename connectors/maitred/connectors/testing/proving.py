"""What every connector must make of a proof: who may be heard, and that nobody is told why not."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from maitred.connectors.testing.door import Knock, Proof
from maitred.connectors.testing.stage import Stage, expect

_FIRST: Final = Knock(id="knock-1", text="The first thing that I have to say")
_SECOND: Final = Knock(id="knock-2", text="And the second, which is another")
_THIRD: Final = Knock(id="knock-3", text="A third one, since there are three")
_GRACE_MS: Final = 2_000
"""Within the window, and outside of it, by so much, whatever is rounded to seconds."""
_TELLING: Final = ("traceback", "msgspec", "exception", "signature", "secret", "hmac")
"""Words that only who looked inside would use."""


async def no_auth(stage: Stage) -> None:
    """What is not proven at all is refused."""
    await stage.refused(replace(_FIRST, proof=Proof.NONE))
    await stage.taken(_SECOND)


async def wrong_auth(stage: Stage) -> None:
    """What is proven with a secret of nobody's is refused."""
    await stage.refused(replace(_FIRST, proof=Proof.WRONG))
    await stage.taken(_SECOND)


async def rotated_secret(stage: Stage) -> None:
    """While a secret is replaced, both the old and the new one are good, and no third one."""
    await stage.taken(replace(_FIRST, proof=Proof.OLD))
    await stage.taken(_SECOND)
    await stage.refused(replace(_THIRD, proof=Proof.WRONG))
    stage.stored(_FIRST.text, _SECOND.text)


async def unknown_account(stage: Stage) -> None:
    """An account that is not there is refused, whatever else is right."""
    await stage.refused(replace(_FIRST, account="nobody"))


async def replay_outside(stage: Stage) -> None:
    """What was signed too long ago, or ahead, is refused."""
    window = stage.door.replay_window_ms + _GRACE_MS
    await stage.refused(replace(_FIRST, ago_ms=window))
    await stage.refused(replace(_FIRST, ago_ms=-window))


async def replay_inside(stage: Stage) -> None:
    """What is played again within the window is one message."""
    nearly = stage.door.replay_window_ms - _GRACE_MS
    await stage.taken(replace(_FIRST, ago_ms=nearly))
    await stage.taken(replace(_FIRST, ago_ms=nearly))
    stage.stored(_FIRST.text)


async def no_details(stage: Stage) -> None:
    """No answer tells why: not who is known, which check failed, or what the software is made of.

    That none repeats a secret, an address or a text is looked at after every case.
    """
    answers = [
        await stage.knock(replace(_FIRST, account=account)) for account in ("nobody", "somebody")
    ]
    answers += [
        await stage.knock(Knock(id="detail", text="never said", raw=raw))
        for raw in stage.door.malformed()
    ]
    for answer in answers:
        told = next((each for each in _TELLING if each in answer.words.lower()), None)
        expect(told is None, f"an answer tells {told!r}: {answer.words!r}")


PROVING: Final = (
    no_auth,
    wrong_auth,
    rotated_secret,
    unknown_account,
    replay_outside,
    replay_inside,
    no_details,
)
