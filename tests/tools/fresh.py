"""Sessions that a client of any version writes here and now: what it should read back, in short marked stories.

Used by `tools.compare`; the model's side is scripted, the home private (tools.realclient).
"""

from __future__ import annotations

import json
import struct
import subprocess
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tools.realclient import Home
from tools.standin import Body, Reply, StandIn, call, text, thinking
from unbrick.target import Version

KILLED_AFTER = 5
"""Seconds after which a client that waits for a command is killed."""
SUMMARY = "<analysis>A</analysis>\n<summary>\nSUMMARY: what was done so far.\n</summary>"
WAIT = "python3 -c 'import time; time.sleep(30)'"


class Writer:
    """Drives one client through a session, prompt by prompt."""

    def __init__(self, client: Path, version: str, model: str, home: Home, api: StandIn) -> None:
        self.client, self.version, self.model, self.home, self.api = client, version, model, home, api
        self.queue: list[Reply] = []
        self.session: str | None = None
        self.summary: Reply | None = None
        """What a request for a summary gets, where that is not one."""
        api.script = self._reply

    def _reply(self, kind: str, body: Body) -> Reply | None:
        if kind == "compact":
            return self.summary or Reply([text(SUMMARY)])
        return self.queue.pop(0) if kind == "main" and self.queue else None

    def turn(
        self, prompt: str, *replies: Reply, more: tuple[str, ...] = (), model: str | None = None, timeout: float = 60,
        extra: Mapping[str, str] | None = None,
    ) -> None:
        """A prompt and the replies to it."""
        self.queue = list(replies)
        resumed = ("--resume", self.session) if self.session else ()
        self.home.run(
            self.client, self.api.url, "--model", model or self.model, "--dangerously-skip-permissions", *resumed,
            *more, prompt, timeout=timeout, extra=extra,
        )
        self.find()

    def pasted(self, content: list[dict[str, Any]], *replies: Reply) -> None:
        """A prompt of blocks and the replies to it."""
        self.queue = list(replies)
        command = [
            str(self.client), "-p", "--model", self.model, "--dangerously-skip-permissions", "--verbose", "--resume",
            str(self.session), "--input-format", "stream-json", "--output-format", "stream-json",
        ]
        given = json.dumps({"type": "user", "message": {"role": "user", "content": content}}) + "\n"
        subprocess.run(
            command, input=given.encode(), cwd=self.home.cwd, env=self.home.environment(self.api.url), timeout=60,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
        )
        self.find()

    def find(self) -> None:
        """Look which file the session is in: clients up to 1.0.128 begin a new one with each resume."""
        if self.session is None or not self.at_least("1.0.128"):
            files = [path for path in self.home.sessions.glob("*.jsonl") if b'"message"' in path.read_bytes()]
            files = [path for path in files if not path.name.startswith("agent-")]
            self.session = max(files, key=lambda path: path.stat().st_mtime).stem if files else None

    @property
    def path(self) -> Path:
        """The transcript."""
        return self.home.sessions / f"{self.session}.jsonl"

    def at_least(self, version: str) -> bool:
        """Whether the client is of a version or newer."""
        return Version.parse(self.version) >= Version.parse(version)


def say(*parts: str | Mapping[str, Any]) -> Reply:
    """A reply of texts and blocks."""
    return Reply([text(part) if isinstance(part, str) else dict(part) for part in parts])


def bash(command: str) -> dict[str, Any]:
    """A call of the shell."""
    return call("Bash", command=command, description="run")


def plain(w: Writer) -> None:
    w.turn("PROMPT-1", say("REPLY-1"))
    w.turn("PROMPT-2", say("REPLY-2"))


def tools(w: Writer) -> None:
    w.turn("PROMPT-1", say("REPLY-1", bash("echo OUT-1")), say(bash("echo OUT-2; exit 3")), say("REPLY-2"))
    w.turn("PROMPT-2", say("REPLY-3"))


def parallel(w: Writer) -> None:
    calls = bash("echo OUT-1"), bash("sleep 0.3; echo OUT-2"), bash("echo OUT-3")
    w.turn("PROMPT-1", say(thinking("THINK-1"), "REPLY-1", *calls), say("REPLY-2", bash("echo OUT-4")), say("REPLY-3"))
    w.turn("PROMPT-2", say("REPLY-4"))


def thoughts(w: Writer) -> None:
    w.turn("PROMPT-1", say(thinking("THINK-1"), "REPLY-1"))
    w.turn("PROMPT-2", say(thinking("THINK-2"), bash("echo OUT-1")), say(thinking("THINK-3"), "REPLY-2"))


def other_model(w: Writer) -> None:
    w.turn("PROMPT-1", say(thinking("THINK-1"), "REPLY-1"), model="claude-sonnet-4-20250514")
    w.turn("PROMPT-2", say(thinking("THINK-2"), "REPLY-2"))


def compacted(w: Writer) -> None:
    tools(w)
    w.turn("/compact")
    w.turn("PROMPT-3", say("REPLY-4", bash("echo OUT-3")), say("REPLY-5"))


def compacted_twice(w: Writer) -> None:
    compacted(w)
    w.turn("/compact")
    w.turn("PROMPT-4", say("REPLY-6"))


def compacted_last(w: Writer) -> None:
    tools(w)
    w.turn("/compact")


def killed(w: Writer) -> None:
    w.turn("PROMPT-1", say("REPLY-1"))
    w.turn("PROMPT-2", say("REPLY-2", bash(WAIT)), timeout=KILLED_AFTER)


def killed_parallel(w: Writer) -> None:
    w.turn("PROMPT-1", say("REPLY-1"))
    w.turn("PROMPT-2", say("REPLY-2", bash("echo OUT-1"), bash(WAIT)), timeout=KILLED_AFTER)


def killed_and_resumed(w: Writer) -> None:
    killed(w)
    w.turn("PROMPT-3", say("REPLY-3"))


def killed_waiting(w: Writer) -> None:
    w.turn("PROMPT-1", say("REPLY-1"))
    w.turn("PROMPT-2", Reply([text("LATE")], delay=20), timeout=KILLED_AFTER)


def refused(w: Writer) -> None:
    w.turn("PROMPT-1", say("REPLY-1"))
    w.turn("PROMPT-2", Reply(status=400, error="this is not allowed"))


def refused_and_resumed(w: Writer) -> None:
    refused(w)
    w.turn("PROMPT-3", say("REPLY-3"))


def rewound(w: Writer) -> None:
    w.turn("PROMPT-1", say("REPLY-1"))
    spoken = [r for r in map(json.loads, w.path.read_text().splitlines()) if r.get("type") == "assistant"]
    w.turn("PROMPT-2", say("REPLY-2"))
    w.turn("PROMPT-3", say("REPLY-3"), more=("--resume-session-at", str(spoken[-1]["uuid"])))


def mentioned(w: Writer) -> None:
    (w.home.cwd / "notes.txt").write_text("NOTE-1\nNOTE-2\n")
    w.turn("PROMPT-1 see @notes.txt", say("REPLY-1"))
    w.turn("PROMPT-2", say("REPLY-2"))


def edited(w: Writer) -> None:
    note = w.home.cwd / "notes.txt"
    note.write_text("NOTE-1\nNOTE-2\n")
    w.turn("PROMPT-1", say(call("Read", file_path=str(note))), say("REPLY-1", bash(f"echo NOTE-3 >> {note}")),
           say("REPLY-2", bash("echo OUT-1")), say("REPLY-3"))
    w.turn("PROMPT-2", say("REPLY-4"))


def hooks(w: Writer) -> None:
    def hook(words: str) -> list[dict[str, Any]]:
        return [{"hooks": [{"type": "command", "command": f"echo {words}"}]}]

    said = {"UserPromptSubmit": hook("HOOK-1"), "SessionStart": hook("HOOK-2"), "Stop": hook("HOOK-3"),
            "PostToolUse": hook("HOOK-4")}
    (w.home.config / "settings.json").write_text(json.dumps({"hooks": said}))
    tools(w)


def todos(w: Writer) -> None:
    item = {"content": "TODO-1", "status": "in_progress", "activeForm": "doing it", "id": "1", "priority": "high"}
    w.turn("PROMPT-1", say(call("TodoWrite", todos=[item])), say("REPLY-1"))
    w.turn("PROMPT-2", say("REPLY-2", bash("echo OUT-1")), say("REPLY-3"))


def subagent(w: Writer) -> None:
    name = "Agent" if w.at_least("2.1.70") else "Task"
    given = {"description": "look", "prompt": "AGENT-PROMPT", "subagent_type": "general-purpose"}
    w.turn("PROMPT-1", say("REPLY-1", call(name, **given)), say("AGENT-REPLY"), say("REPLY-2"), say("REPLY-3"))
    w.turn("PROMPT-2", say("REPLY-4"))


def long_output(w: Writer) -> None:
    w.turn("PROMPT-1", say(bash("seq 1 12000")), say("REPLY-1"))
    w.turn("PROMPT-2", say("REPLY-2"))


def picture(w: Writer) -> None:
    path = w.home.cwd / "dot.png"
    path.write_bytes(picture_bytes())
    w.turn("PROMPT-1", say(call("Read", file_path=str(path))), say("REPLY-1"))
    w.turn("PROMPT-2", say("REPLY-2"))


def picture_bytes() -> bytes:
    """A picture of one grey dot."""
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\x80"))
            + chunk(b"IEND", b""))


STORIES: dict[str, Callable[[Writer], None]] = {story.__name__: story for story in (
    plain, tools, parallel, thoughts, other_model, compacted, compacted_twice, compacted_last, killed, killed_parallel,
    killed_and_resumed, killed_waiting, refused, refused_and_resumed, rewound, mentioned, edited, hooks, todos,
    subagent, long_output, picture,
)}


def written(client: Path, version: str, model: str, story: Callable[[Writer], None]) -> dict[str, bytes]:
    """The files that a client writes for a story, by session id; clients of 2025 begin one with each resume."""
    with Home() as home, StandIn(seed=story.__name__, check=False) as api:
        story(Writer(client, version, model, home, api))
        files = [path for path in home.sessions.glob("*.jsonl") if not path.name.startswith("agent-")]
        return {path.stem: path.read_bytes() for path in files}
