"""Run a real Claude Code client, as a test tool, against the stand-in in a private home.

The clients are named by the environment: ``UNBRICK_CLIENTS="2.1.139=/path/claude,2.1.329=/path/claude"``.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.standin import Script, Sent, StandIn

NEXT = "NEXT-PROMPT"
MODELS = {"1.0.44": "claude-sonnet-4-20250514", "2.1.139": "claude-opus-4-7", "2.1.329": "claude-opus-5-5"}
"""Model each client is run with unless a test says otherwise."""


def clients() -> dict[str, Path]:
    """Version → executable, as the environment names them."""
    named = filter(None, os.environ.get("UNBRICK_CLIENTS", "").split(","))
    return {version: Path(path) for version, path in (item.split("=", 1) for item in named)}


def encoded(folder: Path) -> str:
    """Name of the folder that the client keeps a project's sessions in."""
    return re.sub(r"[^A-Za-z0-9]", "-", str(folder))


class Home:
    """A private HOME, configuration folder and project folder, gone afterwards."""

    def __init__(self, project: str = "shop-api", config: Mapping[str, Any] | None = None) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="unbrick-client-")).resolve()
        self.config = self.root / "home" / ".claude"
        self.cwd = self.root / project
        self.sessions = self.config / "projects" / encoded(self.cwd)
        for folder in (self.sessions, self.cwd):
            folder.mkdir(parents=True)
        (self.config / ".claude.json").write_text(json.dumps(dict(config or {})))

    def __enter__(self) -> Home:
        return self

    def __exit__(self, *exc: object) -> None:
        shutil.rmtree(self.root, ignore_errors=True)

    def environment(self, url: str, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """Environment of the client: nothing of ours but the path of programs."""
        return {
            "PATH": os.environ.get("PATH", ""), "HOME": str(self.root / "home"), "TERM": "dumb", "LANG": "C.UTF-8",
            "CLAUDE_CONFIG_DIR": str(self.config), "ANTHROPIC_BASE_URL": url, "ANTHROPIC_API_KEY": "sk-ant-made-up",
            "DISABLE_AUTOUPDATER": "1", "DISABLE_TELEMETRY": "1", "DISABLE_ERROR_REPORTING": "1",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "IS_SANDBOX": "1", "SHELL": "/bin/bash",
            "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1", **(extra or {}),
        }

    def run(
        self, client: Path, url: str, *arguments: str, extra: Mapping[str, str] | None = None, timeout: float = 60
    ) -> tuple[int | None, str]:
        """Run a client in print mode; exit status (None when it had to be stopped) and what it printed."""
        command = [str(client), "-p", *arguments]
        try:
            done = subprocess.run(
                command, cwd=self.cwd, env=self.environment(url, extra), stdin=subprocess.DEVNULL,
                capture_output=True, text=True, timeout=timeout, check=False,
            )
        except subprocess.TimeoutExpired as late:
            return None, str(late.stdout or "")
        return done.returncode, done.stdout + done.stderr


@dataclass(frozen=True)
class Resumed:
    """How a resume went: one of the outcomes of a report, what the client printed, the requests, the file after."""

    outcome: str
    printed: str
    sent: tuple[Sent, ...]
    after: bytes

    @property
    def main(self) -> Sent | None:
        """The first request of the conversation."""
        return next((s for s in self.sent if s.kind == "main"), None)

    @property
    def accepted(self) -> bool:
        """Whether the prompt was answered in the end."""
        return self.outcome in ("accepted", "healed", "empty")

    @property
    def error(self) -> str | None:
        """The API's sentence to the first refused request."""
        return next((s.error for s in self.sent if s.kind == "main" and s.error), None)

    def holds(self, words: str) -> bool:
        """Whether the first request of the conversation holds a text."""
        return self.main is not None and json.dumps(words)[1:-1] in json.dumps(self.main.body["messages"])


def resume(
    client: Path,
    session_id: str,
    transcript: bytes,
    *,
    model: str | None = None,
    config: Mapping[str, Any] | None = None,
    extra: Mapping[str, str] | None = None,
    script: Script | None = None,
    side_folder: Path | None = None,
    timeout: float = 60,
) -> Resumed:
    """Lay a transcript where the client looks, resume it with NEXT, and say how that went."""
    with Home(config=config) as home, StandIn(script) as api:
        path = home.sessions / f"{session_id}.jsonl"
        path.write_bytes(transcript)
        if side_folder is not None and side_folder.is_dir():
            shutil.copytree(side_folder, home.sessions / session_id)
        chosen = ("--model", model) if model else ()
        status, printed = home.run(
            client, api.url, *chosen, "--resume", session_id, NEXT, extra=extra, timeout=timeout
        )
        sent = tuple(api.sent)
        return Resumed(_outcome(status, printed, sent), printed, sent, path.read_bytes())


def _outcome(status: int | None, printed: str, sent: tuple[Sent, ...]) -> str:
    main = [s for s in sent if s.kind == "main"]
    if status is None:
        return "hang"
    if "No conversation found" in printed:
        return "not-found"
    if not main:
        return "crash"
    if main[0].status == 200:
        users = [m for m in main[0].body["messages"] if m["role"] == "assistant"]
        return "accepted" if users else "empty"
    return "healed" if main[-1].status == 200 and status == 0 else "refused"
