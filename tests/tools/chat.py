"""Small Claude Code transcripts written record by record, and the judgement of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from unbrick.check import check
from unbrick.finding import Finding
from unbrick.formats.table import FORMATS
from unbrick.repair import Repaired, repair
from unbrick.report import Report
from unbrick.scanning.scan import finish
from unbrick.source import Source
from unbrick.target import Target, Version

MODEL = "claude-opus-4-7"


def text(words: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": words, **more}


def call(ref: Any, name: Any = "Bash", given: Any = None, **more: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": ref, "name": name, "input": {"command": "ls"} if given is None else given, **more}


def result(ref: Any, content: Any = "done", **more: Any) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": ref, "content": content, **more}


def thinking(words: str = "hm", **more: Any) -> dict[str, Any]:
    return {"type": "thinking", "thinking": words, **more}


@dataclass
class Chat:
    """A transcript in the making; each record follows the one before unless told otherwise."""

    records: list[dict[str, Any]] = field(default_factory=list)

    def add(self, type_: str, message: Any, parent: Any = ..., **more: Any) -> str:
        number = len(self.records) + 1
        uuid = f"00000000-0000-4000-8000-{number:012d}"
        before = next((r["uuid"] for r in reversed(self.records) if "uuid" in r), None)
        self.records.append({
            "parentUuid": before if parent is ... else parent, "isSidechain": False, "userType": "external",
            "cwd": "/home/dev/project", "sessionId": "5e550000-0000-4000-8000-000000000000", "version": "2.1.139",
            "type": type_, "message": message, "uuid": uuid,
            "timestamp": f"2026-05-20T10:{number // 60:02d}:{number % 60:02d}.000Z", **more,
        })
        return uuid

    def user(self, *content: Any, **more: Any) -> str:
        given: Any = content[0] if len(content) == 1 and isinstance(content[0], str) else list(content)
        return self.add("user", {"role": "user", "content": given}, **more)

    def assistant(self, *blocks: Any, message: str | None = None, model: str = MODEL, **more: Any) -> str:
        content = [text(block) if isinstance(block, str) else block for block in blocks]
        return self.add("assistant", {
            "id": message or f"msg_{len(self.records):04d}", "type": "message", "role": "assistant", "model": model,
            "content": content, "stop_reason": None, "usage": {"input_tokens": 10, "output_tokens": 5},
        }, **more)

    def turn(self, prompt: str = "go on", reply: str = "done") -> Chat:
        self.user(prompt)
        self.assistant(reply)
        return self

    def lines(self) -> list[bytes]:
        return [json.dumps(record).encode() for record in self.records]

    def bytes(self) -> bytes:
        return b"".join(line + b"\n" for line in self.lines())


_open: list[Source] = []


def close() -> None:
    """Release every transcript that was judged."""
    while _open:
        _open.pop().close()


def _source(transcript: Chat | bytes) -> Source:
    source = Source.of(transcript.bytes() if isinstance(transcript, Chat) else transcript)
    _open.append(source)
    source.path = Path("5e550000-0000-4000-8000-000000000000.jsonl")
    return source


def judge(transcript: Chat | bytes, version: str, model: str | None = MODEL, strict: bool = False) -> Report:
    target = Target("claude-code", Version.parse(version), model, strict=strict)
    return finish(check(FORMATS[0], FORMATS[0].bundle(_source(transcript)), target=target))


def mend(transcript: Chat | bytes, version: str, model: str | None = MODEL, **chosen: str) -> Repaired:
    """The repair with what keeps everything; `chosen` names a fix by the finding's code."""
    format_, target = FORMATS[0], Target("claude-code", Version.parse(version), model)
    bundle = format_.bundle(_source(transcript))
    found = finish(check(format_, bundle, target=target)).findings
    by_id = {one.id: chosen[one.code] for one in found if one.code in chosen}
    return finish(repair(format_, bundle, target, chosen=by_id))


def sent(report: Report) -> str:
    """Everything that goes into the request, as JSON."""
    return json.dumps(list(report.situation.request.messages()))


def codes(report: Report, families: Iterable[str] = "JTC") -> list[str]:
    """`error T001` of each finding of some families, in order."""
    return [f"{found.severity.value} {found.code}" for found in report.findings if found.code[0] in families]


def only(report: Report, code: str) -> Finding:
    found = [one for one in report.findings if one.code == code]
    assert len(found) == 1, [(one.code, one.message) for one in report.findings]
    return found[0]
