"""The words of prices and verdicts, the same in the application, on the command line, in JSON's prose and in docs."""

from __future__ import annotations

KEEPS = "keeps everything"
DECIDE = "you decide"

IN_FULL = "resumes in full"
ALTERED = "resumes, with changes"
REFUSED = "refused"
LOSES = "loses history"
MAY_LOSE = "may lose history"
CLOSED = "will not open"
INNOCENT = "not this file"
ACCEPTED = "accepted"
FLAWED = "accepted, with flaws"

VERDICTS = (IN_FULL, ALTERED, MAY_LOSE, LOSES, REFUSED, CLOSED, INNOCENT, ACCEPTED, FLAWED)
"""Every word for a verdict; the last two, and `refused`, for messages that no client stands behind."""

PRICES = (KEEPS, DECIDE, "brings back ", "drops ")
"""How the price of every fix begins; more may follow."""

Counted = tuple[int, str, str]
"""How many, and the noun for one and for many."""


def plural(number: int, one: str, many: str | None = None) -> str:
    """`1 prompt`, `4,543 replies`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(counts: tuple[Counted, ...] | list[Counted]) -> str:
    """`3 prompts, 2 results`; what there is none of is left out."""
    return ", ".join(plural(*count) for count in counts if count[0])


def brings(number: int, one: str = "message", many: str | None = None) -> str:
    """`brings back 812 messages`."""
    return f"brings back {plural(number, one, many)}"


def drops(*counts: Counted) -> str:
    """`drops 3 prompts, 2 results`; that everything is kept where nothing is dropped."""
    said = listed(counts)
    return f"drops {said}" if said else KEEPS
