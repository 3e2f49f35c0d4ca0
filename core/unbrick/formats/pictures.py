"""Values replaced inside a record; images scaled down, in the message and in what the client keeps to show them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from unbrick.edit import Scale, Words
from unbrick.formats.draft import Draft
from unbrick.jsonspan import Pointer
from unbrick.media import documents, pixels


def remake(draft: Draft, row: int, values: Iterable[tuple[tuple[str | int, ...], Any]], shown: str = "") -> None:
    """Replace values inside the record of a row; `shown` is the member that holds images once more to show them. Raises
    KeyError when a value is not there, or is an image that cannot be decoded."""
    for pointer, value in values:
        if isinstance(value, Scale):
            _scale(draft, row, pointer, value, shown)
        elif isinstance(value, Words):
            data = _at(draft.record(row), (*pointer, "source", "data"))
            words = documents.text(data) if isinstance(data, str) else ""
            draft.set(row, pointer, {"type": "text", "text": words or value.otherwise})
        else:
            draft.set(row, pointer, value)


def _scale(draft: Draft, row: int, pointer: Pointer, to: Scale, shown: str) -> None:
    record = draft.record(row)
    data = _at(record, pointer)
    made = pixels.scaled(data, to.side, to.length) if isinstance(data, str) else None
    if made is None:
        raise KeyError(pointer)
    new, (width, height) = made
    draft.set(row, pointer, new)
    for path in _places(record.get(shown), data):
        draft.set(row, (shown, *path), new)
        sides = (shown, *path[:-1], "dimensions")
        if isinstance(_at(record, sides), dict):
            draft.set(row, (*sides, "displayWidth"), width)
            draft.set(row, (*sides, "displayHeight"), height)


def _at(value: Any, pointer: Pointer) -> Any:  # noqa: ANN401 - JSON in, JSON out
    """The value at a pointer, None where there is none."""
    for step in pointer:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _places(value: object, data: str) -> Iterator[tuple[str | int, ...]]:
    """Where the same data stands inside a value."""
    if value == data:
        yield ()
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        for path in _places(item, data):
            yield (key, *path)
