"""The samples and their repairs, resumed by real clients against the stand-in of the API.

Needs the clients: ``UNBRICK_CLIENTS="2.1.139=/path/claude,2.1.329=/path/claude"`` (docs/samples.md).
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pytest

from test_samples import FOLDERS, MENDED_FOR, Json, checked, expected, opened, repaired
from tools.observe import marks, missing, run_sample
from tools.realclient import Resumed, clients
from unbrick.entry import Flag, Kind
from unbrick.report import Report, Verdict
from unbrick.save import patched

CLIENTS = clients()
CASES = [
    pytest.param(folder, judged, id=f"{folder.name} on {judged['client']}")
    for folder in FOLDERS for judged in expected(folder)["judged"] if judged["client"] in MENDED_FOR
]
pytestmark = pytest.mark.skipif(
    not CLIENTS, reason="NO REAL CLIENT: set UNBRICK_CLIENTS=2.1.139=/path/claude,2.1.329=/path/claude to prove this"
)


def client(judged: Json) -> Path:
    if judged["client"] not in CLIENTS:
        pytest.skip(f"UNBRICK_CLIENTS names no {judged['client']}")
    return CLIENTS[judged["client"]]


@cache
def resumed(folder: Path, version: str) -> Resumed:
    """What a client does with a sample; each is run once."""
    judged = next(one for one in expected(folder)["judged"] if one["client"] == version)
    return run_sample(folder, client(judged), judged)


def promised(report: Report) -> list[tuple[str, str]]:
    """(id, words) of the messages that a report says will be loaded and sent. Reads the file."""
    session = report.situation.session
    sent = set(report.situation.request.row)
    return list(marks(
        session.value(row) for row in report.situation.thread.rows
        if session.kind(row) in (Kind.USER, Kind.ASSISTANT) and row in sent and not session.has(row, Flag.API_ERROR)
    ))


@pytest.mark.parametrize(("folder", "judged"), CASES)
def test_the_client_does_with_the_sample_what_is_expected(folder: Path, judged: Json) -> None:
    got = resumed(folder, judged["client"])
    assert got.outcome == judged["outcome"], got.printed
    if judged["error"] is not None and got.error is not None:
        assert re.search(judged["error"], got.error)


@pytest.mark.parametrize(("folder", "judged"), CASES)
def test_what_the_report_says_is_loaded_is_what_the_client_sends(folder: Path, judged: Json) -> None:
    with opened(folder, judged) as session:
        wanted = promised(checked(session))
    got = resumed(folder, judged["client"])
    if got.main is None:
        pytest.skip("the client sends nothing")
    assert not missing(got, wanted)


@pytest.mark.parametrize(("folder", "judged"), CASES)
def test_the_client_takes_the_repaired_sample_and_sends_what_was_promised(folder: Path, judged: Json) -> None:
    options = expected(folder)["after_repair"]["options"]
    with opened(folder, judged) as session:
        done = repaired(session, checked(session), options)
        data = b"".join(patched(session.bundle.main, done.patch))
        wanted = promised(done.after)
    got = run_sample(folder, client(judged), judged, data)
    if done.after.verdict is Verdict.BROKEN:
        assert not got.accepted
        return
    assert got.outcome in ("accepted", "healed"), (got.printed, got.error)
    assert got.outcome == done.after.resume.outcome
    assert not missing(got, wanted)


@pytest.mark.parametrize("folder", FOLDERS, ids=[folder.name for folder in FOLDERS])
def test_the_messages_of_the_prediction_are_those_of_the_client(folder: Path) -> None:
    """Roles and kinds of blocks of the request, message by message."""
    for judged in expected(folder)["judged"]:
        if judged["client"] not in CLIENTS or judged["outcome"] not in ("accepted", "healed", "refused"):
            continue
        with opened(folder, judged) as session:
            said = [shape(message) for message in checked(session).situation.request.messages()]
        got = resumed(folder, judged["client"])
        assert got.main is not None
        sent = [shape(message) for message in got.main.body["messages"]]
        assert drop_client_words(sent)[: len(drop_client_words(said))] == drop_client_words(said), judged["client"]


def shape(message: Json) -> tuple[str, tuple[str, ...]]:
    """Role and ids or kinds of the blocks of a message."""
    content = message["content"]
    if isinstance(content, str):
        return message["role"], ("text",)
    blocks = (f"{b['type']} {b.get('id') or b.get('tool_use_id') or ''}".strip() for b in content)
    return message["role"], tuple(blocks)


def drop_client_words(messages: list[tuple[str, tuple[str, ...]]]) -> list[tuple[str, tuple[str, ...]]]:
    """Messages without texts: which reminders a client adds depends on the machine it runs on."""
    kept = [(role, tuple(b for b in blocks if b != "text")) for role, blocks in messages if role != "system"]
    return [(role, blocks) for role, blocks in kept if blocks]


def test_the_stand_in_refuses_what_the_api_refuses() -> None:
    from tools.standin import refusal

    call = {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {}}
    body = {"model": "claude-opus-4-7", "messages": [
        {"role": "user", "content": "a"}, {"role": "assistant", "content": [call]}, {"role": "user", "content": "b"},
    ]}
    assert "without `tool_result` blocks" in str(refusal(body))
    assert refusal(json.loads(json.dumps(body).replace("claude-opus-4-7", "x"))) is not None
