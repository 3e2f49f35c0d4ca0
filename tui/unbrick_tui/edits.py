"""What a call to edit files would do, as a diff; known by the shape of its input, whatever its tool is called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import unified_diff
from typing import Any

from unbrick_tui.highlight import highlighted
from unbrick_tui.prose import Bounds, Paragraph, Passage, Rich, marked, more, signed
from unbrick_tui.text import count, lines_of

_PATHS = ("file_path", "notebook_path", "path", "filename")
_OLD = (("old_string", "new_string"), ("old_str", "new_str"), ("old_text", "new_text"))
_WHOLE = ("content", "file_text", "new_source", "contents")
_PATCH = ("patch", "diff", "input", "command")
_SIGNS = ("*** Begin Patch", "diff --git ", "--- a/", "@@ ")
COMPARED = 2000
"""Lines of a text that are compared one by one; longer ones are shown as taken out and put in."""


def path_of(given: Mapping[str, Any]) -> str:
    """The file that a call is about; empty where it names none."""
    return next((given[key] for key in _PATHS if isinstance(given.get(key), str)), "")


def edit_of(given: Mapping[str, Any], bounds: Bounds) -> Iterator[Passage] | None:
    """The edit that a call's input describes, to read; None where it describes none."""
    several = given.get("edits")
    if isinstance(several, list) and several and all(isinstance(one, dict) and _pair(one) for one in several):
        return _several(given, several, bounds)
    if _pair(given) is not None:
        return _replaced(given, given, bounds)
    if path_of(given) and any(isinstance(given.get(key), str) for key in _WHOLE):
        return _written(given, bounds)
    for key in _PATCH:
        text = given.get(key)
        if isinstance(text, str) and text.lstrip().startswith(_SIGNS):
            return _patched(text, bounds)
    return None


def _pair(given: Mapping[str, Any]) -> tuple[str, str] | None:
    """What is replaced, and what by."""
    for old, new in _OLD:
        if isinstance(given.get(old), str) and isinstance(given.get(new), str):
            return given[old], given[new]
    return None


def _several(given: Mapping[str, Any], edits: list[Any], bounds: Bounds) -> Iterator[Passage]:
    for number, one in enumerate(edits, 1):
        yield "dim", f"edit {number} of {len(edits)}"
        yield from _replaced(given, one, bounds)


def _replaced(given: Mapping[str, Any], one: Mapping[str, Any], bounds: Bounds) -> Iterator[Passage]:
    pair = _pair(one)
    assert pair is not None, "edit_of looked"
    (old, left), (new, more_left) = bounds.clip(pair[0]), bounds.clip(pair[1])
    every = ", everywhere" if one.get("replace_all") is True else ""
    yield "head", f"{path_of(one) or path_of(given) or 'a file'}{every}"
    before, after = lines_of(old) if old else [], lines_of(new) if new else []
    if max(len(before), len(after)) > COMPARED:
        yield from (signed(f"-{line}") for line in before)
        yield from (signed(f"+{line}") for line in after)
    else:
        for index, line in enumerate(unified_diff(before, after, n=3, lineterm="")):
            if index > 1:  # Behind the names of the two files.
                yield signed(line)
    yield from more(left + more_left)


def _written(given: Mapping[str, Any], bounds: Bounds) -> Iterator[Passage]:
    text, left = bounds.clip(next(given[key] for key in _WHOLE if isinstance(given.get(key), str)))
    path = path_of(given)
    yield "head", f"{path}, written whole: {count(len(lines_of(text)), 'line')}{' and more' if left else ''}"
    if bounds.affords(text):
        for line in highlighted(text, path=path):
            yield Rich((("plus", "+"), *line.runs), rest="  ")
    else:
        yield "plus", text
    yield from more(left)


def _patched(text: str, bounds: Bounds) -> Iterator[Passage]:
    shown, left = bounds.clip(text)
    yield from marked(shown)
    yield from more(left)


def other_members(given: Mapping[str, Any]) -> Iterator[Paragraph]:
    """What a call that edits says besides the edit."""
    known = {*_PATHS, *_WHOLE, *_PATCH, "edits", "replace_all", *(key for pair in _OLD for key in pair)}
    yield from (("dim", f"{key}: {str(value)[:400]}") for key, value in given.items() if key not in known)
