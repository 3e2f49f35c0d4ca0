"""Texts that Amplifier itself writes into a conversation."""

from __future__ import annotations

from unbrick.record import Json

CLIENT = "amplifier"

INTERRUPTED = (
    '{"error": "unknown_error", "message": "Tool execution was interrupted and no result was captured."}'
)
"""The result that its repair before a turn makes up for a call without one."""

UNKNOWN = '{{"error": "unknown_outcome", "message": "{said} No result of this call was recorded."}}'
"""The result that is written here for a call without one, in the client's form; it claims no more than is known."""

OURS = '{"error": "unknown_outcome"'

STARTED = "The tool was started, and the session ended before its result was stored; it may have done its work."
FINISHED = "The tool finished, and the session ended before its result was stored."
SILENT = "The session ended before the result was stored; whether the tool ran is not known."

CLOSING = "The previous tool calls were interrupted. This response was automatically repaired."
"""The reply that its repair puts where a turn is open."""

MISSING = "[SYSTEM ERROR: Tool result missing from conversation history]"
"""How the result begins that a provider makes up inside a request."""

REMINDER = "<system-reminder"


def made_up(content: object) -> bool:
    """Whether a result is one that the client or its provider made up."""
    return isinstance(content, str) and (content == INTERRUPTED or content.startswith((MISSING, OURS)))


def missing(ref: str, tool: str) -> str:
    """The result that the Anthropic provider makes up inside a request."""
    return (
        f"{MISSING}\n\nTool: {tool}\nCall ID: {ref}\n\nThis indicates the tool result was lost after execution.\n"
        "Likely causes: context compaction bug, message parsing error, or state corruption.\n\n"
        "The tool may have executed successfully, but the result was lost.\n"
        "Please acknowledge this error and offer to retry the operation."
    )


def from_hook(value: Json) -> bool:
    """Whether a hook put a record into the conversation."""
    about = value.get("metadata")
    return about.__class__ is dict and about.get("source") == "hook"
