"""Edits and patches as JSON can carry them, and back; what comes back from a file may be anything."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from unbrick import edit
from unbrick.patch import Patch
from unbrick.record import END, FRAME, At

KINDS = {name: kind for name, kind in vars(edit).items() if isinstance(kind, type) and is_dataclass(kind)}
"""Every edit, and what edits are made of, by name."""
NOWHERE: Mapping[int, int] = {}


def packed(value: Any) -> Any:  # noqa: ANN401
    """A value as JSON can carry it: what JSON does not know is a list with its kind before it."""
    if isinstance(value, At):
        return ["at", value.line, value.part]
    if isinstance(value, bytes):
        return ["bytes", b64encode(value).decode()]
    if isinstance(value, tuple):
        return ["tuple", *map(packed, value)]
    if isinstance(value, list):
        return ["list", *map(packed, value)]
    if isinstance(value, Mapping):
        return ["map", *([packed(name), packed(one)] for name, one in value.items())]
    if is_dataclass(value):
        return [type(value).__name__, *(packed(getattr(value, one.name)) for one in fields(value))]
    return value


def unpacked(value: Any, moved: Mapping[int, int] = NOWHERE) -> Any:  # noqa: ANN401
    """What `packed` made of a value, back, lines that `moved` in their new place. Raises ValueError, TypeError or
    KeyError for anything else."""
    if not isinstance(value, list):
        return value
    kind, *rest = value
    if kind == "at":
        line, part = rest
        if type(line) is not int or type(part) is not int:
            raise ValueError("no place")
        return At(moved.get(line, line), part)
    if kind == "bytes":
        return b64decode(rest[0])
    if kind == "map":
        return {unpacked(name, moved): unpacked(one, moved) for name, one in rest}
    parts = [unpacked(one, moved) for one in rest]
    if kind in ("tuple", "list"):
        return tuple(parts) if kind == "tuple" else parts
    return KINDS[kind](*parts)


def ours(edits: Any, patch: Any, lines: int) -> tuple[tuple[edit.Edit, ...], Patch]:  # noqa: ANN401 - from a file
    """Edits and a patch of a source with so many lines. Raises ValueError for what this program did not write."""
    places = {FRAME, END}
    if not (
        isinstance(edits, tuple) and all(type(one) in KINDS.values() for one in edits) and isinstance(patch, dict)
        and all(type(line) is int and (0 < line <= lines or line in places) for line in patch)
        and all(isinstance(held, tuple) and all(type(one) is bytes for one in held) for held in patch.values())
        and len(patch.get(FRAME, "12")) == 2
    ):
        raise ValueError("not our own")
    return edits, patch
