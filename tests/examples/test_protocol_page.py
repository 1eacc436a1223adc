"""docs/agents.md says what the code does: its examples, its words, its names."""

from __future__ import annotations

import ast
import inspect
import re
from collections import Counter
from types import ModuleType

import msgspec
import orjson
import pytest

from maitred.contracts import limits
from maitred.contracts.agents import Command, Presence, RestsOn, Verb
from maitred.contracts.assignments import Assignment, AssignmentState
from maitred.contracts.ids import AgentId, Tenant
from maitred.contracts.signals import Signal, SignalKind
from maitred.contracts.subjects import JOURNAL, Subjects
from maitred.gateway.admit import COMMAND_ID_CHARACTERS_MAX
from maitred.gateway.bus.consumers import ACK_WAIT_MS
from maitred.gateway.bus.permissions import agent_permissions, consumer_of, inbox_of
from maitred.gateway.delivery import allowing, consent, outgoing, templates
from maitred.router import house
from maitred.router.handling import (
    asking,
    changing,
    commands,
    handing,
    offers,
    presence,
    serving,
    speaking,
)
from maitred.router.settings import RoutingSettings
from tests.examples.stage import EXAMPLES

TEXT = (EXAMPLES.parent / "docs" / "agents.md").read_text()
ANN = AgentId("ann")
SUBJECTS = Subjects(Tenant("main"))
JSON = re.findall(r"(?s)```json\n(.*?)```", TEXT)


def _table(heading: str) -> dict[str, str]:
    """Return the rows of the table with a heading: the words of the first column, and the rest."""
    rows = re.search(rf"(?m)^\| {re.escape(heading)} \|.*\n\|[-|]+\n((?:\|.*\n)+)", TEXT)
    assert rows, heading
    found: dict[str, str] = {}
    for row in rows.group(1).splitlines():
        first, _, rest = row.strip("| ").partition(" | ")
        found |= dict.fromkeys(re.findall(r"`([^`]+)`", first) or [first], rest)
    return found


def _words(module: ModuleType) -> set[str]:
    """Return the plain words that the functions of a module return as refusals."""
    found: set[str] = set()
    for function in ast.walk(ast.parse(inspect.getsource(module))):
        if not isinstance(function, ast.FunctionDef) or function.returns is None:
            continue
        if ast.unparse(function.returns) != "Refusal":
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Return) and node.value is not None:
                plain = [node.value]
                if isinstance(node.value, ast.IfExp):
                    plain = [node.value.body, node.value.orelse]
                found |= {str(each.value) for each in plain if isinstance(each, ast.Constant)}
    return found - {""}


def _known(value: object, shape: object) -> None:
    """Assert that an example holds no field that its shape does not have."""
    read = orjson.loads(msgspec.json.encode(msgspec.convert(value, shape)))
    _within(value, read)


def _within(value: object, read: object) -> None:
    if isinstance(value, dict):
        assert isinstance(read, dict)
        assert set(value) <= set(read)
        for name, each in value.items():
            _within(each, read[name])
    elif isinstance(value, list):
        assert isinstance(read, list)
        for one, two in zip(value, read, strict=True):
            _within(one, two)
    else:
        assert value == read


def _constants(module: ModuleType) -> set[str]:
    """Return the words that a module names."""
    words = {name: value for name, value in vars(module).items() if name.isupper()}
    return {
        value for name, value in words.items() if isinstance(value, str) and value == name.lower()
    }


def test_the_examples_are_what_they_say() -> None:
    shapes = {"assignment": Assignment, "command": Command, "signal": Signal}
    examples = [orjson.loads(each) for each in JSON]
    said = [each["schema"] for each in examples]
    assert Counter(said) == {"assignment": 1, "command": 4, "signal": 1}
    for example in examples:
        _known(example, shapes[example["schema"]])
    assert msgspec.json.decode(JSON[0], type=Assignment).state is AssignmentState.OFFERED


def test_every_verb_state_and_presence_is_there_and_no_other() -> None:
    assert set(_table("verb")) == {each.value for each in Verb} - {"unknown"}
    assert set(_table("`state`")) == {each.value for each in AssignmentState} - {"unknown"}
    said = _table("verb")["presence"].partition("|")[0]
    assert set(re.findall(r"`(\w+)`", said)) - {"presence"} == set(Presence) - {"unknown"}


@pytest.mark.parametrize("verb", sorted(set(Verb) - {"unknown"}))
def test_the_fields_of_a_verb_are_fields_of_a_command(verb: str) -> None:
    said = _table("verb")[verb].partition("|")[0]
    fields = set(re.findall(r"`(\w+)`", said)) - set(Presence)
    assert fields <= {field.name for field in msgspec.structs.fields(Command)}


def test_every_reason_of_a_refusal_is_there_and_no_other() -> None:
    modules = (commands, handing, offers, presence, serving, speaking)
    before_the_router = {allowing, outgoing, templates}
    said = {consent.OPTED_OUT}.union(*map(_words, modules), *map(_constants, before_the_router))
    assert set(_table("`reason`")) == said


def test_every_reason_of_a_revocation_is_there_and_no_other() -> None:
    """They are what `take_from` is called with, and what an operator's change says."""
    changes = {changing.JOINED, changing.WITHDRAWN, house.ERASED}
    assert set(_table("`reason` of `revoked`")) == handing.REVOKED | changes
    assert f"carries `{changing.JOINED}`" in TEXT
    assert f"and `{changing.CHANGED}` where" in TEXT


def test_every_word_that_does_something_is_there_and_what_becomes_of_others() -> None:
    words = set(_table("word"))
    assert asking.NEEDS_HUMAN_AUTHORITY in words
    assert all(asking.word(each) == each for each in words)
    assert f"put down as `{asking.OTHER}`" in " ".join(TEXT.split())
    assert asking.word("a" * 64) != asking.OTHER == asking.word("a" * 65)


def test_every_thing_that_a_reply_can_rest_on_is_there_and_no_other() -> None:
    assert set(_table("`rests_on`")) == {each.value for each in RestsOn} - {"unknown"}
    assert next(iter(_table("`rests_on`"))) == Command(id="x").rests_on
    fields = {field.name for field in msgspec.structs.fields(Assignment)}
    assert set(_table("field")) == {"may_read", "act_until"} <= fields
    assert f"lasts {limits.PROOF_AGE_MS // limits.MINUTE_MS} minutes" in TEXT
    assert "`sticky_hint`" in TEXT


def test_the_names_are_those_of_the_code() -> None:
    said = _table("what")
    assert said["stream and consumer to hear by"] == f"`{JOURNAL}`, `{consumer_of(ANN)}`"
    brings = SUBJECTS.assign(ANN, "<conversation>")
    assert said["subjects that it brings"].startswith(f"`{brings}`")
    assert said["subjects to speak on"] == f"`{SUBJECTS.agent_command(ANN, '<verb>')}`"
    assert said["inbox prefix to connect with"] == f"`{inbox_of(ANN)}`"
    heard, spoken = SUBJECTS.signal_heard(ANN), SUBJECTS.signal_said(ANN)
    signals = said["subject to hear [signals](#signals) on, and to signal on"]
    assert signals == f"`{heard}`, `{spoken}`"
    assert set(_table("`kind`")) == {each.value for each in SignalKind} - {"unknown"}
    allowed = agent_permissions(Tenant("main"), ANN).publish
    (fetch,) = re.findall(r"`(\$JS\.API[^`]+)`", TEXT)
    assert fetch in allowed


def test_the_numbers_are_those_of_the_code() -> None:
    assert f"within {ACK_WAIT_MS // 1000} seconds comes" in " ".join(TEXT.split())
    assert f"at most {COMMAND_ID_CHARACTERS_MAX} characters" in TEXT
    assert f"1 to {limits.REPLY_CHARACTERS_MAX:,} characters" in TEXT
    assert f"bounded ({limits.BRIEF_BYTES_MAX // limits.KIB} KB)" in TEXT
    assert f"at most {limits.COMMAND_BYTES_MAX // limits.KIB} KB" in TEXT
    flat = " ".join(TEXT.split())
    assert f"of at most {limits.SIGNAL_BYTES_MAX // limits.KIB} KB:" in flat
    assert limits.SIGNAL_EVERY_MS == limits.SECOND_MS
    assert f"one a second, after the first {limits.SIGNALS_AT_ONCE_MAX}" in flat
    assert f"at most {limits.HANDOFF_SUMMARY_CHARACTERS_MAX:,} characters;" in flat
    entries = f"at most {limits.HANDOFF_ENTRIES_MAX} entries"
    assert f"{entries} of {limits.HANDOFF_ENTRY_CHARACTERS_MAX} characters each" in flat
    settings = RoutingSettings()
    assert f"after {settings.offer_seconds:.0f} seconds (`offer_seconds`)" in TEXT
    assert f"after {settings.pass_over_seconds:.0f} seconds (`pass_over_seconds`)" in TEXT
    assert f"for `idle_seconds` ({settings.idle_seconds:,.0f}," in TEXT
    assert f"After `lost_seconds` ({settings.lost_seconds:,.0f})" in TEXT
    assert settings.ramp_seconds == 60
    assert "within a minute (`ramp_seconds`)" in flat
    assert limits.OFFERS_MISSED_MAX == 2
    assert "Two unanswered offers in a row" in TEXT
    hours = limits.DEDUPLICATION_WINDOW_MS // limits.HOUR_MS
    assert f"within {hours} hours counts" in " ".join(TEXT.split())


def test_the_settings_that_it_names_exist() -> None:
    named = set(re.findall(r"`(\w+_seconds)`", TEXT))
    assert named <= {field.name for field in msgspec.structs.fields(RoutingSettings)}
