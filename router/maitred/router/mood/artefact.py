"""Artefact: the weights of a mood model as bytes, checked when they are read.

The format is a magic word, its version, a BLAKE2b checksum, and a MessagePack body. Nothing in it
is run: it holds numbers and a list of words.
"""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from maitred.router.mood.cues import CUES
from maitred.router.mood.features import PLACES

VERSION: Final = 1
HEADS: Final = ("negative", "neutral", "positive", "anger", "arousal")
"""The outputs: three that stand against each other, and two chances of their own."""
BYTES_MAX: Final = 64 << 20

_MAGIC: Final = b"maitred mood "
_CHECKSUM_BYTES: Final = 16
_HEAD_BYTES: Final = len(_MAGIC) + 2 + _CHECKSUM_BYTES


class BrokenArtefact(ValueError):
    """The bytes are no mood model that this version reads."""


class Artefact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A trained model: tables of whole numbers, and what they are multiplied with."""

    made_from: str
    """What it was trained on, for people."""
    languages: tuple[str, ...]
    """The languages that it was taught in (ISO 639-1)."""
    general: dict[str, int]
    """Words of mood and their valence, in hundredths."""
    weights: bytes
    """A signed byte for each place and head, place by place; those of words, then of runs."""
    known: bytes
    """A bit for each place: whether a word of the training has it."""
    cues: tuple[tuple[int, ...], ...]
    """Of each cue a weight for each head."""
    word_scales: tuple[float, ...]
    run_scales: tuple[float, ...]
    cue_scales: tuple[float, ...]
    bias: tuple[float, ...]
    surety: tuple[float, float]
    """How the lead of the likeliest sentiment becomes the chance that it is right."""


def to_bytes(artefact: Artefact) -> bytes:
    """Return a model as bytes; the same model gives the same bytes."""
    body = msgspec.msgpack.encode(artefact, order="deterministic")
    return _MAGIC + VERSION.to_bytes(2, "big") + _checksum(body) + body


def from_bytes(raw: bytes) -> Artefact:
    """Return the model that `to_bytes` wrote.

    Raises:
        BrokenArtefact: it is none, of another version, cut or changed.
    """
    if not raw.startswith(_MAGIC) or len(raw) < _HEAD_BYTES:
        raise BrokenArtefact("it is no mood model; `maitred mood train` writes one")
    version = int.from_bytes(raw[len(_MAGIC) : len(_MAGIC) + 2], "big")
    if version != VERSION:
        raise BrokenArtefact(
            f"it is of format {version}, and this Maitred reads {VERSION}; "
            "train it again with `maitred mood train`"
        )
    body = raw[_HEAD_BYTES:]
    if _checksum(body) != raw[_HEAD_BYTES - _CHECKSUM_BYTES : _HEAD_BYTES]:
        raise BrokenArtefact("it is damaged (the checksum differs); copy or train it again")
    try:
        found = msgspec.msgpack.decode(body, type=Artefact)
    except msgspec.MsgspecError as error:
        raise BrokenArtefact(f"it is no mood model: {error}") from None
    if not _fits(found):
        raise BrokenArtefact("its tables do not fit together; train it again")
    return found


def table(raw: bytes) -> NDArray[np.int8]:
    """Return a table of weights, a row for each place; it shares the bytes' memory."""
    return np.frombuffer(raw, dtype=np.int8).reshape(2 * PLACES, len(HEADS))


def _fits(found: Artefact) -> bool:
    heads = len(HEADS)
    scales = (found.word_scales, found.run_scales, found.cue_scales, found.bias)
    return (
        len(found.weights) == 2 * PLACES * heads
        and len(found.known) == PLACES // 8
        and len(found.cues) == CUES
        and all(len(row) == heads for row in found.cues)
        and all(len(each) == heads for each in scales)
        and all(np.isfinite([*sum(scales, ()), *found.surety]))
    )


def _checksum(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_CHECKSUM_BYTES).digest()
