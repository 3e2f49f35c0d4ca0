"""Files that no repair of lines would help: what they are, and what to do instead."""

from __future__ import annotations

from unbrick.printable import shell
from unbrick.record import Json
from unbrick.source import Source

EDGE = 1 << 16
MARKS_16 = (b"\xff\xfe", b"\xfe\xff")
SPACE = b" \t\r\n"


def foreign(source: Source, head: list[Json]) -> str | None:
    """A sentence for a file that is whole but of another kind, None for lines. `head` are the first readable
    records; an array written one message a line has none but perhaps its last."""
    start = source.read(0, EDGE)
    if start.startswith(MARKS_16) and (b"{\0" in start or b"\0{" in start):
        name = shell(str(source.path))
        return (
            f"{source.path} is text in UTF-16, and a transcript is UTF-8. Convert it, and open what comes out: "
            f"iconv -f UTF-16 -t UTF-8 {name} > converted.jsonl"
        )
    end = source.read(max(source.size - EDGE, 0), source.size)
    if len(head) < 2 and start.lstrip(b"\xef\xbb\xbf" + SPACE).startswith(b"[") and end.rstrip(SPACE).endswith(b"]"):
        return (
            f"{source.path} is one JSON array, and none of its elements is a message with a role and content. "
            "Name an array of messages, a request body, or a transcript, such as those under ~/.claude/projects."
        )
    return None
