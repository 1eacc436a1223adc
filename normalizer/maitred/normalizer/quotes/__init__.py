"""Quotes: which words of a mail are new, which are quoted, forwarded or a signature."""

from __future__ import annotations

from maitred.normalizer.quotes.split import split

__all__ = ["split"]
