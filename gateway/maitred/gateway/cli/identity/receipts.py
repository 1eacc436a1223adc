"""Receipts in lines: what an operation moved, or would move, and how to take it back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from maitred.contracts.identifiers import Identifier, IdentifierKind
from maitred.contracts.ids import CustomerId, IdentifierKey
from maitred.contracts.operations import OperationDoc, OperationKind
from maitred.gateway.cli.identity.naming import list_shown, masked, shown
from maitred.gateway.cli.printing import one_line, when
from maitred.gateway.cli.telling import counted
from maitred.identity.operators.obstacles import Obstacle, Reason
from maitred.identity.operators.receipts import Gain, Receipt, Side

COMMANDS: Final = {
    OperationKind.LINK: "link",
    OperationKind.UNLINK: "unlink",
    OperationKind.CANNOT_LINK: "cannot-link",
    OperationKind.SHARED: "shared",
    OperationKind.BLOCKED: "block",
    OperationKind.REVOKED: "revoke",
    OperationKind.SPLIT: "split",
    OperationKind.JOIN: "join",
}
_KINDS: Final = {
    IdentifierKind.ACCOUNT: "account",
    IdentifierKind.CRM: "CRM record",
    IdentifierKind.EMAIL: "email",
    IdentifierKind.PHONE: "phone",
    IdentifierKind.SLACK: "Slack user",
    IdentifierKind.VISITOR: "browser",
    IdentifierKind.UNKNOWN: "unknown identifier",
}
LINE_INDENT: Final = 8
"""How far in stands what a line of a receipt goes on with on the next one."""
_NAME_COLUMNS: Final = 24


class Told:
    """Says what a receipt says; identifiers are masked unless they are to be revealed."""

    def __init__(self, receipt: Receipt, *, reveal: bool = False) -> None:
        self._receipt = receipt
        self._reveal = reveal

    def lines(self) -> Iterator[str]:
        """Yield who was who before and after, what moved, and who may be told more."""
        receipt = self._receipt
        for title, sides in (("before", receipt.before), ("after", receipt.after)):
            for side in sides:
                yield f"{title:<{LINE_INDENT}}{self._side(side)}"
        if not receipt.moves:
            yield "moved   nothing: everybody is who he was"
        for move in receipt.moves:
            parts = [
                counted(len(move.identifiers), "identifier"),
                counted(move.messages, "message"),
                counted(len(move.conversations), "conversation"),
            ]
            yield f"moved   {', '.join(parts)}: {move.source} → {move.target}"
        for gain in receipt.gains:
            yield f"gains   {self._gain(gain)}"
        if receipt.held_by:
            yield f"but     they are one customer all the same, by {self._names(receipt.held_by)}"
            yield "        `maitred identity cannot-link` parts them whatever is seen"

    def against(self) -> list[str]:
        """Return what keeps a link from being one."""
        return [self._obstacle(each) for each in self._receipt.obstacles]

    def json(self) -> dict[str, Any]:
        """Return it for programs; values are masked as in the lines."""
        return {
            **msgspec.to_builtins(self._receipt),
            "identifiers": masks(self._receipt.identifiers, reveal=self._reveal),
        }

    def _side(self, side: Side) -> str:
        name = one_line(side.name, _NAME_COLUMNS) if side.name else "(no name)"
        parts = (
            f"{counted(side.messages, 'message')}, {counted(side.conversations, 'conversation')}"
        )
        nobody = ", a contact point" if side.unidentified else ""
        return f"{side.customer}  {name}  {self._names(side.identifiers)}  {parts}{nobody}"

    def _gain(self, gain: Gain) -> str:
        told = f"may be told of {counted(gain.messages, 'message')} by {self._names(gain.of)}"
        parts = [f"{self._names(gain.readers)} {told}"] if gain.readers else []
        if gain.proven:
            parts.append(f"{self._names(gain.proven)} {told if not parts else 'too'}, once proven")
        return "; ".join(parts)

    def _obstacle(self, each: Obstacle) -> str:
        key, other = (self._names((each.key,)) if each.key else "", each.other)
        by = f" ({each.operation})" if each.operation else ""
        match each.reason:
            case Reason.LIMIT:
                kind = _KINDS[each.kind or IdentifierKind.UNKNOWN]
                return f"limit of {counted(each.limit, kind)}"
            case Reason.CANNOT_LINK:
                return f"{key} and {self._names((other,)) if other else ''} cannot be linked{by}"
            case Reason.SHARED:
                return f"{key} is shared by several people{by}"
            case Reason.BLOCKED:
                return f"{key} is blocked{by}"
            case Reason.ROLE:
                return f"{key} is a role mailbox or a placeholder"
            case Reason.HUB:
                return f"{key} would belong to several accounts, or to too many others"
            case Reason.EPOCH:
                return "a telephone number among them was somebody else's at the time"
        return "a newer version of maitred knows why"

    def _names(self, keys: tuple[IdentifierKey, ...]) -> str:
        return list_shown(keys, self._receipt.identifiers, reveal=self._reveal)


def masks(
    identifiers: Mapping[IdentifierKey, Identifier], *, reveal: bool
) -> dict[str, dict[str, str]]:
    """Return identifiers by their keys, for programs."""
    return {
        key: {"kind": each.kind.value, "value": each.value if reveal else masked(each)}
        for key, each in identifiers.items()
    }


def record_line(
    record: OperationDoc, identifiers: Mapping[IdentifierKey, Identifier], *, reveal: bool
) -> str:
    """Return who did what about whom, and why, in one line."""
    about: list[str | CustomerId] = [
        shown(identifiers[key], reveal=reveal) if key in identifiers else key
        for key in (record.a, record.b)
        if key is not None and record.message is None
    ]
    about += [each for each in (record.message, record.conversation, record.other) if each]
    undone = ""
    if record.undone_at:
        why = f": {record.undone_why}" if record.undone_why else ""
        undone = f"  undone by {record.undone_by}, {when(record.undone_at)}{why}"
    what = f"{COMMANDS.get(record.kind, record.kind.value):<12}{', '.join(about)}"
    return f"{when(record.at)}  {record.id}  {what}  by {record.by}: {record.why}{undone}"
