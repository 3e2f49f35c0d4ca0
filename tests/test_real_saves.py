"""What the installed command saves, resumed by real clients: repaired copies, and cuts at safe points.

Needs the clients: ``UNBRICK_CLIENTS="2.1.139=/path/claude,2.1.329=/path/claude"`` (docs/proof.md).
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from test_samples import SAMPLES
from tools.realclient import MODELS, NEXT, Home, clients
from tools.standin import Sent, StandIn

CLIENTS = clients()
SESSION = "5ca1ab1e-0000-4000-8000-00000000000a"
pytestmark = pytest.mark.skipif(
    not CLIENTS, reason="NO REAL CLIENT: set UNBRICK_CLIENTS=2.1.139=/path/claude,2.1.329=/path/claude to prove this"
)
BOTH = ("2.1.139", "2.1.329")


def unbrick(home: Home, version: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command on a session of a private home, by its id."""
    return subprocess.run(
        [sys.executable, "-m", "unbrick_tui", *arguments, "--config-dir", str(home.config), "--client", version],
        capture_output=True, text=True, check=False, env=home.environment("http://127.0.0.1:9"), cwd=home.cwd,
    )


def lay(home: Home, sample: str) -> Path:
    """Put a sample where the client looks, as a session of the private project."""
    raw = (SAMPLES / "claude_code" / sample / "session.jsonl").read_bytes()
    path = home.sessions / f"{SESSION}.jsonl"
    path.write_bytes(raw.replace(b"/home/dev/shop-api", str(home.cwd).encode()))
    return path


def first_request(sent: list[Sent]) -> Sent:
    return next(one for one in sent if one.kind == "main")


@pytest.mark.parametrize(("sample", "version"), [
    *[(sample, version) for version in BOTH
      for sample in ("null-parent-in-the-middle", "text-before-result", "torn-and-glued", "sidechain-leaf")],
    # The newest client answers the open call by itself: there is nothing to repair for it.
    ("crash-mid-tool", "2.1.139"),
])
def test_a_repaired_copy_resumes_by_the_command_that_was_printed(sample: str, version: str) -> None:
    with Home() as home, StandIn(None) as api:
        original = lay(home, sample)
        before = original.read_bytes()
        done = unbrick(home, version, "repair", SESSION, "--as-session")
        assert done.returncode == 0, done.stderr
        assert original.read_bytes() == before
        command = next(line for line in (done.stdout + done.stderr).splitlines() if "claude --resume" in line)
        folder, _, call = command.strip().partition(" && ")
        assert Path(shlex.split(folder)[-1]) == home.cwd
        new_id = shlex.split(call)[-1]
        assert new_id != SESSION
        promised = json.loads(unbrick(home, version, "request", new_id, "--json").stdout)["messages"]
        status, printed = home.run(
            CLIENTS[version], api.url, "--model", MODELS[version], "--resume", new_id, NEXT
        )
        assert status == 0, printed
        sent = first_request(api.sent)
        assert sent.status == 200, sent.error
        calls = [
            (block["type"], block.get("id") or block.get("tool_use_id"))
            for message in promised if isinstance(message["content"], list) for block in message["content"]
            if block["type"] in ("tool_use", "tool_result")
        ]
        got = [
            (block["type"], block.get("id") or block.get("tool_use_id"))
            for message in sent.body["messages"] if isinstance(message["content"], list)
            for block in message["content"] if block["type"] in ("tool_use", "tool_result")
        ]
        assert calls == got
        assert original.read_bytes() == before


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize("sample", ["healthy", "failed-compaction"])
def test_a_session_cut_at_a_safe_point_resumes(sample: str, version: str) -> None:
    """At the newest point that the window holds, one in the middle, and the oldest."""
    with Home() as home:
        lay(home, sample)
        listed = unbrick(home, version, "truncate", SESSION, "--list")
        fitting = (line for line in listed.stdout.splitlines() if "more than the model's window" not in line)
        lines = [line.split(":")[0].removeprefix("line ").replace(",", "") for line in fitting]
        points = [line for line in lines if line.isdigit()]
        assert len(points) >= 4
        for line in (points[0], points[len(points) // 2], points[-1]):
            done = unbrick(home, version, "truncate", SESSION, "--at", line, "--as-session")
            assert done.returncode == 0, done.stderr
            new_id = next(
                shlex.split(text)[-1] for text in (done.stdout + done.stderr).splitlines() if "claude --resume" in text
            )
            with StandIn(None) as api:
                status, printed = home.run(
                    CLIENTS[version], api.url, "--model", MODELS[version], "--resume", new_id, NEXT
                )
                assert status == 0, printed
                sent = first_request(api.sent)
                assert sent.status == 200, sent.error
                roles = [message["role"] for message in sent.body["messages"]]
                assert roles.count("assistant") >= 2
