"""Real sessions of real clients: nothing above info where nothing broke, whichever client resumes them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools.chat import codes, judge

CORPUS = Path(__file__).resolve().parents[4] / "shared" / "corpus" / "claude_code"
BROKEN = ("kill_mid_parallel", "kill_mid_tool", "kill_mid_tool_resumed", "compact_timeout", "api_error")
"""Cases in which the client was killed, or a request failed, before the session was left."""


def sessions() -> list[Path]:
    """The transcripts that their own client resumed without an error."""
    found: list[Path] = []
    for known in sorted(CORPUS.glob("*/*/next-*.json")):
        outcome = json.loads(known.read_text())
        if outcome["accepted"] and known.parent.name not in BROKEN:
            found.append(known.parent / "project" / outcome["session"])
    return found


@pytest.mark.skipif(not CORPUS.is_dir(), reason="no corpus of real sessions beside the checkout")
@pytest.mark.parametrize("version", ["2.1.139", "2.1.329"])
@pytest.mark.parametrize("model", ["claude-opus-4-7", "claude-opus-5-5"])
def test_a_healthy_session_yields_nothing_above_info(version: str, model: str) -> None:
    paths = sessions()
    assert len(paths) >= 40
    for path in paths:
        found = codes(judge(path.read_bytes(), version, model), "JLBTCSE")
        assert not [one for one in found if not one.startswith("info")], path
