"""What mends results whose calls do not stand before them: hanging them on the call, keeping what they say as text."""

from __future__ import annotations

from unbrick.entry import BlockKind
from unbrick.finding import Fix
from unbrick.rules import toolfix
from unbrick.rules.parts import sent
from unbrick.session import Call
from unbrick.situation import Situation

KEPT = "[result of a tool call that is not in the transcript]"


def orphan(situation: Situation, call: Call | None, row: int, block: int) -> tuple[Fix, ...]:
    """The fixes for a result that does not follow its call."""
    drop = toolfix.drop(situation, row, block, "result", "Take the result out")
    if call is None or toolfix.server(call):
        return (drop,)
    use = next((at for at, _block in call.uses if at in situation.loaded), None)
    if use is not None and before(situation, call, use) == row:
        return (*toolfix.move_back(situation, call, row), drop)
    relink = (*toolfix.relink_to_call(situation, call, row), *toolfix.call_held(situation, call.ref))
    if block in situation.once(_loose).get(row, ()):
        return (*situation.once(_loose_as_text, row), drop)
    return (*relink, *toolfix.as_text(situation, row, [block], KEPT), drop)


def before(situation: Situation, call: Call, row: int) -> int | None:
    """The row of a call's only result, where it is loaded before the call."""
    loaded, found = situation.loaded, situation.once(_only_result, call.ref)
    return found if found is not None and loaded[found] < loaded.get(row, -1) else None


def _only_result(situation: Situation, ref: str) -> int | None:
    """The row of what is loaded of the results of the only call of an id, where it is one."""
    call = situation.session.calls[ref]
    found = {at for at, _block in call.results if at in situation.loaded}
    return next(iter(found)) if len(found) == 1 and not toolfix.ambiguous(situation, call) else None


def _loose(situation: Situation) -> dict[int, set[int]]:
    """Row → the results in it that are refused or left out and whose calls are nowhere: one fix keeps what all of them
    say."""
    found: dict[int, set[int]] = {}
    for call in situation.odd_calls:
        if call.uses or toolfix.server(call) or any(toolfix.call_held(situation, call.ref)):
            continue
        if toolfix.damaged(situation, call.ref, BlockKind.TOOL_USE) is not None:
            continue
        for row, block in call.results:
            refused = any((code, row, block) in situation.violated for code in ("T002", "T005"))
            if refused or (row in situation.loaded and not sent(situation, row, block)):
                found.setdefault(row, set()).add(block)
    return found


def _loose_as_text(situation: Situation, row: int) -> tuple[Fix, ...]:
    return tuple(toolfix.as_text(situation, row, situation.once(_loose)[row], KEPT))
