"""The requests that the newest clients note, rebuilt from sessions that they write here and now: tools, parallel
calls, thinking, images, compactions, kills, refusals, rewinds, resumes; held against what really arrived.

Needs the clients: ``UNBRICK_CLIENTS="2.1.300=/path/claude,2.1.329=/path/claude"`` (docs/proof.md).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tools.fresh import STORIES, Writer
from tools.realclient import Home, clients
from tools.scenes import SCENES
from tools.standin import StandIn
from unbrick.opening import Choices, examine, open_word
from unbrick.scanning.scan import finish
from unbrick.sent import Fate, Message, Proof, beside, blocks
from unbrick.target import Version

NOTING = {name: path for name, path in clients().items() if Version.parse(name) >= Version.parse("2.1.300")}
PLAYED = {**STORIES, **SCENES}
pytestmark = pytest.mark.skipif(
    not NOTING, reason="NO REAL CLIENT: set UNBRICK_CLIENTS=2.1.329=/path/claude to prove this"
)


def bare(message: Message | None) -> Any:
    """A message as text, without the marks for the cache."""
    assert message is not None
    kept = [{key: value for key, value in block.items() if key != "cache_control"} for block in blocks(message)]
    return json.dumps([message["role"], kept], sort_keys=True)


@pytest.mark.parametrize("model", ["claude-opus-5-5", "claude-opus-4-7"])
@pytest.mark.parametrize("name", PLAYED)
@pytest.mark.parametrize("version", NOTING or ["none"])
def test_every_noted_request_is_rebuilt_as_it_went_out(version: str, name: str, model: str) -> None:
    with Home() as home, StandIn(seed=name, check=False) as api:
        writer = Writer(NOTING[version], version, model, home, api)
        PLAYED[name](writer)
        if writer.session is None or not writer.path.exists():
            pytest.skip("the client wrote no session")
        arrived = [[bare(message) for message in one.body.get("messages", [])] for one in api.sent]
        with open_word(str(writer.path), Choices(version, surroundings=False), Path.cwd()) as opened:
            report = finish(examine(opened))
            session, built = report.situation.session, report.situation.request
            noted = opened.format.sent(session)
            assert noted
            assert [(one.proof, one.why) for one in noted] == [(Proof.VERIFIED, "")] * len(noted)
            for one in noted:
                assert [bare(message) for message in one.messages()] in arrived
            last = list(beside(noted[-1].messages(), built))
            assert Fate.UNKNOWN not in {one.fate for one in last}
