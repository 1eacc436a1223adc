"""Readers of mail that are measured beside each other, each asked for the same.

Subject, From, To, the text of the body, and the bytes of the attachments. Our full decode does
much more (quotes, signature, safe HTML, kind, thread, language, entities); `ours_plain` is what of
it answers the same questions as the others.
"""

from __future__ import annotations

import email
import importlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import policy
from typing import Any, Final

import msgspec

from maitred.contracts.errors import BadPayload
from maitred.contracts.identifiers import (
    Identifier,
    IdentifierKind,
    Keys,
    Level,
    Observed,
    email_identifier,
)
from maitred.contracts.ids import Tenant, message_id
from maitred.contracts.inbound import Evidence, Inbound, Verification
from maitred.normalizer import assemble, entities, html, language
from maitred.normalizer import quotes as quoting
from maitred.normalizer.email import body as mail_body
from maitred.normalizer.email import decoder, mime
from maitred.normalizer.email import thread as threads
from maitred.normalizer.email import words as mail_text
from maitred.normalizer.email.addresses import mailboxes
from maitred.normalizer.email.charset import text_of
from maitred.normalizer.email.headers import subject_of
from maitred.normalizer.port import DecodeContext, Decoded

TENANT: Final = Tenant("bench")
CONTEXT: Final = DecodeContext(
    keys=Keys(TENANT, b"a secret of some length"), languages=("en", "de", "fr"), region="US"
)
STEPS: Final = (
    ("MIME tree", decoder, "tree"),
    ("threads", threads, "read"),
    ("parts to text", mail_body, "read_text"),
    ("charsets", mail_text, "text_of"),
    ("quotes, signature", quoting, "split"),
    ("HTML", html, "read"),
    ("files", mail_body, "_file"),
    ("kind", decoder, "kind_of"),
    ("language", language, "identify"),
    ("entities", entities, "find"),
    ("cleaning, bounds", assemble, "gather"),
)


def received(raw: bytes) -> Inbound:
    """Return a mail's envelope, from its own author."""
    author = mailboxes(mime.tree(raw)[0].headers.first("from"))
    try:
        sender = email_identifier(author[0].address if author else "")
    except BadPayload:
        sender = Identifier(kind=IdentifierKind.EMAIL, value="ada@example.com")
    known = Observed(identifier=sender, level=Level.AUTHENTICATED)
    return Inbound(
        tenant=TENANT,
        id=message_id(TENANT, "email", "main", "1"),
        channel="email",
        account="main",
        provider_id="1",
        sender=known,
        sender_key=CONTEXT.keys.actor(known),
        received_at=1_700_000_000_000,
        content_type="message/rfc822",
        evidence=Evidence(verification=Verification.DMARC),
    )


def ours(raw: bytes, inbound: Inbound) -> Decoded:
    """Return the full decode."""
    return decoder.decode(inbound, raw, 1, CONTEXT)


def ours_plain(raw: bytes) -> list[Any]:
    """Return what the others are asked for, read by our parser."""
    root, _ = mime.tree(raw)
    answers: list[Any] = [subject_of(root.headers)]
    answers += (mailboxes(root.headers.first(name)) for name in ("from", "to"))
    for leaf in root.leaves():
        data, _ = leaf.content()
        is_text = leaf.media_type in {"text/plain", "text/html"}
        answers.append(text_of(data, leaf.parameters.get("charset", "")) if is_text else data)
    return answers


def standard(raw: bytes) -> list[Any]:
    """Return what the standard library reads with `policy.default`; it raises on some mails."""
    mail = email.message_from_bytes(raw, policy=policy.default)
    body = mail.get_body(("plain", "html"))
    answers: list[Any] = [str(mail[name]) for name in ("subject", "from", "to")]
    answers.append(body.get_content() if body is not None else "")
    answers += (part.get_payload(decode=True) for part in mail.iter_attachments())
    return answers


def fast_mail_parser() -> Callable[[bytes], list[Any]] | None:
    """Return a reader by fast-mail-parser (Rust), None where it is not installed."""
    try:
        parse = importlib.import_module("fast_mail_parser").parse_email
    except ModuleNotFoundError:
        return None

    def read(raw: bytes) -> list[Any]:
        mail = parse(raw)
        answers = [mail.subject, mail.headers.get("From"), mail.headers.get("To")]
        answers += [mail.text_plain, mail.text_html]
        return answers + [each.content for each in mail.attachments]

    return read


@contextmanager
def timed_steps() -> Iterator[dict[str, float]]:
    """Give the seconds that each step of a decode takes, without those that it calls."""
    spent = dict.fromkeys((name for name, _, _ in STEPS), 0.0)
    inner: list[float] = []

    def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  (stands for any step)
            inner.append(0.0)
            start = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                taken = time.perf_counter() - start
                spent[name] += taken - inner.pop()
                if inner:
                    inner[-1] += taken

        return run

    originals = [getattr(module, attribute) for _, module, attribute in STEPS]
    for (name, module, attribute), original in zip(STEPS, originals, strict=True):
        setattr(module, attribute, timed(name, original))
    try:
        yield spent
    finally:
        for (_, module, attribute), original in zip(STEPS, originals, strict=True):
            setattr(module, attribute, original)


def size_of(decoded: Decoded) -> int:
    """Return the bytes of a decoded message, so that its decoding cannot be skipped."""
    return len(msgspec.json.encode(decoded.message))
