"""Rules of the tools family: every call answered once, directly, under an id, a name and an input that are valid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from unbrick.edit import Conform
from unbrick.entry import BlockFlag, BlockKind, Flag
from unbrick.finding import Affect, Finding, Fix, Rule, Severity
from unbrick.rules import features, served, stray, toolfix, toolplace, toolshape
from unbrick.rules.parts import broken, counted, refusal, remark, safe, sends, sent, stored
from unbrick.session import Call, Standing
from unbrick.situation import Situation
from unbrick.thread import Outcome


def unanswered_call(situation: Situation) -> Iterator[Finding]:
    """A tool call has no result.

    It happens when the client is killed or interrupted while a tool runs, or when one of several parallel results is
    not written. The API refuses a conversation in which a call is not answered in the very next message (#473, #2423,
    #8763). Most clients hide it by leaving the call out, so that the model does not know that it ran; from 2.1.290 on
    they answer a call at the end themselves, on disk, and say that its outcome is unknown.

    Amplifier stores the results of a reply when all its tools are done, so a crash, or a request that failed behind
    them, leaves every call of the last reply without one (microsoft/amplifier#217). In a terminal it makes errors up
    for them before the next turn; `run --resume` is refused at the second request of the turn.

    A result that is elsewhere in the file, or that another file of the session holds, is put back. Otherwise the call
    is answered in the words of those clients.
    """
    name = "unanswered-call"
    calls = situation.session.calls
    claimed: set[str | None] = set()
    for what in broken(situation, "T001"):
        call = calls.get(what.violation.ref or "")
        claimed.add(what.violation.ref)
        fixes: tuple[Fix, ...] = ()
        said = f"{toolfix.describe(situation, call)} has no result"
        if call is not None and what.row is not None:
            fixes = _answers(situation, call, what.row)
            early = stray.before(situation, call, what.row)
            said = f"{toolfix.describe(situation, call)} stands behind its result" if early is not None else said
            said += toolfix.known(situation, call.ref)
        yield refusal(situation, name, what, said, fixes)
    invented = toolfix.invented(situation)
    parallel = toolfix.lost_responses(situation)
    for call in situation.odd_calls if sends(situation) else ():
        if call.ref in claimed or any(row in situation.loaded for row, _block in call.results):
            continue
        lost = toolfix.elsewhere(situation, call.results)
        for row, block in call.uses:
            if row not in situation.loaded or situation.session.has(row, Flag.API_ERROR | Flag.VIRTUAL):
                continue
            if not sent(situation, row, block):
                fate = "the client leaves it out, so the model does not know that it ran"
            elif call.ref in invented:
                fate = "the client answers it itself, in words of its own"
            else:
                continue
            hidden = toolfix.damaged(situation, call.ref, BlockKind.TOOL_RESULT)
            if hidden is not None:
                said = f"the result of {toolfix.describe(situation, call)} {_mend_first(situation, hidden)}"
                yield remark(situation, "T001", name, Severity.INFO, said, row, block)
                continue
            if lost and situation.session.scan.message_id[row] in parallel:
                continue  # L009 speaks of the whole response
            said = toolfix.describe(situation, call)
            if lost:
                said = f"the result of {said}, {situation.place(lost[0])}, is not loaded"
            else:
                said = f"{said} has no result"
            certain = any(situation.thread.standing_of(found) is Standing.LOST for found in lost)
            severity = Severity.ERROR if certain else Severity.WARNING
            if not lost and call.ref in invented and situation.request.settles:
                severity, fate = Severity.INFO, "the client answers it itself, and says that its outcome is unknown"
            said = f"{said}; {fate}{toolfix.known(situation, call.ref)}"
            yield remark(situation, "T001", name, severity, said, row, block, _answers(situation, call, row))


def _mend_first(situation: Situation, row: int) -> str:
    return f"stands on {situation.place(row)}, which is damaged: mend that first"


def _answers(situation: Situation, call: Call, row: int) -> tuple[Fix, ...]:
    if toolfix.server(call):
        block = next(block for at, block in call.uses if at == row)
        return (toolfix.drop(situation, row, block, "call", "Take the call of the API's own tool out"),)
    early = stray.before(situation, call, row)
    if early is not None:
        return tuple(toolfix.move_back(situation, call, early))
    fix = toolfix.answer(situation, row, call.ref)
    if toolfix.odd_form(situation, call):
        title = f"{fix.title}; write the call in both places"
        fix = replace(fix, title=title, edits=(Conform(situation.at(row)), *fix.edits))
    return (*toolfix.bring_back(situation, call, row), fix)


def orphaned_result(situation: Situation) -> Iterator[Finding]:
    """A tool result answers a call that does not stand in the message before it.

    It happens when the record of the call is lost, or when a compaction, a rewind or an edit cut between the two. The
    API refuses it (#11042, #24670, #40305). Clients from 2.1.70 on leave the result out or put a placeholder in its
    place.

    If the call is on a lost branch, the result is hung on it again. Otherwise what it says is kept as text.
    """
    name = "orphaned-result"
    calls = situation.session.calls
    claimed: set[tuple[int, int]] = set()
    for what in broken(situation, "T002"):
        call = calls.get(what.violation.ref or "")
        fixes: tuple[Fix, ...] = ()
        ref = what.violation.ref
        said = f"the call that this result answers ({ref}) does not stand before it"
        hidden = toolfix.damaged(situation, ref, BlockKind.TOOL_USE)
        if what.row is not None and what.block is not None:
            claimed.add((what.row, what.block))
            if call is not None and toolfix.odd_form(situation, call):
                continue  # T014 speaks of the call
            fixes = stray.orphan(situation, call, what.row, what.block) if hidden is None else ()
        if hidden is not None:
            said = f"the call that this result answers ({ref}) {_mend_first(situation, hidden)}"
        yield refusal(situation, name, what, said, fixes)
    for call in situation.odd_calls if sends(situation) else ():
        if any(row in situation.loaded for row, _block in call.uses):
            continue
        for row, block in call.results:
            if row in situation.loaded and (row, block) not in claimed and not sent(situation, row, block):
                hidden = toolfix.damaged(situation, call.ref, BlockKind.TOOL_USE)
                if hidden is not None:
                    said = f"the call that this result answers ({call.ref}) {_mend_first(situation, hidden)}"
                    yield remark(situation, "T002", name, Severity.INFO, said, row, block)
                    continue
                yield remark(
                    situation, "T002", name, Severity.WARNING,
                    f"the call that this result answers ({call.ref}) is not loaded; the client leaves the result out",
                    row, block, stray.orphan(situation, call, row, block),
                )


def duplicated_result(situation: Situation) -> Iterator[Finding]:
    """A tool call is answered more than once.

    It happens when records are written twice, or when a client's own "result missing" is followed by the real one. The
    API refuses a second result for one call. Clients from 2.1.80 on send the first and leave the rest out.

    The real result stays; a repeat or the client's own one is taken out.
    """
    name = "duplicated-result"
    violated = {what.violation.ref: what for what in broken(situation, "T003")}
    for call in situation.odd_calls:
        loaded = [place for place in call.results if place[0] in situation.loaded]
        if len(loaded) < 2 or toolfix.ambiguous(situation, call):
            continue
        loaded.sort(key=lambda place: (situation.loaded[place[0]], place[1]))
        keep = next((place for place in loaded if not _synthetic(situation, place)), loaded[0])
        what = violated.pop(call.ref, None)
        for place in loaded:
            if place == keep:
                continue
            row, block = place
            repeated = _synthetic(situation, place) or _same(situation, keep, place)
            message = f"{toolfix.describe(situation, call)} is answered {counted(len(loaded), 'time')}"
            message += ", with the same result" if repeated else ", with different results"
            drop = toolfix.drop(situation, row, block, "result", "Take the repeated result out")
            fixes: tuple[Fix, ...]
            if repeated:
                fixes = (safe("drop", drop.title, *drop.edits),)
            else:
                fixes = (*toolfix.as_text(situation, row, [block], "[second result of one tool call]"), drop)
            if what is not None:
                yield refusal(situation, name, type(what)(what.violation, row, block), message, fixes)
            else:
                lost = not sent(situation, *keep) or not (repeated or sent(situation, row, block))
                lost = lost and sends(situation)
                severity = Severity.WARNING if lost else Severity.INFO
                yield remark(situation, "T003", name, severity, message, row, block, fixes)
    for what in violated.values():
        yield refusal(situation, name, what, "a call is answered more than once")


def _synthetic(situation: Situation, place: tuple[int, int]) -> bool:
    scan = situation.session.scan
    return bool(scan.block_flags[scan.first[place[0]] + place[1]] & BlockFlag.SYNTHETIC)


def _same(situation: Situation, one: tuple[int, int], other: tuple[int, int]) -> bool:
    def essence(place: tuple[int, int]) -> object:
        block = stored(situation, *place)
        return block.get("content") if isinstance(block, dict) else block
    return essence(one) == essence(other)


RULES: tuple[Rule[Situation], ...] = (
    Rule("T001", "unanswered-call", unanswered_call, f"{toolplace.R1}|{toolplace.O1}", (Affect(Severity.WARNING),)),
    Rule("T002", "orphaned-result", orphaned_result, f"{toolplace.R2}|{toolplace.O2}", (
        Affect(Severity.ERROR, Outcome.REFUSED, until="2.1.70"), Affect(Severity.WARNING, since="2.1.70"),
    )),
    Rule("T003", "duplicated-result", duplicated_result,
         r"each tool_use must have a single result|Duplicate value for 'tool_call_id' of '[^']*', in messages"
         r"|Duplicate function_call_output", (
        Affect(Severity.ERROR, Outcome.REFUSED, until="2.1.80"), Affect(Severity.INFO, since="2.1.80"),
    )),
    *toolplace.RULES,
    *toolshape.RULES,
    *served.RULES,
    features.REFERENCE,
)
