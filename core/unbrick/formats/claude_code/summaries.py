"""Telling a summary from an error that a failed compaction left in its place.

Clients from 1.0.128 up to 2.1.139 store what the summary call gave back even when that is only an error line
(anthropics/claude-code#2423, #4996; observed on real clients).
"""

from __future__ import annotations

import re

from unbrick.record import Json

PREFACE = "This session is being continued from a previous conversation"

_BODY = (
    r"(?:summarized below:|earlier portion of the conversation\.)(.*?)"
    r"(?:\n\s*(?:Please continue the conversation|If you need specific details|"
    r"Continue the conversation from where)|\Z)"
)

_ERROR = r"""(?:API\ Error\b|Error(?:\ during\ compaction)?:|Request\ timed\ out|Connection\ error|Prompt\ is\ too\ long
    |Conversation\ too\ long|Claude\ AI\ usage\ limit\ reached|(?:You've|You\ have)\ (?:hit|reached)\ your\b.*\blimit
    |.*\blimit\ reached\b|Credit\ balance\ is\ too\ low|Invalid\ API\ key|Please\ run\ /login
    |OAuth\ (?:token|authentication)|Extra\ usage\ is\ required|Usage\ credits\ required
    |Failed\ to\ generate\ conversation\ summary|.*is\ unable\ to\ respond\ to\ this\ request
    |.*can't\ help\ with\ this\.\ Start\ a\ new\ session|No\ response\ requested\.|\[Request\ interrupted\ by\ user
    |\(no\ content\)|Compaction\ (?:interrupted|cancell?ed)|Unable\ to\ connect\ to\ API|(?:50[0-4]|529)\ |Bad\ gateway
    |Gateway\ time-?out|Service\ unavailable|Request\ too\ large|Internal\ server\ error|Overloaded\b)"""

LONGEST_ERROR = 1200
"""Characters; a body longer than this is taken for a summary whatever it begins with."""


def body(text: str) -> str:
    """The part of a summary record that the compaction wrote, without the client's own frame around it."""
    # Compiled when a session has a summary, and kept by `re`: it takes longer than judging a small file.
    found = re.search(_BODY, text, re.DOTALL)
    return (found.group(1) if found else text).strip()


def failed(content: object) -> bool:
    """Whether a summary record's content holds an error, or nothing, in the place of the summary."""
    if isinstance(content, list):
        content = "\n".join(
            part["text"] for part in content if isinstance(part, dict) and isinstance(part.get("text"), str)
        )
    if not isinstance(content, str):
        return False
    found = body(content)
    if len(found) > LONGEST_ERROR:
        return False
    return not found or re.match(_ERROR, found, re.VERBOSE | re.IGNORECASE) is not None


def kept(value: Json) -> tuple[str, ...]:
    """Ids of the records from before it that a boundary keeps behind its summary, and of the anchor they hang on."""
    metadata = value.get("compactMetadata")
    if not isinstance(metadata, dict):
        return ()
    messages, segment = metadata.get("preservedMessages"), metadata.get("preservedSegment")
    named: list[object] = []
    if isinstance(messages, dict) and isinstance(messages.get("uuids"), list):
        named = [*messages["uuids"], messages.get("anchorUuid")]
    elif isinstance(segment, dict):
        named = [segment.get(key) for key in ("headUuid", "tailUuid", "anchorUuid")]
    return tuple(dict.fromkeys(uuid for uuid in named if isinstance(uuid, str)))
