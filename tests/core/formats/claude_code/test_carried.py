"""A request that is taken up where an edit begins is the one that is made from the start, whatever the edit was."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools import strategies as made
from unbrick.formats.claude_code import ClaudeCode, carried
from unbrick.patch import Patch, View
from unbrick.record import END
from unbrick.request import Request
from unbrick.scanning.rescan import rescan
from unbrick.scanning.scan import Scan, finish, scan
from unbrick.session import link
from unbrick.source import Source
from unbrick.target import SYSTEM_TURNS, Setting, Surroundings, Target, Version

FORMAT = ClaudeCode()
AROUND = Surroundings(True, settings={SYSTEM_TURNS: Setting(SYSTEM_TURNS, "opus-4-7", "environment")})
"""Reminders are system turns on some clients."""
SAMPLES = sorted((Path(__file__).parents[4] / "sample_sessions" / "claude_code").glob("*/*.jsonl"))
TARGETS = [
    Target("claude-code", Version.parse(version), model) for version, model in (
        ("1.0.128", "claude-sonnet-4-5-20250929"), ("2.1.139", "claude-opus-4-7"), ("2.1.200", "claude-opus-4-7"),
        ("2.1.329", "claude-opus-5-5"),
    )
]


def sent(request: Request) -> dict[str, Any]:
    """All that is said of a request."""
    found = {
        field.name: getattr(request, field.name) for field in fields(request)
        if field.name not in ("decode", "glance", "refs", "plain", "course")
    }
    return {**found, "refs": [*request.refs], "plain": [*request.plain], "messages": [*request.messages()]}


def requests(scanned: Scan, target: Target, like: Request | None) -> Request:
    session = link(scanned)
    return FORMAT.request(session, FORMAT.thread(session, target), target, AROUND, like=like)


def changed(rng: random.Random, lines: list[bytes]) -> Patch:
    """Lines that are taken out, said twice, said in the place of others, changed, and added."""
    found: dict[int, tuple[bytes, ...]] = {}
    for _number in range(rng.choice((1, 1, 1, 2, 5))):
        line = rng.randrange(len(lines)) if rng.random() < 0.3 else len(lines) - 1 - rng.randrange(min(len(lines), 12))
        raw = lines[line].rstrip(b"\n")
        how = rng.randrange(6)
        if how == 0:
            found[line + 1] = ()
        elif how == 1:
            found[line + 1] = (raw, raw)
        elif how == 2:
            found[line + 1] = (rng.choice(lines).rstrip(b"\n"),)
        elif how == 3:
            found[END] = (raw,)
        else:
            found[line + 1] = (rng.choice((_emptied, _without_id, _of_another_call))(raw),)
    return found


def _record(raw: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def _emptied(raw: bytes) -> bytes:
    value = _record(raw)
    if isinstance(value.get("message"), dict):
        value["message"]["content"] = []
    return orjson.dumps(value)


def _without_id(raw: bytes) -> bytes:
    return orjson.dumps({key: value for key, value in _record(raw).items() if key != "uuid"})


def _of_another_call(raw: bytes) -> bytes:
    return raw.replace(b"toolu_", b"toolu_9", 1)


def courses(data: bytes, seed: int, target: Target) -> Iterator[tuple[Request, Request]]:
    """A few edits after each other, the request after each taken up from the one before, and made anew."""
    rng, lines = random.Random(seed), data.splitlines(keepends=True)
    if not lines:
        return
    source = Source.of(data)
    try:
        before = finish(scan(View(source), FORMAT.bare))
        like = requests(before, target, None)
        for _step in range(3):
            after = rescan_of(before, View(source, changed(rng, lines)))
            found = requests(after, target, like)
            yield found, requests(after, target, None)
            before, like = after, found
    finally:
        source.close()


def rescan_of(before: Scan, view: View) -> Scan:
    return finish(rescan(before, view, FORMAT.bare))


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carried, "EVERY", 1)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: str(target.version))
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.parent.name)
def test_samples_and_edits(path: Path, target: Target) -> None:
    for seed in range(4):
        for found, anew in courses(path.read_bytes(), seed, target):
            assert sent(found) == sent(anew), seed


@pytest.mark.parametrize(("name", "data"), made.corpus(), ids=lambda one: one if isinstance(one, str) else "")
def test_what_real_clients_wrote(name: str, data: bytes) -> None:
    for target in TARGETS:
        for found, anew in courses(data, len(name), target):
            assert sent(found) == sent(anew), target.version


@pytest.mark.parametrize("target", TARGETS[1:], ids=lambda target: str(target.version))
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.parent.name)
def test_each_stop(path: Path, target: Target) -> None:
    """Nothing is edited, and the request is taken up at each stop in turn."""
    with Source.of(path.read_bytes()) as source:
        before = finish(scan(View(source), FORMAT.bare))
        whole = requests(before, target, None)
        course = whole.course
        for number in range(len(course.stops) if isinstance(course, carried.Course) else 0):
            assert isinstance(course, carried.Course)
            like = replace(whole, course=replace(course, stops=course.stops[: number + 1]))
            assert sent(requests(before, target, like)) == sent(whole), course.stops[number].place


def test_a_reply_of_which_another_part_is_sent_since() -> None:
    """Without its result a call goes, and the text in front of it stays: no row more or less is sent."""
    lines = [*made.lines_of("chain", 60_000, 1)]
    records = [*map(_record, lines)]
    at = next(
        at for at, record in enumerate(records) if at > 20 and record.get("type") == "assistant"
        and record["message"]["content"][0]["type"] == "tool_use" and "promptId" in records[at - 1]
        and isinstance(records[at - 1]["message"]["content"], str)
    )
    records[at]["message"]["content"].insert(0, {"type": "text", "text": "I look it up."})
    lines = [orjson.dumps(record) + b"\n" for record in records]
    with Source.of(b"".join(lines)) as source:
        whole = finish(scan(View(source), FORMAT.bare))
        # The result says that it is another call's.
        after = rescan_of(whole, View(source, {at + 2: (_of_another_call(lines[at + 1].rstrip(b"\n")),)}))
        like = requests(whole, TARGETS[1], None)
        assert sent(requests(after, TARGETS[1], like)) == sent(requests(after, TARGETS[1], None))


@given(made.sessions(), st.integers(0, 1 << 30), st.sampled_from(TARGETS))
def test_sessions_of_the_generator(lines: tuple[bytes, ...], seed: int, target: Target) -> None:
    for found, anew in courses(b"".join(lines), seed, target):
        assert sent(found) == sent(anew)


@pytest.mark.parametrize("target", TARGETS[1:], ids=lambda target: str(target.version))
def test_most_of_a_long_conversation_is_taken_over(target: Target) -> None:
    source = Source.of(b"".join(made.lines_of("chain", 400_000, 1)))
    before = finish(scan(View(source), FORMAT.bare))
    like = requests(before, target, None)
    line = len(source) - 3
    after = rescan_of(before, View(source, {line: (_emptied(source[line - 1]),)}))
    mine, theirs = requests(after, target, like).course, like.course
    source.close()
    assert isinstance(mine, carried.Course)
    assert isinstance(theirs, carried.Course)
    stop = mine.same(theirs)
    assert stop is not None
    assert stop.messages > len(like) - 20
