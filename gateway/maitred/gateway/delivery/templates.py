"""Templates: texts of the house with places for variables, in several languages.

`{name}` is a place; a brace that is meant as one is written twice. What is put there is never read
again, so nothing that a variable holds can become a place or a command.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from maitred.contracts.limits import REPLY_CHARACTERS_MAX, TEMPLATE_VARIABLES_MAX

UNKNOWN_TEMPLATE: Final = "unknown_template"
MISSING_VARIABLE: Final = "missing_variable"
UNKNOWN_VARIABLE: Final = "unknown_variable"
_PIECE: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_VARIABLE: Final = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
_LANGUAGE: Final = re.compile(r"[a-z]{2}\Z")
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_BRACES: Final = {"{{": "{", "}}": "}"}


class Template(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[templates.NAME]`: a text by language (ISO 639-1), and the variables that it has places for.

    Who reads another language gets the text that stands first.
    """

    texts: dict[str, str]
    variables: tuple[str, ...] = ()


def rendered(
    templates: Mapping[str, Template], name: str, language: str, variables: Mapping[str, str]
) -> tuple[str, str]:
    """Return the text of a template with its variables in it, or an empty one and why not."""
    template = templates.get(name)
    if template is None or not template.texts:
        return "", UNKNOWN_TEMPLATE
    if set(template.variables) - set(variables):
        return "", MISSING_VARIABLE
    if set(variables) - set(template.variables):
        return "", UNKNOWN_VARIABLE
    text = template.texts.get(language) or next(iter(template.texts.values()))

    def piece(found: re.Match[str]) -> str:
        place = found[1]
        return _BRACES[found[0]] if place is None else variables[place]

    return _PIECE.sub(piece, text), ""


def faults(templates: Mapping[str, Template]) -> Iterator[str]:
    """Yield what is wrong with templates, each with the path of its setting."""
    for name, template in templates.items():
        path = f"templates.{name}"
        if not _NAME.match(name):
            yield f"templates: {name[:40]!r} must be 1 to 64 letters, digits, `_` or `-`"
        if not template.texts:
            yield f"{path}.texts: write at least one, such as `en`"
        if len(template.variables) > TEMPLATE_VARIABLES_MAX:
            yield f"{path}.variables: at most {TEMPLATE_VARIABLES_MAX} are allowed"
        for variable in template.variables:
            if not _VARIABLE.match(variable):
                yield (
                    f"{path}.variables: {variable[:40]!r} must be small letters, digits and `_`, "
                    "and begin with a letter"
                )
        for language, text in template.texts.items():
            if not _LANGUAGE.match(language):
                yield (
                    f"{path}.texts: {language[:40]!r} is no language; "
                    "write two small letters such as `en`"
                )
            yield from _text_faults(f"{path}.texts.{language}", text, set(template.variables))


def _text_faults(path: str, text: str, variables: set[str]) -> Iterator[str]:
    if not text.strip() or len(text) > REPLY_CHARACTERS_MAX:
        yield f"{path}: must have 1 to {REPLY_CHARACTERS_MAX:,} characters"
    places: set[str] = set()
    for found in _PIECE.finditer(text):
        if found[1] is not None:
            places.add(found[1])
        elif found[0] not in _BRACES:
            yield f"{path}: has a single {found[0]!r}; write it twice, or name a variable in braces"
    for place in sorted(places - variables):
        yield f"{path}: {place[:40]!r} is none of `variables`; add it there, or take it out"
    for variable in sorted(variables - places):
        yield f"{path}: has no place for the variable {variable!r}"
