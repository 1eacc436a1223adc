"""JSON Schemas of everything that others may read or write, generated from the shapes.

`make schemas` writes them: those of the house into `contracts/schemas/`, and those of the webhook
channel, whose shapes are not of the house, into `docs/schemas/`. Tests hold both current.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import msgspec
import orjson

from maitred.contracts import (
    agents,
    assignments,
    conversation,
    documents,
    entry,
    inbound,
    message,
    operations,
    outbound,
    policies,
    proofs,
    revision,
    routing,
    signals,
    webhook,
)

PUBLIC: Final[tuple[type[msgspec.Struct], ...]] = (
    inbound.Inbound,
    message.Message,
    entry.MessageEntry,
    entry.SuppressedEntry,
    revision.Revision,
    conversation.Conversation,
    documents.IdentifierDoc,
    documents.ComponentDoc,
    documents.CustomerDoc,
    documents.ThreadDoc,
    documents.ClaimDoc,
    operations.OperationDoc,
    operations.ConversationChange,
    operations.ErasureDoc,
    documents.ConsentDoc,
    documents.PositionDoc,
    agents.Agent,
    agents.AgentDoc,
    routing.RoutingDoc,
    routing.Decision,
    assignments.Assignment,
    agents.Command,
    agents.Admitted,
    routing.Due,
    policies.PolicyInForce,
    policies.ShadowAnswer,
    outbound.Outbound,
    outbound.DeliveryDoc,
    outbound.ScheduledDoc,
    outbound.Undelivered,
    outbound.Report,
    proofs.ProofDoc,
    proofs.CodesDoc,
    signals.Signal,
)


def schema_of(shape: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of one shape."""
    (reference,), components = msgspec.json.schema_components(
        (shape,), ref_template="#/$defs/{name}"
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": shape.__name__,
        **reference,
        "$defs": components,
    }


def file_name(shape: type[msgspec.Struct]) -> str:
    """Return where a shape's schema is kept: its tag and version."""
    config = msgspec.structs.fields(shape)
    version = next(field.default for field in config if field.name == "version")
    return f"{shape.__struct_config__.tag}.v{version}.json"


def render(shape: type[msgspec.Struct]) -> bytes:
    """Return a schema as it stands in its file."""
    return orjson.dumps(
        schema_of(shape),
        option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE,
    )


def write(directory: Path) -> list[Path]:
    """Write every schema into `directory` and return the files."""
    directory.mkdir(parents=True, exist_ok=True)
    files = []
    for shape in PUBLIC:
        path = directory / file_name(shape)
        path.write_bytes(render(shape))
        files.append(path)
    return files


def write_webhook(directory: Path) -> list[Path]:
    """Write the schemas of both directions of the webhook channel and return the files."""
    directory.mkdir(parents=True, exist_ok=True)
    files = []
    for name, content in webhook.schemas().items():
        path = directory / name
        path.write_bytes(content)
        files.append(path)
    return files


if __name__ == "__main__":
    write(Path("contracts/schemas"))
    write_webhook(Path("docs/schemas"))
