"""Rules of the size family: what fits into the model's window and into one request."""

from __future__ import annotations

import re
from collections.abc import Iterator

from unbrick import api, measure, recorded
from unbrick.answers import listing
from unbrick.entry import BlockKind
from unbrick.finding import Advice, Affect, Finding, Rule, Severity
from unbrick.record import compact
from unbrick.rules.cutting import cut_to_fit
from unbrick.situation import Situation
from unbrick.thread import Outcome

LIMIT = 32 * 1024 * 1024
"""Bytes of one request (messages-api-rules R25)."""

NEAR = 0.7
"""Share of the limit from which a request is measured exactly."""

TOO_LONG = re.compile(
    r"prompt is too long|conversation too long|input length and `?max_tokens`? exceed context"
    r"|exceeds? the context window",
    re.IGNORECASE,
)


def context_too_long(situation: Situation) -> Iterator[Finding]:
    """The conversation is longer than the model's window.

    The API refuses it ("prompt is too long"). Clients from 1.0 to 2.1.139 stop there, and their `/compact` fails in
    the same way since it sends the same history; later ones compact by themselves and go on with a summary
    (claude-code-resume §3, safety net).

    Ways out, gentlest first: a model with a larger window; cutting a copy behind an earlier complete turn; taking
    large results or images out. The tokens that each leaves are estimates, but where the transcript recorded what
    the API counted, that count is used.
    """
    session, rows = situation.session, situation.thread.rows
    window = measure.window(situation)
    count = measure.context(session, rows)
    error = recorded.last(situation)
    refused = error is not None and not error.past and TOO_LONG.search(error.text) is not None
    if count <= window and not (refused and count > window * measure.FULL * 0.8):
        return
    severity = BY_NAME["context-too-long"].severity(situation.target, situation.size)
    outcome = Outcome.HEALED if severity is Severity.WARNING else Outcome.REFUSED
    said = f"; the last request was refused with “{error.text.splitlines()[0]}”" if refused and error else ""
    after = (
        "The client refuses to go on, and its /compact sends the same history."
        if outcome is Outcome.REFUSED else
        "The client will compact by itself: the model goes on with a summary in the place of the history."
    )
    leaf = situation.thread.leaf
    yield Finding(
        "S001", "context-too-long", severity,
        f"the conversation is about {measure.tokens(count)} long, the model's window {window:,}{said}. {after} "
        + _heaviest(situation),
        None if leaf is None else situation.at(leaf), leaf,
        api_error=f"prompt is too long: {max(count, window + 1)} tokens > {window} maximum",
        fixes=tuple(cut_to_fit(situation)), outcome=outcome,
        advice=(
            Advice("See every safe point with the tokens it leaves, and choose one.",
                   listing(situation.bundle)),
        ),
    )


def _heaviest(situation: Situation) -> str:
    """What takes the most room, by tool."""
    session, scan = situation.session, situation.session.scan
    names = {
        scan.block_ref[block]: scan.strings.text(scan.block_name[block]) or "?"
        for row in situation.thread.rows for block in scan.blocks(row) if scan.block_kind[block] == BlockKind.TOOL_USE
    }
    weights: dict[str, int] = {}
    for row in situation.thread.rows:
        for block in scan.blocks(row):
            if scan.block_kind[block] == BlockKind.TOOL_RESULT:
                name = f"results of {names.get(scan.block_ref[block], 'unknown calls')}"
                weight = api.block_tokens(scan.block_kind[block], scan.block_size[block])
                weights[name] = weights.get(name, 0) + weight
    if not weights:
        return f"It holds {measure.counted(measure.messages(session, situation.thread.rows), 'message')}."
    top = sorted(weights.items(), key=lambda item: -item[1])[:3]
    return "Most of it: " + ", ".join(f"{name} ({measure.tokens(count)})" for name, count in top) + "."


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
        fixes=tuple(cut_to_fit(situation)),
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
