"""`unbrick prove`, as people and scripts run it: with a stand-in for the client, and with real ones."""

from __future__ import annotations

import os
import pty
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tools.realclient import clients

SAMPLES = Path(__file__).parent.parent / "sample_sessions" / "claude_code"
SESSION = "5ca1ab1e-0000-4000-8000-00000000000b"

SENDER = """
import json, os, sys, urllib.request
from pathlib import Path

base = Path(os.environ["CLAUDE_CONFIG_DIR"]) / "projects"
path = next(base.glob("*/" + sys.argv[sys.argv.index("--resume") + 1] + ".jsonl"))
messages = []
for line in path.read_text().splitlines():
    record = json.loads(line)
    if record.get("type") in ("user", "assistant"):
        role, content = record["type"], record["message"]["content"]
        content = [{"type": "text", "text": content}] if isinstance(content, str) else content
        if messages and messages[-1]["role"] == role:
            messages[-1]["content"] += content
        else:
            messages.append({"role": role, "content": content})
DROP
messages.append({"role": "user", "content": sys.argv[-1]})
body = json.dumps({"model": "claude-opus-4-7", "tools": [{}], "messages": messages}).encode()
url = os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages"
path.write_text("written over")
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
try:
    opener.open(urllib.request.Request(url, body, {"Content-Type": "application/json"}), timeout=20).close()
except urllib.error.HTTPError as error:
    print("API Error:", error.code)
    error.close()
    raise SystemExit(1)
"""
"""A client that sends what stands in the file, in order."""


def program(path: Path, code: str) -> Path:
    path.write_text(f"#!{sys.executable}\n{code}")
    path.chmod(0o755)
    return path


@pytest.fixture
def transcript(tmp_path: Path) -> Path:
    path = tmp_path / f"{SESSION}.jsonl"
    records = [
        '{"type":"user","uuid":"u1","parentUuid":null,"message":{"role":"user","content":"Look at the shop."}',
        '{"type":"assistant","uuid":"u2","parentUuid":"u1","message":{"id":"m1","role":"assistant","model":'
        '"claude-opus-4-7","content":[{"type":"text","text":"It has two rooms."}]}',
    ]
    rest = ',"isSidechain":false,"timestamp":"2026-05-19T16:00:00.000Z","version":"2.1.139","cwd":"/home/ada/shop"}\n'
    path.write_text("".join(record + rest for record in records))
    return path


def environment(tmp_path: Path) -> dict[str, str]:
    spare = tmp_path / "spare"
    spare.mkdir(exist_ok=True)
    return {**os.environ, "TMPDIR": str(spare), "HOME": str(tmp_path)}


def prove(tmp_path: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "unbrick_tui", "prove", *map(str, arguments)], capture_output=True, text=True,
        check=False, timeout=120, stdin=subprocess.DEVNULL, env=environment(tmp_path),
    )


def test_without_a_terminal_it_asks_for_yes(tmp_path: Path, transcript: Path) -> None:
    client = program(tmp_path / "client", f"open({str(tmp_path / 'started')!r}, 'w').close()")
    done = prove(tmp_path, transcript, "--client-path", client)
    assert done.returncode == 2
    assert "Say --yes to go ahead." in done.stderr
    assert not (tmp_path / "started").exists()


def test_a_session_that_is_sent_whole(tmp_path: Path, transcript: Path) -> None:
    before = transcript.read_bytes()
    client = program(tmp_path / "client", SENDER.replace("DROP", ""))
    done = prove(tmp_path, transcript, "--yes", "--client-path", client)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "request 1 (the conversation): 3 messages, 3 blocks: accepted" in done.stdout
    assert "The prompt was accepted, as predicted." in done.stdout
    assert "All 2 messages that the report promised were in the request." in done.stdout
    assert transcript.read_bytes() == before
    assert list((tmp_path / "spare").iterdir()) == []


def test_the_repaired_copy_is_what_is_resumed(tmp_path: Path, transcript: Path) -> None:
    whole = transcript.read_bytes()
    broken = whole.replace(b'"content":"Look at the shop."', b'"content":[{"type":"text","text":""},{"type":"text",'
                                                             b'"text":"Look at the shop."}]')
    assert broken != whole
    transcript.write_bytes(broken)
    client = program(tmp_path / "client", SENDER.replace("DROP", ""))
    done = prove(tmp_path, transcript, "--yes", "--client-path", client)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The session as it is" not in done.stdout
    assert done.stdout.startswith("The repaired copy (1 fix), resumed by Claude Code")
    assert "Proven: the repaired copy resumes on this client, with everything that was promised." in done.stdout
    assert f"To save it:\n        unbrick repair {transcript} --as-session\n" in done.stdout
    assert transcript.read_bytes() == broken

    done = prove(tmp_path, transcript, "--yes", "--before", "--client-path", client)
    assert done.returncode == 0
    first, second = done.stdout.split("The repaired copy (1 fix)")
    assert "The session as it is, resumed by" in first
    assert "refused (400): messages: text content blocks must be non-empty" in first
    assert "accepted" in second


def test_a_length_that_cannot_be_proven_is_said(tmp_path: Path, transcript: Path) -> None:
    # 230,000 tokens by a finer count than the stand-in's, and the model takes 200,000.
    long = transcript.read_bytes().replace(b"It has two rooms.", b"a" * 800_000)
    transcript.write_bytes(long.replace(b"claude-opus-4-7", b"claude-sonnet-4-5"))
    client = program(tmp_path / "client", SENDER.replace("DROP", "messages[1]['content'][0]['text'] += ' '"))
    done = prove(tmp_path, transcript, "--yes", "--client-path", client)
    assert "and the model takes 200,000: the API may refuse it as too long" in done.stdout, done.stdout + done.stderr
    assert "its length is not proven" in done.stdout
    assert "Proven:" not in done.stdout


def test_a_session_of_another_client_is_not_run(tmp_path: Path) -> None:
    sent = tmp_path / "messages.json"
    sent.write_text('[{"role": "user", "content": "Hello."}, {"role": "assistant", "content": "Hello."}]')
    started = tmp_path / "started"
    client = program(tmp_path / "client", f"open({str(started)!r}, 'w').close()")
    done = prove(tmp_path, sent, "--yes", "--client-path", client)
    assert done.returncode in (2, 3)
    assert "Traceback" not in done.stderr
    assert not started.exists()


def test_what_is_missing_is_named(tmp_path: Path, transcript: Path) -> None:
    client = program(tmp_path / "client", SENDER.replace("DROP", "messages[1]['content'][0]['text'] = 'Else.'"))
    done = prove(tmp_path, transcript, "--yes", "--client-path", client)
    assert done.returncode == 1
    assert "1 of the 2 messages that the report promised was not in the request:" in done.stdout
    assert "    line 2: It has two rooms." in done.stdout


def test_what_is_refused_is_said_in_the_apis_words(tmp_path: Path, transcript: Path) -> None:
    client = program(tmp_path / "client", SENDER.replace("DROP", "messages[1]['content'] = []"))
    done = prove(tmp_path, transcript, "--yes", "--client-path", client)
    assert done.returncode == 1
    assert "refused (400): messages.1: all messages must have non-empty content" in done.stdout
    assert "The prompt was refused, unlike predicted (accepted)." in done.stdout
    assert "It printed: API Error: 400" in done.stdout


@pytest.mark.parametrize(
    ("code", "said"),
    [
        pytest.param("import signal; signal.pause()", "did not come to an end in time", id="it hangs"),
        pytest.param("raise SystemExit('boom')", "It printed: boom", id="it crashes"),
    ],
)
def test_a_client_that_sends_nothing(tmp_path: Path, transcript: Path, code: str, said: str) -> None:
    client = program(tmp_path / "client", code)
    done = prove(tmp_path, transcript, "--yes", "--timeout", "1.5", "--client-path", client)
    assert done.returncode == 1
    assert "It sent nothing." in done.stdout
    assert said in done.stdout
    assert list((tmp_path / "spare").iterdir()) == []


def test_a_client_that_cannot_be_started(tmp_path: Path, transcript: Path) -> None:
    client = tmp_path / "client"
    client.write_text("#!/nowhere/at/all\n")
    client.chmod(0o755)
    done = prove(tmp_path, transcript, "--yes", "--client-path", client)
    assert done.returncode == 3
    assert "could not be run" in done.stderr
    assert "Traceback" not in done.stderr
    assert list((tmp_path / "spare").iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "terminated"])
def test_stopped_in_the_middle_it_leaves_nothing(tmp_path: Path, transcript: Path, number: signal.Signals) -> None:
    started = tmp_path / "started"
    os.mkfifo(started)
    client = program(
        tmp_path / "client",
        f"import os, signal\nwith open({str(started)!r}, 'w') as f: f.write(str(os.getpid()))\nsignal.pause()",
    )
    running = subprocess.Popen(
        [sys.executable, "-m", "unbrick_tui", "prove", str(transcript), "--yes", "--client-path", str(client)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(tmp_path),
    )
    pid = int(started.read_text())
    running.send_signal(number)
    _, error = running.communicate(timeout=30)
    assert running.returncode == 130
    assert "stopped. Nothing was changed." in error
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert list((tmp_path / "spare").iterdir()) == []


@pytest.mark.parametrize(("answer", "runs"), [("n", False), ("y", True)])
def test_on_a_terminal_it_explains_and_asks(tmp_path: Path, transcript: Path, answer: str, runs: bool) -> None:
    client = program(tmp_path / "client", SENDER.replace("DROP", ""))
    ours, theirs = pty.openpty()
    running = subprocess.Popen(
        [sys.executable, "-m", "unbrick_tui", "prove", str(transcript), "--client-path", str(client)],
        stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, text=True, env=environment(tmp_path),
    )
    os.close(theirs)
    said = b""
    while b"Go ahead?" not in said:
        said += os.read(ours, 4096)
    os.write(ours, f"{answer}\n".encode())
    out, _ = running.communicate(timeout=60)
    os.close(ours)
    assert running.returncode == 0
    assert b"nothing costs anything" in b" ".join(said.split())
    assert ("request 1" in out) is runs


def test_the_command_line_starts_without_it() -> None:
    script = "import sys, unbrick_tui.cli; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    loaded = set(run.stdout.split())
    assert not [name for name in loaded if name.startswith("unbrick.proof") or name == "unbrick_tui.proving"]
    assert "http.server" not in loaded


REAL = [
    ("healthy", 0, ["The prompt was accepted, as predicted."]),
    ("text-before-result", 0, ["The prompt was refused, as predicted.", "The prompt was accepted, as predicted."]),
    ("null-parent-in-the-middle", 0, ["lost, as the report says", "The repaired copy (1 fix)"]),
]


@pytest.mark.skipif("2.1.139" not in clients(), reason="UNBRICK_CLIENTS names no 2.1.139")
@pytest.mark.parametrize(("sample", "status", "said"), REAL, ids=[name for name, _, _ in REAL])
def test_the_real_client(tmp_path: Path, sample: str, status: int, said: list[str]) -> None:
    folder = tmp_path / "session"
    shutil.copytree(SAMPLES / sample, folder)
    client = clients()["2.1.139"]
    done = prove(tmp_path, folder / "session.jsonl", "--yes", "--before", "--client-path", client)
    assert done.returncode == status, done.stdout + done.stderr
    assert [words for words in said if words not in done.stdout] == []
    assert "not in the request" not in done.stdout
    assert "It also asked for" not in done.stdout
    assert (folder / "session.jsonl").read_bytes() == (SAMPLES / sample / "session.jsonl").read_bytes()
    assert list((tmp_path / "spare").iterdir()) == []
