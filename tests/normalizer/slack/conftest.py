"""The decoder, for a test to read callbacks with."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from maitred.contracts.inbound import Inbound
from maitred.normalizer.port import DecodeContext
from maitred.normalizer.slack.decoder import decode
from tests.normalizer.slack.callbacks import Read


@pytest.fixture
def read(received: Callable[..., Inbound], context: DecodeContext) -> Read:
    """Return a function that reads a callback as the door stores it."""
    return lambda raw: decode(received("slack"), raw, 1, context).message
