"""An export holds all of one customer and nothing of others, whole or not at all."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.contracts.errors import Permanent, StoreUnavailable
from maitred.contracts.identifiers import Level
from maitred.contracts.ids import CustomerId, operation_id
from maitred.contracts.operations import OperationDoc, OperationKind
from maitred.contracts.revision import Revision, revision_msg_id
from maitred.contracts.subjects import DEAD, INBOUND, JOURNAL
from maitred.gateway.bus import reads
from maitred.gateway.erasure.seeding import belongings_of
from maitred.gateway.export import timeline
from maitred.gateway.export.archive import NAME_CHARACTERS_MAX, new_archive, safe_name
from maitred.gateway.export.exporting import Export
from maitred.gateway.export.page import Shown, page_head, page_part
from maitred.identity.operators.ground import Target
from tests.gateway.lodge import Lodge, account, email, visitor

KIM, LEE = email("kim@mail.example"), email("lee@elsewhere.example")
KIOSK = visitor("kiosk")
PHOTO = b"\x89PNG of a zinnober lamp"


class Unpacked:
    """What an archive holds, by name."""

    def __init__(self, path: Path) -> None:
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            self.files = {name: archive.read(name) for name in archive.namelist()}

    def json(self, name: str) -> Any:
        return orjson.loads(self.files[name])

    def lines(self, name: str) -> list[dict[str, Any]]:
        return [orjson.loads(line) for line in self.files[name].splitlines()]

    def holding(self, *words: str) -> list[str]:
        return [
            name
            for name, data in self.files.items()
            if any(word in name or word.encode() in data for word in words)
        ]


def archives(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.glob("*.zip*"))


async def export(lodge: Lodge, about: CustomerId | Target, path: Path) -> Unpacked:
    found = await belongings_of(
        lodge.backbone.connection, lodge.tools, about, lodge.now, claims=False
    )
    await Export(lodge.backbone.connection, lodge.tools, found, lodge.now).write(path)
    return Unpacked(path)


async def write_both(lodge: Lodge) -> CustomerId:
    await lodge.mail(KIM, "The zinnober lamp is broken.", name="Kim Berg", file=PHOTO)
    await lodge.accept("Which one?")
    await lodge.mail(LEE, "Where is my order?", name="Lee", file=b"\x89PNG of an order")
    await lodge.accept("On its way.")
    await lodge.mail(KIM, "The brass one.", answers="<2@mail.example>", name="Kim Berg")
    await lodge.settle()
    return await lodge.customer_of(KIM)


async def test_an_archive_holds_all_of_a_customer_and_nothing_of_others(
    lodge: Lodge, tmp_path: Path
) -> None:
    kim = await write_both(lodge)
    found = await export(lodge, kim, tmp_path / "kim.zip")
    told = found.lines("timeline.jsonl")
    said = [(each.get("reply") or each["entry"]["message"])["text"].strip() for each in told]
    assert said == ["The zinnober lamp is broken.", "Which one?", "The brass one."]
    assert found.json("customer.json")["name"] == "Kim Berg"
    (identifier,) = found.json("identifiers.json")
    assert identifier["identifier"] == {"kind": "email", "value": "kim@mail.example"}
    assert (identifier["level"], identifier["messages"]) == (2, 2)
    (conversation,) = [name for name in found.files if name.startswith("conversations/")]
    assert [turn["text"].strip() for turn in found.json(conversation)[0]["turns"]] == [
        "The zinnober lamp is broken.",
        "The brass one.",
    ]
    assert found.lines("decisions.jsonl")[0]["rule"]
    (photo,) = [data for name, data in found.files.items() if name.endswith("/00-photo.png")]
    assert photo == PHOTO
    mails = [data for name, data in found.files.items() if name.endswith(".eml")]
    assert len(mails) == 2
    assert all(b"kim@mail.example" in mail for mail in mails)
    assert found.holding("lee@", "Where is my order", "On its way") == []
    page = found.files["timeline.html"].decode()
    assert "The zinnober lamp is broken." in page
    assert 'href="attachments/' in page
    readme = found.files["README.txt"].decode()
    assert "2  messages of the customer" in readme
    assert "1  answers to the customer" in readme


async def test_the_archive_is_for_its_owner_s_eyes_and_never_replaces_another(
    lodge: Lodge, tmp_path: Path
) -> None:
    kim = await write_both(lodge)
    path = tmp_path / "kim.zip"
    await export(lodge, kim, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        await export(lodge, kim, path)
    assert path.read_bytes() == before
    assert archives(tmp_path) == ["kim.zip"]


async def test_an_export_that_fails_leaves_nothing_behind(
    lodge: Lodge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kim = await write_both(lodge)

    async def away(*_: object) -> None:
        raise StoreUnavailable("away")

    monkeypatch.setattr(Export, "_dead", away)
    with pytest.raises(StoreUnavailable):
        await export(lodge, kim, tmp_path / "kim.zip")
    assert archives(tmp_path) == []


async def test_what_merely_claims_to_be_his_is_left_out(lodge: Lodge, tmp_path: Path) -> None:
    kim = await write_both(lodge)
    await lodge.mail(email(KIM.identifier.value, Level.CLAIMED), "I am he, ultramarine.")
    await lodge.settle()
    found = await export(lodge, kim, tmp_path / "kim.zip")
    assert found.holding("ultramarine") == []


async def test_of_whom_nothing_is_proven_nothing_is_handed_out(
    lodge: Lodge, tmp_path: Path
) -> None:
    await lodge.mail(email(KIM.identifier.value, Level.CLAIMED), "I am he.")
    await lodge.settle()
    with pytest.raises(Permanent) as refused:
        await export(
            lodge,
            Target(lodge.keys.identifier(KIM.identifier), KIM.identifier),
            tmp_path / "kim.zip",
        )
    assert refused.value.code == "not_found"
    assert archives(tmp_path) == []


async def test_who_has_a_conversation_and_no_more_gets_that_one(
    lodge: Lodge, tmp_path: Path
) -> None:
    claimed = email(KIM.identifier.value, Level.CLAIMED)
    await lodge.mail(claimed, "The first, zinnober.")
    await lodge.mail(claimed, "The second, ultramarine.")
    await lodge.settle()
    first = (await lodge.entries())[0].customer
    assert first is not None
    found = await export(lodge, first, tmp_path / "one.zip")
    assert found.holding("zinnober")
    assert found.holding("ultramarine") == []


async def test_an_identifier_names_its_customer(lodge: Lodge, tmp_path: Path) -> None:
    kim = await write_both(lodge)
    target = Target(lodge.keys.identifier(KIM.identifier), KIM.identifier)
    found = await export(lodge, target, tmp_path / "kim.zip")
    assert found.json("customer.json")["id"] == kim


async def test_of_a_browser_that_two_use_each_gets_his_own_words(
    lodge: Lodge, tmp_path: Path
) -> None:
    await lodge.chat(account("kim"), "I am Kim.", KIOSK, KIM)
    await lodge.chat(account("lee"), "I am Lee.", KIOSK, LEE)
    await lodge.settle()
    await lodge.chat(KIOSK, "Kim again.", account("kim"))
    await lodge.chat(KIOSK, "Lee again.", account("lee"))
    await lodge.settle()
    found = await export(lodge, await lodge.customer_of(account("kim")), tmp_path / "kim.zip")
    assert len(found.lines("timeline.jsonl")) == 2
    assert found.holding("I am Lee", "Lee again", "lee@") == []
    by_value = {each["identifier"]["value"]: each for each in found.json("identifiers.json")}
    assert sorted(by_value) == ["kim", "kim@mail.example", "kiosk"]
    assert by_value["kiosk"]["used_by_others_too"]
    seen = {each["identifier"]["value"] for each in by_value["kim"]["seen_together_with"]}
    assert seen == {"kim@mail.example", "kiosk"}


async def test_a_stranger_s_words_in_his_conversation_are_left_out(
    lodge: Lodge, tmp_path: Path
) -> None:
    await lodge.mail(KIM, "My lamp is broken.")
    await lodge.accept()
    await lodge.mail(LEE, "I broke it, ultramarine.", answers="<2@mail.example>", name="Lee")
    await lodge.settle()
    found = await export(lodge, await lodge.customer_of(KIM), tmp_path / "kim.zip")
    assert found.holding("ultramarine", "lee@", '"Lee"') == []
    (conversation,) = [name for name in found.files if name.startswith("conversations/")]
    turns = found.json(conversation)[0]["turns"]
    assert [(turn["speaker"], bool(turn["text"])) for turn in turns] == [
        ("customer", True),
        ("claimed", False),
    ]
    # What Lee wrote there is Lee's.
    his = await export(lodge, await lodge.customer_of(LEE), tmp_path / "lee.zip")
    assert his.holding("ultramarine")
    assert his.holding("My lamp") == []


async def test_later_readings_and_what_could_not_be_read_are_there(
    lodge: Lodge, tmp_path: Path
) -> None:
    kim = await write_both(lodge)
    message = next(each.message for each in await lodge.entries() if each.customer == kim)
    revision = Revision(
        message=msgspec.structs.replace(message, text="Read anew."),
        number=1,
        decoder="email",
        changed=("text",),
        at=lodge.now,
    )
    await lodge.backbone.publisher.publish(
        lodge.subjects.revision(message.actor_key),
        msgspec.json.encode(revision),
        msg_id=revision_msg_id(message, 1),
        stream=JOURNAL,
    )
    await lodge.backbone.publisher.publish(
        lodge.subjects.dead("intake", message.actor_key),
        b"not to be read",
        msg_id="dead",
        stream=DEAD,
        headers={"maitred-dead-code": "bad_payload", "maitred-dead-reason": "cannot be read"},
    )
    found = await export(lodge, kim, tmp_path / "kim.zip")
    told = [each for each in found.lines("timeline.jsonl") if each["what"] == "revision"]
    assert [each["revision"]["message"]["text"] for each in told] == ["Read anew."]
    assert found.files["dead/1.bin"] == b"not to be read"
    assert found.json("dead/1.json")["code"] == "bad_payload"


async def test_what_is_kept_no_more_is_counted(lodge: Lodge, tmp_path: Path) -> None:
    kim = await write_both(lodge)
    for stream in (INBOUND, "BLOBS"):
        await reads.purge(lodge.backbone.connection, stream, ">")
    found = await export(lodge, kim, tmp_path / "kim.zip")
    assert [name for name in found.files if name.startswith(("raw/", "attachments/"))] == []
    assert "Of 3 of them only the description is left." in found.files["README.txt"].decode()


async def test_what_was_said_of_him_and_another_is_reduced_to_him(
    lodge: Lodge, tmp_path: Path
) -> None:
    kim = await write_both(lodge)
    his, hers = (lodge.keys.identifier(each.identifier) for each in (KIM, LEE))
    for kind, a, b in (("cannot_link", his, hers), ("shared", his, None), ("shared", hers, None)):
        record = OperationDoc(
            id=operation_id("noa", kind, 1, a),
            tenant=lodge.settings.tenant,
            kind=OperationKind(kind),
            by="noa",
            why=f"about {kind}",
            at=1,
            a=a,
            b=b,
        )
        await lodge.backbone.publisher.publish(
            lodge.subjects.operation(a, record.id),
            msgspec.json.encode(record),
            msg_id=record.id,
            stream=JOURNAL,
        )
    records = (await export(lodge, kim, tmp_path / "kim.zip")).json("operations.json")
    assert [(each["kind"], each.get("b"), each["why"]) for each in records] == [
        ("cannot_link", None, ""),
        ("shared", None, "about shared"),
    ]


async def test_however_much_he_wrote_few_messages_are_held(
    lodge: Lodge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timeline, "PAGE", 2)
    for number in range(9):
        await lodge.mail(KIM, f"Number {number}.")
    await lodge.settle()
    told: list[tuple[str, int, int]] = []
    found = await belongings_of(
        lodge.backbone.connection, lodge.tools, await lodge.customer_of(KIM), lodge.now
    )
    advance: Callable[[str, int, int], None] = lambda *args: told.append(args)  # noqa: E731  (a callback)
    await Export(lodge.backbone.connection, lodge.tools, found, lodge.now, advance).write(
        tmp_path / "kim.zip"
    )
    lines = Unpacked(tmp_path / "kim.zip").lines("timeline.jsonl")
    texts = [each["entry"]["message"]["text"].strip() for each in lines]
    assert texts == [f"Number {number}." for number in range(9)]
    assert told[0] == ("reading", 1, 9)
    assert told[-1] == ("files", 9, 9)


# -- names of files, and the page
@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("photo.png", "03-photo.png"),
        ("../../etc/passwd", "03-passwd"),
        ("C:\\Users\\kim\\cv.pdf", "03-cv.pdf"),
        ("", "03-file"),
        ("...", "03-file"),
        ("con.txt", "03-file_con.txt"),
        ("LPT1", "03-file_LPT1"),
        ("a\x00b\nc\u202e.exe", "03-a_b_c_.exe"),
        ("Rechnung März.pdf", "03-Rechnung M_rz.pdf"),
        ("x" * 300 + ".pdf", "03-" + "x" * 96 + ".pdf"),
    ],
)
def test_a_stranger_s_name_for_a_file_is_made_harmless(name: str, safe: str) -> None:
    assert safe_name(name, 3) == safe


@given(name=st.text(), number=st.integers(0, 99))
def test_no_name_leaves_its_folder(name: str, number: int) -> None:
    made = safe_name(name, number)
    assert made.startswith(f"{number:02}-")
    assert len(made) <= NAME_CHARACTERS_MAX + len("00-file_")
    assert not set(made) & set('/\\:*?"<>|\0\n')
    assert made.strip(" .") == made


def test_what_was_written_is_shown_on_the_page_and_never_obeyed() -> None:
    evil = '<script>alert(1)</script>"&'
    part = page_part(
        Shown(
            at=1,
            who=evil,
            channel=evil,
            kind=evil,
            subject=evil,
            text=evil,
            files=[(evil, 'attachments/a"b'), (evil, "")],
        )
    )
    assert "<script" not in part
    assert 'href="attachments/a%22b"' in part
    assert "default-src 'none'" in page_head(evil, 1)
    assert "<script" not in page_head(evil, 1)


def test_an_archive_that_is_being_written_is_not_begun_again(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with new_archive(path, 1_700_000_000_000) as archive:
        archive.add("a.txt", "a")
        with pytest.raises(FileExistsError), new_archive(path, 1):
            pass
    assert Unpacked(path).files == {"a.txt": b"a"}
