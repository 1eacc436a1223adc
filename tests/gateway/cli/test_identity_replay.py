"""`maitred identity replay`: a file in, whose each message is, and what is wrong with a line."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.contracts.errors import BadPayload
from maitred.gateway.cli.identity.sightings import History
from tests.gateway.cli.conftest import ENVIRONMENT, Cli, command

DAY = 86_400
Message = dict[str, Any]
Replay = Callable[..., dict[str, tuple[str, str | None]]]


def message(name: str, *seen: tuple[str, str, int], day: float = 0) -> Message:
    observed = [{"kind": kind, "value": value, "level": level} for kind, value, level in seen]
    return {"id": name, "at": day * DAY, "observed": observed}


def revoke(name: str) -> Message:
    return {"op": "revoke", "message": name}


def cannot_link(one: tuple[str, str], other: tuple[str, str]) -> Message:
    a, b = ({"kind": kind, "value": value} for kind, value in (one, other))
    return {"op": "cannot_link", "a": a, "b": b}


def text(*lines: Message) -> bytes:
    return b"\n".join(orjson.dumps(line) for line in lines)


@pytest.fixture
def replay(cli: Cli, tmp_path: Path) -> Replay:
    """Replay lines, and return customer and hint by message."""

    def run(*lines: Message, options: tuple[str, ...] = ()) -> dict[str, tuple[str, str | None]]:
        (tmp_path / "history.jsonl").write_bytes(text(*lines))
        done = cli("identity", "replay", "history.jsonl", *options)
        assert (done.returncode, done.stderr) == (0, "")
        found = [orjson.loads(line) for line in done.stdout.splitlines()]
        assert all(set(line) == {"id", "customer", "hint"} for line in found)
        return {line["id"]: (line["customer"], line["hint"]) for line in found}

    return run


MAIL = message("mail", ("email", "Ann@Example.com", 2), ("uid", "7", 4))
CHAT = message("chat", ("cookie", "v1", 2), ("uid", "7", 4))
CLAIM = message("claim", ("cookie", "v2", 2), ("mail", "ann@example.com", 0))
SPOOF = message("spoof", ("email", "ann@example.com", 0))
OTHER = message("other", ("email", "bo@example.com", 2))


def test_proof_merges_and_a_claim_only_hints(replay: Replay) -> None:
    found = replay(MAIL, CHAT, CLAIM, SPOOF, OTHER)
    assert list(found) == ["mail", "chat", "claim", "spoof", "other"]
    customers = {name: customer for name, (customer, _) in found.items()}
    hints = {name: hint for name, (_, hint) in found.items()}
    assert customers["mail"] == customers["chat"]
    assert len(set(customers.values())) == 4
    assert hints["claim"] == hints["spoof"] == hints["mail"] == hints["chat"]
    assert hints["other"] != hints["mail"]


def test_a_message_without_anybody_has_no_hint(replay: Replay) -> None:
    found = replay(
        message("role", ("email", "info@example.com", 2)),
        message("again", ("email", "info@example.com", 2)),
        message("fax", ("fax", "1", 2), ("uid", "7", 4)),
        message("fax2", ("fax", "1", 2), ("uid", "8", 4)),
    )
    assert len({customer for customer, _ in found.values()}) == 4
    assert found["role"][1] is None


def test_who_withholds_his_number_is_nobody_else(replay: Replay) -> None:
    found = replay(*(message(str(n), ("sms", "anonymous", 1)) for n in range(3)))
    assert len({customer for customer, _ in found.values()}) == 3
    assert len({hint for _, hint in found.values()}) == 3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("email", "Ann@Example.COM"), ("mail", " <ann@example.com> ")),
        (("email", "a.n.n+x@gmail.com"), ("email", "ann@googlemail.com")),
        (("email", "ann@bücher.example"), ("email", "ann@xn--bcher-kva.example")),
        (("phone", "+1 (415) 555-0100"), ("tel", "tel:+14155550100")),
        (("sms", "whatsapp:+14155550100"), ("Phone", "+1-415-555-0100")),
        (("uid", "7"), ("user_id", "7")),
        (("user", "7"), ("account", "7")),
        (("cookie", "v1"), ("device", "v1")),
        (("email", "No Address"), ("email", "no address")),
        (("slack", "T1:U1"), ("slack", "T1:U1")),
        (("slack", "U1"), ("slack", "u1")),
        (("phone", "x" * 400), ("phone", "X" * 400)),
    ],
)
def test_an_identifier_is_the_same_however_it_is_written(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    history = History()
    history.read(text(message("a", (*one, 2))))
    history.read(text(message("b", (*other, 2))))
    first, second = history.sightings.values()
    assert first.observed == second.observed


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("uid", "ann"), ("uid", "Ann")),
        (("slack", "T1:U1"), ("slack", "T2:U1")),
        (("uid", "7"), ("crm", "7")),
        (("fax", "7"), ("pager", "7")),
        (("email", "a.n.n@example.com"), ("email", "ann@example.com")),
    ],
)
def test_other_identifiers_stay_others(one: tuple[str, str], other: tuple[str, str]) -> None:
    history = History()
    history.read(text(message("a", (*one, 2))))
    history.read(text(message("b", (*other, 2))))
    first, second = history.sightings.values()
    assert first.observed != second.observed


def test_what_was_revoked_was_never_seen(replay: Replay) -> None:
    link = message("link", ("visitor", "v1", 2), ("email", "ann@example.com", 3))
    chat, mail = message("c", ("visitor", "v1", 2)), message("m", ("email", "ann@example.com", 2))
    linked = replay(chat, mail, link)
    assert linked["c"] == linked["m"]
    revoked, without = replay(revoke("link"), chat, mail, link), replay(chat, mail)
    assert {name: revoked[name] for name in ("c", "m")} == without
    assert without["c"] != without["m"]


def test_who_cannot_be_linked_is_not(replay: Replay) -> None:
    link = message("link", ("visitor", "v1", 2), ("email", "ann@example.com", 3))
    mail = message("m", ("email", "ann@example.com", 2))
    assert replay(mail, link)["link"] == replay(mail, link)["m"]
    found = replay(mail, cannot_link(("mail", "Ann@example.com"), ("cookie", "v1")), link)
    assert len({customer for customer, _ in found.values()}) == 1
    found = replay(
        mail,
        message("v", ("visitor", "v1", 2)),
        link,
        cannot_link(("mail", "Ann@example.com"), ("cookie", "v1")),
    )
    assert found["m"][0] != found["v"][0]


def test_the_order_of_the_lines_does_not_matter(replay: Replay) -> None:
    later = message("mail", ("email", "bo@example.com", 2), day=3)
    lines = [MAIL, CHAT, CLAIM, SPOOF, OTHER, later, revoke("chat"), CHAT, CLAIM]
    assert replay(*lines) == replay(*reversed(lines))


def test_a_message_that_comes_twice_is_one(replay: Replay) -> None:
    assert list(replay(MAIL, CHAT, MAIL, MAIL)) == ["mail", "chat"]


def test_a_number_that_changed_hands_is_two_customers(replay: Replay) -> None:
    number = ("phone", "+14155550100", 2)
    found = replay(
        message("old", number, ("uid", "1", 4), day=0),
        message("new", number, ("uid", "2", 4), day=200),
        message("early", number, day=10),
        message("late", number, day=190.5),
    )
    assert found["early"] == found["old"] != found["new"] == found["late"]


def test_ids_may_be_any_text(replay: Replay) -> None:
    names = ["", " ", "π", "a.b *>", "x" * 500]
    lines = [message(name, ("uid", str(at), 4)) for at, name in enumerate(names)]
    assert list(replay(*lines)) == names


def test_ids_that_are_whole_numbers_come_back_as_they_were(replay: Replay) -> None:
    numbered = [{**MAIL, "id": 7}, {**CHAT, "id": 8}]
    assert list(replay(*numbered)) == [7, 8]
    accounts = [
        {"id": n, "at": n, "observed": [{"kind": "uid", "value": 7, "level": 4}]} for n in (1, 2)
    ]
    assert (
        len({customer for customer, _ in replay(*accounts, message("a", ("uid", "7", 4))).values()})
        == 1
    )
    taken_back = replay(*numbered, {"op": "revoke", "message": 8})
    assert taken_back[7][0] != taken_back[8][0]


def test_role_names_come_from_a_configuration(replay: Replay, begun: Path) -> None:
    lines = [
        message("a", ("email", "desk@example.com", 2), ("slack", "T1:U1", 2)),
        message("b", ("email", "desk@example.com", 2), ("slack", "T1:U2", 2)),
    ]
    found = replay(*lines)
    assert found["a"] == found["b"]
    begun.write_text(begun.read_text() + '[identity.policy]\nrole_local_parts = ["desk"]\n')
    found = replay(*lines, options=("--config", "maitred.toml"))
    assert found["a"][0] != found["b"][0]


def _fed(data: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        command("identity", "replay", "-"),
        input=data,
        env=ENVIRONMENT,
        capture_output=True,
        timeout=60,
        check=False,
    )


def test_standard_input_is_read_and_empty_lines_and_a_byte_order_mark_say_nothing() -> None:
    done = _fed(b"\xef\xbb\xbf\n  \r\n" + text(MAIL, CHAT).replace(b"\n", b"\r\n") + b"\n\n")
    assert (done.returncode, done.stderr) == (0, b"")
    assert len(done.stdout.splitlines()) == 2
    assert _fed(b"").stdout == b""


def test_a_wrong_line_ends_with_2_and_nothing_is_printed() -> None:
    done = _fed(text(MAIL, {**CHAT, "at": "now"}))
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == (
        b"maitred: standard input: line 2: at: write seconds since 1970, not milliseconds, "
        b"as in 1767225600.5\n"
    )


def test_a_file_that_is_not_there_is_told(cli: Cli) -> None:
    done = cli("identity", "replay", "nowhere.jsonl")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "maitred: nowhere.jsonl: No such file or directory\n"


def test_revoked_messages_that_are_not_there_are_told() -> None:
    done = _fed(text(MAIL, revoke("mial"), revoke("mail")))
    assert done.returncode == 0
    assert done.stderr == b"maitred: 1 of the revoked messages are not in the file\n"


SEEN = {"kind": "email", "value": "ann@example.com", "level": 2}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"{", "is not JSON ("),
        (b"\xff", "is not JSON ("),
        (b'{"id":"\\ud800"}', "is not JSON ("),
        (b"[]", "is not an object; write {"),
        (b"null", "is not an object; write {"),
        (b"{}", "id: write a text in quotes, or a whole number"),
        ({**MAIL, "id": 7.5}, "id: write a text in quotes, or a whole number"),
        ({**MAIL, "id": True}, "id: write a text in quotes, or a whole number"),
        ({**MAIL, "at": None}, "at: write seconds since 1970"),
        ({**MAIL, "at": True}, "at: write seconds since 1970"),
        ({**MAIL, "at": -1}, "at: write seconds since 1970"),
        ({**MAIL, "at": 1_767_225_600_000}, "at: write seconds since 1970, not milliseconds"),
        (b'{"id":"a","at":1e300,"observed":[{"kind":"uid","value":"","level":1}]}', "at: "),
        (b'{"id":"a","at":1e999,"observed":[]}', "is not JSON ("),
        ({**MAIL, "observed": []}, "observed: write a list of what was seen, the sender first"),
        ({**MAIL, "observed": SEEN}, "observed: write a list"),
        ({**MAIL, "observed": [SEEN, "x"]}, "observed[1]: write {"),
        ({**MAIL, "observed": [{**SEEN, "kind": 1}]}, "observed[0].kind: write a text in quotes"),
        ({**MAIL, "observed": [{**SEEN, "value": 1.5}]}, "observed[0].value: write a text in"),
        ({**MAIL, "observed": [{**SEEN, "level": 5}]}, "observed[0].level: write how sure it is"),
        ({**MAIL, "observed": [{**SEEN, "level": "2"}]}, "observed[0].level: write how sure"),
        ({**MAIL, "observed": [{**SEEN, "level": True}]}, "observed[0].level: write how sure"),
        ({**MAIL, "observed": [{**SEEN, "level": 1.5}]}, "observed[0].level: write how sure"),
        ({**MAIL, "observed": [{**SEEN, "level": []}]}, "observed[0].level: write how sure"),
        ({"op": "merge"}, 'op: write "revoke" or "cannot_link"'),
        ({"op": None}, 'op: write "revoke" or "cannot_link"'),
        ({"op": "revoke"}, "message: write a text in quotes, or a whole number"),
        ({"op": "cannot_link", "a": SEEN}, "b: write {"),
        ({"op": "cannot_link", "a": SEEN, "b": {"kind": "uid"}}, "b.value: write a text in"),
    ],
)
def test_a_malformed_line_says_which_field_and_what_to_write(
    line: bytes | Message, says: str
) -> None:
    with pytest.raises(BadPayload) as caught:
        History().read(line if isinstance(line, bytes) else orjson.dumps(line))
    assert str(caught.value).startswith(says)
    assert "ann@" not in str(caught.value)


def test_a_level_may_be_written_with_a_point_and_more_fields_are_left_alone() -> None:
    one, other = History(), History()
    one.read(text(MAIL))
    seen = [{**each, "level": float(each["level"]), "x": 1} for each in MAIL["observed"]]
    other.read(text({**MAIL, "observed": seen, "person": "ann"}))
    assert one.sightings == other.sightings


any_json = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 5) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
kinds = st.sampled_from(["email", "phone", "slack", "uid", "visitor", "crm", "x"]) | st.text()
seen = st.fixed_dictionaries({"kind": kinds, "value": st.text(), "level": st.integers(0, 4)})
lines = st.fixed_dictionaries(
    {},
    optional={
        "id": st.text() | any_json,
        "op": st.sampled_from(["revoke", "cannot_link"]) | any_json,
        "at": st.floats(0, 1e10) | any_json,
        "observed": st.lists(seen | any_json, max_size=4) | any_json,
        "message": st.text() | any_json,
        "a": seen | any_json,
        "b": seen | any_json,
    },
)


@given(st.binary() | lines.map(orjson.dumps) | any_json.map(orjson.dumps))
def test_any_line_is_read_or_refused(line: bytes) -> None:
    history = History()
    try:
        history.read(line)
    except BadPayload:
        assert not history.sightings


@given(st.lists(seen, min_size=1, max_size=4))
def test_any_identifiers_are_read(observed: list[Message]) -> None:
    history = History()
    history.read(text({"id": "a", "at": 0, "observed": observed}))
    (sighting,) = history.sightings.values()
    assert len(sighting.observed) == len(observed)
