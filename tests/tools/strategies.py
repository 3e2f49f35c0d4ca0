"""Hypothesis strategies for transcripts: sessions as the client writes them, and what can happen to their bytes."""

from __future__ import annotations

import importlib.util
import json
import random
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT.parent / "shared" / "corpus" / "claude_code"


@cache
def generator() -> ModuleType:
    """The benchmark's generator of healthy sessions."""
    spec = importlib.util.spec_from_file_location("benchmark_generate", ROOT / "benchmarks" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def lines_of(shape: str, size: int, seed: int) -> tuple[bytes, ...]:
    """Lines of a healthy session of about so many bytes."""
    module = generator()
    return tuple(module.transcript(module.SHAPES[shape], size, seed))


@st.composite
def sessions(draw: st.DrawFn, size: int = 30_000) -> tuple[bytes, ...]:
    """A healthy session of one of the benchmark's shapes, a turn or more long."""
    shape = draw(st.sampled_from(["mixed", "small", "branches", "compactions", "chain"]))
    return lines_of(shape, draw(st.integers(1, size)), draw(st.integers(0, 40)))


@cache
def corpus() -> tuple[tuple[str, bytes], ...]:
    """(name, bytes) of the main transcripts that real clients wrote; empty where there is no corpus."""
    found = sorted(CORPUS.glob("*/*/project/*.jsonl"))
    return tuple((f"{path.parts[-4]}/{path.parts[-3]}/{path.stem[:8]}", path.read_bytes()) for path in found)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
"""Values of every JSON type, half surrogates in their texts too."""

odd_values: st.SearchStrategy[Any] = st.sampled_from([
    None, True, False, 0, -1, 1.5, 10**30, "", " ", "\ud800", "x" * 300, [], {}, [[]], [None], [{}], {"type": None},
    {"type": []}, {"type": "text"}, {"type": "tool_use"}, {"type": "tool_result", "content": [{}]}, [{"type": "text"}],
]) | json_values


def paths(value: object, prefix: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Pointers to every value inside a value."""
    found: list[tuple[str | int, ...]] = []
    items: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found += [(*prefix, key), *paths(inner, (*prefix, key))]
    return found


def replaced(value: Any, pointer: tuple[str | int, ...], new: object) -> Any:
    """A copy of a value with another one at a pointer."""
    copy = json.loads(json.dumps(value))
    inner = copy
    for step in pointer[:-1]:
        inner = inner[step]
    inner[pointer[-1]] = new
    return copy


def dumped(value: object) -> bytes:
    """A record as one line, half surrogates as escapes."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return "".join(f"\\u{ord(c):04x}" if "\ud800" <= c <= "\udfff" else c for c in text).encode("utf-8")


Damage = Callable[[random.Random, list[bytes]], None]
"""Changes the lines of a transcript in place; an index is within the list."""


def _pick(chance: random.Random, lines: list[bytes]) -> int:
    return chance.randrange(len(lines))


def drop_line(chance: random.Random, lines: list[bytes]) -> None:
    del lines[_pick(chance, lines)]


def double_line(chance: random.Random, lines: list[bytes]) -> None:
    lines.insert(_pick(chance, lines), lines[_pick(chance, lines)])


def swap_lines(chance: random.Random, lines: list[bytes]) -> None:
    one, other = _pick(chance, lines), _pick(chance, lines)
    lines[one], lines[other] = lines[other], lines[one]


def shuffle_lines(chance: random.Random, lines: list[bytes]) -> None:
    chance.shuffle(lines)


def tear_line(chance: random.Random, lines: list[bytes]) -> None:
    index = _pick(chance, lines)
    lines[index] = lines[index][: chance.randrange(len(lines[index]) + 1)] + b"\n"


def glue_lines(chance: random.Random, lines: list[bytes]) -> None:
    index = _pick(chance, lines)
    lines[index] = lines[index].rstrip(b"\n")


def splice_lines(chance: random.Random, lines: list[bytes]) -> None:
    index = _pick(chance, lines)
    lines[index] = lines[index][: chance.randrange(len(lines[index]) + 1)]


def nul_run(chance: random.Random, lines: list[bytes]) -> None:
    index = _pick(chance, lines)
    lines[index] = b"\0" * chance.randrange(1, 50) + (lines[index] if chance.random() < 0.5 else b"\n")


def foreign_line(chance: random.Random, lines: list[bytes]) -> None:
    other = chance.choice([b"null", b"[]", b"[1]", b'"x"', b"3", b"", b"{}", b"}{", b"garbage", b"\r"])
    lines.insert(_pick(chance, lines), other + b"\n")


def bad_byte(chance: random.Random, lines: list[bytes]) -> None:
    index = _pick(chance, lines)
    at = chance.randrange(len(lines[index]) + 1)
    lines[index] = lines[index][:at] + bytes([chance.randrange(256)]) + lines[index][at:]


def mark_order(chance: random.Random, lines: list[bytes]) -> None:
    lines[0] = b"\xef\xbb\xbf" + lines[0]


def carriage_returns(chance: random.Random, lines: list[bytes]) -> None:
    lines[:] = [line.rstrip(b"\n") + b"\r\n" for line in lines]


def cut_file(chance: random.Random, lines: list[bytes]) -> None:
    index = _pick(chance, lines)
    del lines[index + 1 :]
    lines[index] = lines[index][: chance.randrange(1, len(lines[index]) + 1)] if lines[index] else b"{"


def _with_records(change: Callable[[random.Random, list[dict[str, Any]]], None]) -> Damage:
    """A damage that works on decoded records; lines that hold none stay as they are."""

    def damage(chance: random.Random, lines: list[bytes]) -> None:
        decoded: dict[int, dict[str, Any]] = {}
        for index, line in enumerate(lines):
            try:
                value = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(value, dict):
                decoded[index] = value
        if not decoded:
            return
        before = {index: json.dumps(value) for index, value in decoded.items()}
        change(chance, list(decoded.values()))
        for index, value in decoded.items():
            if json.dumps(value) != before[index]:
                lines[index] = dumped(value) + b"\n"

    damage.__name__ = change.__name__.strip("_")
    return damage


def _chain(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [record for record in records if record.get("uuid")] or records


def _lose_parent(chance: random.Random, records: list[dict[str, Any]]) -> None:
    chance.choice(_chain(records))["parentUuid"] = "00000000-dead-4000-8000-000000000000"


def _null_parent(chance: random.Random, records: list[dict[str, Any]]) -> None:
    chance.choice(_chain(records))["parentUuid"] = None


def _own_parent(chance: random.Random, records: list[dict[str, Any]]) -> None:
    record = chance.choice(_chain(records))
    record["parentUuid"] = record.get("uuid")


def _other_parent(chance: random.Random, records: list[dict[str, Any]]) -> None:
    chance.choice(_chain(records))["parentUuid"] = chance.choice(_chain(records)).get("uuid")


def _same_uuid(chance: random.Random, records: list[dict[str, Any]]) -> None:
    chance.choice(_chain(records))["uuid"] = chance.choice(_chain(records)).get("uuid")


def _sidechain(chance: random.Random, records: list[dict[str, Any]]) -> None:
    chance.choice(_chain(records))["isSidechain"] = True


def _lose_member(chance: random.Random, records: list[dict[str, Any]]) -> None:
    record = chance.choice(records)
    if record:
        del record[chance.choice(sorted(record))]


def _blocks(records: list[dict[str, Any]]) -> list[list[Any]]:
    found = []
    for record in records:
        message = record.get("message")
        if isinstance(message, dict) and isinstance(message.get("content"), list) and message["content"]:
            found.append(message["content"])
    return found


def _lose_block(chance: random.Random, records: list[dict[str, Any]]) -> None:
    contents = _blocks(records)
    if contents:
        chance.choice(contents).pop()


def _odd_block(chance: random.Random, records: list[dict[str, Any]]) -> None:
    contents = _blocks(records)
    odd = [
        {"type": "text", "text": ""}, {"type": "text", "text": " \n"}, {"type": "text"}, {"type": "new"}, None, "x",
        {"type": "tool_use", "id": "bad id", "name": "", "input": "x"}, {"type": "tool_result", "tool_use_id": "t"},
        {"type": "thinking", "thinking": "x", "signature": ""}, {"type": "image", "source": {}},
    ]
    if contents:
        content = chance.choice(contents)
        content.insert(chance.randrange(len(content) + 1), chance.choice(odd))


def _odd_content(chance: random.Random, records: list[dict[str, Any]]) -> None:
    messages = [record["message"] for record in records if isinstance(record.get("message"), dict)]
    if messages:
        chance.choice(messages)["content"] = chance.choice(["", "  ", [], None, 5, {}, "text", [[]]])


def _half_pair(chance: random.Random, records: list[dict[str, Any]]) -> None:
    messages = [record["message"] for record in records if isinstance(record.get("message"), dict)]
    if messages:
        chance.choice(messages)["content"] = [{"type": "text", "text": "cut \ud83d here"}]


DAMAGES: tuple[Damage, ...] = (
    drop_line, double_line, swap_lines, shuffle_lines, tear_line, glue_lines, splice_lines, nul_run, foreign_line,
    bad_byte, mark_order, carriage_returns, cut_file,
    *map(_with_records, (
        _lose_parent, _null_parent, _own_parent, _other_parent, _same_uuid, _sidechain, _lose_member, _lose_block,
        _odd_block, _odd_content, _half_pair,
    )),
)


def damaged(lines: tuple[bytes, ...], damages: list[Damage], seed: int) -> bytes:
    """A transcript with damages done to it, one after the other."""
    chance = random.Random(seed)
    left = list(lines)
    for damage in damages:
        if left:
            damage(chance, left)
    return b"".join(left)


@st.composite
def damaged_sessions(draw: st.DrawFn, most: int = 4) -> bytes:
    """A session, a real one where there is a corpus, with a few damages."""
    real = [tuple(data.splitlines(keepends=True)) for _name, data in corpus() if len(data) < 40_000]
    lines = draw(sessions() | st.sampled_from(real)) if real else draw(sessions())
    damages = draw(st.lists(st.sampled_from(DAMAGES), min_size=1, max_size=most))
    return damaged(lines, damages, draw(st.integers(0, 10_000)))


_TIME = "2026-01-01T00:00:00.000Z"

anything = st.one_of(
    st.binary(max_size=200),
    st.lists(odd_values, max_size=6).map(lambda values: b"\n".join(map(dumped, values))),
    st.lists(
        st.dictionaries(
            st.sampled_from([
                "type", "uuid", "parentUuid", "message", "timestamp", "leafUuid", "subtype", "content", "attachment",
                "data", "version", "isSidechain", "compactMetadata", "toolUseResult",
            ]),
            odd_values | st.sampled_from(["user", "assistant", "system", "a", "b", "last-prompt", _TIME]),
        ),
        max_size=8,
    ).map(lambda values: b"\n".join(map(dumped, values))),
)
"""Any bytes: random ones, lines of any JSON value, and objects with a record's keys and any values."""
