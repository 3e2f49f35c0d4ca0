"""What the next request quotes of the last reply (E005)."""

from __future__ import annotations

from collections.abc import Iterator

from unbrick.edit import DropRecords
from unbrick.entry import Flag, Kind
from unbrick.finding import Affect, Finding, Fix, Rule, Safety, Severity
from unbrick.situation import Situation
from unbrick.weighing import measure

GIVEN = "msg_"
"""How the API begins the id of a reply."""


def quoted_error(situation: Situation) -> Iterator[Finding]:
    """The last reply of the session is the client's own notice of an error, whose id the API never gave.

    Clients of May and June 2026 quote the id of the reply before in each request. After an overload or a usage limit
    that is the id of the notice, and the API refuses every prompt: "diagnostics.previous_message_id: must be the `id`
    from a prior /v1/messages response" (anthropics/claude-code#58427, #59520, #68553). Compacting does not help, a
    restart or another client does. Without the notices at the end the client quotes a real reply.
    """
    session, scan = situation.session, situation.session.scan
    if not any(affect.holds(situation.target, situation.size) for affect in QUOTED_ERROR.affects):
        return
    notices: list[int] = []
    for row in reversed(situation.thread.rows):
        if session.kind(row) is Kind.ASSISTANT:
            if not session.has(row, Flag.API_ERROR) or (
                (scan.strings.text(scan.message_id[row]) or "").startswith(GIVEN)
            ):
                break
            notices.append(row)
    if not notices:
        return
    notices.reverse()
    count = measure.counted(len(notices), "notice")
    yield Finding(
        "E005", "quoted-error", Severity.INFO,
        f"the conversation ends in {count} of an error, whose id this client may quote to the API",
        situation.at(notices[0]), notices[0],
        fixes=(Fix(
            "notices", "Take the notices at the end out", Safety.SAFE,
            (DropRecords(tuple(situation.at(row) for row in notices)),), "keeps everything that would be sent",
        ),),
    )


QUOTED_ERROR: Rule[Situation] = Rule(
    "E005", "quoted-error", quoted_error, None,
    (Affect(Severity.INFO, since="2.1.139", until="2.1.200"),),
)

RULES: tuple[Rule[Situation], ...] = (QUOTED_ERROR,)
