"""Where our reading of mails and Stalwart's mail-parser agree.

Beside each mail of `../shared/data/mime/stalwart` stands the tree that the Rust parser gives for
it. Both are asked the same questions; white space is folded, and words are compared as words, so
that quotes and forms do not matter. Where theirs holds replacement characters instead of letters
there is nothing to compare with.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

from maitred.contracts.message import Message
from maitred.normalizer.html import readable

FOLDER: Final = Path(__file__).parents[2] / "shared" / "data" / "mime"
_WORD: Final = re.compile(r"\w+")


@dataclass(slots=True)
class Agreement:
    """How often each question had the same answer, and where not."""

    asked: Counter[str] = field(default_factory=Counter)
    same: Counter[str] = field(default_factory=Counter)
    differing: list[tuple[str, str, Any, Any]] = field(default_factory=list)
    """File, question, theirs, ours."""

    def ask(self, file: str, question: str, theirs: object, ours: object, *, same: bool) -> None:
        """Note one answer, unless theirs is broken."""
        if "\ufffd" in str(theirs):
            return
        self.asked[question] += 1
        self.same[question] += same
        if not same:
            self.differing.append((file, question, theirs, ours))

    def figures(self) -> dict[str, str]:
        """Return `same/asked` by question."""
        return {name: f"{self.same[name]}/{count}" for name, count in self.asked.items()}


def compare(decode: Callable[[bytes], Message]) -> Agreement:
    """Return the agreement over all mails that have a tree beside them."""
    agreement = Agreement()
    for path in sorted(FOLDER.glob("stalwart/*/*.eml")):
        tree = orjson.loads(path.with_suffix(".json").read_bytes())
        _compare(f"{path.parent.name}/{path.name}", tree, decode(path.read_bytes()), agreement)
    return agreement


def _compare(file: str, tree: dict[str, Any], ours: Message, agreement: Agreement) -> None:
    fields = {
        each["name"]: each["value"]
        for each in tree["parts"][0]["headers"]
        if isinstance(each["name"], str)
    }
    if "subject" in fields:
        subject = _folded(fields["subject"].get("Text", ""))
        agreement.ask(file, "subject", subject, ours.subject, same=subject == ours.subject)
    for name in ("from", "to"):
        people = list(_people(fields.get(name, {})))
        if people:
            found = ours.to if name == "to" else (ours.sender,)
            mine = [(each.name, each.address) for each in found]
            same = people == mine or (name == "from" and mine[0] in people)
            agreement.ask(file, name, people, mine, same=same)
    everything = f"{ours.text}\n{ours.quoted}\n{ours.signature}"
    _words(file, "text", _bodies(tree, "text_body", ("Text",)), everything, agreement)
    _words(file, "html", _bodies(tree, "html_body", ("Html",)), ours.html, agreement)
    _attachments(file, tree, ours, agreement)


def _bodies(tree: dict[str, Any], listed: str, kinds: tuple[str, ...]) -> Iterator[str]:
    for index in tree[listed]:
        body = tree["parts"][index]["body"]
        if isinstance(body, dict):
            yield from (body[kind] for kind in kinds if kind in body)


def _words(
    file: str, question: str, theirs: Iterator[str], ours: str, agreement: Agreement
) -> None:
    known = Counter(_WORD.findall(html.unescape(ours)))
    for each in theirs:
        text = readable(each) if question == "html" else each
        missing = Counter(_WORD.findall(text)) - known
        agreement.ask(file, question, text, dict(missing), same=not missing)


def _attachments(file: str, tree: dict[str, Any], ours: Message, agreement: Agreement) -> None:
    theirs = [tree["parts"][index] for index in tree["attachments"]]
    mine = ours.attachments
    count = (len(theirs), len(mine))
    # Ours lists the files inside of enclosed mails as well, theirs holds them one level down.
    nested = any("Message" in each["body"] for each in theirs if isinstance(each["body"], dict))
    same = count[0] <= count[1] if nested else count[0] == count[1]
    agreement.ask(file, "attachments", count[0], count[1], same=same)
    names = [name for each in theirs if (name := _name(each))]
    missing = Counter(names) - Counter(each.name for each in mine)
    if names:
        agreement.ask(file, "attachment names", names, dict(missing), same=not missing)
    sizes = [size for each in theirs if (size := _size(each)) is not None]
    absent = Counter(sizes) - Counter(each.size for each in mine)
    if sizes:
        agreement.ask(file, "attachment sizes", sizes, dict(absent), same=not absent)


def _name(part: dict[str, Any]) -> str:
    for header in ("content_disposition", "content_type"):
        for each in part["headers"]:
            value = each["value"]
            if each["name"] != header or not isinstance(value, dict):
                continue
            attributes = value.get("ContentType", {}).get("attributes") or ()
            for attribute in attributes:
                if attribute["name"] in {"filename", "name"}:
                    return _folded(attribute["value"])
    return ""


def _size(part: dict[str, Any]) -> int | None:
    for kind in ("Binary", "InlineBinary"):
        if kind in part["body"]:
            return len(part["body"][kind])
    return None


def _people(value: dict[str, Any]) -> Iterator[tuple[str, str]]:
    address = value.get("Address", {})
    groups = address.get("Group", [{"addresses": address.get("List", [])}])
    for group in groups:
        for each in group["addresses"]:
            name, where = _folded(each.get("name") or ""), each.get("address") or ""
            if name or where:
                yield name, where


def _folded(text: str) -> str:
    return " ".join(text.split())
