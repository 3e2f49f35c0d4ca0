"""What mends calls and results: moving, answering, linearising, keeping as text."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence, Set
from typing import Any

from unbrick.api import faults
from unbrick.edit import Answer, DropBlock, Edit, Linearise, Move, Relink, Salvage
from unbrick.entry import BlockFlag, BlockKind, Flag, Kind
from unbrick.finding import Fix, Safety
from unbrick.held import Recovered
from unbrick.record import END, At
from unbrick.request import PARTS, Synthetic
from unbrick.rules.chainfix import brings, history
from unbrick.rules.parts import back, content, lossy, safe, set_block, set_content, stored
from unbrick.session import Call, Standing
from unbrick.situation import Situation

ELSEWHERE = (Standing.LOST, Standing.UNDECIDED)
"""Where a result or call may be brought back from; never from before a boundary or from a rewound branch."""
MANY = 1_000
"""Blocks of a record above which none is kept as text by itself: each of these fixes holds them all."""


def response(situation: Situation, row: int) -> Sequence[int]:
    """The rows of the response that a row is part of, in file order."""
    number = situation.session.scan.message_id[row]
    return (row,) if number < 0 else situation.once(_response, number)


def _response(situation: Situation, number: int) -> tuple[int, ...]:
    """The rows of the main conversation that carry a message id, given by its number."""
    session = situation.session
    return tuple(row for row in session.responses.get(number, ()) if not session.has(row, Flag.SIDECHAIN))


def calls_of(situation: Situation, rows: Sequence[int]) -> set[str]:
    """The call ids that some rows use."""
    return {
        ref for row in rows for _block, kind, _flags, ref in situation.blocks(row)
        if kind is BlockKind.TOOL_USE and ref is not None
    }


def only_results(situation: Situation, row: int, refs: Set[str]) -> bool:
    """Whether a record holds results of these calls and nothing else."""
    return situation.session.scan.kind[row] == Kind.USER and all(
        kind is BlockKind.TOOL_RESULT and ref in refs for _block, kind, _flags, ref in situation.blocks(row)
    )


def elsewhere(situation: Situation, places: tuple[tuple[int, int], ...]) -> list[int]:
    """Rows of these places that are off the thread and may be brought back."""
    return [row for row, _block in places if situation.thread.standing_of(row) in ELSEWHERE]


def damaged(situation: Situation, ref: str | None, kind: BlockKind) -> int | None:
    """The row of a damaged line that the call or the result of an id can be cut out of."""
    return situation.once(_salvaged).get((kind, ref))


def _salvaged(situation: Situation) -> dict[tuple[int, str | None], int]:
    """(kind, id) of the calls and results that can be cut out of damaged lines → the first row of such a line."""
    found: dict[tuple[int, str | None], int] = {}
    for row, entries in situation.session.scan.salvaged.items():
        for block in (block for entry in entries for block in entry.blocks):
            found.setdefault((block.kind, block.ref), row)
    return found


def bring_back(situation: Situation, call: Call, row: int) -> Iterator[Fix]:
    """Fixes that fetch the real result of a call at a row from elsewhere in the file."""
    off = elsewhere(situation, call.results)
    if not off:
        return
    first = next(iter(response(situation, row)), row)
    off = [found for found in off if situation.once(_only_of, found, first)]
    if not off:
        return
    if situation.once(_parallel, first):
        yield situation.once(_one_chain, first)
    else:
        yield safe(
            "move-back", f"Put the result from {situation.place(off[0])} back behind its call",
            Move(situation.at(off[0]), situation.at(row)), price=back(1), brings=off[:1],
        )


def _refs(situation: Situation, row: int) -> set[str]:
    """The call ids of the response that a row is part of."""
    return calls_of(situation, response(situation, row))


def _only_of(situation: Situation, result: int, row: int) -> bool:
    """Whether a record holds nothing but results of the response that a row is part of."""
    return only_results(situation, result, situation.once(_refs, row))


def _parallel(situation: Situation, row: int) -> bool:
    """Whether several records of the response hold calls."""
    return sum(bool(calls_of(situation, [found])) for found in response(situation, row)) > 1


def _one_chain(situation: Situation, row: int) -> Fix:
    order = [*response(situation, row), *sorted(results_of(situation, situation.once(_refs, row)))]
    gone = [found for found in order if found not in situation.loaded]
    return safe(
        "one-chain", "Write the parallel calls and their results as one chain, which every client reads whole",
        Linearise(tuple(map(situation.at, order))), price=back(len(gone)), brings=gone,
    )


def results_of(situation: Situation, refs: Set[str]) -> set[int]:
    """The rows on the thread or lost from it that hold results of these calls and nothing else."""
    calls = situation.session.calls
    return {
        row for ref in refs for row, _block in calls[ref].results
        if (row in situation.loaded or situation.thread.standing_of(row) in ELSEWHERE)
        and only_results(situation, row, refs)
    }


def answer(situation: Situation, row: int, ref: str) -> Fix:
    """The fix that answers a call: with the real result where another file of the session holds it, else in the
    client's own words."""
    held = situation.held.get(ref)
    if held is not None and held.content is not None:
        return safe(
            "real-result", f"Answer it with the real result, from {held.source}",
            Answer(situation.at(row), ref, held.content), price="brings back 1 real result",
        )
    finished = None if held is None else held.finished
    return safe(
        "answer", "Answer it with a result that says its outcome is unknown",
        Answer(situation.at(row), ref, None, finished),
    )


def known(situation: Situation, ref: str) -> str:
    """What other files of the session tell of a call without a result, as the end of a sentence."""
    held = situation.held.get(ref)
    if held is None or held.finished is None:
        return ""
    if held.content is not None:
        return f"; its real result stands in {held.source}"
    if held.session is not None:
        return f"; the session that it handed work to ({held.session}) did not come to an end"
    return f"; by {held.source} the tool {'finished' if held.finished else 'was started and never finished'}"


def move_back(situation: Situation, call: Call, result: int) -> Iterator[Fix]:
    """The fix that puts a result on the thread directly behind the response that it answers."""
    use = next((row for row, _block in call.uses if row in situation.loaded), None)
    if use is None:
        return
    last = situation.once(_last_before, result, next(iter(response(situation, use)), use))
    if last is not None:
        yield safe(
            "move-back", f"Put the result back behind its call in {situation.place(use)}",
            Move(situation.at(result), situation.at(last)),
        )


def _last_before(situation: Situation, result: int, row: int) -> int | None:
    """The row that is sent last of the response that a row is part of; None where a record holds anything but results
    of what is loaded of that."""
    refs, last = situation.once(_loaded_response, row)
    return last if only_results(situation, result, refs) else None


def _loaded_response(situation: Situation, row: int) -> tuple[set[str], int]:
    """The call ids of what is loaded of a response, and the row that is sent last of it."""
    loaded = situation.loaded
    members = [found for found in response(situation, row) if found in loaded]
    return calls_of(situation, members), max(members, key=loaded.__getitem__, default=row)


def relink_to_call(situation: Situation, call: Call, result: int) -> Iterator[Fix]:
    """The fix that hangs a result on its call where that is lost and nothing stands between the two."""
    session = situation.session
    parent = session.parent_row[result]
    for use in elsewhere(situation, call.uses):
        uuid = session.uuid(use)
        if uuid is None:
            continue
        up = list(session.ancestors(use))
        if parent in up or (parent < 0 and not any(row in situation.loaded for row in up)):
            yield safe(
                "relink", f"Hang the result on its call in {situation.place(use)}",
                Relink(situation.at(result), uuid), price=brings(session, history(situation, use)),
            )
            return


def odd_form(situation: Situation, call: Call) -> bool:
    """Whether a call is stored in a form that not every reader understands."""
    return situation.once(_odd_form, call.ref)


def _odd_form(situation: Situation, ref: str) -> bool:
    scan = situation.session.scan
    return any(
        row in situation.loaded and scan.block_flags[scan.first[row] + block] & BlockFlag.FORM
        for row, block in situation.session.calls[ref].uses
    )


def call_held(situation: Situation, ref: str) -> Iterator[Fix]:
    """The fix that puts the record of a call back which another file of the session holds."""
    for found in situation.recovered:
        if found.sure and ref in found.refs:
            yield bring_in(situation, found, f"Put the record of its call back, from {found.source}")
            return


def bring_in(situation: Situation, found: Recovered, title: str) -> Fix:
    """The fix that brings in records that another file of the session holds."""
    view = situation.session.scan.view
    if not len(view):
        edit = Salvage(At(END), found.pieces)
    elif found.row < 0:
        edit = Salvage(situation.at(0), (*found.pieces, view.raw(0).rstrip(b"\r\n")))
    elif found.behind:
        edit = Salvage(situation.at(found.row), (view.raw(found.row).rstrip(b"\r\n"), *found.pieces))
    else:
        edit = Salvage(situation.at(found.row), found.pieces)
    price = back(found.messages + len(situation.lost)) if found.sure else back(found.messages)
    if found.sure:
        return safe("bring-in", title, edit, price=price, brings=situation.lost)
    return Fix("bring-in", title, Safety.RESTORES, (edit,), price)


def as_text(situation: Situation, row: int, blocks: Collection[int], heading: str, *also: Edit) -> Iterator[Fix]:
    """The fix that keeps what blocks of a record say, as text of the same record."""
    _base, whole = content(situation, row)
    if not isinstance(whole, list) or (len(blocks) == 1 and len(whole) > MANY):
        return
    said = {block: found for block in sorted(blocks) if isinstance(found := stored(situation, row, block), dict)}
    if len(said) < len(blocks):
        return
    parts = [part for found in said.values() for part in _readable(found, heading)]
    rest = results_first([part for index, part in enumerate(whole) if index not in said])
    title = f"Keep what {'it says' if len(said) == 1 else 'they say'}, as text"
    yield safe("as-text", title, set_content(situation, row, [*rest, *parts]), *also)


def results_first(content: list[Any]) -> list[Any]:
    """Content in the order that the API takes."""
    return sorted(content, key=lambda part: not (isinstance(part, dict) and part.get("type") == "tool_result"))


def _readable(block: dict[str, Any], heading: str) -> list[dict[str, Any]]:
    inner = block.get("content")
    if isinstance(inner, str):
        return [{"type": "text", "text": f"{heading}\n{inner}"}]
    kept: list[dict[str, Any]] = []
    for part in inner if isinstance(inner, list) else () if inner is None else (inner,):
        if not isinstance(part, dict) or part.get("type") not in ("text", "image", "document") or any(faults(part)):
            kept.append({"type": "text", "text": json.dumps(part, ensure_ascii=False)})
        elif part["type"] != "text" or str(part.get("text", "")).strip():
            kept.append(part)
    return [{"type": "text", "text": heading}, *kept]


def drop(situation: Situation, row: int, block: int, noun: str, title: str) -> Fix:
    """The fix that takes a block out."""
    return lossy("drop", title, f"drops 1 {noun}", DropBlock(situation.at(row), block))


def valid_result(situation: Situation, row: int, block: int) -> Iterator[Fix]:
    """The fix for a result whose content is neither text nor a list of blocks. A list that no client writes, for its
    length, becomes one text."""
    found = stored(situation, row, block)
    if not isinstance(found, dict):
        return
    inner = found.get("content")
    new: object = "" if inner is None else json.dumps(inner, ensure_ascii=False)
    if isinstance(inner, list) and len(inner) <= PARTS:
        new = [
            part if _sound(part) else {"type": "text", "text": json.dumps(part, ensure_ascii=False)} for part in inner
        ]
    yield safe("as-text", "Write what it holds as text", set_block(situation, row, block, new, "content"))


def _sound(part: object) -> bool:
    """Whether the API takes a part of a result."""
    return not any(faults({"type": "tool_result", "tool_use_id": "toolu_1", "content": [part]}))


def describe(situation: Situation, call: Call | None) -> str:
    """What a person calls a call: `the Bash call (toolu_01…)`."""
    if call is None:
        return "a call"
    scan = situation.session.scan
    for row, block in call.uses:
        name = scan.strings.text(scan.block_name[scan.first[row] + block])
        return f"the {name[:60] if name else 'tool'} call ({call.ref})"
    return f"the call ({call.ref})"


def invented(situation: Situation) -> set[str | None]:
    """Calls that the client answers itself."""
    request = situation.request
    return {request.refs[index] for index, why in request.synthetic.items() if why is Synthetic.RESULT}


def ambiguous(situation: Situation, call: Call) -> bool:
    """Whether several calls carry this id: which result is whose is settled first (T006)."""
    return situation.once(_ambiguous, call.ref)


def _ambiguous(situation: Situation, ref: str) -> bool:
    return sum(row in situation.loaded for row, _block in situation.session.calls[ref].uses) > 1


def lost_responses(situation: Situation) -> set[int]:
    """Message ids, by number, of the responses that the client follows only one call of."""
    ids = situation.session.scan.message_id
    return {
        ids[loss.row] for loss in situation.thread.losses
        if loss.before == loss.row and loss.row in situation.loaded and ids[loss.row] >= 0
    }


def server(call: Call) -> bool:
    """Whether the API itself runs the tool."""
    return call.ref.startswith("srvtoolu_")
