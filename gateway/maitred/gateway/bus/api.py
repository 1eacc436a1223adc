"""Answers of JetStream's API: what it says, or why it refuses."""

from __future__ import annotations

from typing import Any

import orjson

from maitred.contracts.errors import MaitredError


class ApiError(MaitredError):
    """JetStream's API refused: `code` is like HTTP's, `err_code` names the cause exactly."""

    def __init__(self, code: int, err_code: int, description: str) -> None:
        super().__init__(f"JetStream answered {code}, {err_code}: {description}")
        self.code = code
        self.err_code = err_code
        self.description = description


def answer_of(data: bytes) -> dict[str, Any]:
    """Return an answer as it is.

    Raises:
        ApiError: it is a refusal.
    """
    answer = orjson.loads(data)
    error = answer.get("error")
    if error is not None:
        raise ApiError(
            int(error.get("code", 0)),
            int(error.get("err_code", 0)),
            str(error.get("description", "")),
        )
    return dict(answer)
