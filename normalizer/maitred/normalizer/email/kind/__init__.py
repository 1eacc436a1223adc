"""Kind: whether a person or a machine wrote a mail, and what a machine's mail says."""

from __future__ import annotations

from maitred.normalizer.email.kind.decide import Kind, kind_of

__all__ = ["Kind", "kind_of"]
