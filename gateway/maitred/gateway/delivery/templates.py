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
from maitred.contracts.outbound import Content

UNKNOWN_TEMPLATE: Final = "unknown_template"
MISSING_VARIABLE: Final = "missing_variable"
UNKNOWN_VARIABLE: Final = "unknown_variable"
_PIECE: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_VARIABLE: Final = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
_LANGUAGE: Final = re.compile(r"[a-z]{2}\Z")
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_CONTENT_SID: Final = re.compile(r"HX[0-9a-f]{32}\Z")
_BRACES: Final = {"{{": "{", "}}": "}"}


class Template(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[templates.NAME]`: a text by language (ISO 639-1), and the variables that it has places for.

    Who reads another language gets the text that stands first. `content_sids` name, likewise by
    language, the approved template of the provider that says the same.
    """

    texts: dict[str, str]
    variables: tuple[str, ...] = ()
    content_sids: dict[str, str] = {}


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


def content_of(
    template: Template, language: str, variables: Mapping[str, str], after: int
) -> Content | None:
    """Return the provider's template that says the same; None if there is none.

    Its places are numbered in the order of our `variables`. WhatsApp takes no line breaks, tabs or
    runs of spaces there, and nothing empty
    (developers.facebook.com/docs/whatsapp/message-templates/guidelines).
    """
    if not template.content_sids:
        return None
    sids = template.content_sids
    given = {
        str(number): " ".join(variables[name].split()) or "-"
        for number, name in enumerate(template.variables, 1)
    }
    sid = sids.get(language) or next(iter(sids.values()))
    return Content(template=sid, variables=given, after=after)


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
        yield from _content_faults(f"{path}.content_sids", template)


def carrier_fault(templates: Mapping[str, Template], name: str) -> str:
    """Return why a template cannot carry an agent's free text; empty if it can, or is none."""
    carrier = templates.get(name)
    if not name or (carrier and carrier.content_sids and len(carrier.variables) == 1):
        return ""
    return f"{name[:40]!r} is no template with `content_sids` and one variable, for the text"


def _content_faults(path: str, template: Template) -> Iterator[str]:
    for language, sid in template.content_sids.items():
        if language not in template.texts:
            yield f"{path}.{language[:40]}: there is no text for that language"
        if not _CONTENT_SID.match(sid):
            yield f"{path}.{language[:40]}: write a content template's SID, HX and 32 hex digits"


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
