"""The form that clients rely on in attachments: which members they read without looking whether they are there.

Observed by resuming sessions with one such record each on 2.1.112 to 2.1.329; changelog 2.1.217, 2.1.218 and 2.1.223.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from unbrick.record import Json
from unbrick.target import Version

if TYPE_CHECKING:
    from unbrick.formats.claude_code.change import Draft

_DELTA: dict[str, Any] = {"addedLines": [], "removedNames": []}

REQUIRED: dict[str, dict[str, Any]] = {
    "deferred_tools_delta": {"addedNames": [], **_DELTA},
    "agent_listing_delta": {"addedTypes": [], "addedLines": [], "removedTypes": []},
    "mcp_instructions_delta": {"addedNames": [], "addedBlocks": [], "removedNames": []},
    "diagnostics": {"files": []},
    "todo_reminder": {"content": []},
    "task_reminder": {"content": []},
    "relevant_memories": {"memories": []},
    "hook_additional_context": {"content": []},
    "invoked_skills": {"skills": []},
    "selected_lines_in_ide": {"content": ""},
    "file": {"content": {}},
    "nested_memory": {"content": {}},
}
"""Type of an attachment → the members it needs, with what stands for nothing in each."""

CRASHES: dict[str, tuple[str, str | None]] = {
    "": ("0", "2.1.217"),
    "deferred_tools_delta": ("0", "2.1.218"),
    "agent_listing_delta": ("0", "2.1.218"),
    "mcp_instructions_delta": ("0", "2.1.218"),
    "diagnostics": ("0", "2.1.223"),
    "hook_additional_context": ("0", "2.1.224"),
    "invoked_skills": ("0", "2.1.224"),
    "todo_reminder": ("0", "2.1.240"),
    "task_reminder": ("2.1.158", "2.1.266"),
    "file": ("0", "2.1.281"),
    "nested_memory": ("0", None),
    "relevant_memories": ("0", None),
    "selected_lines_in_ide": ("0", None),
}
"""Type of an attachment, empty where the record holds none → from which version on and before which one the client
stops at a member that is missing."""

RENDERED = "2.1.290"
"""From here on a text that is stored with an attachment is sent, whatever else it holds."""

UNFILLED = frozenset({"file", "nested_memory"})
"""Types of which an empty member is no help: they need what is in it."""


def wrong(attachment: Json) -> dict[str, Any]:
    """The members of an attachment that are missing or of another type than clients rely on, each with what stands for
    nothing."""
    type_ = attachment.get("type")
    required = REQUIRED.get(type_, {}) if isinstance(type_, str) else {}
    found = {
        key: empty for key, empty in required.items()
        if not isinstance(attachment.get(key), (list, str) if key == "content" and empty == [] else type(empty))
    }
    files = attachment.get("files")
    if attachment.get("type") == "diagnostics" and isinstance(files, list):
        whole = [one for one in files if isinstance(one, dict) and isinstance(one.get("diagnostics"), list)]
        if len(whole) < len(files):
            found["files"] = whole
    return found


def odd(value: Json) -> str:
    """What is odd about an attachment that can be filled in; empty for nothing."""
    attachment = value.get("attachment")
    if value.get("type") != "attachment" or not isinstance(attachment, dict):
        return ""
    found = wrong(attachment)
    if not found or attachment["type"] in UNFILLED:
        return ""
    return f"what clients rely on is missing or of another type: {', '.join(sorted(found))}"


def crashes(value: Json, version: Version) -> bool:
    """Whether a client of this version stops at an attachment record."""
    attachment = value.get("attachment")
    if attachment is not None and (not isinstance(attachment, dict) or not wrong(attachment)):
        return False
    if isinstance(value.get("rendered"), list) and version >= Version.parse(RENDERED):
        return False
    since, until = CRASHES[attachment["type"] if attachment else ""]
    return version >= Version.parse(since) and (until is None or version < Version.parse(until))


def conform(draft: Draft, row: int) -> None:
    """Fill in what is missing of an attachment. Raises KeyError where there is nothing to fill in."""
    value = draft.record(row)
    if not odd(value):
        raise KeyError(draft.session.at(row))
    for key, empty in wrong(value["attachment"]).items():
        draft.set(row, ("attachment", key), empty)
