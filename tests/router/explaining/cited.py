"""Finds every word that the router cites: what reaches a parameter of a certain name."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import maitred.router.engine

ROUTER = Path(maitred.router.engine.__file__).parent
ROOMS = (".", "policies", "agents", "queueing", "deciding", "handling")
"""Where decisions are made; the rooms beside them have rules of another kind."""
_Sink = tuple[str, str]


def cited(field: str) -> set[str]:
    """Return the strings that a decision or a reason of the engine's can hold in a field.

    They are followed from where they are written to the keyword or parameter of that name, through
    functions that only hand them on. Of a string that is put together the part before a colon is
    taken.
    """
    trees = [
        ast.parse(path.read_text("utf-8"))
        for room in ROOMS
        for path in sorted((ROUTER / room).glob("*.py"))
    ]
    constants = {
        name.id: node.value
        for tree in trees
        for node in tree.body
        if isinstance(node, ast.AnnAssign | ast.Assign) and node.value is not None
        for name in ([node.target] if isinstance(node, ast.AnnAssign) else node.targets)
        if isinstance(name, ast.Name)
    }
    parameters = dict(_callables(trees))
    sinks: set[_Sink] = {(name, field) for name, names in parameters.items() if field in names}
    sinks |= {("", field)}
    found: set[str] = set()
    while True:
        before = len(sinks)
        for tree in trees:
            for scope in ast.walk(tree):
                if isinstance(scope, ast.FunctionDef):
                    found |= set(_in_function(scope, parameters, sinks, constants))
        if len(sinks) == before:
            return {word.partition(":")[0] for word in found if word}


def _callables(trees: list[ast.Module]) -> Iterator[tuple[str, list[str]]]:
    """Yield functions with their parameters, and classes of values with their fields."""
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                every = [*node.args.posonlyargs, *node.args.args]
                names = [each.arg for each in every if each.arg != "self"]
                yield node.name, names + [each.arg for each in node.args.kwonlyargs]
            elif isinstance(node, ast.ClassDef):
                yield (
                    node.name,
                    [
                        each.target.id
                        for each in node.body
                        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
                    ],
                )


def _in_function(
    scope: ast.FunctionDef,
    parameters: Mapping[str, list[str]],
    sinks: set[_Sink],
    constants: Mapping[str, ast.expr],
) -> Iterator[str]:
    own = set(parameters[scope.name])
    local: dict[str, list[ast.expr]] = {}
    for node in ast.walk(scope):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                _assigned(target, node.value, local)
    for node in ast.walk(scope):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else None
        name = node.func.id if isinstance(node.func, ast.Name) else name
        names = parameters.get(name or "", [])
        given = [*zip(names, node.args, strict=False)]
        given += [(each.arg or "", each.value) for each in node.keywords]
        for parameter, value in given:
            if (name, parameter) in sinks or ("", parameter) in sinks:
                yield from _strings(value, scope.name, own, local, sinks, constants)


def _assigned(target: ast.expr, value: ast.expr, local: dict[str, list[ast.expr]]) -> None:
    if isinstance(target, ast.Name):
        local.setdefault(target.id, []).append(value)
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for each, part in zip(target.elts, value.elts, strict=True):
            _assigned(each, part, local)


def _strings(
    value: ast.expr,
    function: str,
    own: set[str],
    local: Mapping[str, list[ast.expr]],
    sinks: set[_Sink],
    constants: Mapping[str, ast.expr],
) -> Iterator[str]:
    more = (function, own, local, sinks, constants)
    match value:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=body, orelse=orelse):
            yield from _strings(body, *more)
            yield from _strings(orelse, *more)
        case ast.BoolOp(values=values):
            for each in values:
                yield from _strings(each, *more)
        case ast.JoinedStr(values=values):
            yield from _joined(values, more)
        case ast.Name(id=name) if name in local:
            for each in local[name]:
                yield from _strings(each, *more)
        case ast.Name(id=name) if name in own:
            sinks.add((function, name))
        case ast.Name(id=name) | ast.Attribute(attr=name) if name in constants:
            yield from _strings(constants[name], *more)


def _joined(values: list[ast.expr], more: tuple) -> Iterator[str]:  # type: ignore[type-arg]  (handed on)
    texts = [""]
    for each in values:
        parts = [""]
        if isinstance(each, ast.Constant):
            parts = [str(each.value)]
        elif isinstance(each, ast.FormattedValue):
            parts = list(_strings(each.value, *more)) or [""]
        texts = [text + part for text in texts for part in parts]
    yield from texts
