"""Abilities: what a connector may offer besides the port, each a method that it has or has not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from maitred.contracts.message import Attachment
from maitred.contracts.outbound import Outbound, Sent


@dataclass(frozen=True, slots=True)
class Ailment:
    """Something of a channel that does not work now: of which account, which part, and why.

    `part` and `reason` are short stable words, without anybody's name or address; `account` is
    empty where it is about the channel as a whole.
    """

    account: str
    part: str
    reason: str


@runtime_checkable
class SendsThroughOthers(Protocol):
    """What a channel offers besides, if it sends something through accounts of other channels."""

    def sends_through(self) -> Mapping[str, tuple[str, str]]:
        """Return, by the setting that names it, the channel and account that it sends through."""
        ...


@runtime_checkable
class GivesAdvice(Protocol):
    """What a channel offers besides, if its settings can be good and yet hardly what is meant."""

    def advice(self) -> Sequence[str]:
        """Return what to tell a person of them, each with its path; nothing is refused for it."""
        ...


@runtime_checkable
class TellsHealth(Protocol):
    """What a channel offers besides, if it can be up and yet hear or reach nobody."""

    def health(self) -> Sequence[Ailment]:
        """Return what does not work now; nothing if all is well. It asks nobody."""
        ...


@runtime_checkable
class FindsSent(Protocol):
    """What a channel offers besides, if its provider shows what it was sent.

    Delivery asks only of a reply that was handed over and of which nobody knows whether it left:
    because the provider did not say, or because the process was killed that could have heard it.
    """

    async def find(self, outbound: Outbound, since: int) -> Sent | None:
        """Return what a reply was sent as; None if it certainly is not there.

        `since` is when it was handed over, in UTC milliseconds. What is not there is sent again,
        whatever the channel's policy.

        Raises:
            Throttled, Retryable: not now; ask again.
            OutcomeUnknown, Permanent: it cannot be told, now or ever.
        """
        ...


@runtime_checkable
class FetchesMedia(Protocol):
    """What a channel offers besides, if files of its messages stay at their provider.

    `maitred.connectors.media.fetch` does all of it but knowing the provider.
    """

    async def fetch(self, account: str, attachment: Attachment) -> bytes:
        """Return the file that `attachment.remote` names; the connector need not be started.

        Raises:
            Throttled, Retryable: not now; try again.
            Permanent: it is gone, too large, or may not be fetched.
        """
        ...
