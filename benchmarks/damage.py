"""Damage a healthy transcript everywhere: one fault every so many records, of every kind in turn."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import orjson

Json = dict[str, Any]

FAR = 15
"""Records that a result comes too late by."""


class Damager:
    """Passes lines on, and damages one every so many records."""

    def __init__(self, every: int, seed: int) -> None:
        self.every = every
        self.random = random.Random(seed)
        self.renamed: dict[str, str] = {}
        """Ids of records that are gone or stand elsewhere → the id that those behind them are hung on."""
        self.late: list[tuple[int, Json]] = []
        self.leaf = ""
        self.prompts: list[str] = []
        self.count = 0

    def lines(self, lines: Iterator[bytes]) -> Iterator[bytes]:
        """The lines of a healthy transcript with their damage."""
        due, turn = self.every, 0
        for line in lines:
            self.count += 1
            record: Json = orjson.loads(line)
            new = self.renamed.get(record.get("parentUuid") or "")
            if new is not None:
                record["parentUuid"] = new
                line = _line(record)
            while self.late and self.late[0][0] <= self.count and record.get("parentUuid") == self.leaf:
                late = self.late.pop(0)[1]
                late["parentUuid"], record["parentUuid"] = self.leaf, late["uuid"]
                self.leaf = late["uuid"]
                yield _line(late)
                line = _line(record)
            if record.get("promptSource"):
                self.prompts = [*self.prompts[-3:], record["uuid"]]
            fits, spoil = KINDS[turn % len(KINDS)]
            if self.count >= due and fits(record):
                due, turn = self.count + self.every, turn + 1
                found = list(spoil(self, record, line))
            else:
                found = [line]
            if "parentUuid" in record:
                self.leaf = self.renamed.get(record["uuid"], record["uuid"])
            yield from found

    def hex(self, digits: int) -> str:
        """Random hexadecimal digits."""
        return f"{self.random.getrandbits(digits * 4):0{digits}x}"


def _line(record: Json) -> bytes:
    return orjson.dumps(record) + b"\n"


def _block(record: Json) -> Json:
    content = record["message"]["content"] if "message" in record else None
    return content[0] if isinstance(content, list) else {"type": "none"}


def _is(type_: str) -> Callable[[Json], bool]:
    return lambda record: _block(record)["type"] == type_


def _chained(record: Json) -> bool:
    return bool(record.get("parentUuid")) and "message" in record


def _unanswered(damager: Damager, record: Json, line: bytes) -> Iterator[bytes]:
    damager.renamed[record["uuid"]] = record["parentUuid"]
    return iter(())


def _late(damager: Damager, record: Json, line: bytes) -> Iterator[bytes]:
    damager.renamed[record["uuid"]] = record["parentUuid"]
    damager.late.append((damager.count + FAR, record))
    return iter(())


def _orphan(damager: Damager, record: Json, line: bytes) -> Iterator[bytes]:
    _block(record)["tool_use_id"] = f"toolu_01{damager.hex(22)}"
    yield _line(record)


def _gone(damager: Damager, record: Json, line: bytes) -> Iterator[bytes]:
    return iter(())


def _torn(damager: Damager, record: Json, line: bytes) -> Iterator[bytes]:
    yield line[: len(line) // 2] + b"\n"


def _glued(damager: Damager, record: Json, line: bytes) -> Iterator[bytes]:
    yield line[:-1]


def _zeroed(damager: Damager, record: Json, line: bytes) -> Iterator[bytes]:
    yield b"\0" * 512 + line


def _same_id(damager: Damager, record: Json, line: bytes) -> Iterator[bytes]:
    yield _line({**record, "uuid": damager.prompts[0]})


def _beside(damager: Damager, record: Json, line: bytes) -> Iterator[bytes]:
    message = {**record["message"], "id": f"msg_01{damager.hex(22)}"}
    yield _line({**record, "uuid": f"{damager.hex(8)}-0000-4000-8000-{damager.hex(12)}", "message": message})
    yield line


def _empty(damager: Damager, record: Json, line: bytes) -> Iterator[bytes]:
    _block(record)["text"] = ""
    yield _line(record)


KINDS: tuple[tuple[Callable[[Json], bool], Callable[[Damager, Json, bytes], Iterator[bytes]]], ...] = (
    (_is("tool_result"), _unanswered), (_is("text"), _gone), (_is("tool_result"), _late), (_chained, _torn),
    (_is("text"), _same_id), (_is("tool_result"), _orphan), (_chained, _glued), (_is("text"), _beside),
    (_chained, _zeroed), (_is("text"), _empty),
)
