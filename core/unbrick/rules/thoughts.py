"""Rules of the content family about thinking that is refused for what stands around it, not for what it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from unbrick import models, recorded
from unbrick.answers import UPDATE, in_project
from unbrick.edit import DropRecord, Linearise
from unbrick.entry import BlockKind, Flag
from unbrick.finding import Advice, Affect, Finding, Fix, Rule, Severity
from unbrick.printable import shell
from unbrick.recorded import Recorded
from unbrick.request import Role
from unbrick.rules import toolfix
from unbrick.rules.parts import TALK, Broken, back, counted, named_here, named_place, recorded_error, refusal, safe
from unbrick.rules.thinking import THOUGHTS, without
from unbrick.situation import Situation, Violation
from unbrick.thread import Outcome

CHANGED = r"blocks in the latest assistant message cannot be modified"
FIRST = r"Expected `?thinking`? or `?redacted_thinking`?, but found"
BOUND = r"bound to a different conversation"


def latest_turn(situation: Situation) -> list[int]:
    """The messages of the latest assistant turn: replies back to the prompt before them, over results."""
    request = situation.request
    found: list[int] = []
    for message in range(len(request) - 1, -1, -1):
        if request.roles[message] == Role.ASSISTANT:
            found.append(message)
        elif found and request.roles[message] == Role.USER and not _goes_on(situation, message):
            break
    return found[::-1]


def _goes_on(situation: Situation, message: int) -> bool:
    """Whether a message holds results and no prompt, so that the turn before it goes on behind it."""
    request = situation.request
    rows = request.row[request.first[message] : request.first[message + 1]]
    prompted = any(row >= 0 and situation.session.has(row, Flag.PROMPT) for row in rows)
    return _answers(situation, message) and not prompted


def _answers(situation: Situation, message: int) -> bool:
    """Whether a message holds results."""
    request = situation.request
    return BlockKind.TOOL_RESULT in request.kind[request.first[message] : request.first[message + 1]]


def _thinking(situation: Situation, messages: Sequence[int]) -> list[int]:
    """The parts of some messages that are thinking."""
    request = situation.request
    return [
        index for message in messages for index in range(request.first[message], request.first[message + 1])
        if request.kind[index] in THOUGHTS and request.row[index] >= 0
    ]


def _refused(situation: Situation, code: str, name: str, part: int, said: str, message: str,
             fixes: tuple[Fix, ...]) -> Finding:
    """The finding of a refusal that shows at a part of the request; `said` goes on from its place."""
    request = situation.request
    place = request.locate(part)
    text = f"messages.{place[0]}.content.{place[1]}{said}"
    what = Broken(Violation(code, *place, text), request.row[part], request.block[part])
    return refusal(situation, name, what, message, fixes)


def modified_thinking(situation: Situation) -> Iterator[Finding]:
    """Thinking of the latest reply is not what the API gave.

    The API takes the thinking of the latest assistant turn back unchanged, in its order and all of it, or none (#10199,
    #63147, #63270 and dozens more). Parts of a reply that were streamed beside other agents, cut by a sleeping
    laptop or hung on another branch come back in pieces. A file cannot show whether the words are those of then, so
    this is found where the client recorded the refusal, or where a part of the thinking stands off the conversation or
    out of its order. Clients from 2.1.158 on take the thinking out and try again.

    A part that is still in the file is put back in its place. Otherwise all thinking of that turn is kept as text, or
    taken out: with only some of it gone the refusal stays. Where the place named moves from try to try the client
    builds the request wrongly (2.1.153 to 2.1.155): a newer one helps, an edit does not.
    """
    name = "modified-thinking"
    turn = latest_turn(situation)
    parts = _thinking(situation, turn)
    if not parts:
        return
    said = (
        ": `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified. These blocks "
        "must remain as they were in the original response."
    )
    fixes = without(situation, turn)
    pieces = next(_in_pieces(situation, parts), None)
    if pieces is not None:
        part, message, mended = pieces
        yield _refused(situation, "C016", name, part, said, message, (mended, *fixes))
        return
    error = recorded_error(situation, CHANGED)
    if error is None:
        return
    places = {named_place(tried) for tried in _tried(situation)} - {None}
    if len(places) > 1:
        bundle = situation.bundle
        command = in_project(bundle, f"{UPDATE} && claude --resume {shell(bundle.resume_id)}")
        yield Finding(
            "C016", name, Severity.WARNING,
            "the API refused the thinking of the latest reply at another place with each try: the client built the "
            "request wrongly, and no edit of the file holds",
            situation.at(error.row), error.row, api_error=error.text, cause="client",
            advice=(Advice("Update the client, then resume.", command),),
        )
        return
    message = "the API refused the thinking of the latest reply because it is not what it was"
    yield _refused(situation, "C016", name, _named(situation, parts, error), said, message, fixes)


def _tried(situation: Situation) -> Iterator[Recorded]:
    """The refusals since the last reply, the last first."""
    session = situation.session
    for row in recorded.error_rows(session):
        if any(recorded.is_reply(session, later) for later in range(row + 1, len(session))):
            return
        text = situation.text(row)
        if re.search(CHANGED, text):
            yield Recorded(row, text, past=False)


def _named(situation: Situation, parts: Sequence[int], error: Recorded) -> int:
    """The part that an error names, where it is among these; else the first of them."""
    place = named_here(situation, error)
    return next((part for part in parts if situation.request.locate(part) == place), parts[0])


def pieced(situation: Situation, message: int) -> tuple[Fix, ...]:
    """The fix for a reply whose thinking stands in pieces; none where it does not."""
    return tuple(fix for _part, _said, fix in _in_pieces(situation, _thinking(situation, [message])))


def _in_pieces(situation: Situation, parts: Sequence[int]) -> Iterator[tuple[int, str, Fix]]:
    """A part of each response whose thinking is partly off the thread or out of order, what is wrong, and the fix."""
    scan, loaded, request = situation.session.scan, situation.loaded, situation.request
    seen: set[int] = set()
    for part in parts:
        row = request.row[part]
        number = scan.message_id[row]
        if number < 0 or number in seen:
            continue
        seen.add(number)
        members = [one for one in toolfix.response(situation, row) if one == row or _whole(situation, one)]
        lost = [
            one for one in members if one not in loaded and situation.thread.standing_of(one) in toolfix.ELSEWHERE
            and any(kind in THOUGHTS for _block, kind, _flags, _ref in situation.blocks(one))
        ]
        on = sorted((one for one in members if one in loaded), key=loaded.__getitem__)
        turned = any(one > other and scan.time[one] > scan.time[other] for one, other in pairwise(on))
        if not lost and not turned:
            continue
        refs = toolfix.calls_of(situation, members)
        order = [*members, *sorted(toolfix.results_of(situation, refs))]
        gone = [one for one in order if one not in loaded]
        title = "Write the records of the response as one chain, in the order they came"
        fix = safe("one-chain", title, Linearise(tuple(map(situation.at, order))),
                   price=back(len(gone)) if gone else "keeps everything", brings=gone)
        if lost:
            yield part, f"{counted(len(lost), 'thinking record')} of the latest reply stands off the conversation", fix
        else:
            yield part, "the records of the latest reply stand in another order than they came in", fix


def _whole(situation: Situation, row: int) -> bool:
    """Whether a record is the one that its id names, and no error."""
    session = situation.session
    return session.row_of.get(session.scan.uuid[row]) == row and not session.has(row, Flag.API_ERROR | Flag.VIRTUAL)


def thinking_not_first(situation: Situation) -> Iterator[Finding]:
    """A turn that goes on does not begin with thinking.

    With thinking by a budget, as models before 4.6 have it, an assistant turn whose calls were just answered has to
    begin with thinking (#20727). It happens when the model or the thinking was switched in the middle of a turn, or
    when a record with thinking was lost; models from 4.6 on do not mind. It is found where the client recorded the
    refusal and the next prompt would still go out with the results of that turn; whether it ends the turn for the API
    is not known.

    The error that was recorded is taken out: it is never sent, and without it the client ends the turn in its own
    words and begins a new one, which needs no thinking.
    """
    error = recorded_error(situation, FIRST)
    turn = latest_turn(situation)
    if error is None or not turn or not models.thinks_by_budget(situation.target.model):
        return
    request = situation.request
    part = request.first[turn[0]]
    after = [message for message in range(turn[-1] + 1, len(request)) if request.roles[message] == Role.USER]
    if request.row[part] < 0 or request.kind[part] in THOUGHTS or not any(_answers(situation, one) for one in after):
        return
    kind = request.piece(part).get("type")
    said = (
        f".type: Expected `thinking` or `redacted_thinking`, but found `{kind}`. When `thinking` is enabled, a final "
        "`assistant` message must start with a thinking block (preceeding the lastmost set of `tool_use` and "
        "`tool_result` blocks)."
    )
    rows = situation.thread.rows
    talk = [row for row in rows if situation.session.scan.kind[row] in TALK]
    errors: list[int] = []
    while talk and situation.session.has(talk[-1], Flag.API_ERROR):
        errors.append(talk.pop())
    fixes = (safe("end-turn", "Take the recorded error out, so that the client ends the turn",
                  *(DropRecord(situation.at(row)) for row in errors)),) if errors else ()
    message = "the turn that the last prompt interrupts does not begin with thinking, which the API refused once"
    finding = _refused(situation, "C017", "thinking-not-first", part, said, message, fixes)
    yield replace(finding, severity=Severity.WARNING, outcome=None)


def bound_thinking(situation: Situation) -> Iterator[Finding]:
    """Thinking is bound to a conversation that reads differently by now.

    Models from Opus 5.5, Sonnet 5.5, Haiku 5.5 and Fable 5.1 on sign thinking together with all that stood before it;
    after a change there, the API refuses that thinking and all behind it ("The block is bound to a different
    conversation", docs on preserved thinking). No file shows whether something was changed by hand, so this is found
    where the client recorded the refusal; repairs here take the thinking behind an edit along. Clients from 2.1.200 on
    take all thinking out and try again.

    The thinking from the named place on is kept as text, or taken out; what stands before it stays valid. On another
    version than the one that was refused, places are numbered otherwise, and all thinking goes.
    """
    error = recorded_error(situation, BOUND)
    if error is None or not models.binds_thinking(situation.target.model):
        return
    request = situation.request
    start, _block = named_here(situation, error) or (0, 0)
    messages = [message for message in range(start, len(request)) if request.roles[message] == Role.ASSISTANT]
    parts = _thinking(situation, messages)
    if not parts:
        return
    said = (
        ": Invalid `signature` in `thinking` block. The block is bound to a different conversation. Remove the block, "
        'or set `thinking.block_binding.prefix_mismatch_behavior` to "drop_block".'
    )
    yield _refused(
        situation, "C018", "bound-thinking", _named(situation, parts, error), said,
        f"{counted(len(parts), 'thinking block')} from here on belong to a conversation that read differently",
        without(situation, messages),
    )


_HEALED = Affect(Severity.WARNING, Outcome.HEALED, since="2.1.158")

RULES: tuple[Rule[Situation], ...] = (
    Rule("C016", "modified-thinking", modified_thinking, CHANGED, (
        Affect(Severity.ERROR, Outcome.REFUSED, until="2.1.158"), _HEALED,
    )),
    Rule("C017", "thinking-not-first", thinking_not_first, FIRST, (Affect(Severity.WARNING),)),
    Rule("C018", "bound-thinking", bound_thinking, BOUND, (
        Affect(Severity.ERROR, Outcome.REFUSED, until="2.1.200"),
        Affect(Severity.WARNING, Outcome.HEALED, since="2.1.200"),
    )),
)
