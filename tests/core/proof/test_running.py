"""The private home and the stand-in: what a client gets to see, and that nothing of it is left behind."""

from __future__ import annotations

import http.client
import json
import os
import socket
import sys
import time
from pathlib import Path

import pytest

from unbrick.errors import NotFoundError, UsageError
from unbrick.proof import standin
from unbrick.proof.client import find, insist_private
from unbrick.proof.home import Home
from unbrick.proof.resuming import resume
from unbrick.proof.standin import StandIn
from unbrick.thread import Outcome


def program(path: Path, code: str) -> Path:
    """An executable that runs Python code in the place of a client."""
    path.write_text(f"#!{sys.executable}\n{code}")
    path.chmod(0o755)
    return path


def goes(pid: int) -> bool:
    """Whether a process that was killed is gone, soon: the system takes its time when it is busy."""
    end = time.monotonic() + 20
    while not gone(pid):
        if time.monotonic() > end:
            return False
        os.sched_yield()
    return True


def gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[-1].split()[0]
    except OSError:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        return False
    return state == "Z"


def test_the_home_is_private_and_goes_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "a-real-one")
    seen = program(tmp_path / "client", "import json, os\nprint(json.dumps(dict(os.environ)))")
    with Home() as home:
        assert home.root.stat().st_mode & 0o777 == 0o700
        status, printed = home.run(seen, "http://127.0.0.1:9")
        environment = json.loads(printed)
    assert status == 0
    assert not home.root.exists()
    assert "ANTHROPIC_AUTH_TOKEN" not in environment
    assert all(
        environment[name].startswith(str(home.root)) for name in ("HOME", "CLAUDE_CONFIG_DIR", "TMPDIR")
    )
    assert environment["https_proxy"] == environment["ANTHROPIC_BASE_URL"] == "http://127.0.0.1:9"


STUBBORN = """
import os, signal, subprocess, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], start_new_session=True)
print(os.getpid(), child.pid, flush=True)
signal.pause()
"""


def test_a_client_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unbrick.proof.home.GRACE", 0.1)
    with Home() as home:
        status, printed = home.run(program(tmp_path / "client", STUBBORN), "http://127.0.0.1:9", timeout=1)
    assert status is None
    pids = [int(word) for word in printed.split()]
    assert len(pids) == 2
    assert goes(pids[0])
    if Path("/proc/self/environ").exists():
        assert goes(pids[1])


def test_a_client_is_ended_when_nobody_waits_for_it(tmp_path: Path) -> None:
    asked: list[int] = []

    def stopped() -> bool:
        asked.append(len(asked))
        return len(asked) > 2

    with Home() as home:
        client = program(tmp_path / "client", "import signal; signal.pause()")
        status, _printed = home.run(client, "http://127.0.0.1:9", timeout=3600, stopped=stopped)
        assert status is None
        assert len(asked) == 3


def test_whatever_stops_the_run_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import subprocess

    pids = []
    wait = subprocess.Popen.wait

    def interrupted(self: subprocess.Popen[bytes], timeout: float | None = None) -> int:
        if not pids:
            pids.append(self.pid)
            raise KeyboardInterrupt
        return wait(self, timeout)

    monkeypatch.setattr(subprocess.Popen, "wait", interrupted)
    client = program(tmp_path / "client", "import signal; signal.pause()")
    with pytest.raises(KeyboardInterrupt), Home() as home:
        home.run(client, "http://127.0.0.1:9")
    assert goes(pids[0])
    assert not home.root.exists()


def test_a_side_folder_comes_along_without_its_links(tmp_path: Path) -> None:
    side, outside = tmp_path / "s", tmp_path / "outside"
    side.mkdir()
    outside.write_text("mine")
    (side / "link").symlink_to(outside)
    (side / "nowhere").symlink_to(tmp_path / "none")
    with Home() as home:
        path = home.lay("s", [b"a\n", b"b\n"], side)
        assert path.read_bytes() == b"a\nb\n"
        copy = home.sessions / "s" / "link"
        assert copy.read_text() == "mine"
        assert not copy.is_symlink()


def post(api: StandIn, raw: bytes, path: str = "/v1/messages") -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", int(api.url.rsplit(":", 1)[1]), timeout=10)
    try:
        connection.request("POST", path, raw)
        reply = connection.getresponse()
        return reply.status, reply.read().decode()
    finally:
        connection.close()


def test_the_stand_in_answers_in_the_apis_words(monkeypatch: pytest.MonkeyPatch) -> None:
    good = {"model": "m", "messages": [{"role": "user", "content": "a"}], "tools": [{}]}
    with StandIn() as api:
        status, text = post(api, json.dumps(good).encode())
        assert (status, json.loads(text)["content"][0]["text"]) == (200, "Done.")
        status, text = post(api, json.dumps({**good, "stream": True}).encode())
        assert (status, "message_stop" in text) == (200, True)
        status, text = post(api, b'{"messages": []}')
        assert (status, json.loads(text)["error"]["type"]) == (400, "invalid_request_error")
        assert post(api, b"{")[0] == 400
        monkeypatch.setattr(standin, "LARGEST", 10)
        status, text = post(api, json.dumps(good).encode())
        assert (status, json.loads(text)["error"]["type"]) == (413, "request_too_large")
        assert [one.kind for one in api.sent] == ["main", "main", "side", "side", "main"]


def test_what_asks_for_another_host_is_refused_and_listed() -> None:
    with StandIn() as api:
        assert post(api, b"{}", "http://example.org/v1/messages")[0] == 403
        connection = http.client.HTTPConnection("127.0.0.1", int(api.url.rsplit(":", 1)[1]), timeout=10)
        connection.set_tunnel("example.org", 443)
        with pytest.raises(OSError, match="403"):
            connection.connect()
        connection.close()
        assert api.sent == []
        assert api.strangers == ["http://example.org/v1/messages", "example.org:443"]


REACHING = """
import os, socket, sys, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
opener.open(os.environ["ANTHROPIC_BASE_URL"] + "/", timeout=20).close()
for address in (("127.0.0.1", int(sys.argv[-1])), ("192.0.2.1", 80)):
    with socket.socket() as elsewhere:
        elsewhere.settimeout(1)
        try:
            elsewhere.connect(address)
            print("reached", address)
        except OSError as error:
            print("refused")
"""
"""Reaches the stand-in, and tries another port of this machine and an address that is nobody's (RFC 5737)."""


def test_a_client_alone_reaches_nothing_but_the_stand_in(tmp_path: Path) -> None:
    client = program(tmp_path / "client", REACHING)
    with Home() as home, StandIn() as api, socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        status, printed = home.run(client, api.url, port, alone=api)
        if not api.alone:
            pytest.skip("this system does not let a program be cut off from the network")
        assert (status, printed.split()) == (0, ["refused", "refused"])


def test_where_it_cannot_be_cut_off_it_runs_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = tmp_path / "nothing.py"
    nothing.write_text("")
    monkeypatch.setattr("unbrick.proof.home.SCRIPT", str(nothing))
    with Home() as home, StandIn() as api:
        status, printed = home.run(program(tmp_path / "client", "print('here')"), api.url, alone=api)
        assert (status, printed, api.alone) == (0, "here\n", False)


@pytest.mark.parametrize("alone", [True, False], ids=["alone", "not alone"])
def test_a_client_that_cannot_be_started_is_named(tmp_path: Path, alone: bool) -> None:
    client = tmp_path / "client"
    client.write_text("#!/nowhere/at/all\n")
    client.chmod(0o755)
    with Home() as home, StandIn() as api, pytest.raises(FileNotFoundError) as caught:
        home.run(client, api.url, alone=api if alone else None)
    assert caught.value.filename == str(client)


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        pytest.param("print('No conversation found with session ID: s')", Outcome.NOT_FOUND, id="it finds nothing"),
        pytest.param("raise SystemExit(1)", Outcome.CRASH, id="it stops"),
        pytest.param("import signal; signal.pause()", Outcome.HANG, id="it hangs"),
    ],
)
def test_outcomes_without_a_request(tmp_path: Path, code: str, outcome: Outcome) -> None:
    got = resume(program(tmp_path / "client", code), "s", [b"{}\n"], timeout=1 if outcome is Outcome.HANG else 20)
    assert got.outcome is outcome
    assert (got.messages, got.main, got.error, got.accepted) == ([], None, None, False)


class TestFinding:
    def test_the_first_on_the_path(self, tmp_path: Path) -> None:
        client = program(tmp_path / "claude", "")
        assert find(None, {"PATH": str(tmp_path), "HOME": str(tmp_path)}).path == client

    def test_where_installers_put_it(self, tmp_path: Path) -> None:
        versions = tmp_path / ".local" / "share" / "claude" / "versions"
        versions.mkdir(parents=True)
        program(versions / "2.1.329", "")
        (tmp_path / ".local" / "bin").mkdir()
        (tmp_path / ".local" / "bin" / "claude").symlink_to(versions / "2.1.329")
        found = find(None, {"PATH": "/nowhere", "HOME": str(tmp_path)})
        assert str(found.version) == "2.1.329"

    def test_none(self, tmp_path: Path) -> None:
        with pytest.raises(NotFoundError, match="--client-path"):
            find(None, {"PATH": "/nowhere", "HOME": str(tmp_path)})
        with pytest.raises(NotFoundError, match="is no file"):
            find(tmp_path / "none", {})

    def test_a_file_that_cannot_be_run(self, tmp_path: Path) -> None:
        (tmp_path / "claude").write_text("")
        with pytest.raises(UsageError, match="cannot be run"):
            find(tmp_path / "claude", {})


def test_an_administrators_settings_that_reach_into_every_run(tmp_path: Path) -> None:
    insist_private(tmp_path)
    (tmp_path / "managed-settings.json").write_text('{"permissions": {}}')
    insist_private(tmp_path)
    (tmp_path / "managed-settings.d").mkdir()
    (tmp_path / "managed-settings.d" / "a.json").write_text('{"env": {"ANTHROPIC_BASE_URL": "https://x"}}')
    with pytest.raises(UsageError, match=r"a\.json sets env"):
        insist_private(tmp_path)


def test_a_summarised_session_is_not_empty() -> None:
    from unbrick.proof.resuming import outcome
    from unbrick.proof.standin import Exchange

    prompt = Exchange("main", {"messages": [{"role": "user", "content": "NEXT-PROMPT"}]}, 200, None)
    summary = Exchange("compact", {"messages": []}, 200, None)
    assert outcome(0, "Done.", [prompt]) is Outcome.EMPTY
    assert outcome(0, "Done.", [summary, prompt]) is Outcome.ACCEPTED
