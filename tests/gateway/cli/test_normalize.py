"""`maitred normalize`: files in, a line of JSON each, whatever is in them."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.gateway.cli.conftest import ENVIRONMENT, Cli, command

MAIL = b"""From: Ann Berg <ann@mail.example>
To: support@shop.example, Bo <bo@shop.example>
Cc: team@shop.example
Subject: My order
Message-ID: <1@mail.example>
Content-Type: text/plain; charset=utf-8

Where is it?

On Mon, 2 Nov 2026 at 10:00, Shop <support@shop.example> wrote:
> It left on Friday.
"""
FORM = b"From=%2B14155550123&To=%2B14155550100&Body=Hello&MessageSid=SM1&NumMedia=0"
SLACK = orjson.dumps(
    {
        "type": "event_callback",
        "team_id": "T1",
        "event_id": "Ev1",
        "event": {
            "type": "message",
            "user": "U1",
            "text": "Hi &amp; bye",
            "ts": "1700000000.000100",
            "channel": "D1",
            "channel_type": "im",
        },
    }
)
CHAT = orjson.dumps({"type": "message", "id": "1", "text": "Is anybody there?"})


def lines(text: str) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in text.splitlines()]


def test_a_mail_is_shown_whole(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "letter.eml").write_bytes(MAIL)
    done = cli("normalize", "email", "letter.eml")
    assert (done.returncode, done.stderr) == (0, "")
    (line,) = lines(done.stdout)
    assert line["file"] == "letter.eml"
    assert 0 < line["ms"] < 5_000
    message = line["message"]
    assert message["sender"] == {"address": "ann@mail.example", "name": "Ann Berg"}
    assert message["to"] == [
        {"address": "support@shop.example", "name": ""},
        {"address": "bo@shop.example", "name": "Bo"},
    ]
    assert message["cc"] == [{"address": "team@shop.example", "name": ""}]
    assert (message["subject"], message["kind"]) == ("My order", "message")
    assert message["text"] == "Where is it?"
    assert message["quoted"].endswith("> It left on Friday.")
    assert message["thread"]["own"] == ["<1@mail.example>"]
    assert message["language"]["code"] == "en"
    assert {"html", "signature", "attachments", "bounce", "entities"} <= set(message)
    assert not {"actor", "actor_key", "tenant", "raw"} & set(message)


def test_an_attachment_is_named_by_what_it_is(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "letter.eml").write_bytes(
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nsee file\n--b\n"
        b"Content-Type: text/csv\nContent-Disposition: attachment; filename=a.csv\n\n1,2\n--b--\n"
    )
    (line,) = lines(cli("normalize", "email", "letter.eml").stdout)
    (attachment,) = line["message"]["attachments"]
    assert attachment["name"] == "a.csv"
    assert attachment["media_type"] == "text/csv"
    assert attachment["size"] == 3
    assert attachment["sha256"] == hashlib.sha256(b"1,2").hexdigest()
    assert attachment["inline"] is False


@pytest.mark.parametrize(
    ("channel", "raw", "text"),
    [("sms", FORM, "Hello"), ("slack", SLACK, "Hi & bye"), ("chat", CHAT, "Is anybody there?")],
)
def test_the_payload_of_any_channel_is_read(
    cli: Cli, tmp_path: Path, channel: str, raw: bytes, text: str
) -> None:
    (tmp_path / "payload").write_bytes(raw)
    (line,) = lines(cli("normalize", channel, "payload").stdout)
    assert line["message"]["text"] == text
    assert line["message"]["channel"] == channel


def test_what_cannot_be_read_is_quarantined_and_the_next_one_is_read(
    cli: Cli, tmp_path: Path
) -> None:
    (tmp_path / "bad").write_bytes(b"{")
    (tmp_path / "good").write_bytes(CHAT)
    done = cli("normalize", "chat", "bad", "missing", "good")
    first, second = lines(done.stdout)
    assert first["quarantine"]["code"] == "not_json"
    assert "message" not in first
    assert second["message"]["text"] == "Is anybody there?"
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "maitred: missing: No such file or directory",
        "maitred: 1 of 3 files could not be opened",
    ]


def _fed(cases: bytes, *arguments: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        command("normalize", *arguments),
        input=cases,
        env=ENVIRONMENT,
        capture_output=True,
        timeout=60,
        check=True,
    )
    return lines(done.stdout.decode())


def test_texts_and_html_are_split_line_by_line() -> None:
    cases = [
        {"id": 1, "text": "Thanks!\n\nOn Mon, 2 Nov 2026, Bo <bo@x.example> wrote:\n> Done.\n"},
        {"id": "two", "html": '<p>Danke</p><blockquote type="cite">Fertig.</blockquote>'},
        {"id": 3},
        {"id": 4, "text": "fine"},
    ]
    data = b"\n".join(orjson.dumps(case) for case in cases) + b"\nnot json\n\n"
    first, second, third, fourth, fifth = _fed(data, "text")
    assert (first["id"], first["text"]) == (1, "Thanks!")
    assert first["quoted"].endswith("> Done.")
    assert (second["id"], second["text"]) == ("two", "Danke")
    assert "Fertig." in second["quoted"]
    assert third == {
        "id": 3,
        "quarantine": {
            "code": "bad_field",
            "reason": 'a case has either "text" or "html", a string',
        },
    }
    assert fourth == {"id": 4, "text": "fine", "quoted": "", "signature": ""}
    assert fifth["quarantine"]["code"] == "not_json"


def test_languages_come_from_a_configuration(cli: Cli, begun: Path) -> None:
    begun.write_text(begun.read_text() + '[normalizer]\nlanguages = ["sv", "fi"]\n')
    (begun.parent / "payload").write_bytes(
        orjson.dumps({"type": "message", "id": "1", "text": "Missä minun tilaukseni on nyt?"})
    )
    (line,) = lines(cli("normalize", "chat", "payload", "--config", str(begun)).stdout)
    assert line["message"]["language"]["code"] == "fi"
