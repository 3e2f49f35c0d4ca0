"""The requests that went out, read in a thread: one by itself, or beside a later one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from unbrick.sent import Sent, rebuilt
from unbrick.session import Session
from unbrick.situation import Situation
from unbrick_tui.comparing import ComparedListing
from unbrick_tui.glyphs import Glyphs
from unbrick_tui.listing import Listing, sent_listing
from unbrick_tui.workspace import Work, Workspace

NONE = "this file records no requests: Claude Code notes what it sends from 2.1.300 on, and no other client does"


class Read(NamedTuple):
    """A listing, and a sentence about it."""

    listing: Listing
    said: str


def all_of(workspace: Workspace, session: Session) -> Work[Sequence[Sent]]:
    """All that the client noted, in file order."""
    yield 0
    return workspace.format.sent(session)


def alone(one: Sent, situation: Situation, glyphs: Glyphs) -> Work[Read]:
    """A request as it went out."""
    yield 0
    said = one.why or ", ".join(["as it went out", *(word for word in (one.time, one.purpose) if word)])
    return Read(sent_listing(one, rebuilt(one.messages()), situation, glyphs), said)


def compared(one: Sent, other: Sent | None, situation: Situation, glyphs: Glyphs) -> Work[Read]:
    """A request beside a later one that went out, or beside the one to come (None)."""
    yield 0
    if other is None:
        listing = ComparedListing(one.messages(), one.rows, situation.request, None, glyphs)
        name = "what would be sent now"
    else:
        listing = ComparedListing(one.messages(), one.rows, rebuilt(other.messages()), other.rows, glyphs)
        name = "the next one that went out"
    return Read(listing, f"beside {name}: {'nothing differs' if listing.same else listing.counted}")
