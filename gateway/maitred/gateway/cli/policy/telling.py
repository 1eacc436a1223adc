"""What a replay came to, and by which settings decisions were made, in words and as values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from maitred.contracts.policies import PolicyInForce
from maitred.gateway.cli.printing import one_line_after, when
from maitred.gateway.whatif.retrace import Verdict
from maitred.router.replaying.replay import Difference, Field

_FIELDS_SHOWN: Final = 3


def verdict_lines(verdict: Verdict, label: str, width: int, examples: int) -> Iterator[str]:
    """Yield what a replay came to; `label` is the policy of the configuration."""
    compared = verdict.equal + verdict.different + verdict.unproven
    yield f"{verdict.inputs:,} inputs played again, {compared:,} answers compared."
    if not compared:
        yield "Nothing was recorded in that time, so nothing is proven."
    elif verdict.equal == compared:
        yield "All of them are what was recorded, bit for bit."
    else:
        yield f"{verdict.equal:,} of them are what was recorded, bit for bit."
    yield from _reservations(verdict)
    if verdict.eras and verdict.eras[-1].label != label:
        yield f"The gateway decided by {verdict.eras[-1].label}; the configuration has {label}."
    if verdict.different:
        yield f"{verdict.different:,} differ:"
    for each in verdict.differences[:examples]:
        yield from _difference(each, width)
    if (more := verdict.different - examples) > 0:
        yield f"  and {more:,} more"


def _reservations(verdict: Verdict) -> Iterator[str]:
    """Yield what the replay cannot tell, and why."""
    if verdict.missing:
        yield f"{verdict.missing:,} inputs are gone from the log (by their age, or an erasure)."
        yield _exact(verdict)
    if verdict.unproven:
        yield f"{verdict.unproven:,} differ where the log does not tell all that led to them."
    for cited, count in verdict.other.most_common():
        yield f"{count:,} were decided by {cited}, whose settings are not known."
    yield from (f"{era.label}: {era.why}." for era in verdict.eras if era.why)


def _exact(verdict: Verdict) -> str:
    if verdict.exact_since is None:
        return "Where everything stood is not known at any time, so no difference proves anything."
    since = f"{when(verdict.exact_at)} on (input {verdict.exact_since})"
    return f"Exact from {since}; what differs before proves nothing."


def _difference(each: Difference, width: int) -> Iterator[str]:
    yield f"  input {each.input}  {each.conversation or '-'}  {each.agent or '-'}"
    for field in each.fields[:_FIELDS_SHOWN]:
        path = f"    {field.path}: " if field.path else "    "
        yield one_line_after(path, f"recorded {field.recorded}, replayed {field.replayed}", width)
    if (more := len(each.fields) - _FIELDS_SHOWN) > 0:
        yield f"    and {more} more fields"


def plain_verdict(verdict: Verdict, examples: int) -> dict[str, Any]:
    """Return what a replay came to as plain values."""
    return {
        "bit_equal": verdict.is_equal and not verdict.unproven and not verdict.other,
        "inputs": verdict.inputs,
        "missing_inputs": verdict.missing,
        "equal": verdict.equal,
        "different": verdict.different,
        "unproven": verdict.unproven,
        "decided_by_others": dict(verdict.other),
        "exact_since": verdict.exact_since,
        "exact_at": verdict.exact_at,
        "policies": [
            {"since": era.since, "policy": era.label, "release": era.release, "unknown": era.why}
            for era in verdict.eras
        ],
        "differences": [_plain(each) for each in verdict.differences[:examples]],
    }


def _plain(each: Difference) -> dict[str, Any]:
    return {
        "input": each.input,
        "conversation": each.conversation,
        "agent": each.agent,
        "fields": [_field(field) for field in each.fields],
    }


def _field(field: Field) -> dict[str, Any]:
    return {"path": field.path, "recorded": field.recorded, "replayed": field.replayed}


def history_lines(label: str, records: Sequence[PolicyInForce]) -> Iterator[str]:
    """Yield which policy decides, and what decided since when, the oldest first."""
    yield f"the configuration has  {label}"
    known = _changes(records)
    if not known:
        yield "nothing has been decided yet, or not since settings are recorded"
        return
    yield f"the gateway decides by {known[-1].name}:{known[-1].hash}"
    yield ""
    yield "since                 input  policy"
    for each in known:
        agents = len((each.settings or {}).get("agents", ()))
        whose = f"{agents:,} agents" if each.settings is not None else "settings packed"
        yield (
            f"{when(each.at)}  {each.since:>7}  {each.name}:{each.hash}  "
            f"{whose}, Maitred {each.release}"
        )


def plain_history(label: str, records: Sequence[PolicyInForce]) -> dict[str, Any]:
    """Return the same as plain values, with the settings."""
    return {"configured": label, "history": list(_changes(records))}


def _changes(records: Sequence[PolicyInForce]) -> list[PolicyInForce]:
    """Return the records that tell of a change; others only renew what might be let go."""
    found: list[PolicyInForce] = []
    for each in records:
        last = found[-1] if found else None
        same = last is not None and (last.name, last.hash, last.release) == (
            each.name,
            each.hash,
            each.release,
        )
        if not same:
            found.append(each)
    return found
