"""The samples as they are, resumed by real clients: what `expected.json` says, and the shape of the request.

Needs the clients: ``UNBRICK_CLIENTS="2.1.139=/path/claude,2.1.329=/path/claude"`` (docs/proof.md).
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from test_samples import FOLDERS, MENDED_FOR, Json, checked, expected, opened
from tools.observe import run_sample
from tools.realclient import Resumed, clients

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


@pytest.mark.parametrize(("folder", "judged"), CASES)
def test_the_client_does_with_the_sample_what_is_expected(folder: Path, judged: Json) -> None:
    got = resumed(folder, judged["client"])
    assert got.outcome == judged["outcome"], got.printed
    if judged["error"] is not None and got.error is not None:
        assert re.search(judged["error"], got.error)


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
