"""Making a session smaller: notes in the place of content, many records out at once, and what follows from it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from unbrick.entry import Flag, Kind
from unbrick.formats.claude_code import ending, summaries
from unbrick.formats.claude_code.change import Draft
from unbrick.formats.claude_code.records import COUNTS


def clear(draft: Draft, row: int, notes: Iterable[tuple[int, str]]) -> None:
    """Put notes in the place of what blocks of a row hold, as the client itself does with old results
    (claude-code-format.md §4, microcompaction). Raises KeyError when the row has no such block."""
    message = draft.record(row).get("message")
    content = message.get("content") if isinstance(message, dict) else None
    for block, note in notes:
        if not isinstance(content, list) or not 0 <= block < len(content):
            raise KeyError(block)
        stored = content[block]
        pointer = ("message", "content", block)
        if isinstance(stored, dict) and stored.get("type") == "tool_result":
            draft.set(row, (*pointer, "content"), note)
        else:
            draft.set(row, pointer, {"type": "text", "text": note})


def recount(draft: Draft, freed: Mapping[int, int]) -> None:
    """Lower what was counted for each reply by the tokens that were taken out of the rows before it in the file: the
    client compacts by the count of the last reply, whatever it sends now."""
    session = draft.session
    total = 0
    for row in range(min(freed, default=len(session)), len(session)):
        total += freed.get(row, 0)
        if session.scan.tokens[row] and not session.has(row, Flag.SIDECHAIN):
            usage = draft.record(row)["message"]["usage"]
            left = total
            for name in COUNTS:
                count = usage.get(name)
                if left and count.__class__ is int and count > 0:
                    draft.set(row, ("message", "usage", name), count - min(left, count))
                    left -= min(left, count)


def drop_all(draft: Draft, rows: Collection[int]) -> None:
    """Take rows out and hang what followed them on what stands before them and stays."""
    session, scan = draft.session, draft.session.scan
    gone = set(rows)
    above: dict[int, int] = {}
    for row in gone:
        uuid = scan.uuid[row]
        if uuid >= 0 and gone.issuperset(session.duplicates.get(uuid, (row,))):
            above[uuid] = scan.parent[row]
    for row in gone:
        if scan.uuid[row] in above:
            for child in {*session.children.get(row, ()), *draft.thread.bridged_from.get(row, ())}:
                if child not in gone:
                    draft.relink(child, scan.strings.text(_standing(above, scan.uuid[row])))
        draft.drop(row)
    named = _named(draft) & above.keys()
    ending.forget(draft, {
        scan.strings.text(uuid) or "": scan.strings.text(_standing(above, uuid)) for uuid in named
    })


def _standing(above: dict[int, int], uuid: int) -> int:
    """The nearest id above one that is not among those that go."""
    path: list[int] = []
    while uuid in above:
        if len(path) > len(above):
            return -1  # They hang on each other.
        path.append(uuid)
        uuid = above[uuid]
    for one in path:
        above[one] = uuid
    return uuid


def _named(draft: Draft) -> set[int]:
    """The ids that pointers and boundaries name, as numbers."""
    session, scan = draft.session, draft.session.scan
    found: set[int] = set()
    for row, kind in enumerate(scan.kind):
        if scan.flags[row] & Flag.POINTER:
            found.add(scan.refers[row])
        elif kind == Kind.BOUNDARY:
            found.add(scan.refers[row])
            found.update(map(scan.strings.find, summaries.kept(session.value(row))))
    return found
