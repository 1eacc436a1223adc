"""Signed-in users: the site's word counts if it is good, and never spoils a chat if it is not."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Awaitable, Callable
from typing import Any

import jwt
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.connectors.chat.connector import ChatAccount, ChatConnector, ChatSettings
from maitred.connectors.chat.sign_in import LEEWAY_MS, signed_in
from maitred.contracts.errors import BadPayload, ConfigurationError
from maitred.contracts.identifiers import IdentifierKind, Level
from maitred.contracts.limits import CHAT_IDENTITY_AGE_MS_MAX, CHAT_IDENTITY_CHARACTERS_MAX, HOUR_MS
from maitred.contracts.secret import Secret
from tests.connectors.chat.conftest import SECRET
from tests.connectors.conftest import START_MS

Chat = Callable[..., Awaitable[Any]]

OLD, NEW = (
    "the site's old secret, of 32 bytes and more",
    "the site's new secret, of 32 bytes or more",
)
SECRETS = (Secret(NEW), Secret(OLD))
SITE = ChatAccount(title="Shop", identity_secrets=SECRETS)
NOW = START_MS // 1000
LEEWAY = LEEWAY_MS // 1000


def claims(**changes: Any) -> dict[str, Any]:
    usual = {"sub": "42", "iat": NOW - 60, "exp": NOW + 3600, **changes}
    return {name: value for name, value in usual.items() if value is not ...}


def token(secret: str = NEW, *, algorithm: str | None = "HS256", **changes: Any) -> str:
    return jwt.encode(claims(**changes), secret, algorithm=algorithm)


def forged(header: bytes, payload: bytes, secret: str = NEW) -> str:
    """Return what signs exactly these bytes."""
    parts = [base64.urlsafe_b64encode(each).rstrip(b"=") for each in (header, payload)]
    mac = hmac.digest(secret.encode(), b".".join(parts), hashlib.sha256)
    return b".".join([*parts, base64.urlsafe_b64encode(mac).rstrip(b"=")]).decode()


GOOD = orjson.dumps(claims())
BAD = {
    "empty": "",
    "no token": "Ann",
    "two parts": "eyJhbGciOiJIUzI1NiJ9.e30",
    "not base64": "a!.b!.c!",
    "not ASCII": "é.é.é",
    "signed by nobody": token("", algorithm=None),
    "alg none with a signature": forged(b'{"alg":"none"}', GOOD),
    "alg None": forged(b'{"alg":"None"}', GOOD),
    "alg is a list": forged(b'{"alg":["HS256"]}', GOOD),
    "alg is missing": forged(b'{"typ":"JWT"}', GOOD),
    "alg is null": forged(b'{"alg":null}', GOOD),
    "a longer hash": token(NEW + NEW, algorithm="HS512"),
    "said to be RS256": forged(b'{"alg":"RS256"}', GOOD),
    "another secret": token("another secret, which is nobody's at all"),
    "the visitor's own secret": token(SECRET.reveal()),
    "a changed payload": ".".join(
        (token().split(".")[0], token(sub="43").split(".")[1], token().split(".")[2])
    ),
    "no signature": token().rpartition(".")[0] + ".",
    "header is no object": forged(b"[]", GOOD),
    "header nested too deeply": forged(b"[" * 5_000, GOOD),
    "header with a number too long": forged(b'{"alg":' + b"1" * 5_000 + b"}", GOOD),
    "detached": forged(b'{"alg":"HS256","b64":false,"crit":["b64"]}', b""),
    "an unknown critical header": forged(b'{"alg":"HS256","crit":["exp"]}', GOOD),
    "a key id that is no text": forged(b'{"alg":"HS256","kid":7}', GOOD),
    "payload is no object": forged(b'{"alg":"HS256"}', b"[]"),
    "payload is no JSON": forged(b'{"alg":"HS256"}', b"\xff"),
    "payload nested too deeply": forged(b'{"alg":"HS256"}', b'{"a":' * 1_000),
    "too long": token(name="x" * CHAT_IDENTITY_CHARACTERS_MAX),
    "no sub": token(sub=...),
    "sub is a number": forged(b'{"alg":"HS256"}', orjson.dumps(claims(sub=42))),
    "sub is empty": token(sub=""),
    "sub is blank": token(sub=" "),
    "sub with a space behind": token(sub="42 "),
    "sub with a control": token(sub="4\u00002"),
    "sub is too long": token(sub="4" * 321),
    "no exp": token(exp=...),
    "exp is a text": token(exp=str(NOW + 60)),
    "exp is true": token(exp=True),
    "exp is null": token(exp=None),
    "exp is endless": forged(b'{"alg":"HS256"}', b'{"sub":"42","exp":1e308}'),
    "expired": token(exp=NOW - LEEWAY),
    "long expired": token(exp=1),
    "negative": token(exp=-NOW),
    "good for too long": token(exp=NOW + CHAT_IDENTITY_AGE_MS_MAX // 1000 + LEEWAY + 1),
    "exp in milliseconds": token(exp=(NOW + 60) * 1000),
    "not yet": token(nbf=NOW + LEEWAY + 1),
    "nbf is a text": token(nbf="now"),
    "for another chat": token(aud="app"),
    "for others": token(aud=["app", "api"]),
    "for nobody": token(aud=[]),
    "iat is a text": forged(b'{"alg":"HS256"}', orjson.dumps(claims(iat="now"))),
}


@pytest.mark.parametrize("name", BAD)
async def test_a_bad_token_makes_a_mere_visitor(chat: Chat, name: str) -> None:
    house = await chat(accounts={"web": SITE})
    ann = await house.visit()
    welcome = await ann.hello(identity=BAD[name])
    assert (welcome["type"], welcome["signed_in"]) == ("welcome", False)
    assert await ann.hear() == {"type": "error", "code": "bad_identity"}
    assert (await ann.ask(type="message", id="m1", text="x"))["type"] == "ack"
    evidence = house.context.accepted[0][0].evidence
    assert (evidence.observed, evidence.proven_at) == ((), 0)
    assert house.context.refusals == [("web", "bad_identity")]


def test_what_is_wrong_with_a_token_is_not_told_by_its_error() -> None:
    for each in BAD.values():
        with pytest.raises(BadPayload) as refused:
            signed_in(each, SECRETS, "web", now=START_MS)
        assert str(refused.value) == "not a token that the site signed for this chat"


@pytest.mark.parametrize(
    ("changes", "observed"),
    [
        ({}, []),
        (
            {"email": "Kim@Example.com", "email_verified": True},
            [("email", "kim@example.com", Level.SIGNED)],
        ),
        ({"email": "kim@example.com"}, [("email", "kim@example.com", Level.CLAIMED)]),
        (
            {"email": "kim@example.com", "email_verified": "true"},
            [("email", "kim@example.com", Level.CLAIMED)],
        ),
        (
            {"email": "kim@example.com", "email_verified": 1},
            [("email", "kim@example.com", Level.CLAIMED)],
        ),
        (
            {"phone": "+1 555 200 0001", "phone_verified": True},
            [("phone", "+15552000001", Level.SIGNED)],
        ),
        ({"phone": "+15552000001"}, [("phone", "+15552000001", Level.CLAIMED)]),
        ({"phone": "5552000001", "phone_verified": True}, []),
        ({"email": "nowhere", "email_verified": True}, []),
        ({"email": 7, "phone": ["+1"], "name": {}, "email_verified": True}, []),
        ({"email": None, "phone": None, "name": None}, []),
    ],
)
async def test_every_message_of_the_connection_is_the_user_s(
    chat: Chat, changes: dict[str, Any], observed: list[tuple[str, str, Level]]
) -> None:
    house = await chat(accounts={"web": SITE})
    ann = await house.visit()
    assert (await ann.hello(identity=token(**changes)))["signed_in"] is True
    for frame in (
        {"type": "message", "id": "m1", "text": "x"},
        {"type": "edit", "id": "e1", "target": "m1", "text": "y"},
        {"type": "delete", "id": "d1", "target": "m1"},
    ):
        assert (await ann.ask(**frame))["type"] == "ack"
    for inbound, _ in house.context.accepted:
        seen = [(e.identifier.kind, e.identifier.value, e.level) for e in inbound.evidence.observed]
        assert seen == [("account", "42", Level.SIGNED), *observed]
        assert inbound.evidence.proven_at == (NOW - 60) * 1000
        # Whose answer it is has not changed.
        assert inbound.sender.identifier.kind is IdentifierKind.VISITOR
        assert inbound.sender.level is Level.AUTHENTICATED


async def test_another_secret_of_the_site_is_as_good(chat: Chat) -> None:
    house = await chat(accounts={"web": SITE})
    for secret in (OLD, NEW):
        assert (await (await house.visit()).hello(identity=token(secret)))["signed_in"] is True


@pytest.mark.parametrize("audience", ["web", ["api", "web"], ...])
async def test_a_token_may_say_that_it_is_for_this_chat(chat: Chat, audience: Any) -> None:
    house = await chat(accounts={"web": SITE})
    ann = await house.visit()
    assert (await ann.hello(identity=token(aud=audience)))["signed_in"] is True


@pytest.mark.parametrize(
    ("issued", "proven_at"),
    [
        (..., 0),
        (NOW, START_MS),
        (NOW + 3_000, START_MS),
        (1e300, START_MS),
        (NOW - 7_200, START_MS - 7_200_000),
        (NOW - 0.5, START_MS - 500),
        (-1e300, 0),
        (0, 0),
    ],
)
def test_a_user_proved_himself_when_the_token_was_issued_and_never_later_than_now(
    issued: Any, proven_at: int
) -> None:
    assert signed_in(token(iat=issued), SECRETS, "web", now=START_MS).proven_at == proven_at


@pytest.mark.parametrize("late", [0, LEEWAY - 1])
def test_clocks_may_differ_a_little(late: int) -> None:
    assert signed_in(token(exp=NOW - late), SECRETS, "web", now=START_MS).until > START_MS
    ahead = CHAT_IDENTITY_AGE_MS_MAX // 1000 + late
    assert signed_in(token(exp=NOW + ahead), SECRETS, "web", now=START_MS)
    assert signed_in(token(nbf=NOW + late), SECRETS, "web", now=START_MS)


async def test_a_sign_in_ends_with_its_token_though_the_connection_goes_on(chat: Chat) -> None:
    house = await chat(accounts={"web": SITE})
    ann = await house.visit()
    await ann.hello(identity=token())
    await ann.ask(type="message", id="m1", text="x")
    house.context.now = START_MS + HOUR_MS + LEEWAY_MS
    await ann.ask(type="message", id="m2", text="x")
    first, second = (inbound.evidence for inbound, _ in house.context.accepted)
    assert [each.level for each in first.observed] == [Level.SIGNED]
    assert (second.observed, second.proven_at) == ((), 0)


async def test_the_site_s_name_for_a_user_and_its_word_for_his_address_stand(chat: Chat) -> None:
    house = await chat(accounts={"web": SITE})
    ann = await house.visit()
    signed = token(name="Kim Berg", email="kim@example.com", email_verified=True)
    await ann.hello(identity=signed)
    await ann.ask(type="message", id="m1", text="x", name="Bo", email="kim@example.com")
    await ann.ask(type="message", id="m2", text="x", name="Bo", email="bo@example.com")
    first, second = (inbound.evidence for inbound, _ in house.context.accepted)
    assert first.name == "Kim Berg"
    assert [each.level for each in first.observed] == [Level.SIGNED, Level.SIGNED]
    assert [each.level for each in second.observed] == [Level.SIGNED, Level.SIGNED, Level.CLAIMED]


async def test_without_secrets_nobody_is_signed_in_and_who_says_nothing_hears_nothing(
    chat: Chat,
) -> None:
    house = await chat()
    ann = await house.visit()
    assert (await ann.hello(identity=token()))["signed_in"] is False
    assert (await ann.hear())["code"] == "bad_identity"
    bo = await house.visit()
    assert (await bo.hello(identity=None))["signed_in"] is False
    assert await bo.ask(type="ping") == {"type": "pong"}
    kim = await house.visit()
    refused = await kim.ask(type="hello", identity=7)
    assert refused == {"type": "error", "code": "bad_frame"}


@pytest.mark.parametrize("secret", ["", "x" * 31])
def test_a_secret_that_can_be_guessed_is_a_fault_of_the_settings(
    recording: Callable[..., Any], secret: str
) -> None:
    account = ChatAccount(identity_secrets=(Secret(NEW), Secret(secret)))
    with pytest.raises(ConfigurationError) as refused:
        ChatConnector(ChatSettings(secret=SECRET, accounts={"web": account}), recording().context)
    (fault,) = refused.value.faults
    assert fault.startswith("channels.chat.accounts.web.identity_secrets[1]: ")


SMALL = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False)
    | st.text(max_size=9) | st.just("HS256"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)  # fmt: skip


@given(
    header=st.dictionaries(st.sampled_from(["alg", "typ", "kid", "crit", "b64", "zip"]), SMALL),
    payload=st.dictionaries(
        st.sampled_from(["sub", "exp", "iat", "nbf", "aud", "name", "email", "phone"]), SMALL
    ),
    secret=st.sampled_from([NEW, "not a secret of the site, as long as one"]),
)
def test_any_token_is_a_user_or_refused(
    header: dict[str, Any], payload: dict[str, Any], secret: str
) -> None:
    try:
        parts = orjson.dumps({"alg": "HS256", **header}), orjson.dumps({**claims(), **payload})
    except TypeError:  # a lone surrogate, which is no JSON
        return
    try:
        who = signed_in(forged(*parts, secret), SECRETS, "web", now=START_MS)
    except BadPayload:
        return
    assert secret == NEW
    assert 0 <= who.proven_at <= START_MS < who.until
    assert who.until <= START_MS + CHAT_IDENTITY_AGE_MS_MAX + 2 * LEEWAY_MS


@given(st.text(max_size=200) | st.from_regex(r"\A[\w-]{0,40}\.[\w-]{0,40}\.[\w-]{0,40}\Z"))
def test_any_text_is_refused(text: str) -> None:
    with pytest.raises(BadPayload):
        signed_in(text, SECRETS, "web", now=START_MS)
