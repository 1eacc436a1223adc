"""`docs/webhook.md` is true: its snippets run, and its examples are what comes and goes."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
from pathlib import Path
from shutil import which
from typing import Any

import msgspec
import orjson
import pytest

from maitred.connectors.webhook.settings import WebhookSettings, check
from maitred.connectors.webhook.standard import key_of, proven_id
from maitred.contracts import schemas, webhook
from maitred.contracts.secret import Secret
from maitred.contracts.webhook import Answer, Delete, Edit, Message, Status, read
from maitred.gateway import clock
from tests.connectors.webhook.conftest import SECRET, Open

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "webhook.md").read_text("utf-8")
POSTED, SENT = PAGE.split("## What is posted to you")
SNIPPETS = dict(re.findall(r"```python\n# (\w+)\n(.*?)```", PAGE, re.DOTALL))


def examples(text: str) -> list[bytes]:
    return [each.encode() for each in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]


@pytest.fixture
def snippets() -> dict[str, Any]:
    names: dict[str, Any] = {}
    for name in ("sign", "post"):
        exec(compile(SNIPPETS[name], name, "exec"), names)  # noqa: S102  (our own document)
    return names


def test_the_schemas_are_current_linked_and_no_others_are_there(tmp_path: Path) -> None:
    made = {path.name: path.read_bytes() for path in schemas.write_webhook(tmp_path)}
    kept = {path.name: path.read_bytes() for path in (DOCS / "schemas").iterdir()}
    assert kept == made, "docs/schemas is stale: run `make schemas`"
    assert all(f"(schemas/{name})" in PAGE for name in made)


def test_every_event_has_an_example_and_is_read() -> None:
    found = [type(read(each)) for each in examples(POSTED)]
    assert found == [Message, Edit, Delete, Status]


def test_the_example_of_a_message_shows_every_field() -> None:
    shown = orjson.loads(examples(POSTED)[0])
    assert set(shown) - {"type"} == set(Message.__struct_fields__) - {"answers"}
    assert set(shown["sender"]) == set(webhook.Sender.__struct_fields__)
    assert "`answers`" in POSTED


@pytest.mark.parametrize("index", [0, 1])
def test_what_is_sent_looks_as_it_is_shown(index: int) -> None:
    shown = orjson.loads(examples(SENT)[index])
    sent = msgspec.json.decode(examples(SENT)[index], type=Answer)
    assert orjson.loads(msgspec.json.encode(sent)) == shown


def test_the_snippet_signs_as_we_do(
    snippets: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snippets["time"], "time", lambda: 1_614_265_330.7)
    headers = snippets["signed"](SECRET, "msg-1", b"{}")
    assert proven_id((key_of(SECRET),), headers, b"{}", 1_614_265_330_000) == "msg-1"


async def test_the_snippet_posts_every_example(
    snippets: dict[str, Any], open_system: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = await open_system()
    monkeypatch.setattr(snippets["time"], "time", lambda: system.recorded.now / 1_000)
    url = f"{system.served.url}/v1/webhooks/generic/crm"
    for index, body in enumerate(examples(POSTED)):
        status = await asyncio.to_thread(snippets["post"], url, SECRET, f"msg-{index}", body)
        assert status == 202
    assert len(system.recorded.accepted) == 3
    assert len(system.recorded.reports) == 1


@pytest.mark.skipif(not (which("curl") and which("openssl")), reason="curl and openssl post it")
async def test_the_commands_post_a_message(open_system: Open) -> None:
    system = await open_system()
    system.recorded.now = clock.now_ms()
    url = f"{system.served.url}/v1/webhooks/generic/crm"
    [commands] = re.findall(r"```sh\n(url=.*?)```", PAGE, re.DOTALL)
    commands = re.sub(r"\Aurl=.*", f"url={url}", commands)
    done = await asyncio.to_thread(
        subprocess.run,
        ["sh", "-c", commands],
        env={**os.environ, "APP_WEBHOOK_SECRET": SECRET},
        capture_output=True,
        timeout=20,
        check=False,
    )
    assert done.stdout.startswith(b"HTTP/1.1 202")
    assert len(system.recorded.accepted) == 1


def test_the_settings_of_the_page_are_good() -> None:
    assert '[channels.webhook.accounts.app]\nsecrets = ["env:APP_WEBHOOK_SECRET"]' in PAGE
    (url,) = re.findall(r'(?m)^url = "(.*)"$', PAGE)
    settings = msgspec.convert(
        {"accounts": {"app": {"secrets": [Secret(SECRET)], "url": url}}}, WebhookSettings
    )
    check(settings)


def test_every_answer_of_the_page_is_one_that_the_door_gives() -> None:
    told = set(re.findall(r"(?m)^\| (`\d{3}`(?:, `\d{3}`)*) \|", PAGE))
    codes = {code for each in told for code in re.findall(r"\d{3}", each)}
    assert codes == {"202", "400", "403", "404", "408", "413", "415", "503"}
