"""Rules of the tools family: every call answered once, directly, under an id, a name and an input that are valid."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from unbrick.entry import BlockFlag, BlockKind, Flag, Kind
from unbrick.finding import Affect, Finding, Fix, Rule, Severity
from unbrick.request import Synthetic
from unbrick.rules import toolfix, toolshape
from unbrick.rules.parts import broken, content, counted, refusal, remark, safe, sends, sent, set_content, stored
from unbrick.session import Call, Standing
from unbrick.situation import Situation
from unbrick.thread import Outcome

R1 = r"tool_use`? ids were found without `?tool_result|was found without a corresponding `?\w+_tool_result"
R2 = r"unexpected `?tool_use_id`? found in `?\w*tool_result`? blocks"
KEPT = "[result of a tool call that is not in the transcript]"


def unanswered_call(situation: Situation) -> Iterator[Finding]:
    """A tool call has no result.

    The API refuses a conversation in which a call is not answered in the very next message (#473, #2423, #8763). It
    happens when the client is killed or interrupted while a tool runs, or when one of several parallel results is not
    written. Most clients hide it by leaving the call out, so that the model does not know it ever ran; from 2.1.281
    on they answer a call at the end in their own words.

    If the result is elsewhere in the file it is put back. Otherwise the call is answered with the words that the
    newest client uses itself: its outcome is unknown.
    """
    name = "unanswered-call"
    calls = situation.session.calls
    claimed: set[str | None] = set()
    for what in broken(situation, "T001"):
        call = calls.get(what.violation.ref or "")
        claimed.add(what.violation.ref)
        fixes: tuple[Fix, ...] = ()
        if call is not None and what.row is not None:
            fixes = _answers(situation, call, what.row)
        yield refusal(situation, name, what, f"{_call(situation, call)} has no result", fixes)
    invented = _invented(situation)
    for call in situation.calls if sends(situation) else ():
        if call.ref in claimed or any(row in situation.loaded for row, _block in call.results):
            continue
        for row, block in call.uses:
            if row not in situation.loaded or situation.session.has(row, Flag.API_ERROR | Flag.VIRTUAL):
                continue
            if not sent(situation, row, block):
                fate = "the client leaves it out, and the model does not know that it ran"
            elif call.ref in invented:
                fate = "the client answers it in its own words"
            else:
                continue
            lost = toolfix.elsewhere(situation, call.results)
            where = f"its result in line {situation.at(lost[0]).line:,} is not loaded" if lost else "it has no result"
            certain = any(situation.thread.standing_of(found) is Standing.LOST for found in lost)
            yield remark(
                situation, "T001", name, Severity.ERROR if certain else Severity.WARNING,
                f"{_call(situation, call)}: {where}; {fate}", row, block, _answers(situation, call, row),
            )


def _answers(situation: Situation, call: Call, row: int) -> tuple[Fix, ...]:
    if _server(situation, call):
        block = next(block for at, block in call.uses if at == row)
        return (toolfix.drop(situation, row, block, "call", "Take the call of the API's own tool out"),)
    return (*toolfix.bring_back(situation, call, row), toolfix.answer(situation, row, call.ref))


def _server(situation: Situation, call: Call) -> bool:
    return call.ref.startswith("srvtoolu_")


def _invented(situation: Situation) -> set[str | None]:
    """Calls that the client answers itself."""
    request = situation.request
    return {request.refs[index] for index, why in request.synthetic.items() if why is Synthetic.RESULT}


def _call(situation: Situation, call: Call | None) -> str:
    """`the call of Bash (toolu_01…)`."""
    if call is None:
        return "a call"
    scan = situation.session.scan
    for row, block in call.uses:
        name = scan.strings.text(scan.block_name[scan.first[row] + block])
        return f"the call of {name[:60] if name else 'a tool'} ({call.ref})"
    return f"the call {call.ref}"


def orphaned_result(situation: Situation) -> Iterator[Finding]:
    """A tool result answers a call that does not stand in the message before it.

    The API refuses it (#11042, #24670, #40305). It happens when the record of the call is lost, or when a compaction,
    a rewind or an edit cut between the two. Clients from 2.1.70 on leave the result out or put a placeholder in its
    place.

    If the call is on a lost branch, the result is hung on it again. Otherwise what it says is kept as text.
    """
    name = "orphaned-result"
    calls = situation.session.calls
    claimed: set[tuple[int, int]] = set()
    for what in broken(situation, "T002"):
        call = calls.get(what.violation.ref or "")
        fixes: tuple[Fix, ...] = ()
        if what.row is not None and what.block is not None:
            claimed.add((what.row, what.block))
            fixes = _orphan(situation, call, what.row, what.block)
        ref = what.violation.ref
        yield refusal(situation, name, what, f"a result answers {ref}, a call that does not stand before it", fixes)
    for call in situation.calls if sends(situation) else ():
        if any(row in situation.loaded for row, _block in call.uses):
            continue
        for row, block in call.results:
            if row in situation.loaded and (row, block) not in claimed and not sent(situation, row, block):
                yield remark(
                    situation, "T002", name, Severity.WARNING,
                    f"a result answers {call.ref}, a call that the client does not load; the client leaves it out",
                    row, block, _orphan(situation, call, row, block),
                )


def _orphan(situation: Situation, call: Call | None, row: int, block: int) -> tuple[Fix, ...]:
    drop = toolfix.drop(situation, row, block, "result", "Take the result out")
    if call is None or _server(situation, call):
        return (drop,)
    relink = toolfix.relink_to_call(situation, call, row)
    return (*relink, *toolfix.as_text(situation, row, block, KEPT), drop)


def duplicated_result(situation: Situation) -> Iterator[Finding]:
    """A tool call is answered more than once.

    The API refuses a second result for one call. It happens when records are written twice, or when an invented
    "result missing" is later followed by the real one. Clients from 2.1.80 on send the first and leave the rest out.

    The real result is kept, the repeat or the invented one is taken out.
    """
    name = "duplicated-result"
    violated = {what.violation.ref: what for what in broken(situation, "T003")}
    for call in situation.calls:
        loaded = [place for place in call.results if place[0] in situation.loaded]
        if len(loaded) < 2 or _ambiguous(situation, call):
            continue
        loaded.sort(key=lambda place: (situation.loaded[place[0]], place[1]))
        keep = next((place for place in loaded if not _synthetic(situation, place)), loaded[0])
        what = violated.pop(call.ref, None)
        for place in loaded:
            if place == keep:
                continue
            row, block = place
            repeated = _synthetic(situation, place) or _same(situation, keep, place)
            message = f"{_call(situation, call)} is answered {counted(len(loaded), 'time')}"
            message += " by the same result" if repeated else ", by different results"
            drop = toolfix.drop(situation, row, block, "result", "Take the repeated result out")
            fixes: tuple[Fix, ...]
            if repeated:
                fixes = (safe("drop", drop.title, *drop.edits),)
            else:
                fixes = (*toolfix.as_text(situation, row, block, "[second result of one tool call]"), drop)
            if what is not None:
                yield refusal(situation, name, type(what)(what.violation, row, block), message, fixes)
            else:
                lost = not sent(situation, *keep) or not (repeated or sent(situation, row, block))
                lost = lost and sends(situation)
                severity = Severity.WARNING if lost else Severity.INFO
                yield remark(situation, "T003", name, severity, message, row, block, fixes)
    for what in violated.values():
        yield refusal(situation, name, what, "a call is answered more than once")


def _ambiguous(situation: Situation, call: Call) -> bool:
    """Whether several calls carry this id: which result is whose is settled first (T006)."""
    return sum(row in situation.loaded for row, _block in call.uses) > 1


def _synthetic(situation: Situation, place: tuple[int, int]) -> bool:
    scan = situation.session.scan
    return bool(scan.block_flags[scan.first[place[0]] + place[1]] & BlockFlag.SYNTHETIC)


def _same(situation: Situation, one: tuple[int, int], other: tuple[int, int]) -> bool:
    def essence(place: tuple[int, int]) -> object:
        block = stored(situation, *place)
        return block.get("content") if isinstance(block, dict) else block
    return essence(one) == essence(other)


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
        known = call is not None and place is not None and not _ambiguous(situation, call)
        fixes = _late(situation, call, place) if known and call is not None and place is not None else ()
        yield refusal(situation, name, what, f"{_call(situation, call)} is answered too late", fixes)
    invented = _invented(situation)
    prompts = [place for place, row in enumerate(situation.thread.rows) if situation.session.has(row, Flag.PROMPT)]
    for call in situation.calls if sends(situation) else ():
        if call.ref in seen or not call.results or not call.uses or _ambiguous(situation, call):
            continue
        use = next((row for row, _block in call.uses if row in situation.loaded), None)
        place = _loaded_result(situation, call)
        if use is None or place is None:
            continue
        row, block = place
        if situation.session.kind(row) is Kind.ASSISTANT:
            continue
        if call.ref in invented and not sent(situation, row, block):
            message = f"{_call(situation, call)} is answered too late; the client answers it in its own words instead"
            yield remark(situation, "T004", name, Severity.WARNING, message, row, block, _late(situation, call, place))
        elif not sent(situation, row, block) and not any(sent(situation, *at) for at in call.uses):
            message = f"{_call(situation, call)} and its result stand apart; the client leaves both out"
            yield remark(situation, "T004", name, Severity.WARNING, message, row, block, _late(situation, call, place))
        elif prompts:
            start, end = situation.loaded[use], situation.loaded[row]
            if bisect_right(prompts, start) != bisect_right(prompts, end - 1):
                message = f"a prompt stands between {_call(situation, call)} and its result"
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
        return ()
    others = [at for at in call.results if at[0] in situation.loaded and at != place]
    also = () if others else toolfix.answer(situation, use, call.ref).edits
    return tuple(toolfix.as_text(situation, row, block, "[result of an earlier tool call]", *also))


def misplaced_result(situation: Situation) -> Iterator[Finding]:
    """A tool result stands behind text in its own record, or in a record of the assistant.

    Results must come first in the message that follows the call; the API says that the call has no result although it
    is there. It happens in transcripts that were edited, converted or written by other programs. No client but 2.0.76
    and 2.1.20 puts them in order.

    The blocks of the record are put in order; nothing is changed in them.
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
        yield refusal(situation, name, what, f"the result of {_call(situation, call)} does not come first", fixes)
    scan = situation.session.scan
    for call in situation.calls:
        place = None if call.ref in claimed else _loaded_result(situation, call)
        if place is None:
            continue
        row, block = place
        start = scan.first[row]
        behind = any(scan.block_kind[start + before] != BlockKind.TOOL_RESULT for before in range(block))
        if scan.kind[row] == Kind.ASSISTANT:
            message = f"the result of {_call(situation, call)} stands in a record of the assistant's"
            left = sends(situation) and not sent(situation, row, block)
            message += "; the client leaves it out" if left else ""
            severity = Severity.WARNING if left else Severity.INFO
            yield remark(situation, "T005", name, severity, message, row, block, _in_order(situation, call, place))
        elif behind:
            message = f"the result of {_call(situation, call)} does not come first; this client puts it in order"
            yield remark(situation, "T005", name, Severity.INFO, message, row, block, _in_order(situation, call, place))


def _in_order(situation: Situation, call: Call, place: tuple[int, int]) -> tuple[Fix, ...]:
    row = place[0]
    if situation.session.kind(row) is Kind.ASSISTANT:
        return _late(situation, call, place)
    _base, found = content(situation, row)
    if not isinstance(found, list):
        return ()
    results = [part for part in found if isinstance(part, dict) and part.get("type") == "tool_result"]
    others = [part for part in found if not (isinstance(part, dict) and part.get("type") == "tool_result")]
    if found == [*results, *others]:
        return tuple(toolfix.move_back(situation, call, row))
    return (safe("reorder", "Put the results first", set_content(situation, row, [*results, *others])),)


RULES: tuple[Rule[Situation], ...] = (
    Rule("T001", "unanswered-call", unanswered_call, R1, (Affect(Severity.WARNING),)),
    Rule("T002", "orphaned-result", orphaned_result, R2, (
        Affect(Severity.ERROR, Outcome.REFUSED, until="2.1.70"), Affect(Severity.WARNING, since="2.1.70"),
    )),
    Rule("T003", "duplicated-result", duplicated_result, r"each tool_use must have a single result", (
        Affect(Severity.ERROR, Outcome.REFUSED, until="2.1.80"), Affect(Severity.INFO, since="2.1.80"),
    )),
    Rule("T004", "late-result", late_result, f"{R1}|{R2}", (
        Affect(Severity.ERROR, Outcome.REFUSED, until="2.1.70"), Affect(Severity.WARNING, since="2.1.70"),
    )),
    Rule("T005", "misplaced-result", misplaced_result, f"{R1}|blocks can only be in `?user`? messages", (
        Affect(Severity.ERROR, Outcome.REFUSED, until="2.0.76"),
        Affect(Severity.INFO, since="2.0.76", until="2.1.70"),
        Affect(Severity.ERROR, Outcome.REFUSED, since="2.1.70"),
    )),
    *toolshape.RULES,
)
