"""What the tests of mail need: a reader of fixtures and of mails written out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from maitred.contracts.inbound import Inbound
from maitred.normalizer.email.decoder import decode
from maitred.normalizer.port import DecodeContext, Decoded

FIXTURES = Path(__file__).parent / "fixtures"

Read = Callable[..., Decoded]


@pytest.fixture
def read(received: Callable[..., Inbound], context: DecodeContext) -> Read:
    """Return a reader of mails: the name of a fixture, or the bytes themselves."""

    def run(mail: str | bytes, **inbound: object) -> Decoded:
        raw = mail if isinstance(mail, bytes) else (FIXTURES / f"{mail}.eml").read_bytes()
        return decode(received("email", **inbound), raw, 7, context)

    return run
