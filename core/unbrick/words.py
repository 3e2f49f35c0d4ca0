"""The words of prices and verdicts, the same in the application, on the command line, in JSON's prose and in docs."""

from __future__ import annotations

KEEPS = "keeps everything"
SENT = "keeps everything that can be sent"
NOTICES = "keeps everything; only the client's own error notices go"
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

PRICES = (KEEPS, DECIDE, "brings back ", "drops ", "leaves ")
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


def costs_apart(drops: list[Counted], leaves: int = 0, erases: int = 0, clears: int = 0) -> list[str]:
    """What is dropped of what is loaded, how many results give way to notes, how many messages stay in the file and are
    not loaded any more, and how many go that are not loaded now; empty where that is nothing."""
    said = [f"drops {listed(drops)}"] if listed(drops) else []
    if clears:
        said.append(f"drops the content of {plural(clears, 'tool result')}")
    if leaves:
        said.append(f"leaves {plural(leaves, 'message')} out")
    if erases:
        said.append(f"erases {plural(erases, 'message')} not loaded now")
    return said


def costs(drops: list[Counted], erases: int = 0) -> str:
    """The price of what goes, loaded now and not."""
    return "; ".join(costs_apart(drops, erases=erases)) or KEEPS
