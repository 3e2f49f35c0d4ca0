"""Rules of the size family: what fits into the model's window and into one request."""

from __future__ import annotations

import re
from collections.abc import Iterator

from unbrick import measure, recorded
from unbrick.answers import contents, listing
from unbrick.filling import filling, heaviest
from unbrick.finding import Advice, Affect, Finding, Rule, Severity
from unbrick.ladder import advices, fixes, ladder, lighten
from unbrick.record import compact
from unbrick.situation import Situation
from unbrick.thread import Outcome

LIMIT = 32 * 1024 * 1024
"""Bytes of one request (messages-api-rules R25)."""

NEAR = 0.7
"""Share of the limit from which a request is measured exactly."""

AFTER = 0.9
"""Share of the limit that a request which was too large is brought down to."""

TOO_LONG = re.compile(
    r"prompt is too long|conversation too long|input length and `?max_tokens`? exceed context"
    r"|exceeds? the context window",
    re.IGNORECASE,
)


def context_too_long(situation: Situation) -> Iterator[Finding]:
    """The conversation is longer than the model's window.

    The API refuses it ("prompt is too long"). Clients from 1.0 to 2.1.139 stop there, and their `/compact` fails in
    the same way since it sends the same history; later ones compact by themselves and go on with a summary
    (claude-code-resume §3, safety net). With automatic compaction on, and a last reply counted near the window, 2.1.139
    compacts before it sends the prompt, and leaves the oldest turns out until that goes through (observed).

    Ways out, by what they keep: a model with a larger window; notes in the place of images and of the fewest old
    results that make it fit; a copy cut behind an earlier complete turn. The tokens that each leaves are estimates,
    but where the transcript recorded what the API counted, they start from that count.
    """
    if situation.request.shortens:
        return
    session, rows = situation.session, situation.thread.rows
    window = measure.window(situation)
    count = measure.context(session, rows)
    error = recorded.last(situation)
    refused = error is not None and not error.past and TOO_LONG.search(error.text) is not None
    if count <= window and not (refused and count > window * measure.ROOM):
        return
    severity = BY_NAME["context-too-long"].severity(situation.target, situation.size)
    outcome = Outcome.HEALED if severity is Severity.WARNING else Outcome.REFUSED
    said = f"; the last request was refused with “{error.text.splitlines()[0]}”" if refused and error else ""
    after = (
        "Unless automatic compaction comes first, the client refuses to go on, and its /compact sends the same history."
        if outcome is Outcome.REFUSED else
        "The client will compact by itself: the model goes on with a summary in the place of the history."
    )
    rungs = ladder(situation)
    leaf = situation.thread.leaf
    yield Finding(
        "S001", "context-too-long", severity,
        f"the conversation is about {measure.tokens(count)} long, the model's window {window:,}{said}. {after} Most of "
        f"it: {heaviest(filling(situation))}.",
        None if leaf is None else situation.at(leaf), leaf,
        api_error=f"prompt is too long: {max(count, window + 1)} tokens > {window} maximum",
        fixes=fixes(rungs), outcome=outcome, advice=(*advices(rungs), *_more(situation)),
    )


def _more(situation: Situation) -> Iterator[Advice]:
    """Where the numbers stand in full, and what is possible afterwards."""
    yield Advice(
        "See what fills the context, by kind and tool, and every way to make it fit.", contents(situation.bundle),
    )
    yield Advice("See every safe point with the tokens it leaves, and choose one.", listing(situation.bundle))
    yield Advice("Once it resumes, /compact has the room that it needs.", label="then")


def request_too_large(situation: Situation) -> Iterator[Finding]:
    """The request is larger than 32 MB, which the API takes at most whatever the model (HTTP 413).

    Images, documents and large results make it so; the model's window may still have room. Clients before 2.1.212
    repeat the refusal forever, later ones strip media or compact (anthropics/claude-code#17510).
    """
    request = situation.request
    scan = situation.session.scan

    def size_of(place: tuple[int, int]) -> int:
        """Characters of a block; of a record that is sent without having blocks, an attachment, its bytes."""
        row, block = place
        blocks = scan.blocks(row)
        return scan.block_size[blocks[block]] if block < len(blocks) else scan.size[row]

    rough = sum(map(size_of, situation.sent))
    if rough < LIMIT * NEAR:
        return
    exact = sum(len(compact(message)) for message in request.messages())
    if exact <= LIMIT:
        return
    severity = BY_NAME["request-too-large"].severity(situation.target, situation.size)
    row, block = max(situation.sent, key=size_of)
    message, index = request.locate(situation.sent[row, block])
    size = size_of((row, block))
    yield Finding(
        "S002", "request-too-large", severity,
        f"the messages to send are {exact / 1e6:,.1f} MB, the API takes 32 MB; the largest part, "
        f"{size / 1e6:,.1f} MB, stands here",
        situation.at(row), row, block, message_index=message, block_index=index,
        api_error="Request exceeds the maximum size",
        outcome=Outcome.HEALED if severity is Severity.WARNING else Outcome.REFUSED,
        fixes=tuple(lighten(situation, exact - int(LIMIT * AFTER))),
        advice=(Advice("See every safe point with the tokens it leaves, and choose one.",
                       listing(situation.bundle)),),
    )


RULES: tuple[Rule[Situation], ...] = (
    Rule(
        "S001", "context-too-long", context_too_long,
        r"prompt is too long|conversation too long|input length and `?max_tokens`? exceed context",
        (
            Affect(Severity.ERROR, Outcome.REFUSED, until="2.1.158"),
            Affect(Severity.WARNING, Outcome.HEALED, since="2.1.158", until="2.1.266"),
            Affect(Severity.ERROR, Outcome.REFUSED, since="2.1.266", until="2.1.290"),
            Affect(Severity.WARNING, Outcome.HEALED, since="2.1.290"),
        ),
    ),
    Rule(
        "S002", "request-too-large", request_too_large,
        r"request too large|request_too_large|exceeds the maximum (?:allowed )?(?:size|number of bytes)|\b413\b",
        (
            Affect(Severity.ERROR, Outcome.REFUSED, until="2.1.290"),
            Affect(Severity.WARNING, Outcome.HEALED, since="2.1.290"),
        ),
    ),
)

BY_NAME = {rule.name: rule for rule in RULES}
