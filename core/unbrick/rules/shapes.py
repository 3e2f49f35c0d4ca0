"""Records without the form that clients rely on, and messages that clients leave out (C022 to C024)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import compress

from unbrick import words
from unbrick.edit import Adopt, Conform, DropRecord
from unbrick.entry import BlockKind, Flag, Kind
from unbrick.finding import Affect, Finding, Fix, Rule, Safety, Severity
from unbrick.scanning.ones import both
from unbrick.situation import Situation
from unbrick.thread import Outcome
from unbrick.weighing import measure

_THOUGHTS = (BlockKind.THINKING, BlockKind.REDACTED)


def message_left_out(situation: Situation) -> Iterator[Finding]:
    """A message of the conversation that the client does not send.

    A response of which only the thought was written, as where the client was killed, is left out from 2.1.20 on; so is
    from 2.1.90 on what carries the mark of something only shown (claude-code-resume-table, `think_only_end`,
    `x_virtual_flag`). A thought alone cannot be sent: the API wants a reply behind it. The mark can be taken off.
    """
    session, thread, request = situation.session, situation.thread, situation.request
    if not len(request):
        return
    left = bytearray(session.messages)
    for row in request.row:
        if row >= 0:
            left[row] = 0
    for row in compress(thread.rows, map(left.__getitem__, thread.rows)):
        kinds = [kind for _block, kind, _flags, _ref in situation.blocks(row)]
        if session.has(row, Flag.VIRTUAL):
            fix = Fix(
                "send", "Take the mark off, so that it is sent", Safety.RESTORES, (Adopt(situation.at(row)),),
                "brings back 1 message",
            )
            message = "it carries the mark of something that is only shown, and is not sent"
            fixes: tuple[Fix, ...] = (fix,)
        elif kinds and all(kind in _THOUGHTS for kind in kinds):
            message, fixes = "a thought without a reply behind it: the client leaves it out", ()
        else:
            continue
        yield Finding(
            "C022", "message-left-out", Severity.INFO, message, situation.at(row), row, fixes=fixes,
        )


def malformed_attachment(situation: Situation) -> Iterator[Finding]:
    """A reminder or another attachment lacks what clients rely on.

    The client stops while it loads the session, or with every prompt ("undefined is not an object", "Cannot read
    properties of undefined"; changelog 2.1.75, 2.1.217, 2.1.218, 2.1.223): lists of what was added or removed that are
    missing, a record without its attachment. Which types stop which version was tried on 2.1.112 to 2.1.329.

    What is missing is filled in with nothing; an attachment that needs what is lost is taken out.
    """
    session, thread = situation.session, situation.thread
    scan = session.scan
    malformed = both(scan.kinds(Kind.ATTACHMENT), scan.marked(Flag.MALFORMED))
    for row in thread.rows if 1 in malformed else ():
        if not malformed[row]:
            continue
        odd = situation.asks.conforms(row)
        at, goes = situation.at(row), row in set(situation.request.row)
        fixes = (Fix("fill", "Fill in what is missing with nothing", Safety.SAFE, (Conform(at),)),) if odd else (Fix(
            "drop", "Take the attachment out", Safety.LOSSY if goes else Safety.SAFE, (DropRecord(at),),
            "drops 1 attachment that cannot be read" if goes else words.SENT,
        ),)
        crash = thread.outcome is Outcome.CRASH
        yield Finding(
            "C023", "malformed-attachment", Severity.ERROR if crash else Severity.INFO,
            (odd or "the attachment lacks what it is about")
            + ("; the client stops at it" if crash else "; this client reads past it"),
            situation.at(row), row, fixes=fixes, outcome=Outcome.CRASH if crash else None,
            api_error=thread.error if crash else None,
        )


def error_sent_as_reply(situation: Situation) -> Iterator[Finding]:
    """The client's own notice of an error goes out as if the model had said it.

    Clients before 2.0.47 send such notices with the conversation ("API Error: …"); later ones leave them out
    (claude-code-resume-table, `api_error_mid`). The model reads that it failed, and nothing more happens.
    """
    session, request = situation.session, situation.request
    notices = session.scan.marked(Flag.API_ERROR)
    sent = set(request.row) if 1 in notices else set[int]()
    rows = [row for row in situation.thread.rows if row in sent and notices[row]] if sent else []
    if rows:
        count = measure.counted(len(rows), "notice")
        yield Finding(
            "C024", "error-sent-as-reply", Severity.INFO,
            f"{count} of an error {'goes' if len(rows) == 1 else 'go'} out in the model's name",
            situation.at(rows[0]), rows[0],
            fixes=(Fix(
                "drop", "Take the notices out", Safety.LOSSY, tuple(DropRecord(situation.at(row)) for row in rows),
                f"drops {count} of an error",
            ),),
        )


RULES: tuple[Rule[Situation], ...] = (
    Rule("C022", "message-left-out", message_left_out, None, (Affect(Severity.INFO, since="2.1.20"),)),
    Rule(
        "C023", "malformed-attachment", malformed_attachment,
        r"evaluating '\w+\.(?:attachment|addedLines|removedNames|files|memories|content|skills)\b", (
            Affect(Severity.ERROR, Outcome.CRASH, until="2.1.218"), Affect(Severity.INFO, since="2.1.218"),
        ),
    ),
    Rule("C024", "error-sent-as-reply", error_sent_as_reply, None, (Affect(Severity.INFO, until="2.0.47"),)),
)
