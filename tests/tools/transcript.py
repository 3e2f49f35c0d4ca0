"""Transcripts of Claude Code's shape, record by record, for tests that need one thing wrong at one place."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

from unbrick.check import check
from unbrick.finding import Finding, Fix
from unbrick.formats.table import FORMATS
from unbrick.patch import EMPTY, Patch
from unbrick.repair import Repaired, repair
from unbrick.report import Report
from unbrick.scanning.scan import finish
from unbrick.source import Source
from unbrick.target import NOWHERE, Basis, Surroundings, Target, Version

START = datetime(2026, 5, 20, 9, 0, tzinfo=UTC)
SESSION = "0f0e0d0c-0b0a-4908-8706-050403020100"
Record = dict[str, Any]


def uuid(number: int) -> str:
    """The id of the record of a number, a version 4 one."""
    found = str(uuid5(NAMESPACE_DNS, f"record {number}"))
    return f"{found[:14]}4{found[15:]}"


@dataclass
class Transcript:
    """Records are chained as they are added; `last` is the id that the next one hangs on."""

    version: str = "2.1.139"
    model: str = "claude-opus-4-7"
    records: list[Record] = field(default_factory=list)
    last: str | None = None
    count: int = 0
    pace: float = 1.0
    """Seconds between records."""

    def add(self, type_: str, *, parent: str | bool | None = True, **members: Any) -> Record:
        """Append a chain record; `parent` True stands for the last one."""
        self.count += 1
        time = START + timedelta(seconds=self.pace * self.count)
        record: Record = {
            "parentUuid": self.last if parent is True else parent, "isSidechain": False, "type": type_, **members,
            "uuid": uuid(self.count), "timestamp": time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "userType": "external", "cwd": "/home/dev/project", "sessionId": SESSION, "version": self.version,
            "gitBranch": "main",
        }
        self.records.append(record)
        self.last = str(record["uuid"])
        return record

    def prompt(self, text: str, **members: Any) -> Record:
        """A typed prompt."""
        return self.add("user", message={"role": "user", "content": text}, **members)

    def reply(self, text: str, *, tokens: int = 0, response: str | None = None, **members: Any) -> Record:
        """A reply of the model; `tokens` is the size of the context that the API counted."""
        return self._assistant({"type": "text", "text": text}, tokens, response, **members)

    def call(self, ref: str, name: str = "Bash", *, response: str | None = None, **members: Any) -> Record:
        """A tool call."""
        block = {"type": "tool_use", "id": ref, "name": name, "input": {"command": "make test"}}
        return self._assistant(block, 0, response, **members)

    def _assistant(self, block: Record, tokens: int, response: str | None, **members: Any) -> Record:
        message = {
            "id": response or f"msg_{self.count + 1:024d}", "type": "message", "role": "assistant", "model": self.model,
            "content": [block], "stop_reason": None, "usage": {"input_tokens": tokens, "output_tokens": 0},
        }
        return self.add("assistant", message=message, **members)

    def result(self, ref: str, text: str = "ok", **members: Any) -> Record:
        """The result of a call."""
        block = {"type": "tool_result", "tool_use_id": ref, "content": text}
        return self.add("user", message={"role": "user", "content": [block]}, **members)

    def error(self, text: str, **members: Any) -> Record:
        """What the client notes when a request failed for good."""
        message = {
            "id": uuid(100_000 + self.count), "type": "message", "role": "assistant", "model": "<synthetic>",
            "content": [{"type": "text", "text": text}],
        }
        return self.add("assistant", message=message, isApiErrorMessage=True, **members)

    def retry(self, attempt: int = 1, **members: Any) -> Record:
        """What the client notes when a request failed and is tried again."""
        return self.add(
            "system", subtype="api_error", level="error", retryAttempt=attempt, maxRetries=10,
            error={"message": "Connection error."}, **members,
        )

    def boundary(self, tokens: int = 180_000, **metadata: Any) -> Record:
        """A compaction boundary behind the last record."""
        return self.add(
            "system", parent=None, logicalParentUuid=self.last, subtype="compact_boundary",
            content="Conversation compacted", compactMetadata={"trigger": "auto", "preTokens": tokens, **metadata},
        )

    def summary(self, body: str) -> Record:
        """The summary behind a boundary, in the client's frame."""
        text = (
            "This session is being continued from a previous conversation that ran out of context. The summary below "
            f"covers the earlier portion of the conversation.\n\n{body}\n\nIf you need specific details from before "
            "compaction, read the full transcript.\nContinue the conversation from where it left off."
        )
        return self.prompt(text, isCompactSummary=True, isVisibleInTranscriptOnly=True)

    def attachment(self, type_: str = "skill_listing") -> Record:
        """A reminder that the client keeps beside a prompt."""
        return self.add("attachment", attachment={"type": type_, "content": "- build: builds it", "skillCount": 1})

    def pointer(self, leaf: str | None = None) -> Record:
        """The record that names the end of the conversation."""
        record: Record = {
            "type": "last-prompt", "lastPrompt": "go on", "leafUuid": leaf or self.last, "sessionId": SESSION,
        }
        self.records.append(record)
        return record

    def talk(self, turns: int, tokens: int = 0) -> Transcript:
        """Turns of a prompt and a reply."""
        for turn in range(1, turns + 1):
            self.prompt(f"question {turn} about the cart")
            self.reply(f"answer {turn} about the cart", tokens=tokens)
        return self

    def data(self) -> bytes:
        """The file."""
        return lines(self.records)


def lines(records: Iterable[Record]) -> bytes:
    """Records as a file."""
    return b"".join(
        json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for record in records
    )


_SOURCES: list[Source] = []


def _source(raw: bytes) -> Source:
    source = Source.of(raw, f"{SESSION}.jsonl")
    _SOURCES.append(source)
    return source


def close() -> None:
    """Close every file that a report was asked for."""
    while _SOURCES:
        _SOURCES.pop().close()


def target(version: str, model: str | None = "claude-opus-4-7") -> Target:
    """A target of a version."""
    return Target("claude-code", Version.parse(version), model, basis=Basis.GIVEN)


def judge(
    data: bytes | Transcript, version: str = "2.1.139", *, model: str | None = "claude-opus-4-7",
    surroundings: Surroundings = NOWHERE, patch: Patch = EMPTY,
) -> Report:
    """The report on a file."""
    raw = data.data() if isinstance(data, Transcript) else data
    bundle = FORMATS[0].bundle(_source(raw))
    return finish(check(FORMATS[0], bundle, patch, target(version, model), surroundings))


def mend(
    data: bytes | Transcript, version: str = "2.1.139", *, model: str | None = "claude-opus-4-7", **options: Any
) -> Repaired:
    """What a repair makes of a file."""
    raw = data.data() if isinstance(data, Transcript) else data
    bundle = FORMATS[0].bundle(_source(raw))
    return finish(repair(FORMATS[0], bundle, target(version, model), **options))


def found(report: Report, code: str) -> list[Finding]:
    """The findings of a code."""
    return [finding for finding in report.findings if finding.code == code]


def one(report: Report, code: str) -> Finding:
    """The only finding of a code."""
    (finding,) = found(report, code)
    return finding


def above_info(report: Report) -> list[str]:
    """Ids of the findings that make a verdict."""
    return [finding.id for finding in report.findings if finding.severity != "info"]


def fix(finding: Finding, fix_id: str) -> Fix:
    """A fix by id."""
    return next(one for one in finding.fixes if one.id == fix_id)

