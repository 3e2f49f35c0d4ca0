"""What mends calls of tools that the API itself runs: both halves in one reply again, or kept as text."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from unbrick.edit import DropBlock, Edit, Linearise, Relink, SetLeaf
from unbrick.entry import BlockKind, Kind
from unbrick.finding import Fix
from unbrick.rules import toolfix
from unbrick.rules.parts import back, counted, lossy, safe, set_block, stored
from unbrick.scanning.ones import of_kinds, places
from unbrick.session import Call
from unbrick.situation import Situation

_WORDS = ("title", "url", "text", "stdout", "stderr", "error_code")
Place = tuple[int, int]
"""Row, and block in it."""


def halves(situation: Situation) -> dict[str, Call]:
    """Ids of calls of the API's own tools → where in the file they and their results stand."""
    return situation.once(_halves)


def _halves(situation: Situation) -> dict[str, Call]:
    scan = situation.session.scan
    found: dict[str, tuple[list[Place], list[Place]]] = {}
    for block in places(of_kinds(scan.block_kind, BlockKind.SERVER_USE, BlockKind.SERVER_RESULT)):
        row = bisect_right(scan.first, block) - 1
        ref = scan.strings.text(scan.block_ref[block])
        if ref is not None:
            uses, results = found.setdefault(ref, ([], []))
            kind = scan.block_kind[block]
            (uses if kind == BlockKind.SERVER_USE else results).append((row, block - scan.first[row]))
    return {ref: Call(ref, tuple(uses), tuple(results)) for ref, (uses, results) in found.items()}


def tool(situation: Situation, call: Call) -> str:
    """The name of the tool that a call is for."""
    scan = situation.session.scan
    for row, block in call.uses:
        name = scan.strings.text(scan.block_name[scan.first[row] + block])
        return (name or "tool")[:60]
    for row, block in call.results:
        name = scan.strings.text(scan.block_name[scan.first[row] + block])
        return (name or "tool").removesuffix("_tool_result")[:60]
    return "tool"


def intrudes(situation: Situation, row: int) -> bool:
    """Whether a record is the user's and more than results of the reply's other calls."""
    return situation.session.scan.kind[row] == Kind.USER and any(
        kind != BlockKind.TOOL_RESULT for _block, kind, _flags, _ref in situation.blocks(row)
    )


def mend(situation: Situation, ref: str) -> Iterator[Fix]:
    """Fixes for a call whose halves do not stand in one reply, the one that keeps most first."""
    call = halves(situation).get(ref)
    if call is None:
        return
    loaded = [one for one in (*call.uses, *call.results) if one[0] in situation.loaded]
    if call.uses and call.results:
        yield from _join(situation, call)
    texts = {one: as_words(situation, call, one) for one in loaded}
    edits = tuple(
        set_block(situation, *one, {"type": "text", "text": words}) for one, words in texts.items() if words
    )
    if edits and len(edits) == len(loaded):
        yield safe("as-text", "Keep what it says, as text", *edits)
    drops = tuple(DropBlock(situation.at(row), block) for row, block in sorted(loaded, reverse=True))
    yield lossy("drop", "Take out what is left of it", f"drops {counted(len(drops), 'block')}", *drops)


def _join(situation: Situation, call: Call) -> Iterator[Fix]:
    """The fix that puts both halves into one reply again; clients look for a result in the same reply only."""
    scan, loaded = situation.session.scan, situation.loaded
    (use, _), (result, _) = call.uses[0], call.results[0]
    apart = [row for row in (use, result) if row not in loaded]
    if scan.message_id[use] < 0 or scan.message_id[use] != scan.message_id[result] or any(
        situation.thread.standing_of(row) not in toolfix.ELSEWHERE for row in apart
    ):
        return
    if not apart and loaded[use] <= loaded[result]:
        yield from _reunite(situation, use)
    elif use <= result:
        members = toolfix.response(situation, use)
        order = [*members, *sorted(toolfix.results_of(situation, toolfix.calls_of(situation, members)))]
        gone = [row for row in order if row not in loaded]
        title = "Write the records of the reply as one chain again"
        price = back(len(gone)) if gone else "keeps everything"
        yield safe("one-chain", title, Linearise(tuple(map(situation.at, order))), price=price, brings=gone)


def _reunite(situation: Situation, use: int) -> Iterator[Fix]:
    """The fix that moves what stands inside a reply behind it: the reply as the API gave it, then the rest."""
    session, rows, loaded = situation.session, situation.thread.rows, situation.loaded
    members = {row for row in toolfix.response(situation, use) if row in loaded}
    first, last = (bound(map(loaded.__getitem__, members)) for bound in (min, max))
    path = rows[first : last + 1]
    if any(session.parent_row[row] != before for before, row in pairwise(path)):
        return
    apart = [row for row in path if intrudes(situation, row)]
    reply = [row for row in path if row not in apart]
    uuids = [session.uuid(row) for row in (*reply, *apart)]
    if not apart or None in uuids:
        return
    order = [*reply, *apart]
    edits: list[Edit] = [
        Relink(situation.at(row), uuid)
        for (row, uuid), before in zip(zip(order[1:], uuids, strict=False), order, strict=False)
        if session.parent_row[row] != before
    ]
    followers = [row for row in session.children.get(path[-1], ()) if row not in order]
    edits += [Relink(situation.at(row), uuids[-1]) for row in followers]
    if last == len(rows) - 1 and uuids[-1] is not None:
        edits.append(SetLeaf(uuids[-1]))
    count = "record" if len(apart) == 1 else f"{len(apart):,} records"
    yield safe("reunite", f"Put the {count} in the middle of the reply behind it", *edits)


def as_words(situation: Situation, call: Call, place: Place) -> str:
    """What a half says, as text; empty where it has no words."""
    block = stored(situation, *place)
    if not isinstance(block, dict):
        return ""
    name = tool(situation, call)
    if block.get("type") == "server_tool_use":
        given = block.get("input")
        return f"[{name} was called" + (f" with {json.dumps(given, ensure_ascii=False)}]" if given else "]")
    words = "\n".join(_said(block.get("content")))
    return f"[{name} gave back]\n{words}" if words.strip() else ""


def _said(value: Any) -> Iterator[str]:  # noqa: ANN401 - whatever stands in a result
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _said(item)
    elif isinstance(value, dict):
        for key in _WORDS:
            if isinstance(value.get(key), str) and value[key].strip():
                yield value[key]
        yield from _said(value.get("content") if not isinstance(value.get("content"), str) else None)
