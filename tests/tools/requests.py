"""Requests made from messages as they would be sent, without a transcript."""

from __future__ import annotations

from typing import Any

from tools.chat import text
from unbrick.entry import BlockKind
from unbrick.formats.claude_code.blocks import block as block_of
from unbrick.formats.claude_code.blocks import string_block
from unbrick.request import Part, Request, Role


def request_of(messages: list[dict[str, Any]]) -> Request:
    """A request with each message as a row of its own."""
    rows = [m["content"] if isinstance(m["content"], list) else [text(m["content"])] for m in messages]
    request = Request(lambda row: rows[row])
    for row, message in enumerate(messages):
        number = request.start(Role[message["role"].upper()])
        if isinstance(message["content"], str):
            request.plain.add(number)
        for index, value in enumerate(rows[row]):
            found = string_block(value["text"]) if number in request.plain else block_of(value)
            request.add(Part(row, index, BlockKind(found.kind), found.flags, found.ref, None, found.size))
        extra = {key: value for key, value in message.items() if key not in ("role", "content")}
        if extra:
            request.extra[number] = extra
    return request
