"""What changes inside a line, as the bytes that go and the bytes that come, with what stands around them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from unbrick import jsonspan
from unbrick.printable import ELLIPSIS, printable, shorten
from unbrick.record import read
from unbrick.telling.diff import LineChange, compare, describe, difference

AROUND = 48
"""Characters shown before and behind a change."""
ALIKE = 4
"""So many first characters make two values one that was changed in part."""
MOST = 12
"""Changed values shown of one line."""


class Mark(NamedTuple):
    """One change: where it is in words, what stands before it, what goes, what comes, what stands behind it."""

    where: str
    before: str
    gone: str
    new: str
    behind: str


def marks(change: LineChange, length: int = 240) -> Iterator[Mark]:
    """The changes of one line in the order of its bytes; each text is harmless and at most so long. A value that
    changed is shown from its first to its last different character."""
    if change.rewritten and change.before is not None:
        yield from _inside(change.where, change.before, change.after[0], length)
    elif change.before is not None and not change.kept:
        yield Mark(f"{change.where} goes", "", _clip(change.before, length), "", "")
        for raw in change.after[:1]:
            yield Mark(f"{change.where}, instead", "", "", _clip(raw, length), "")
    for raw in change.inserted:
        place = "at the end" if change.before is None else f"behind {change.where}"
        if change.before is not None and change.kept and change.after[-1] == change.before:
            place = f"before {change.where}"
        yield Mark(f"{place}, new: {describe(raw)}", "", "", _clip(raw, length), "")


def _inside(where: str, old: bytes, new: bytes, length: int) -> Iterator[Mark]:
    """The values of a record that differ; the whole line's difference where they cannot be told one by one."""
    found = list(compare(read(old)[0], read(new)[0]))
    spans: list[tuple[str, tuple[int, int] | None, tuple[int, int] | None]] = []
    for change in found[:MOST]:
        pointer = _steps(change.pointer, read(old)[0] if change.before is not None else read(new)[0])
        try:
            here = jsonspan.locate(old, pointer) if change.before is not None else None
            there = jsonspan.locate(new, pointer) if change.after is not None else None
        except KeyError:
            spans = []
            break
        spans.append((change.pointer, here, there))
    if not spans or len(found) > MOST:
        yield _mark(where, old, (0, len(old)), new, (0, len(new)), length)
        return
    for name, here, there in spans:
        said = f"{where}  {printable(name)}"
        if here is None and there is not None:
            yield Mark(said, _head(new, there[0]), "", _clip(new[slice(*there)], length), _tail(new, there[1]))
        elif there is None and here is not None:
            yield Mark(said, _head(old, here[0]), _clip(old[slice(*here)], length), "", _tail(old, here[1]))
        elif here is not None and there is not None:
            yield _mark(said, old, here, new, there, length)


def _steps(pointer: str, value: object) -> list[str | int]:
    """An RFC 6901 pointer as the steps that it takes through a value."""
    steps: list[str | int] = []
    for part in pointer.split("/")[1:]:
        step: str | int = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list) and part.isdecimal():
            step = int(part)
        steps.append(step)
        try:
            value = value[step]  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            value = None
    return steps


def _mark(where: str, old: bytes, here: tuple[int, int], new: bytes, there: tuple[int, int], length: int) -> Mark:
    """Two values less what they begin and end with alike."""
    was, is_ = _text(old[slice(*here)]), _text(new[slice(*there)])
    start, was_end, is_end = difference(was, is_)
    if start < ALIKE and max(len(was), len(is_)) <= length:
        # Two ids that happen to end alike are two ids.
        was_end, is_end = len(was) - was.endswith('"'), len(is_) - is_.endswith('"')
    before = _near(old[max(here[0] - AROUND, 0) : here[0]]) + was[:start]
    behind = was[was_end:] + _near(old[here[1] : here[1] + AROUND])
    cut = here[0] > AROUND or len(before) > AROUND
    return Mark(
        where, (ELLIPSIS if cut else "") + printable(before[-AROUND:]),
        printable(_middle(was[start:was_end], length)), printable(_middle(is_[start:is_end], length)),
        printable(behind[:AROUND]) + (ELLIPSIS if len(behind) > AROUND else ""),
    )


def _middle(text: str, length: int) -> str:
    """A text less its middle, where it is long."""
    if len(text) <= length:
        return text
    half = max(length // 2 - 1, 1)
    return f"{text[:half]}{ELLIPSIS}{text[-half:]}"


def _head(raw: bytes, at: int) -> str:
    return (ELLIPSIS if at > AROUND else "") + printable(_near(raw[max(at - AROUND, 0) : at]))


def _tail(raw: bytes, at: int) -> str:
    return printable(_near(raw[at : at + AROUND])) + (ELLIPSIS if at + AROUND < len(raw) else "")


def _clip(raw: bytes, length: int) -> str:
    return printable(shorten(_text(raw[: length * 4]), length))


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _near(raw: bytes) -> str:
    """Text around a change; a character that was cut in two is left out."""
    return raw.decode("utf-8", "ignore")
