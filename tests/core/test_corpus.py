"""What unbrick says a client sends, against what the client sent: every recorded resume of the corpus.

Compared are the outcome, the sequence of roles, the members of a message besides its content, whether the content
is a string, and of every block its type, call id, name, input and text. The corpus shortens texts that the client
writes by itself to 160 characters and an ellipsis, in the records as well as in the requests; such texts are compared
up to the first cut or renamed folder on either side, and without the wrappers' openings, because a shortened wrapper no
longer closes. Three things stand in no record and can only be told by kind: the context reminder in front of the first
prompt, and, together with the new prompt, reminders in its message and a system turn behind it.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from unbrick.opening import detect
from unbrick.patch import View
from unbrick.request import Request, Role, Synthetic
from unbrick.scanning.scan import finish, scan
from unbrick.session import link
from unbrick.source import Source
from unbrick.target import NOWHERE, Target, Version
from unbrick.thread import Outcome, Thread

ROOT = Path(__file__).parents[2]
CORPUS = ROOT.parent / "shared" / "corpus" / "claude_code"
CASES = sorted(CORPUS.glob("*/*/next-*.json"))
OPENING = "<system-reminder>\n"
CONTEXT = "<system-reminder>\nAs you answer the user's questions"
PROMPT = "NEXT-PROMPT"
SHORTENED = re.compile(r"\n<[/\w-]*…|…|/tmp/|/home/")
"""Where the comparison of a shortened text ends: at the cut, at a wrapper that was cut, at a renamed folder."""

pytestmark = pytest.mark.skipif(not CASES, reason="the corpus is not beside the checkout (../shared/corpus)")

Block = dict[str, Any]


def predicted(path: Path, client: str, model: str | None, prompt: str | None = PROMPT) -> tuple[Thread, Request]:
    with Source.open(path) as source:
        format_ = detect(source)
        session = link(finish(scan(View(source), format_.bare)))
        target = Target(format_.client, Version.parse(client), model)
        thread = format_.thread(session, target)
        request = format_.request(session, thread, target, NOWHERE, prompt)
        for index in range(len(request)):
            request.written.update({part: request.piece(part) for part in parts(request, index)})
        request.suffix.clear()
        return thread, request


def parts(request: Request, message: int) -> range:
    return range(request.first[message], request.first[message + 1])


def blocks(content: str | list[Block]) -> list[Block]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def same_text(ours: str, theirs: str) -> bool:
    if "…" not in ours and "…" not in theirs:
        return ours == theirs
    one, two = (SHORTENED.split(text.replace(OPENING, ""))[0] for text in (ours, theirs))
    length = min(len(one), len(two))
    return length >= 20 and one[:length] == two[:length]


def same_result(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, str) and isinstance(theirs, str):
        return same_text(ours, theirs)
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(same_block, ours, theirs))
    return bool(ours == theirs)


def same_block(ours: Block, theirs: Block) -> bool:
    theirs = {key: value for key, value in theirs.items() if key != "cache_control"}
    if ours.get("type") != theirs.get("type"):
        return False
    if ours["type"] == "text":
        return same_text(ours["text"], theirs["text"])
    if ours["type"] == "tool_result":
        keys = ("tool_use_id", "is_error")
        return all(ours.get(key) == theirs.get(key) for key in keys) and same_result(
            ours.get("content"), theirs.get("content")
        )
    return ours == theirs


def differences(thread: Thread, request: Request, truth: dict[str, Any]) -> list[str]:
    """Where the prediction and the recorded request part."""
    if not truth["accepted"] and "No conversation found" in truth["error"]:
        told = (thread.outcome, thread.error)
        return [] if told == (Outcome.NOT_FOUND, truth["error"].strip()) else [f"{told} instead of {truth['error']}"]
    if thread.outcome is not Outcome.ACCEPTED:
        return [f"{thread.outcome}: {thread.error}"]
    sent = list(truth["messages"])
    if sent[-1]["role"] == "system" and request.role(len(request) - 1) is Role.USER:
        sent.pop()
    if len(sent) != len(request):
        return [f"{len(request)} messages instead of {len(sent)}: {[m['role'] for m in sent]}"]
    found: list[str] = []
    for index, theirs in enumerate(sent):
        ours = request.message(index)
        last = index == len(sent) - 1
        if ours["role"] != theirs["role"]:
            found.append(f"{index}: role {ours['role']} instead of {theirs['role']}")
            continue
        others = [{k: v for k, v in m.items() if k not in ("role", "content")} for m in (ours, theirs)]
        if others[0] != others[1]:
            found.append(f"{index}: {others[0]} instead of {others[1]}")
        plain = [isinstance(m["content"], str) for m in (ours, theirs)]
        if not last and plain[0] != plain[1] and Version.parse(truth["client"]) >= Version.parse("2.1.20"):
            found.append(f"{index}: a string is {plain[0]} instead of {plain[1]}")
        found += [f"{index}: {text}" for text in _blocks(request, index, blocks(theirs["content"]), last=last)]
    return found


def _blocks(request: Request, index: int, theirs: list[Block], *, last: bool) -> list[str]:
    ours = [(request.synthetic.get(part), request.piece(part)) for part in parts(request, index)]
    if last:
        theirs = [b for b in theirs if not (b["type"] == "text" and b["text"].startswith(OPENING))]
    if len(ours) != len(theirs):
        return [f"{[b['type'] for _, b in ours]} instead of {[b['type'] for b in theirs]}"]
    found = []
    for (why, one), two in zip(ours, theirs, strict=True):
        told = two["type"] == "text" and two["text"].startswith(CONTEXT)
        if (why is Synthetic.REMINDER) != told:
            found.append(f"the context reminder: {one} instead of {two}")
        elif not told and not same_block(one, two):
            found.append(f"{one} instead of {two}")
    return found


def case(path: Path) -> str:
    return f"{path.parts[-3]}-{path.parts[-2]}-{path.stem.removeprefix('next-')[:8]}"


def judge(path: Path) -> list[str]:
    truth = json.loads(path.read_bytes())
    session = path.parent / "project" / truth["session"]
    thread, request = predicted(session, truth["client"], truth.get("model"))
    return differences(thread, request, truth)


@pytest.mark.parametrize("path", CASES, ids=case)
def test_the_request_is_what_the_client_sent(path: Path) -> None:
    assert judge(path) == []


def test_the_comparison_tells_a_changed_request() -> None:
    path = next(path for path in CASES if path.parts[-3:-1] == ("2.1.139", "parallel"))
    truth = json.loads(path.read_bytes())
    session = path.parent / "project" / truth["session"]
    changes = [
        lambda messages: messages.pop(2),
        lambda messages: messages[1]["content"].pop(),
        lambda messages: messages[1]["content"][-1].update(id="toolu_other"),
        lambda messages: messages[2]["content"].reverse(),
        lambda messages: messages[2]["content"][0].update(content="something else"),
        lambda messages: messages[0]["content"].pop(1),
        lambda messages: messages[4].update(content=[{"type": "text", "text": "PROMPT-2 more"}]),
    ]
    for change in changes:
        thread, request = predicted(session, truth["client"], truth["model"])
        other = json.loads(path.read_bytes())
        change(other["messages"])
        assert differences(thread, request, other)


def test_every_part_says_where_it_comes_from() -> None:
    for path in CASES:
        truth = json.loads(path.read_bytes())
        _thread, request = predicted(path.parent / "project" / truth["session"], truth["client"], truth.get("model"))
        assert all(row >= 0 or part in request.synthetic for part, row in enumerate(request.row))


def test_the_documented_rates_are_the_measured_ones() -> None:
    rates: dict[str, list[int]] = {}
    for path in CASES:
        rate = rates.setdefault(path.parts[-3], [0, 0])
        rate[0] += not judge(path)
        rate[1] += 1
    table = (ROOT / "docs" / "prediction.md").read_text(encoding="utf-8")
    documented = dict(re.findall(r"^\| ([\d.]+) \| (\d+ of \d+) \|", table, re.MULTILINE))
    assert documented == {version: f"{good} of {all_}" for version, (good, all_) in rates.items()}
