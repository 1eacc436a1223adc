"""Features: a message as places in hashed tables, and the numbers of its cues.

Words, pairs of words and runs of two to four bytes within the text each have a place in a table
of weights, found by hashing (Weinberger et al. 2009); nobody keeps a vocabulary, so the memory is
bounded and any word of any language has a place.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maitred.router.mood.cues import Cues, Lists, cues_of
from maitred.router.mood.tokens import Tokens, tokens_of

BITS: Final = 18
PLACES: Final = 1 << BITS
RUNS: Final = (2, 3, 4)
Places = NDArray[np.int64]

_MASK: Final = np.uint32(PLACES - 1)
_TURNED: Final = np.uint32(0x5555_5555)
_FIRST: Final = np.uint32(0x85EB_CA77)
_SECOND: Final = np.uint32(0xC2B2_AE3D)
_WORD: Final = np.uint32(0x9E37_79B1)
_BYTE: Final = np.uint32(0x0100_0193)
_TWO: Final = np.uint32(0x4A8B_E922)
_THREE: Final = np.uint32(0x6FD1_DDB3)
_FOUR: Final = np.uint32(0x9517_D244)
_REMEMBERED: Final = 4_096
_EDGE: Final = (1, 2)


@dataclass(frozen=True, slots=True)
class Features:
    """One text as a model reads it."""

    tokens: Tokens
    cues: Cues
    places: Places
    """Places of the words, of the pairs (one more than words), and of the runs of bytes, the
    shortest first; those of runs come after all those of words (`PLACES`)."""
    text: bytes
    """What the runs were taken from: all forms, a space before, between and after."""

    @property
    def words(self) -> int:
        """Return how many words there are: so many are the first places."""
        return len(self.tokens.forms)

    @property
    def before_runs(self) -> int:
        """Return how many places are of words and pairs."""
        return 2 * len(self.tokens.forms) + 1


def features_of(text: str, lists: Lists) -> Features:
    """Return the features of a text; any string has some."""
    tokens = tokens_of(text, lists.negations)
    joined = f" {' '.join(tokens.forms)} ".encode("utf-8", "surrogatepass")
    return Features(tokens, cues_of(tokens, lists), _places(tokens, joined), joined)


def _places(tokens: Tokens, joined: bytes) -> Places:
    hashes = [_EDGE[0], *map(_hash, tokens.forms), _EDGE[1]]
    edged = np.array(hashes, dtype=np.uint32)
    single = edged[1:-1] * _WORD
    if any(tokens.negated):
        single ^= np.array(tokens.negated, dtype=np.uint32) * _TURNED
    pairs = edged[:-1] * _FIRST
    pairs += edged[1:] * _SECOND
    letters = np.frombuffer(joined, dtype=np.uint8).astype(np.uint32)
    two = letters[:-1] * _BYTE
    two += letters[1:]
    three = two[:-1] * _BYTE
    three += letters[2:]
    four = three[:-1] * _BYTE
    four += letters[3:]
    two += _TWO
    three += _THREE
    four += _FOUR
    found = _mixed(np.concatenate((single, pairs, two, three, four))).astype(np.int64)
    found[len(single) + len(pairs) :] += PLACES
    return found


@lru_cache(maxsize=_REMEMBERED)
def _hash(form: str) -> int:
    return zlib.crc32(form.encode("utf-8", "surrogatepass"))


def _mixed(hashes: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return well spread places (the finaliser of MurmurHash3)."""
    hashes ^= hashes >> np.uint32(16)
    hashes *= np.uint32(0x85EB_CA6B)
    hashes ^= hashes >> np.uint32(13)
    hashes *= np.uint32(0xC2B2_AE35)
    hashes ^= hashes >> np.uint32(16)
    hashes &= _MASK
    return hashes
