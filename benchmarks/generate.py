"""Write transcripts of a chosen shape and size, the same bytes for the same seed.

    python benchmarks/generate.py SHAPE SIZE_MB OUT.jsonl [--seed N]

The records have the keys, the order and the links that Claude Code 2.1.329 writes: one record per content block,
parallel calls as a tree, a boundary with its summary and preserved segment, metadata lines between the turns. A
session is healthy, unless its shape is `damaged`: every call is answered, the last `last-prompt` names the leaf, no
context outgrows its window.
"""

from __future__ import annotations

import argparse
import base64
import random
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

Json = dict[str, Any]

MB = 1_000_000
WINDOW = 120_000
"""Tokens of context after which a session is compacted."""
MEDIA = 16 * MB
"""Base64 characters of images after which a session is compacted; the API takes 32 MB."""


@dataclass(frozen=True)
class Shape:
    """What a transcript is made of. `text` is the usual number of characters of a reply or a tool's output, of
    which one in `long` is twenty times as long; `image_every`, `rewind_every` are records from one to the next (0:
    none); `calls` and `steps` are the most calls of one response and responses of one turn; `depth` the turns that a
    rewind leaves behind; `compact` the turns after which a session is compacted even when there is room (0: never
    before the window is full, -1: not even then); `damage_every` records there is a fault (0: none)."""

    text: int
    long: int = 25
    image_every: int = 0
    rewind_every: int = 400
    calls: int = 4
    steps: int = 8
    depth: int = 1
    compact: int = 0
    slim: bool = False
    damage_every: int = 0


SHAPES = {
    "mixed": Shape(text=450, image_every=5000),
    "small": Shape(text=310, long=200, calls=1, slim=True),
    "branches": Shape(text=120, rewind_every=30, depth=12, slim=True),
    "compactions": Shape(text=120, compact=3),
    "parallel": Shape(text=80, calls=200, steps=3, slim=True),
    "chain": Shape(text=120, rewind_every=0, compact=-1, slim=True),
    "thread": Shape(text=120, long=40, rewind_every=0, compact=-1),
    "damaged": Shape(text=450, compact=-1, damage_every=100),
}

_WORDS = """the file holds a parser that reads each record and keeps its bytes where nothing named them return value
def class import from self None True async await match case error line column token cache index total for item in
naïve café größe 测试 данные ✓ → "quoted" back\\slash /usr/lib/python3 tests/test_reader.py --verbose assert result ==
expected\n \n\n\ttabbed \x1b[31mred\x1b[0m <tag> {json: [1, 2, 3]}"""

_TOOLS = ("Bash", "Read", "Edit", "Grep", "Glob", "Write", "WebFetch", "TodoWrite")


@dataclass
class Writer:
    """The state of a session being written: where the chain ends, what its context holds, what time it is."""

    shape: Shape
    random: random.Random
    leaf: str | None = None
    clock: float = 1_795_000_000.0
    tokens: int = 12_000
    media: int = 0
    records: int = 0
    images: int = 0
    rewinds: int = 0
    turns: int = 0
    turns_since_compaction: int = 0
    dropped: int = 0
    turn_ends: list[str] = field(default_factory=list)
    session: str = ""
    prompt_id: str = ""
    pool: str = ""

    def __post_init__(self) -> None:
        self.session = self.uuid()
        self.pool = " ".join(self.random.choices(_WORDS.split(" "), k=60_000))

    def uuid(self) -> str:
        """A version 4 uuid."""
        digits = f"{self.random.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"

    def hex(self, digits: int) -> str:
        """Random hexadecimal digits."""
        return f"{self.random.getrandbits(digits * 4):0{digits}x}"

    def now(self) -> str:
        """The next moment, as the client writes it."""
        self.clock += self.random.randrange(1, 3000) / 1000
        return datetime.fromtimestamp(self.clock, UTC).isoformat(timespec="milliseconds")[:23] + "Z"

    def text(self, usual: int = 0) -> str:
        """A piece of text; most are short, some long."""
        usual = usual or self.shape.text
        size = int(usual * self.random.lognormvariate(0, 0.6)) + 1
        if self.random.randrange(self.shape.long) == 0:
            size *= 20
        start = self.random.randrange(len(self.pool) - min(size, 100_000))
        return self.pool[start : start + size].strip() or "done"

    def envelope(self) -> Json:
        who: Json = {"userType": "external", "entrypoint": "cli", "cwd": "/home/dev/project"}
        return {**who, "sessionId": self.session, "version": "2.1.329", "gitBranch": "main"}

    def line(self, record: Json) -> bytes:
        self.records += 1
        return orjson.dumps(record) + b"\n"

    def meta(self, type_: str, **members: object) -> bytes:
        """A line that is not part of the chain."""
        return self.line({"type": type_, **members, "sessionId": self.session})

    def link(self, head: Json, tail: Json, parent: str | None, uuid: str | None = None) -> bytes:
        """A record of the chain, which it then ends."""
        uuid = uuid or self.uuid()
        self.leaf = uuid
        middle = {"uuid": uuid, "timestamp": self.now()}
        return self.line({"parentUuid": parent, "isSidechain": False, **head, **middle, **tail, **self.envelope()})

    def user(self, content: object, parent: str | None, **more: object) -> bytes:
        head = {"promptId": self.prompt_id, "type": "user", "message": {"role": "user", "content": content}}
        return self.link(head, more, parent)

    def image(self) -> str:
        """A valid PNG of noise, in base64: 1 to 4.7 MB."""
        width = self.random.randrange(500, 1080)
        row = self.random.randbytes(width * 3)
        noise = bytearray(self.random.randbytes(width * 3 + 64))
        rows: list[bytes] = []
        for _ in range(width):
            shift = self.random.randrange(64)
            rows.append(b"\0" + noise[shift : shift + len(row)])

        def chunk(name: bytes, data: bytes) -> bytes:
            return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

        head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, width, 8, 2, 0, 0, 0))
        body = chunk(b"IDAT", zlib.compress(b"".join(rows), 0))
        self.images += 1
        return base64.b64encode(b"\x89PNG\r\n\x1a\n" + head + body + chunk(b"IEND", b"")).decode()

    def assistant(self, block: Json, message_id: str, stop: str, index: int, request: str) -> bytes:
        """One content block of a response, as a record of its own."""
        usage: Json = {"input_tokens": self.tokens, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}
        usage["output_tokens"] = 25
        message: Json = {"id": message_id, "type": "message", "role": "assistant", "model": "claude-opus-5-5"}
        message |= {"content": [block], "stop_reason": stop, "stop_sequence": None, "usage": usage}
        more: Json = {}
        if not self.shape.slim:
            usage["server_tool_use"] = {"web_search_requests": 0, "web_fetch_requests": 0}
            usage["service_tier"] = "standard"
            usage["cache_creation"] = {"ephemeral_1h_input_tokens": 0, "ephemeral_5m_input_tokens": 0}
            usage["output_tokens_details"] = {"thinking_tokens": 0}
            usage |= {"inference_geo": "", "iterations": [], "speed": "standard", "fallback_credit": None}
            message["stop_details"] = None
            more = {"requestedModel": "claude-opus-5-5", "promptCacheRequested": "5m"}
            more |= {"effort": "medium", "perTurnEffort": "medium", "madeBy": "model"}
        head = {"message": message, "apiBlockIndex": index, "requestId": request, "type": "assistant"}
        return self.link(head, more, self.leaf)


def transcript(shape: Shape, size: int, seed: int) -> Iterator[bytes]:
    """Lines of a session of about `size` bytes."""
    writer = Writer(shape, random.Random(seed))
    written = 0
    while written < size:
        for line in _turn(writer):
            written += len(line)
            yield line


def _turn(writer: Writer) -> Iterator[bytes]:
    shape, draw = writer.shape, writer.random
    if _full(writer):
        yield from _compact(writer)
    _rewind(writer)
    writer.turns += 1
    writer.turns_since_compaction += 1
    writer.prompt_id = writer.uuid()
    prompt = writer.text(60)
    yield writer.line({
        "type": "queue-operation", "operation": "enqueue", "timestamp": writer.now(), "sessionId": writer.session,
        "content": prompt,
    })
    yield writer.line({
        "type": "queue-operation", "operation": "dequeue", "timestamp": writer.now(), "sessionId": writer.session,
    })
    yield writer.user(prompt, writer.leaf, permissionMode="default", promptSource="typed")
    if not shape.slim:
        yield _attachment(writer)
    for _ in range(draw.randint(1, shape.steps)):
        yield from _response(writer)
    message_id, request = f"msg_01{writer.hex(22)}", f"req_01{writer.hex(20)}"
    reply = writer.text()
    writer.tokens += len(reply) // 3 + 30
    yield writer.assistant({"type": "text", "text": reply}, message_id, "end_turn", 0, request)
    assert writer.leaf is not None
    writer.turn_ends.append(writer.leaf)
    yield writer.meta("last-prompt", lastPrompt=prompt[:200], leafUuid=writer.leaf)
    yield writer.meta("mode", mode="normal")
    if not shape.slim:
        yield writer.meta("tools-used", tools=["Bash", "Read"])
        yield writer.meta("cost-state", totalCostUSD=round(writer.records * 0.01, 4), totalDuration=writer.records * 97)


def _full(writer: Writer) -> bool:
    compact = writer.shape.compact
    if compact < 0 or not writer.turn_ends:
        return False
    due = compact and writer.turns_since_compaction >= compact
    return bool(due) or writer.tokens > WINDOW or writer.media > MEDIA


def _rewind(writer: Writer) -> None:
    every, depth = writer.shape.rewind_every, writer.shape.depth
    if not every or writer.records < (writer.rewinds + 1) * every or writer.turns_since_compaction <= depth:
        return
    writer.rewinds += 1
    del writer.turn_ends[-depth:]
    writer.turns_since_compaction -= depth
    writer.leaf = writer.turn_ends[-1]


def _response(writer: Writer) -> Iterator[bytes]:
    shape, draw = writer.shape, writer.random
    message_id, request = f"msg_01{writer.hex(22)}", f"req_01{writer.hex(20)}"
    index = 0
    if draw.random() < 0.3:
        thinking = writer.text()
        signature = base64.b64encode(draw.randbytes(300)).decode()
        block: Json = {"type": "thinking", "thinking": thinking, "signature": signature}
        yield writer.assistant(block, message_id, "tool_use", index, request)
        writer.tokens += len(thinking) // 3
        index += 1
    if draw.random() < 0.4:
        said = writer.text()
        yield writer.assistant({"type": "text", "text": said}, message_id, "tool_use", index, request)
        writer.tokens += len(said) // 3
        index += 1
    count = draw.randint(2, shape.calls) if shape.calls > 1 and draw.random() < 0.25 else 1
    calls: list[tuple[str, str, str]] = []
    for _ in range(count):
        ref, name = f"toolu_01{writer.hex(22)}", draw.choice(_TOOLS)
        given = {"command": writer.text(40), "description": "run"}
        block = {"type": "tool_use", "id": ref, "name": name, "input": given}
        yield writer.assistant(block, message_id, "tool_use", index, request)
        assert writer.leaf is not None
        calls.append((ref, writer.leaf, name))
        writer.tokens += len(given["command"]) // 3 + 20
        index += 1
    draw.shuffle(calls)
    for ref, caller, _name in calls:
        yield _result(writer, ref, caller)


def _result(writer: Writer, ref: str, caller: str) -> bytes:
    every = writer.shape.image_every
    if every and writer.records >= (writer.images + 1) * every:
        data = writer.image()
        content: Any = [{"type": "image", "source": {"type": "base64", "data": data, "media_type": "image/png"}}]
        shown: Any = {"type": "image", "file": {"type": "image/png", "originalSize": len(data) * 3 // 4}}
        writer.media += len(data)
        writer.tokens += 1600
    else:
        content = writer.text()
        shown = {"stdout": content, "stderr": "", "interrupted": False, "isImage": False}
        writer.tokens += len(content) // 3 + 20
    block = {"tool_use_id": ref, "type": "tool_result", "content": content, "is_error": False}
    more = {"toolUseResult": shown} if not writer.shape.slim else {}
    return writer.user([block], caller, **more, sourceToolAssistantUUID=caller)


def _attachment(writer: Writer) -> bytes:
    text = f"Today's date is {writer.now()[:10]}."
    rendered = [{"content": f"<system-reminder>\n{text}\n</system-reminder>"}]
    head: Json = {"attachment": {"type": "date", "date": text[-11:-1]}, "type": "attachment"}
    return writer.link(head, {"rendered": rendered, "renderedRole": "user"}, writer.leaf)


def _compact(writer: Writer) -> Iterator[bytes]:
    """Boundary and summary; the last reply is preserved behind the summary, as the client does it."""
    last, boundary, summary = writer.turn_ends[-1], writer.uuid(), writer.uuid()
    writer.dropped += writer.tokens
    metadata = {
        "trigger": "auto", "preTokens": writer.tokens, "durationMs": 4340,
        "preservedSegment": {"headUuid": last, "anchorUuid": summary, "tailUuid": last},
        "preservedMessages": {"anchorUuid": summary, "uuids": [last], "allUuids": [last]},
        "postTokens": 2600, "cumulativeDroppedTokens": writer.dropped,
    }
    head: Json = {"logicalParentUuid": last, "type": "system", "subtype": "compact_boundary"}
    head |= {"content": "Conversation compacted", "isMeta": False, "level": "info", "compactMetadata": metadata}
    yield writer.link(head, {}, None, boundary)
    text = (
        "This session is being continued from a previous conversation that ran out of context. The summary below "
        f"covers the earlier portion of the conversation.\n\nSummary:\n1. Primary Request: {writer.text(2000)}"
    )
    message: Json = {"promptId": writer.uuid(), "type": "user", "message": {"role": "user", "content": text}}
    message |= {"isVisibleInTranscriptOnly": True, "isCompactSummary": True}
    yield writer.link(message, {}, boundary, summary)
    writer.tokens, writer.media, writer.turns_since_compaction = 14_600, 0, 0
    writer.turn_ends = [summary]


def write(path: Path, shape: str, size: int, seed: int = 1) -> int:
    """Write a transcript of about `size` bytes; the number of its records."""
    count = 0
    lines = transcript(SHAPES[shape], size, seed)
    every = SHAPES[shape].damage_every
    if every:
        from damage import Damager

        lines = Damager(every, seed).lines(lines)
    with path.open("wb", buffering=1 << 20) as file:
        for line in lines:
            file.write(line)
            count += 1
    return count


def main() -> None:
    """Write one file and say what is in it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shape", choices=sorted(SHAPES))
    parser.add_argument("size", type=float, help="megabytes")
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    count = write(given.out, given.shape, int(given.size * MB), given.seed)
    with given.out.open("rb") as file:
        sizes = sorted(map(len, file))
    print(f"{count:,} records, {sum(sizes) / MB:.1f} MB, half of them under {sizes[len(sizes) // 2]:,} bytes")


if __name__ == "__main__":
    main()
