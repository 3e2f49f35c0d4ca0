"""What a person reads of a record, in one go."""

from __future__ import annotations

from unbrick.record import Json, compact


def text(value: Json) -> str:
    """The words of a record: of a message its blocks, else what the record says of itself; any length."""
    message = value.get("message")
    if isinstance(message, dict):
        return flat(message.get("content"))
    attachment = value.get("attachment")
    if isinstance(attachment, dict):
        return _first(attachment, ("prompt", "content", "text", "filename", "path", "addedLines"))
    return _first(
        value, ("content", "summary", "customTitle", "aiTitle", "lastPrompt", "title", "tag", "mode", "error", "data")
    )


def _first(value: Json, keys: tuple[str, ...]) -> str:
    for key in keys:
        found = value.get(key)
        if found:
            return flat(found)
    return ""


def flat(content: object) -> str:
    """The words of a content: a string, blocks, or whatever stands there as JSON."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(filter(None, map(_block, content)))
    if content is None:
        return ""
    return compact(content).decode("utf-8", "replace")


def _block(block: object) -> str:
    if not isinstance(block, dict):
        return flat(block)
    type_ = block.get("type")
    if type_ == "text":
        return flat(block.get("text"))
    if type_ == "thinking":
        return flat(block.get("thinking"))
    if type_ == "tool_use":
        return f"{flat(block.get('name'))} {flat(block.get('input'))}"
    if type_ == "tool_result":
        return flat(block.get("content"))
    if type_ in ("image", "document"):
        return f"[{type_}]"
    return flat(block.get("text") or block.get("content")) or f"[{flat(type_)}]"
