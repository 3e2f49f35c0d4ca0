"""The files that a conversation wrote to, by the calls of its tools: a cut of it leaves them as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from unbrick.entry import BlockFlag, BlockKind
from unbrick.situation import Situation

WRITERS = frozenset((
    "Edit", "MultiEdit", "Write", "NotebookEdit", "edit_file", "write_file", "create_file", "apply_patch",
    "str_replace_editor", "str_replace_based_edit_tool",
))
"""Tools that write files, as clients name them."""

_NAMES = ("file_path", "notebook_path", "path", "filename")
_IN_PATCH = re.compile(r"^\*\*\* (?:Add|Update|Delete) File: (.+)$", re.MULTILINE)


def touched(situation: Situation, rows: Sequence[int]) -> list[tuple[int, str]]:
    """(row, path) of every call among rows that wrote to a file, in order; calls whose result is an error are left
    out."""
    scan = situation.session.scan
    names = {scan.strings.find(name) for name in WRITERS}
    found: list[tuple[int, str]] = []
    for row in rows:
        calls = [
            block - scan.first[row] for block in scan.blocks(row)
            if scan.block_kind[block] == BlockKind.TOOL_USE and scan.block_name[block] in names
            and not _failed(situation, scan.strings.text(scan.block_ref[block]))
        ]
        if not calls:
            continue
        _base, content = situation.asks.content(row)
        for number in calls:
            call = content[number] if isinstance(content, list) and number < len(content) else None
            found += ((row, path) for path in _paths(call.get("input") if isinstance(call, dict) else None))
    return found


def _failed(situation: Situation, ref: str | None) -> bool:
    call = situation.session.calls.get(ref or "")
    scan = situation.session.scan
    results = call.results if call else ()
    return any(scan.block_flags[scan.first[row] + block] & BlockFlag.ERROR for row, block in results)


def _paths(given: object) -> Iterator[str]:
    if not isinstance(given, dict):
        return
    for name in _NAMES:
        if isinstance(given.get(name), str) and given[name]:
            yield given[name]
            return
    for text in given.values():
        if isinstance(text, str):
            yield from _IN_PATCH.findall(text)
