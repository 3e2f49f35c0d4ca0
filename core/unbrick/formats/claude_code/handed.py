"""Subagents that keep a transcript of their own: which call handed them their work (claude-code-format: since 2.1 in
`subagents/` of the session's folder with a sidecar, before that beside the transcript)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from unbrick.bundle import Bundle
from unbrick.disk import is_file
from unbrick.entry import BlockKind
from unbrick.held import Handed
from unbrick.record import Json, read
from unbrick.session import Session

_TOOLS = ("Task", "Agent")
_NOTHING: Json = {}


def handed(bundle: Bundle, session: Session) -> Sequence[Handed]:
    """Every subagent whose transcript is there: the sidecar names the call, or the call's result names the agent."""
    started = dict(_started(session))
    files = {_agent(path): path for path in bundle.evidence.get("subagents", ()) if path.suffix == ".jsonl"}
    if not bundle.main.private:
        for agent in filter(str.isalnum, started.keys() - files.keys()):
            path = bundle.path.with_name(f"agent-{agent}.jsonl")
            if is_file(path):
                files[agent] = path
    return tuple(_of(agent, path, started.get(agent, "")) for agent, path in sorted(files.items()))


def _agent(path: Path) -> str:
    return path.stem.removeprefix("agent-")


def _started(session: Session) -> Iterator[tuple[str, str]]:
    """(agent, call id) of the results that say which agent did the work."""
    scan = session.scan
    names = {scan.strings.find(name) for name in _TOOLS} - {-1}
    if not names:
        return
    for block, name in enumerate(scan.block_name):
        if name in names and scan.block_kind[block] == BlockKind.TOOL_USE:
            ref = scan.strings.text(scan.block_ref[block]) or ""
            call = session.calls.get(ref)
            for row, _block in call.results if call is not None else ():
                result = session.value(row).get("toolUseResult")
                agent = result.get("agentId") if isinstance(result, dict) else None
                if isinstance(agent, str):
                    yield agent, ref


def _of(agent: str, path: Path, ref: str) -> Handed:
    about = _sidecar(path.with_suffix(".meta.json"))
    known = about.get("toolUseId")
    said = (about.get("agentType"), about.get("description"))
    name = ": ".join(part for part in said if isinstance(part, str) and part)
    return Handed(path, known if isinstance(known, str) and known else ref, name or agent)


def _sidecar(path: Path) -> Json:
    try:
        raw = path.read_bytes() if is_file(path) else b""
    except OSError:
        return _NOTHING
    value, _fault = read(raw)
    return value or _NOTHING
