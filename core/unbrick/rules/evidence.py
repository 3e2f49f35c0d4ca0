"""Rules about what the other files of a session hold, and what a resume would do to it."""

from __future__ import annotations

from collections.abc import Iterator

from unbrick.edit import SetValue
from unbrick.entry import BlockFlag, BlockKind
from unbrick.finding import FIRST, Advice, Affect, Finding, Rule, Severity
from unbrick.printable import shell
from unbrick.rules import toolfix
from unbrick.rules.parts import content, counted, remark, safe
from unbrick.situation import Situation
from unbrick.thread import Outcome


def evidence_at_risk(situation: Situation) -> Iterator[Finding]:
    """Resuming this session now destroys what is left of it.

    Amplifier rejects a transcript for one bad line, reads its backup in its place or else nothing, and says so in a
    log only. The session then goes on without its history: the first save moves the damaged file over the only
    backup, the second destroys it (run on the client's own code).

    Do not resume before the session is saved elsewhere or mended. Everything is still there.
    """
    thread = situation.thread
    if not thread.whole or not thread.losses or thread.outcome is Outcome.REFUSED:
        return
    folder = situation.bundle.path.resolve().parent
    came = "with no history at all" if thread.outcome is Outcome.EMPTY else "with an older state of it"
    yield Finding(
        "J010", "evidence-at-risk", Severity.ERROR,
        f"do not resume this session again before it is mended: the client would open it {came}, and its second save "
        "destroys what is still in this file",
        outcome=thread.outcome if thread.outcome is Outcome.EMPTY else None,
        advice=() if situation.bundle.main.private else (Advice(
            "Keep a copy of all its files first; nothing is changed by that.",
            f"cp -a {shell(str(folder))} {shell(str(folder.with_name(folder.name + '.kept')))}", FIRST,
        ),),
    )


def held_elsewhere(situation: Situation) -> Iterator[Finding]:
    """Another file of the session holds messages that the transcript does not.

    A client that came up without history saves the new messages alone, and the old ones stand in its backup until the
    next save. A crash between a reply and the next save leaves what was said in the event log alone.

    Where the transcript does not begin as its backup does, the older history is put in front of it. What the log tells
    beyond the last record may have been cut off on purpose, so it comes back only when asked for.
    """
    for found in situation.recovered:
        if found.refs or (not found.behind and found.row >= 0):
            continue
        row = max(found.row, 0) if len(situation.session) else None
        severity = Severity.ERROR if found.sure else Severity.INFO
        where = "before the first record" if found.row < 0 else "behind the last record"
        message = f"{found.source} holds {counted(found.messages, 'message')} {where} that the transcript does not"
        fix = toolfix.bring_in(situation, found, f"Bring in {counted(found.messages, 'message')} from {found.source}")
        yield Finding(
            "J011", "held-elsewhere", severity, message, None if row is None else situation.at(row), row,
            fixes=(fix,), unread=found.messages if found.sure else 0,
        )


def made_up_result(situation: Situation) -> Iterator[Finding]:
    """A result was made up by the client, and another file of the session holds the real one.

    Amplifier's repair before a turn writes "Tool execution was interrupted and no result was captured" for every call
    without a result, also where the tool had finished: its event log holds what the tool gave back.

    The real result is put in the place of the made-up one.
    """
    scan = situation.session.scan
    first, kinds, flags = scan.first, scan.block_kind, scan.block_flags
    synthetic, result = int(BlockFlag.SYNTHETIC), int(BlockKind.TOOL_RESULT)
    suspects = [
        (row, index - first[row], scan.strings.text(scan.block_ref[index]) or "") for row in situation.thread.rows
        for index in range(first[row], first[row + 1]) if flags[index] & synthetic and kinds[index] == result
    ] if situation.thread.whole else []
    if not suspects:
        return
    held = situation.asks.results({ref for _row, _block, ref in suspects})
    for row, block, ref in suspects:
        real = held.get(ref)
        if real is None or real.content is None:
            continue
        base, _found = content(situation, row)
        call = situation.session.calls.get(ref)
        yield remark(
            situation, "T016", "made-up-result", Severity.WARNING,
            f"the result of {toolfix.describe(situation, call)} was made up by the client; the real one stands in "
            f"{real.source}", row, block,
            (safe(
                "real-result", f"Put the real result in its place, from {real.source}",
                SetValue(situation.at(row), (*base, block, "content"), real.content),
                price="brings back 1 real result",
            ),),
        )


RULES: tuple[Rule[Situation], ...] = (
    Rule("J010", "evidence-at-risk", evidence_at_risk, None, (
        Affect(Severity.ERROR, Outcome.EMPTY, client="amplifier"),
    )),
    Rule("J011", "held-elsewhere", held_elsewhere, None, (Affect(Severity.ERROR, client="amplifier"),)),
    Rule("T016", "made-up-result", made_up_result, None, (Affect(Severity.WARNING, client="amplifier"),)),
)
