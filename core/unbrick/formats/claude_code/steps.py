"""What changed with a version of the client, in words: the areas of behaviour in which a trait takes a step there."""

from __future__ import annotations

from dataclasses import fields

from unbrick.formats.claude_code.behaviour import Behaviour
from unbrick.target import Version

AREAS = {
    "bom_read": "how the file is read",
    "leaf": "where the conversation ends",
    "missing": "which history is loaded",
    "api_errors_sent": "which records are sent",
    "tail_answered": "how an interrupted turn goes on",
    "ids_shared_when_missing": "how records become messages",
    "pairs": "how calls and results are paired",
    "cap": "how images and documents are sent",
    "context_reminder": "how reminders are sent",
    "heals": "which refusals are mended by a second try",
}
"""The first trait of each area → what it is about; the traits up to the next one belong to it, too."""


def changes(version: Version) -> tuple[str, ...]:
    """The areas in which something changed with just this version."""
    found: dict[str, None] = {}
    area = ""
    for trait in fields(Behaviour):
        area = AREAS.get(trait.name, area)
        if any(Version.parse(since) == version for since, _value in trait.metadata["steps"]):
            found[area] = None
    return tuple(found)
