"""Mails written in a line or two, and the kind that they are found to be."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from maitred.normalizer.email.kind import Kind, kind_of
from maitred.normalizer.email.mime import tree

Sort = Callable[..., Kind]


@pytest.fixture(scope="session")
def sort() -> Sort:
    """Return what sorts a mail of these header lines and this text."""

    def run(header: str, text: str = "Hello", *, to: tuple[str, ...] = ()) -> Kind:
        if "from:" not in header.lower():
            header = f"From: Ada Example <ada@example.com>\n{header}"
        root, _ = tree(f"{header.strip()}\n\n{text}".encode())
        return kind_of(root, to, {})

    return run


@pytest.fixture(scope="session")
def report(sort: Sort) -> Callable[..., Kind]:
    """Return what sorts a delivery report with these fields of recipients."""

    def run(fields: str, text: str = "Your mail could not be delivered.") -> Kind:
        return sort(
            "Return-Path: <>\nFrom: Mail Delivery System <MAILER-DAEMON@mx.example.net>\n"
            "To: us@example.org\nSubject: Undelivered Mail Returned to Sender\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
            f"--b\n\n{text}\n--b\nContent-Type: message/delivery-status\n\n"
            f"Reporting-MTA: dns; mx.example.net\n\n{fields}\n"
            "--b\nContent-Type: text/rfc822-headers\n\nFrom: us@example.org\nSubject: News\n--b--",
        )

    return run
