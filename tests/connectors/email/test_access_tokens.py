"""Access tokens: asked for when they are needed, and no oftener; told apart when they fail."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from typing import Any

import pytest
from msgspec.structs import replace

from maitred.connectors.email import access_tokens
from maitred.connectors.email.access_tokens import ANSWER_BYTES_MAX, AccessTokens, TokenFailed
from maitred.connectors.email.sasl import mechanism_of, saying
from maitred.contracts.secret import Secret
from tests.connectors.email.token_endpoint import TokenEndpoint


async def test_a_token_is_kept_until_it_is_about_to_expire(
    recording: Any, provider: TokenEndpoint
) -> None:
    context = recording()
    tokens = AccessTokens(provider.access(scope="mail offline"), context.context)
    assert [await tokens.get() for _ in range(3)] == ["token_1"] * 3
    context.now += (3_600 - 60) * 1_000
    assert await tokens.get() == "token_2"
    assert provider.asked[0] == {
        "grant_type": "refresh_token",
        "refresh_token": "refresh_0",
        "client_id": "maitred",
        "scope": "mail offline",
    }
    assert len(provider.asked) == 2


async def test_all_who_wait_for_a_token_share_one(recording: Any, provider: TokenEndpoint) -> None:
    tokens = AccessTokens(provider.access(), recording().context)
    assert set(await asyncio.gather(*(tokens.get() for _ in range(20)))) == {"token_1"}
    assert len(provider.asked) == 1


async def test_a_client_without_a_refresh_token_asks_in_its_own_name(
    recording: Any, provider: TokenEndpoint
) -> None:
    own = {"refresh_token": None, "client_secret": Secret("quiet"), "scope": "all/.default"}
    provider.more = {"refresh_token": "of no use"}
    context = recording()
    assert await AccessTokens(provider.access(**own), context.context).get() == "token_1"
    assert provider.asked == [
        {
            "grant_type": "client_credentials",
            "client_id": "maitred",
            "client_secret": "quiet",
            "scope": "all/.default",
        }
    ]
    assert context.memory.kept == {}


async def test_a_newer_refresh_token_is_used_from_then_on_and_over_restarts(
    recording: Any, provider: TokenEndpoint
) -> None:
    context = recording()
    provider.more = {"refresh_token": "refresh_1"}
    tokens = AccessTokens(provider.access(), context.context)
    tokens.refused(await tokens.get())
    await tokens.get()
    await AccessTokens(provider.access(), context.context).get()
    used = [each["refresh_token"] for each in provider.asked]
    assert used == ["refresh_0", "refresh_1", "refresh_1"]
    assert "refresh" not in "".join(context.memory.kept)
    # A new consent counts from the first, whatever was remembered.
    consented = provider.access(refresh_token=Secret("another"))
    await AccessTokens(consented, context.context).get()
    assert provider.asked[-1]["refresh_token"] == "another"


async def test_a_refresh_token_that_another_process_has_traded_in_is_looked_up_anew(
    recording: Any, provider: TokenEndpoint
) -> None:
    context = recording()
    early, late = (AccessTokens(provider.access(), context.context) for _ in range(2))
    early.refused(await early.get())
    provider.more = {"refresh_token": "refresh_1"}
    await late.get()
    provider.answer = (400, '{"error": "invalid_grant"}')
    with pytest.raises(TokenFailed):
        await early.get()
    provider.answer = None
    await early.get()
    assert provider.asked[-1]["refresh_token"] == "refresh_1"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((400, '{"error": "invalid_grant", "error_description": "ann"}'), "oauth_invalid_grant"),
        ((401, '{"error": "invalid_client"}'), "oauth_invalid_client"),
        ((400, '{"error": "no word of the RFC\\r\\n"}'), "oauth_refused"),
        ((403, "<html>"), "oauth_refused"),
        ((302, ""), "oauth_refused"),
        ((429, ""), "oauth_unavailable"),
        ((503, "{}"), "oauth_unavailable"),
        ((200, "{}"), "oauth_bad_answer"),
        ((200, "<html>"), "oauth_bad_answer"),
        ((200, '{"access_token": "two\\r\\nlines"}'), "oauth_bad_answer"),
        ((200, '{"access_token": "a", "expires_in": "soon"}'), "oauth_bad_answer"),
        ((200, '{"access_token": "' + "a" * ANSWER_BYTES_MAX + '"}'), "oauth_bad_answer"),
    ],
)
async def test_a_provider_that_gives_no_token_is_told_by_a_short_reason(
    recording: Any, provider: TokenEndpoint, answer: tuple[int, str], reason: str
) -> None:
    provider.answer = answer
    tokens = AccessTokens(provider.access(), recording().context)
    with pytest.raises(TokenFailed) as failed:
        await tokens.get()
    assert failed.value.reason == reason
    assert "refresh_0" not in str(failed.value)
    provider.answer = None
    assert await tokens.get() == "token_2"


async def test_a_provider_that_is_not_there_or_says_nothing_is_not_waited_for(
    recording: Any, provider: TokenEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access_tokens, "ASK_S_MAX", 0.05)

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    silent = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    for url in (f"http://127.0.0.1:{port}/token", "http://127.0.0.1:1/token"):
        access = replace(provider.access(), token_url=url)
        with pytest.raises(TokenFailed) as failed:
            await AccessTokens(access, recording().context).get()
        assert failed.value.reason == "oauth_unreachable"
    silent.close()
    await silent.wait_closed()


@pytest.mark.parametrize(
    "body",
    [
        '{"access_token": "a.b-c~d+e/f==", "expires_in": "3599"}',
        '{"access_token": "a.b-c~d+e/f==", "token_type": "bearer"}',
    ],
)
async def test_what_providers_leave_out_or_write_as_text_is_understood(
    recording: Any, provider: TokenEndpoint, body: str
) -> None:
    provider.answer = (200, body)
    tokens = AccessTokens(provider.access(), recording().context)
    assert [await tokens.get() for _ in range(2)] == ["a.b-c~d+e/f=="] * 2
    assert len(provider.asked) == 1


def test_what_is_said_is_what_was_published() -> None:
    """Google's page on XOAUTH2; RFC 7628, section 4.1."""
    google = saying("XOAUTH2", "someuser@example.com", "ya29.vF9dft4", ("", 0))
    assert b64decode(google.first) == (
        b"user=someuser@example.com\x01auth=Bearer ya29.vF9dft4\x01\x01"
    )
    token = "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="
    standard = saying("OAUTHBEARER", "user@example.com", token, ("server.example.com", 143))
    assert standard.first == (
        b"bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1"
        b"dGg9QmVhcmVyIHZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB"
    )
    assert (google.last, standard.last) == (b"", b"AQ==")
    assert token not in repr(standard)
    assert standard.first.decode() not in repr(standard)


def test_a_name_cannot_break_out_of_its_field() -> None:
    """RFC 5801, section 4."""
    said = saying("OAUTHBEARER", "a=b,c", "token", ("host.example", 993))
    assert b64decode(said.first).startswith(b"n,a=a=3Db=2Cc,\x01host=")


def test_the_standard_s_mechanism_goes_before_the_older_one() -> None:
    assert mechanism_of(["PLAIN", "xoauth2", "oauthbearer"]) == "OAUTHBEARER"
    assert mechanism_of(["PLAIN", "XOAUTH2"]) == "XOAUTH2"
    assert mechanism_of(["PLAIN"]) == ""
