"""Rules of the tools family about the place of a result: directly behind its call, and first in its message."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import compress, count

from unbrick.entry import BlockKind, Flag, Kind
from unbrick.finding import Affect, Finding, Fix, Rule, Severity
from unbrick.rules import stray, toolfix
from unbrick.rules.parts import broken, content, refusal, remark, safe, sends, sent, set_content
from unbrick.rules.servedfix import halves
from unbrick.session import Call
from unbrick.situation import Situation
from unbrick.thread import Outcome

R1 = r"tool_use`? ids were found without `?tool_result"
R2 = r"unexpected `?tool_use_id`? found in `?tool_result`? blocks"
# The same in the words of OpenAI's APIs and of those who speak their protocol.
O1 = r"must be followed by tool messages responding to each|No tool output found for function call"
O2 = (
    r"messages with role ['\"]tool['\"] must (?:be a response to|follow)|'tool_call_id' of .* not found in 'tool_calls'"
    r"|No tool call found for function call output"
)


def late_result(situation: Situation) -> Iterator[Finding]:
    """A tool result stands later than directly behind its call.

    The API wants the result in the very next message. It happens when a prompt, or a whole turn, is written between
    the two. Clients up to 2.0.14 are refused; later ones put the result in its place if only a prompt stands between,
    and otherwise answer the call in their own words and leave the real result out.

    The result is put back behind its call.
    """
    name = "late-result"
    calls = situation.session.calls
    seen: set[str | None] = set()
    for what in broken(situation, "T004"):
        ref = what.violation.ref
        if ref in seen:
            continue
        seen.add(ref)
        call = calls.get(ref or "")
        place = None if call is None else _loaded_result(situation, call)
        fixes: tuple[Fix, ...] = ()
        if call is not None and place is not None and not toolfix.ambiguous(situation, call):
            fixes = _late(situation, call, place)
        yield refusal(situation, name, what, f"{toolfix.describe(situation, call)} is answered too late", fixes)
    invented = toolfix.invented(situation)
    kinds, typed = situation.session.scan.kind, situation.session.scan.marked(Flag.PROMPT)
    prompts = [*compress(count(), map(typed.__getitem__, situation.thread.rows))]
    for call in situation.odd_calls if sends(situation) else ():
        if call.ref in seen or not call.results or not call.uses or toolfix.ambiguous(situation, call):
            continue
        use = next((row for row, _block in call.uses if row in situation.loaded), None)
        place = _loaded_result(situation, call)
        if use is None or place is None:
            continue
        row, block = place
        if kinds[row] == Kind.ASSISTANT:
            continue
        if call.ref in invented and not sent(situation, row, block):
            said = toolfix.describe(situation, call)
            late = situation.loaded[row] > situation.loaded[use]
            wrong = "is answered too late" if late else "stands behind its result"
            message = f"{said} {wrong}; the client answers it in its own words instead"
            yield remark(situation, "T004", name, Severity.WARNING, message, row, block, _late(situation, call, place))
        elif not sent(situation, row, block) and not any(sent(situation, *at) for at in call.uses):
            message = f"{toolfix.describe(situation, call)} and its result stand apart; the client leaves both out"
            yield remark(situation, "T004", name, Severity.WARNING, message, row, block, _late(situation, call, place))
        elif prompts:
            start, end = situation.loaded[use], situation.loaded[row]
            if bisect_right(prompts, start) != bisect_right(prompts, end - 1):
                message = f"a prompt stands between {toolfix.describe(situation, call)} and its result"
                yield remark(situation, "T004", name, Severity.INFO, message, row, block, _late(situation, call, place))


def _loaded_result(situation: Situation, call: Call) -> tuple[int, int] | None:
    return next((place for place in call.results if place[0] in situation.loaded), None)


def _late(situation: Situation, call: Call, place: tuple[int, int]) -> tuple[Fix, ...]:
    row, block = place
    moved = tuple(toolfix.move_back(situation, call, row))
    if moved:
        return moved
    use = next((row for row, _block in call.uses if row in situation.loaded), None)
    if use is None:
        # What a tool of the API's own gave back goes with its call (T010, T011).
        return () if call.ref in halves(situation) else stray.orphan(situation, call, row, block)
    others = [at for at in call.results if at[0] in situation.loaded and at != place]
    also = () if others else toolfix.answer(situation, use, call.ref).edits
    return tuple(toolfix.as_text(situation, row, [block], "[result of an earlier tool call]", *also))


def misplaced_result(situation: Situation) -> Iterator[Finding]:
    """A tool result stands behind text in its own record, or in a record of the assistant.

    Results must come first in the message that follows the call; the API says that the call has no result although it
    is there. It happens in transcripts that were edited, converted or written by other programs. Only clients from
    2.0.24 to 2.1.29 put them in order.

    The blocks of the record are put in order; nothing is changed in them. What a result in a reply says is kept as
    text.
    """
    name = "misplaced-result"
    calls = situation.session.calls
    claimed: set[str | None] = set()
    for what in broken(situation, "T005"):
        ref = what.violation.ref
        if ref in claimed:
            continue
        claimed.add(ref)
        call = calls.get(ref or "")
        place = None if call is None else _loaded_result(situation, call)
        if what.row is not None and what.block is not None and "can only be" in what.violation.text:
            place = what.row, what.block
        fixes = () if call is None or place is None else _in_order(situation, call, place)
        message = f"the result of {toolfix.describe(situation, call)} does not come first"
        yield refusal(situation, name, what, message, fixes)
    scan = situation.session.scan
    results_first: dict[int, int] = {}
    for call in situation.odd_calls:
        place = None if call.ref in claimed else _loaded_result(situation, call)
        if place is None:
            continue
        row, block = place
        start = scan.first[row]
        if row not in results_first:
            kinds = scan.block_kind[start : scan.first[row + 1]]
            results_first[row] = next((i for i, kind in enumerate(kinds) if kind != BlockKind.TOOL_RESULT), len(kinds))
        behind = results_first[row] < block
        if scan.kind[row] == Kind.ASSISTANT:
            message = f"the result of {toolfix.describe(situation, call)} stands in a record of the assistant's"
            left = sends(situation) and not sent(situation, row, block)
            message += "; the client leaves it out" if left else ""
            severity = Severity.WARNING if left else Severity.INFO
            yield remark(situation, "T005", name, severity, message, row, block, _in_order(situation, call, place))
        elif behind:
            said = f"the result of {toolfix.describe(situation, call)} does not come first"
            message = f"{said}; this client puts it in order"
            yield remark(situation, "T005", name, Severity.INFO, message, row, block, _in_order(situation, call, place))


def _in_order(situation: Situation, call: Call, place: tuple[int, int]) -> tuple[Fix, ...]:
    row = place[0]
    if situation.session.kind(row) is Kind.ASSISTANT:
        return _late(situation, call, place)
    if not isinstance(content(situation, row)[1], list):
        return ()
    return situation.once(_reorder, row) or tuple(toolfix.move_back(situation, call, row))


def _reorder(situation: Situation, row: int) -> tuple[Fix, ...]:
    """The fix that puts the results of a record first, where they are not."""
    _base, found = content(situation, row)
    ordered = toolfix.results_first(found) if isinstance(found, list) else found
    return () if found == ordered else (safe("reorder", "Put the results first", set_content(situation, row, ordered)),)


RULES: tuple[Rule[Situation], ...] = (
    Rule("T004", "late-result", late_result, f"{R1}|{R2}|{O1}|{O2}", (
        Affect(Severity.ERROR, Outcome.REFUSED, until="2.1.70"), Affect(Severity.WARNING, since="2.1.70"),
    )),
    Rule("T005", "misplaced-result", misplaced_result, f"{R1}|blocks can only be in `?user`? messages", (
        Affect(Severity.ERROR, Outcome.REFUSED, until="2.0.24"),
        Affect(Severity.INFO, since="2.0.24", until="2.1.30"),
        Affect(Severity.ERROR, Outcome.REFUSED, since="2.1.30"),
    )),
)
