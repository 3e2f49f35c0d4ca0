"""Sessions of one thing many times over: the shapes whose cost is measured as their count grows.

    python benchmarks/shapes.py SHAPE COUNT OUT

Each is written to a folder of its own where its client needs one. Records have the keys and links of `generate.py`.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
from generate import SHAPES as MADE
from generate import Json, Shape, Writer, _compact, transcript

SLIM = Shape(text=60, slim=True)


class Teller:
    """A session told record by record, every response of one block."""

    def __init__(self) -> None:
        self.writer = Writer(SLIM, random.Random(1))
        self.writer.prompt_id = self.writer.uuid()

    def prompt(self) -> bytes:
        """What the person types."""
        return self.writer.user(self.writer.text(), self.writer.leaf, promptSource="typed")

    def reply(self, block: Json | None = None, message_id: str = "", index: int = 0) -> bytes:
        """A response, or a block of one."""
        message_id = message_id or f"msg_01{self.writer.hex(22)}"
        stop = "end_turn" if block is None else "tool_use"
        return self.writer.assistant(
            block or {"type": "text", "text": self.writer.text()}, message_id, stop, index, f"req_01{message_id[6:26]}"
        )

    def call(self, number: int, message_id: str = "", index: int = 0) -> bytes:
        """A call."""
        use = {"type": "tool_use", "id": f"toolu_{number:024}", "name": "Bash", "input": {"command": "ls"}}
        return self.reply(use, message_id, index)

    def result(self, number: int, parent: str | None = None) -> bytes:
        """Its result."""
        block = {"tool_use_id": f"toolu_{number:024}", "type": "tool_result", "content": "done", "is_error": False}
        return self.writer.user([block], parent or self.writer.leaf)

    def end(self) -> bytes:
        """The line that names the leaf."""
        return self.writer.meta("last-prompt", lastPrompt="go on", leafUuid=self.writer.leaf)


def _chain(count: int) -> Iterator[bytes]:
    told = Teller()
    for _ in range(count // 2):
        yield told.prompt()
        yield told.reply()
    yield told.end()


def _far(count: int) -> Iterator[bytes]:
    """Calls of one response, then all their results."""
    told = Teller()
    yield told.prompt()
    message_id = f"msg_01{told.writer.hex(22)}"
    callers = []
    for number in range(count):
        yield told.call(number, message_id, number)
        callers.append(told.writer.leaf)
    for number, caller in enumerate(callers):
        yield told.result(number, caller)
    yield told.reply()
    yield told.end()


def _children(count: int) -> Iterator[bytes]:
    """Prompts that all hang on one record, as after so many rewinds."""
    told = Teller()
    yield told.prompt()
    yield told.reply()
    parent = told.writer.leaf
    for _ in range(count):
        told.writer.leaf = parent
        yield told.prompt()
    yield told.reply()
    yield told.end()


def _boundaries(count: int) -> Iterator[bytes]:
    """A turn, a compaction, and so on."""
    told = Teller()
    for _ in range(count):
        yield told.prompt()
        yield told.reply()
        assert told.writer.leaf is not None
        told.writer.turn_ends.append(told.writer.leaf)
        yield from _compact(told.writer)
    yield told.prompt()
    yield told.reply()
    yield told.end()


def _line(middle: bytes = b"", text: bytes = b"x") -> Callable[[int], Iterator[bytes]]:
    """One result of so many megabytes of a text, with something in its middle, as bytes of JSON."""

    def made(megabytes: int) -> Iterator[bytes]:
        told = Teller()
        yield told.prompt()
        yield told.call(0)
        block = {"tool_use_id": f"toolu_{0:024}", "type": "tool_result", "content": "@@@"}
        before, behind = told.writer.user([block], told.writer.leaf).split(b"@@@")
        half = text * (megabytes * 500_000 // len(text))
        yield b"".join((before, half, middle, half, behind))
        yield told.reply()
        yield told.end()

    return made


def _unanswered(count: int) -> Iterator[bytes]:
    """Turns with a call that no result answers."""
    told = Teller()
    for number in range(count):
        yield told.prompt()
        yield told.call(number)
    yield told.prompt()
    yield told.reply()


def _late(count: int) -> Iterator[bytes]:
    """Calls, each followed by a prompt and a reply before its result."""
    told = Teller()
    for number in range(count):
        yield told.prompt()
        yield told.call(number)
        yield told.prompt()
        yield told.reply()
        yield told.result(number)
    yield told.prompt()


def _open(count: int) -> Iterator[bytes]:
    """One response of calls that no result answers, and a new prompt."""
    told = Teller()
    yield told.prompt()
    message_id = f"msg_01{told.writer.hex(22)}"
    for number in range(count):
        yield told.call(number, message_id, number)
    yield told.prompt()


def _breaks(count: int) -> Iterator[bytes]:
    """A chain in which every third record, a minute behind the one before, names a parent that is not there."""
    told = Teller()
    for number in range(count):
        if number:
            told.writer.leaf = told.writer.uuid()
            told.writer.clock += 60
        yield told.prompt()
        yield told.reply()
        yield told.reply()
    yield told.end()


def _parted(count: int) -> Iterator[bytes]:
    """Calls of one response, each record on the prompt, then a turn, then all their results."""
    told = Teller()
    yield told.prompt()
    asked, message_id = told.writer.leaf, f"msg_01{told.writer.hex(22)}"
    for number in range(count):
        told.writer.leaf = asked
        yield told.call(number, message_id, number)
    yield told.prompt()
    yield told.reply()
    for number in range(count):
        yield told.result(number)
    yield told.prompt()


def _behind(count: int) -> Iterator[bytes]:
    """Turns with a call each; all their results stand behind the last of them."""
    told = Teller()
    for number in range(count):
        yield told.prompt()
        yield told.call(number)
    yield told.prompt()
    yield told.reply()
    for number in range(count):
        yield told.result(number)


def _amplifier(count: int) -> Iterator[bytes]:
    """An Amplifier session of prompts, calls and results."""
    for number in range(count // 4):
        about = {"metadata": {"timestamp": f"2026-01-01T{number // 3600 % 24:02}:{number // 60 % 60:02}:00.000+00:00"}}
        ref = f"toolu_{number:024}"
        call = {"type": "tool_call", "id": ref, "name": "bash", "input": {"command": "pytest"}}
        calls = [{"id": ref, "tool": "bash", "arguments": {"command": "pytest"}}]
        for record in (
            {"role": "user", "content": "Now run the tests."},
            {"role": "assistant", "content": [call], "tool_calls": calls},
            {"role": "tool", "name": "bash", "tool_call_id": ref, "content": '{"success": true}'},
            {"role": "assistant", "content": [{"type": "text", "text": "All tests pass. " * 8}]},
        ):
            yield orjson.dumps({**record, **about}) + b"\n"


def _body(count: int) -> Iterator[bytes]:
    """A request body of prompts, calls and results."""
    yield b'{"model":"claude-opus-4-8","max_tokens":4096,"messages":['
    for number in range(count // 4):
        ref = f"toolu_{number:024}"
        block: Any = {"type": "tool_use", "id": ref, "name": "bash", "input": {"command": "pytest"}}
        done: Any = {"type": "tool_result", "tool_use_id": ref, "content": "1 passed"}
        for place, (role, content) in enumerate((
            ("user", "Now run the tests. " * 20), ("assistant", [block]), ("user", [done]),
            ("assistant", [{"type": "text", "text": "All tests pass. " * 20}]),
        )):
            yield (b"," if number or place else b"") + orjson.dumps({"role": role, "content": content})
    yield b"]}"


def _made(name: str) -> Callable[[int], Iterator[bytes]]:
    return lambda megabytes: transcript(MADE[name], megabytes * 1_000_000, 1)


SHAPES: dict[str, tuple[Callable[[int], Iterator[bytes]], int, str]] = {
    "mixed": (_made("mixed"), 10, "MB with images"),
    "small": (_made("small"), 10, "MB of small records"),
    "branches": (_made("branches"), 10, "MB of deep branches"),
    "compactions": (_made("compactions"), 10, "MB, compacted every 3 turns"),
    "parallel": (_made("parallel"), 5, "MB of parallel calls"),
    "chain": (_chain, 250_000, "records in one chain"),
    "far": (_far, 2_500, "calls before all their results"),
    "children": (_children, 25_000, "children of one record"),
    "boundaries": (_boundaries, 250, "compaction boundaries"),
    "line": (_line(), 25, "MB in one line"),
    "emoji": (_line("🦊".encode()), 25, "MB in one line with an emoji"),
    "script": (_line(text="Съешь ещё этих мягких булок. ".encode()), 25, "MB of another script in one line"),
    "half": (_line(b"\\ud83d"), 25, "MB in one line with half of a surrogate pair"),
    "nul": (_line(bytes(3)), 25, "MB in one line with NUL"),
    "invalid": (_line(b"\xff"), 25, "MB in one line with a byte that is no UTF-8"),
    "unanswered": (_unanswered, 2_500, "unanswered calls"),
    "late": (_late, 2_500, "late results"),
    "open": (_open, 2_500, "unanswered calls of one response"),
    "behind": (_behind, 2_500, "late results in one row"),
    "breaks": (_breaks, 2_500, "missing parents in one chain"),
    "parted": (_parted, 2_500, "late results of one response"),
    "amplifier": (_amplifier, 25_000, "messages of Amplifier"),
    "body": (_body, 25_000, "messages in a request body"),
}
"""Shape → what writes it, the smallest count that is measured, and what is counted."""

DAMAGED = ("unanswered", "late", "open", "behind", "parted", "breaks")
"""Those that there is something to repair in."""


def write(name: str, count: int, folder: Path) -> Path:
    """A session of a shape in a new folder."""
    file = {"amplifier": "transcript.jsonl", "body": "body.json"}.get(name, f"{name}.jsonl")
    inner = folder / f"{name}-{count}"
    inner.mkdir(parents=True, exist_ok=True)
    path = inner / file
    if not path.exists():
        if name == "amplifier":
            (inner / "metadata.json").write_text('{"session_id": "s", "model": "claude-opus-4-8"}')
        with path.open("wb") as out:
            out.writelines(SHAPES[name][0](count))
    return path


def main() -> None:
    """Write one session."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shape", choices=sorted(SHAPES))
    parser.add_argument("count", type=int)
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    print(write(given.shape, given.count, given.folder))


if __name__ == "__main__":
    main()
