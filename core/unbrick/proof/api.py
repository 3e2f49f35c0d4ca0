"""The Messages API's rules for a request, read for a second time: what it refuses, in its own words.

Without a line in common with `unbrick.api`, so that a rule misread there shows here: what this accepts and refuses is
held against what unbrick says of the same session, by real clients and over made-up requests
(tests/core/proof/test_two_readings.py). The rules are those of messages-api-rules.md, R1–R32; R25, the size in bytes,
is seen where the bytes arrive (`standin`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from unbrick.proof import media, pairs, roles, served, shape, texts, thoughts, whole
from unbrick.proof.asked import Asked, Body, Message, blocks_of

__all__ = ["Asked", "Body", "Message", "blocks_of", "refusal", "refusals"]

Check = Callable[[Asked], Iterator[tuple[str, str]]]

LONG = re.compile(r"opus-(4-[789]|[5-9])|sonnet-[5-9]|fable|mythos")
"""Models with a window of a million tokens, which take 600 images and pages; others 100."""
UNSEEN = {
    "R14": "the stand-in does not keep what a model once answered, so it cannot tell a thought that was changed",
    "R16": "the stand-in cannot tell what a signature is bound to",
    "R25": "the bytes of a request are counted where they arrive (unbrick.proof.standin)",
}
"""Rules that no body breaks by itself, and why."""


def _media(asked: Asked) -> Iterator[tuple[str, str]]:
    """R23 and R24."""
    for sentence in media.refusals(asked.blocks(), 600 if LONG.search(asked.model) else 100):
        yield ("R24" if re.search("pdf|PDF|document", sentence) else "R23"), sentence


STAGES: Sequence[Sequence[Check]] = (
    (whole.characters,),
    (shape.faults,),
    (
        roles.turns, roles.sides, texts.empty, texts.marks, thoughts.thoughts, thoughts.opening, _media, pairs.pairs,
        served.served, roles.end, whole.references, whole.diagnostics, whole.tokens,
    ),
)
"""Each reads on only where those before it had nothing to say."""


def refusals(asked: Asked) -> Iterator[tuple[str, str]]:
    """(rule, sentence) of everything that the API refuses, the sentence it would answer with first."""
    for stage in STAGES:
        found = [one for check in stage for one in check(asked)]
        if found:
            yield from found
            return


def refusal(body: Body, betas: frozenset[str] = frozenset(), window: int | None = None) -> str | None:
    """The sentence the API refuses a request with; None when it takes it."""
    return next((sentence for _, sentence in refusals(Asked(body, betas, window))), None)
