"""Work that was handed to other agents, with transcripts of its own: found beside the session, and tied to its call."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from unbrick.held import Handed
from unbrick.opening import Choices, open_word
from unbrick.patch import View
from unbrick.scanning.scan import finish, scan
from unbrick.session import link

ID = "0f2c51a8-9b1d-4d44-9f0e-3a7a5ce0a1b2"
CALL = {
    "type": "assistant", "uuid": "a", "parentUuid": "p", "sessionId": ID, "timestamp": "2026-05-20T10:00:01.000Z",
    "message": {"role": "assistant", "id": "msg_1", "content": [
        {"type": "tool_use", "id": "toolu_1", "name": "Task", "input": {"prompt": "look"}},
    ]},
}
RESULT = {
    "type": "user", "uuid": "b", "parentUuid": "a", "sessionId": ID, "timestamp": "2026-05-20T10:00:02.000Z",
    "toolUseResult": {"agentId": "abc123", "status": "completed"},
    "message": {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "done"}]},
}


def lines(*records: object) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def handed(path: Path) -> list[Handed]:
    with open_word(str(path), Choices(surroundings=False, environ={}), path.parent) as opened:
        session = link(finish(scan(View(opened.bundle.main), opened.format.bare)))
        return list(opened.format.handed(opened.bundle, session))


def test_the_sidecar_names_the_call(tmp_path: Path) -> None:
    path, side = tmp_path / f"{ID}.jsonl", tmp_path / ID / "subagents"
    path.write_text(lines(CALL))
    side.mkdir(parents=True)
    agent = side / "agent-abc123.jsonl"
    agent.write_text(lines({**RESULT, "isSidechain": True}))
    (side / "agent-abc123.meta.json").write_text(
        json.dumps({"toolUseId": "toolu_1", "agentType": "Explore", "description": "look around"})
    )
    assert handed(path) == [Handed(agent, "toolu_1", "Explore: look around")]


@pytest.mark.parametrize("sidecar", [None, "", "[1]", '{"toolUseId": 7}', "{torn"], ids=repr)
def test_else_the_result_names_the_agent(tmp_path: Path, sidecar: str | None) -> None:
    path, side = tmp_path / f"{ID}.jsonl", tmp_path / ID / "subagents"
    path.write_text(lines(CALL, RESULT))
    side.mkdir(parents=True)
    agent = side / "agent-abc123.jsonl"
    agent.write_text("")
    if sidecar is not None:
        (side / "agent-abc123.meta.json").write_text(sidecar)
    assert handed(path) == [Handed(agent, "toolu_1", "abc123")]


def test_older_clients_laid_it_beside_the_session(tmp_path: Path) -> None:
    path, agent = tmp_path / f"{ID}.jsonl", tmp_path / "agent-abc123.jsonl"
    path.write_text(lines(CALL, RESULT))
    assert handed(path) == []
    agent.write_text("")
    assert handed(path) == [Handed(agent, "toolu_1", "abc123")]


def test_no_id_leads_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / f"{ID}.jsonl"
    path.write_text(lines(CALL, {**RESULT, "toolUseResult": {"agentId": "../../x/y"}}))
    assert handed(path) == []


def test_a_file_that_no_call_is_known_for_is_named_all_the_same(tmp_path: Path) -> None:
    path, side = tmp_path / f"{ID}.jsonl", tmp_path / ID / "subagents"
    path.write_text(lines(CALL))
    side.mkdir(parents=True)
    (side / "agent-zzz.jsonl").write_text("")
    assert handed(path) == [Handed(side / "agent-zzz.jsonl", "", "zzz")]


def test_a_session_of_amplifier_that_names_this_one_as_its_parent(tmp_path: Path) -> None:
    sessions = tmp_path / "projects" / "-home" / "sessions"
    own, child, other = (sessions / name for name in ("one", "0011_explorer", "0022_explorer"))
    for folder, about in (
        (own, {"session_id": "one"}), (child, {"parent_id": "one", "agent_name": "foundation:explorer"}),
        (other, {"parent_id": "two"}),
    ):
        folder.mkdir(parents=True)
        (folder / "metadata.json").write_text(json.dumps(about))
        (folder / "transcript.jsonl").write_text(lines({"role": "user", "content": "look"}))
    path = own / "transcript.jsonl"
    assert [(one.path.parent.name, one.ref) for one in handed(path)] == [("0011_explorer", "")]
    path.write_text(lines(
        {"role": "user", "content": "look"},
        {"role": "assistant", "content": "", "tool_calls": [{"id": "call_1", "tool": "delegate", "arguments": {}}]},
        {"role": "tool", "tool_call_id": "call_1", "name": "delegate", "content": '{"session_id": "0011_explorer"}'},
    ))
    assert handed(path) == [Handed(child / "transcript.jsonl", "call_1", "foundation:explorer")]
