"""The rule of a request's tokens: what fits into the model's window."""

from __future__ import annotations

import re
from collections.abc import Iterator

from unbrick import recorded
from unbrick.answers import contents, listing
from unbrick.finding import Advice, Affect, Finding, Rule, Severity
from unbrick.situation import Situation
from unbrick.thread import Outcome
from unbrick.weighing import measure
from unbrick.weighing.filling import filling, heaviest
from unbrick.weighing.ladder import advices, fixes, ladder

TOO_LONG = re.compile(
    r"prompt is too long|conversation too long|input length and `?max_tokens`? exceed context"
    r"|exceeds? the context window|maximum context length is [\d,]+ tokens",
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
    window = measure.window(situation)
    count = measure.whole(situation)
    error = recorded.last(situation)
    refused = error is not None and not error.past and TOO_LONG.search(error.text) is not None
    if count <= window and not (refused and count > window * measure.ROOM):
        return
    severity = BY_NAME["context-too-long"].severity(situation.target, situation.size)
    outcome = Outcome.HEALED if severity is Severity.WARNING else Outcome.REFUSED
    said = f"; the last request was refused with “{error.text.splitlines()[0]}”" if refused and error else ""
    after = "No client stands in between that could make it shorter." if not situation.target.resumed else (
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
    if situation.target.resumed:
        yield Advice("Once it resumes, /compact has the room that it needs.", label="then")


RULES: tuple[Rule[Situation], ...] = (
    Rule(
        "S001", "context-too-long", context_too_long,
        TOO_LONG.pattern,
        (
            Affect(Severity.ERROR, Outcome.REFUSED, until="2.1.158"),
            Affect(Severity.WARNING, Outcome.HEALED, since="2.1.158", until="2.1.266"),
            Affect(Severity.ERROR, Outcome.REFUSED, since="2.1.266", until="2.1.290"),
            Affect(Severity.WARNING, Outcome.HEALED, since="2.1.290"),
            Affect(Severity.ERROR, Outcome.REFUSED, client="messages"),
            Affect(Severity.ERROR, Outcome.REFUSED, client="openai-chat"),
        ),
    ),
)

BY_NAME = {rule.name: rule for rule in RULES}
