"""The installed command, run as people and scripts run it."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from unbrick.rules import BY_CODE

UNBRICK = Path(sys.executable).with_name("unbrick")
SAMPLES = Path(__file__).parent.parent / "sample_sessions" / "claude_code"
SESSION = "11111111-2222-4333-8444-555555555555"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def record(number: int, role: str, content: Any, **more: Any) -> dict[str, Any]:
    """A record as Claude Code 2.1.139 writes them."""
    message: dict[str, Any] = {"role": role, "content": content}
    if role == "assistant":
        message = {
            "model": "claude-opus-4-7", "id": f"msg_{number:024}", "type": "message", **message,
            "stop_reason": "end_turn", "stop_sequence": None, "usage": {"input_tokens": 40, "output_tokens": 9},
        }
    return {
        "parentUuid": None if number == 1 else uuid(number - 1), "isSidechain": False, "type": role,
        "message": message, "uuid": uuid(number), "timestamp": f"2026-05-19T16:{number:02}:00.000Z",
        "userType": "external", "entrypoint": "cli", "cwd": "/home/ada/shop", "sessionId": SESSION,
        "version": "2.1.139", "gitBranch": "main", **more,
    }


def uuid(number: int) -> str:
    return f"aaaaaaaa-0000-4000-8000-{number:012}"


def text(words: str) -> list[dict[str, Any]]:
    return [{"type": "text", "text": words}]


def healthy() -> list[dict[str, Any]]:
    call = {"type": "tool_use", "id": "toolu_01ABCDEFGHJKMNPQRSTVWX", "name": "Read", "input": {"file_path": "/a"}}
    result = {"type": "tool_result", "tool_use_id": "toolu_01ABCDEFGHJKMNPQRSTVWX", "content": "one\ntwo"}
    return [
        record(1, "user", "Please look at the shop."),
        record(2, "assistant", [call]),
        record(3, "user", [result], toolUseResult="one\ntwo", sourceToolAssistantUUID=uuid(2)),
        record(4, "assistant", text("It has two lines.")),
        record(5, "user", "And now?"),
        record(6, "assistant", text("Now it is done.")),
    ]


def write(path: Path, records: Sequence[dict[str, Any]], tail: bytes = b"") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(json.dumps(one, separators=(",", ":")).encode() + b"\n" for one in records) + tail)
    return path


def unanswered() -> list[dict[str, Any]]:
    """The call on line 2 has no result, in the middle of the history."""
    records = healthy()
    del records[2]
    records[2]["parentUuid"] = uuid(2)
    return records


def cut_off() -> list[dict[str, Any]]:
    """Line 5 says that nothing stands before it: the four messages before it are lost."""
    records = healthy()
    records[4]["parentUuid"] = None
    return records


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """The command in a home of its own, with nothing of this machine around it."""
    home = tmp_path / "home"
    home.mkdir()
    environ = {
        "PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "TZ": "UTC",
        "CLAUDE_CONFIG_DIR": str(home / ".claude"), "PYTHONWARNINGS": "error",
    }

    def call(*args: str | Path, stdin: str | bytes = b"", env: dict[str, str] | None = None) -> Any:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        done = subprocess.run(
            [UNBRICK, *args], input=data, capture_output=True, cwd=tmp_path, env={**environ, **(env or {})},
            timeout=60, check=False,
        )
        out, err = done.stdout.decode("utf-8"), done.stderr.decode("utf-8")
        assert "Traceback" not in err
        return subprocess.CompletedProcess(done.args, done.returncode, out, err)

    return call


OLD = ("--client", "2.1.139", "--no-surroundings")


class TestCheck:
    def test_a_healthy_session(self, run: Run, tmp_path: Path) -> None:
        done = run("check", write(tmp_path / "s.jsonl", healthy()), *OLD)
        assert done.returncode == 0, done.stdout + done.stderr
        lines = done.stdout.splitlines()
        assert lines[0] == "✓ The next prompt will work on Claude Code 2.1.139."
        assert "loads all 6 messages" in done.stdout
        assert lines[-1] == "Nothing has been changed."
        assert done.stderr == ""

    def test_lost_history_is_said_in_plain_numbers(self, run: Run, tmp_path: Path) -> None:
        done = run("check", write(tmp_path / "s.jsonl", cut_off()), *OLD)
        assert done.returncode == 1
        assert done.stdout.startswith("✗ The next prompt will work on Claude Code 2.1.139, but without 4 messages")
        assert "messages, from Tue 19 May" in done.stdout
        assert "Not loaded: 4 before that, which a fix brings back" in done.stdout
        assert "unbrick repair" in done.stdout

    def test_paths_that_nobody_can_look_at_are_no_reason_to_fail(self, run: Run, tmp_path: Path) -> None:
        long = "/" + "d" * 300
        records = [{**one, "cwd": long} for one in healthy()]
        path = write(tmp_path / "s.jsonl", records)
        done = run("check", path, env={"PATH": f"{long}:{os.environ['PATH']}"})
        assert done.returncode == 0, done.stderr
        records[4]["parentUuid"] = None
        done = run("repair", write(tmp_path / "t.jsonl", records), "--as-session", "--client", "2.1.139")
        assert "claude --resume" in done.stdout, done.stderr

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            pytest.param(json.dumps([{"name": "x"}]).encode(), "one JSON array", id="array"),
            pytest.param(b"[\n1,\n2\n]\n", "one JSON array", id="array over lines"),
            pytest.param("{}\n".encode("utf-16"), "iconv -f UTF-16 -t UTF-8", id="UTF-16"),
            pytest.param(b'{"names": []}', "~/.claude/projects", id="another object"),
        ],
    )
    def test_a_file_of_another_kind_is_named_with_what_to_do(
        self, run: Run, tmp_path: Path, content: bytes, said: str
    ) -> None:
        path = tmp_path / "s.jsonl"
        path.write_bytes(content)
        done = run("check", path)
        assert (done.returncode, done.stdout) == (3, "")
        assert said in done.stderr

    def test_a_name_that_is_too_long_or_of_nobody_is_a_name(self, run: Run) -> None:
        for word in ("x" * 400 + ".jsonl", "~nobody-of-that-name/x"):
            done = run("check", word)
            assert done.returncode == 3
            assert "does not exist" in done.stderr
        assert run("why", "API Error: 400 " + "x" * 400).returncode == 0

    @pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
    def test_what_may_not_be_read_is_no_wrong_use(self, run: Run, tmp_path: Path) -> None:
        path = write(tmp_path / "shut" / "s.jsonl", healthy())
        for shut, mode in ((path, 0o000), (path.parent, 0o600), (path.parent, 0o000)):
            shut.chmod(mode)
            for word in (path, path.parent):
                done = run("check", word)
                assert done.returncode == 3
                assert "cannot be read: permission denied" in done.stderr
            shut.chmod(0o700)

    def test_the_next_step_can_be_copied_whatever_the_name(self, run: Run, tmp_path: Path) -> None:
        write(tmp_path / "-a\x1b[31m '\udcff.jsonl", cut_off())
        done = run("check", *OLD, "--", "-a\x1b[31m '\udcff.jsonl")
        assert r"    unbrick repair $'./-a\x1b[31m \'\xff.jsonl' --as-session" in done.stdout.splitlines()

    def test_standard_input_is_read_once(self, run: Run) -> None:
        done = run("check", "-", "-")
        assert done.returncode == 2
        assert "read once" in done.stderr

    @pytest.mark.parametrize(
        ("closed", "status", "said"),
        [
            pytest.param("<&-", 3, "Standard input is closed", id="input"),
            pytest.param(">&-", 1, "", id="output"),
            pytest.param("2>&-", 1, "", id="error"),
        ],
    )
    def test_closed_streams(self, tmp_path: Path, closed: str, status: int, said: str) -> None:
        path = write(tmp_path / "s.jsonl", cut_off())
        word = "-" if closed == "<&-" else "s.jsonl"
        done = subprocess.run(
            ["sh", "-c", f"{UNBRICK} check {word} --client 2.1.139 --no-surroundings {closed}"],
            cwd=path.parent, capture_output=True, text=True, timeout=60, check=False,
        )
        assert done.returncode == status
        assert said in done.stderr
        assert "itself failed" not in done.stderr

    def test_a_folder_named_like_a_transcript_is_none(self, run: Run, tmp_path: Path) -> None:
        write(tmp_path / "all" / "s.jsonl", healthy())
        (tmp_path / "all" / "folder.jsonl").mkdir()
        assert run("check", tmp_path / "all", *OLD).returncode == 0

    def test_a_warning_counts_when_asked_to(self, run: Run, tmp_path: Path) -> None:
        path = write(tmp_path / "s.jsonl", unanswered())
        assert run("check", path, *OLD).returncode == 0
        assert run("check", path, *OLD, "--fail-on", "warning").returncode == 1

    def test_folders_hold_any_number_of_transcripts(self, run: Run, tmp_path: Path) -> None:
        write(tmp_path / "many" / "a.jsonl", healthy())
        write(tmp_path / "many" / "b.jsonl", cut_off())
        (tmp_path / "many" / "notes.jsonl").write_text('{"note": 1}\n')
        done = run("check", tmp_path / "many", *OLD, "--json")
        found = json.loads(done.stdout)["transcripts"]
        assert [Path(one["path"]).name for one in found] == ["a.jsonl", "b.jsonl"]
        assert [one["verdict"] for one in found] == ["healthy", "broken"]
        assert done.returncode == 1

    def test_standard_input(self, run: Run, tmp_path: Path) -> None:
        data = write(tmp_path / "s.jsonl", healthy()).read_bytes()
        done = run("check", "-", "--json", *OLD, stdin=data)
        assert json.loads(done.stdout)["transcripts"][0]["path"] == "-"
        assert done.returncode == 0

    def test_what_cannot_be_read_is_said_and_the_rest_goes_on(self, run: Run, tmp_path: Path) -> None:
        path = write(tmp_path / "s.jsonl", healthy())
        done = run("check", tmp_path / "none.jsonl", path, *OLD)
        assert done.returncode == 3
        assert "none.jsonl" in done.stderr
        assert "✓" in done.stdout

    @pytest.mark.parametrize(
        "data",
        [
            pytest.param(b"", id="empty file"),
            pytest.param(b"\x00" * 4096, id="NUL bytes only"),
            pytest.param(b"\xff\xfe\x00garbage", id="no text at all"),
            pytest.param(b'{"type":"user"', id="one torn line"),
            pytest.param(b"[1,2,3]\nnull\n", id="no objects"),
        ],
    )
    def test_any_bytes_give_a_report(self, run: Run, tmp_path: Path, data: bytes) -> None:
        path = tmp_path / "s.jsonl"
        path.write_bytes(data)
        done = run("check", path, "--json", *OLD)
        assert done.returncode in (0, 1), done.stderr
        assert json.loads(done.stdout)["transcripts"][0]["error"] is None

    def test_nothing_in_a_transcript_reaches_the_terminal(self, run: Run, tmp_path: Path) -> None:
        records = cut_off()
        records[0]["uuid"] = "\x1b]0;owned\x07\u202e"
        records[1]["parentUuid"] = "\x1b[2J"
        path = write(tmp_path / "s.jsonl", records, b"\x1b[31m torn \x9b\n")
        for command in (["check"], ["request"], ["repair"], ["truncate", "--list"]):
            done = run(command[0], path, *command[1:], *OLD)
            assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", done.stdout + done.stderr)

    def test_no_colour_in_a_pipe(self, run: Run, tmp_path: Path) -> None:
        path = write(tmp_path / "s.jsonl", cut_off())
        assert "\x1b" not in run("check", path, *OLD, env={"FORCE_COLOR": "1", "TERM": "xterm-256color"}).stdout


    @pytest.mark.parametrize(
        ("env", "coloured"),
        [
            pytest.param({}, True, id="a terminal"),
            pytest.param({"NO_COLOR": "1"}, False, id="NO_COLOR"),
            pytest.param({"TERM": "dumb"}, False, id="a dumb terminal"),
        ],
    )
    def test_colour_only_where_it_is_wanted(self, tmp_path: Path, env: dict[str, str], coloured: bool) -> None:
        path = write(tmp_path / "s.jsonl", cut_off())
        shown = on_a_terminal([str(UNBRICK), "check", str(path), *OLD], {"TERM": "xterm-256color", **env})
        assert ("\x1b[" in shown) is coloured
        assert "The next prompt will work" in shown


def on_a_terminal(command: list[str], env: dict[str, str]) -> str:
    """What a command prints on a terminal of 80 columns."""
    leader, follower = pty.openpty()
    environ = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "COLUMNS": "80", **env}
    with subprocess.Popen(command, stdin=follower, stdout=follower, stderr=follower, env=environ) as process:
        os.close(follower)
        shown = b""
        try:
            while chunk := os.read(leader, 65536):
                shown += chunk
        except OSError:  # Linux reports the end of a terminal so
            pass
        assert process.wait(timeout=60) == 1
    os.close(leader)
    return shown.decode("utf-8")


KEYS = {
    "document": {"schema", "transcripts"},
    "transcript": {
        "path", "format", "target", "records", "verdict", "cause", "resume", "last_error", "findings", "error",
    },
    "target": {"client", "version", "model", "endpoint", "basis"},
    "resume": {"outcome", "error", "messages", "lost", "summarised"},
    "lost": {"messages", "recoverable"},
    "last_error": {"line", "text", "explained_by", "past", "answer"},
    "finding": {
        "id", "code", "name", "severity", "file", "line", "pointer", "document", "uuid",
        "message_index", "block_index", "message",
        "api_error", "affects", "fixes",
    },
    "affect": {"severity", "outcome", "since", "until", "above"},
    "fix": {"id", "title", "safety"},
}

OUTCOMES = {"accepted", "healed", "refused", "not-found", "crash", "hang", "empty"}


def validate(document: dict[str, Any]) -> None:
    """Hold a document against the contract of docs/json.md."""
    assert set(document) == KEYS["document"]
    assert document["schema"] == 1
    for one in document["transcripts"]:
        assert set(one) == KEYS["transcript"]
        assert isinstance(one["path"], str)
        if one["error"] is not None:
            assert isinstance(one["error"], str)
            rest = {key: value for key, value in one.items() if key not in ("path", "error", "findings")}
            assert not any(rest.values())
            assert one["findings"] == []
            continue
        assert one["format"] == "claude-code"
        assert isinstance(one["records"], int)
        assert one["verdict"] in {"healthy", "fragile", "broken"}
        assert one["cause"] in {"none", "file", "client", "settings", "endpoint", "unknown"}
        target, resume = one["target"], one["resume"]
        assert set(target) == KEYS["target"]
        assert re.fullmatch(r"\d+(\.\d+)+", target["version"])
        assert target["basis"] in {"given", "installed", "recorded", "assumed"}
        assert set(resume) == KEYS["resume"]
        assert set(resume["lost"]) == KEYS["lost"]
        assert resume["outcome"] in OUTCOMES
        assert all(isinstance(resume[key], int) for key in ("messages", "summarised"))
        assert 0 <= resume["lost"]["recoverable"] <= resume["lost"]["messages"]
        if one["last_error"] is not None:
            assert set(one["last_error"]) == KEYS["last_error"]
        ids = [finding["id"] for finding in one["findings"]]
        assert len(ids) == len(set(ids)), "an id names one finding"
        for finding in one["findings"]:
            validate_finding(finding, one["records"])


def validate_finding(finding: dict[str, Any], records: int) -> None:
    assert set(finding) == KEYS["finding"]
    assert finding["code"] in BY_CODE
    assert finding["name"] == BY_CODE[finding["code"]].name
    assert finding["id"].startswith(finding["code"])
    assert finding["severity"] in {"error", "warning", "info"}
    assert finding["line"] is None or 1 <= finding["line"] <= records
    assert finding["pointer"] is None or finding["pointer"].startswith("/")
    assert finding["message"]
    for affect in finding["affects"]:
        assert set(affect) == KEYS["affect"]
        assert affect["outcome"] is None or affect["outcome"] in OUTCOMES
    for fix in finding["fixes"]:
        assert set(fix) == KEYS["fix"]
        assert fix["safety"] in {"safe", "restores", "lossy", "manual"}


class TestJson:
    def test_the_contract_on_the_samples(self, run: Run) -> None:
        done = run("check", SAMPLES, "--json", "--no-surroundings")
        document = json.loads(done.stdout)
        validate(document)
        assert len(document["transcripts"]) >= 16

    def test_the_contract_on_what_cannot_be_read(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "other.jsonl").write_text('{"hello": "world"}\n')
        done = run("check", tmp_path / "other.jsonl", tmp_path / "none.jsonl", "--json")
        assert done.returncode == 3
        document = json.loads(done.stdout)
        validate(document)
        assert [bool(one["error"]) for one in document["transcripts"]] == [True, True]

    def test_pointers_and_lines(self, run: Run, tmp_path: Path) -> None:
        document = json.loads(run("check", write(tmp_path / "s.jsonl", cut_off()), "--json", *OLD).stdout)
        validate(document)
        assert 5 in [finding["line"] for finding in document["transcripts"][0]["findings"]]

    def test_a_request_says_where_each_block_comes_from(self, run: Run, tmp_path: Path) -> None:
        path = write(tmp_path / "s.jsonl", healthy())
        done = run("request", path, "--json", *OLD)
        document = json.loads(done.stdout)
        assert set(document) == {"schema", "messages", "origin"}
        assert document["schema"] == 1
        assert [one["role"] for one in document["messages"]] == ["user", "assistant"] * 3
        assert len(document["origin"]) == len(document["messages"])
        for message, origins in zip(document["messages"], document["origin"], strict=True):
            content = message["content"]
            assert len(origins) == (1 if isinstance(content, str) else len(content))
            for origin in origins:
                assert set(origin) in ({"line", "block"}, {"synthetic"})
        lines = [one.get("line") for origins in document["origin"] for one in origins]
        assert [line for line in lines if line] == [1, 2, 3, 4, 5, 6]

    def test_a_request_with_the_next_prompt(self, run: Run, tmp_path: Path) -> None:
        path = write(tmp_path / "s.jsonl", healthy())
        document = json.loads(run("request", path, "--json", "--prompt", "Go on ☂", *OLD).stdout)
        assert "Go on ☂" in json.dumps(document["messages"][-1], ensure_ascii=False)
        assert {"synthetic": "prompt"} in document["origin"][-1]

    def test_halves_of_surrogate_pairs_are_escaped(self, run: Run, tmp_path: Path) -> None:
        records = healthy()
        records[0]["message"]["content"] = "cut \ud83d here"
        done = run("request", write(tmp_path / "s.jsonl", records), "--json", "--client", "2.1.90", "--no-surroundings")
        assert json.loads(done.stdout)["messages"][0]
        assert "\ud83d" not in done.stdout


class TestUsage:
    @pytest.mark.parametrize(
        ("args", "said"),
        [
            pytest.param(["check"], "PATH", id="no path"),
            pytest.param(["check", ""], "empty", id="an empty path"),
            pytest.param(["check", "x", "--client", "newest"], "--client", id="no version"),
            pytest.param(["check", "x", "--fail-on", "info"], "--fail-on", id="no level"),
            pytest.param(["explain", "Z999"], "Z999", id="no such code"),
            pytest.param(["repair", "s.jsonl", "--only", "Z999"], "Z999", id="no such code to mend"),
            pytest.param(["repair", "s.jsonl", "--fix", "T001"], "FINDING=FIX", id="no fix named"),
            pytest.param(["repair", "s.jsonl", "--fix", "T001@9=x"], "T001@9", id="no such finding"),
            pytest.param(["repair", "s.jsonl", "-o", "o.jsonl", "--in-place"], "--in-place", id="two destinations"),
            pytest.param(["repair", "-", "--in-place"], "standard input", id="standard input in place"),
            pytest.param(["truncate", "s.jsonl"], "--last-safe", id="no place to cut"),
            pytest.param(["truncate", "s.jsonl", "--at", "999"], "999", id="no such line"),
            pytest.param(["check", "s.jsonl", "--client", "installed"], "--client", id="no client installed"),
            pytest.param(["why", "a", "b", "c"], "ERROR-TEXT", id="three words"),
        ],
    )
    def test_a_wrong_use_gets_a_sentence(self, run: Run, tmp_path: Path, args: list[str], said: str) -> None:
        write(tmp_path / "s.jsonl", healthy())
        done = run(*args, env={"PATH": "/nowhere"})
        assert done.returncode == 2, done.stdout + done.stderr
        assert said in done.stderr
        assert done.stdout == ""

    @pytest.mark.parametrize("word", ["missing.jsonl", "folder/missing", "0123abcd", "chekc"])
    def test_what_is_not_there_is_named(self, run: Run, word: str) -> None:
        done = run(word)
        assert done.returncode == 3
        assert word in done.stderr

    def test_a_folder_with_several_transcripts_is_ambiguous(self, run: Run, tmp_path: Path) -> None:
        write(tmp_path / "two" / "a.jsonl", healthy())
        write(tmp_path / "two" / "b.jsonl", healthy())
        done = run("repair", tmp_path / "two")
        assert done.returncode == 2
        assert "a.jsonl" in done.stderr
        assert "b.jsonl" in done.stderr

    def test_version_and_help(self, run: Run) -> None:
        assert re.fullmatch(r"unbrick, version \d+\.\d+\.\d+\n", run("--version").stdout)
        assert "repair" in run("--help").stdout

    @pytest.mark.parametrize("command", ["check", "repair", "truncate", "request", "why", "explain", "restore"])
    def test_every_command_has_help(self, run: Run, command: str) -> None:
        done = run(command, "--help")
        assert done.returncode == 0
        assert f"unbrick {command}" in done.stdout

    @pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
    def test_shell_completion(self, run: Run, shell: str) -> None:
        assert "_UNBRICK_COMPLETE" in run(env={"_UNBRICK_COMPLETE": f"{shell}_source"}).stdout

    def test_a_reader_that_leaves_early_is_no_error(self, tmp_path: Path) -> None:
        path = write(tmp_path / "s.jsonl", healthy())
        command = f"'{UNBRICK}' request '{path}' --json --no-surroundings | head -c 1"
        done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, timeout=60, check=False)
        assert done.stdout == "{"
        assert done.stderr == ""


class TestReportWithoutATerminal:
    def test_a_path_alone_prints_the_report(self, run: Run, tmp_path: Path) -> None:
        done = run(write(tmp_path / "one" / "s.jsonl", cut_off()), *OLD)
        assert done.stdout.startswith("✗ ")
        assert done.returncode == 0

    def test_a_folder_with_one_transcript_names_it(self, run: Run, tmp_path: Path) -> None:
        write(tmp_path / "one" / "s.jsonl", healthy())
        assert run(tmp_path / "one", *OLD).stdout.startswith("✓ ")

    def test_an_id_or_a_part_of_it_names_a_session(self, run: Run, tmp_path: Path) -> None:
        write(tmp_path / "home" / ".claude" / "projects" / "-home-ada-shop" / f"{SESSION}.jsonl", healthy())
        for word in (SESSION, SESSION[:8]):
            assert run(word).stdout.startswith("✓ ")

    def test_nothing_to_open_is_said(self, run: Run) -> None:
        done = run()
        assert done.returncode == 3
        assert "unbrick PATH" in done.stderr


class TestWhyAndExplain:
    def test_explain_prints_what_the_docs_say(self, run: Run) -> None:
        page = (Path(__file__).parent.parent / "docs" / "rules.md").read_text("utf-8")
        for code in ("T001", "l001"):
            done = run("explain", code)
            assert done.returncode == 0
            assert max(map(len, done.stdout.splitlines())) <= 80
            assert " ".join(done.stdout.split()) in " ".join(page.replace("`` ", "").replace(" ``", "").split())

    def test_an_error_text_leads_to_its_rule(self, run: Run, tmp_path: Path) -> None:
        path = write(tmp_path / "s.jsonl", unanswered())
        error = "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_01ABCDEF"
        for done in (run("why", path, error, *OLD), run("why", path, "-", *OLD, stdin=error)):
            assert done.returncode == 0, done.stderr
            assert "T001" in done.stdout

    def test_an_error_of_the_service_is_no_reason_to_edit(self, run: Run) -> None:
        done = run("why", "API Error: 529 Overloaded")
        assert done.returncode == 0, done.stderr
        assert "intact" in done.stdout


class TestRepairAndTruncate:
    def test_without_a_destination_nothing_is_written(self, run: Run, tmp_path: Path) -> None:
        path = write(tmp_path / "s.jsonl", cut_off())
        before = {one: one.read_bytes() for one in tmp_path.rglob("*") if one.is_file()}
        done = run("repair", path, *OLD)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "line 5: /parentUuid changed" in done.stdout
        assert f'"parentUuid":"{uuid(4)}"' in done.stdout
        assert "5 of 6 lines keep their bytes" in done.stdout
        assert "Nothing has been written" in done.stdout + done.stderr
        assert {one: one.read_bytes() for one in tmp_path.rglob("*") if one.is_file()} == before

    def test_into_a_file(self, run: Run, tmp_path: Path) -> None:
        path = write(tmp_path / "s.jsonl", cut_off())
        original = path.read_bytes()
        done = run("repair", path, "-o", tmp_path / "out.jsonl", *OLD)
        assert done.returncode == 0, done.stderr
        assert path.read_bytes() == original
        assert (tmp_path / "out.jsonl").read_bytes() == write(tmp_path / "h.jsonl", healthy()).read_bytes()

    def test_through_a_pipe(self, run: Run, tmp_path: Path) -> None:
        path = write(tmp_path / "s.jsonl", cut_off())
        done = run("repair", "-", "-o", "-", *OLD, stdin=path.read_bytes())
        assert done.returncode == 0, done.stderr
        assert done.stdout.encode() == write(tmp_path / "h.jsonl", healthy()).read_bytes()

    def test_in_place_and_back(self, run: Run, tmp_path: Path) -> None:
        path = write(tmp_path / "s.jsonl", cut_off())
        path.chmod(0o640)
        original = path.read_bytes()
        done = run("repair", path, "--in-place", *OLD)
        assert done.returncode == 0, done.stderr
        assert path.read_bytes() == write(tmp_path / "h" / "h.jsonl", healthy()).read_bytes()
        assert path.stat().st_mode & 0o777 == 0o640
        assert run("check", path, *OLD).returncode == 0
        back = run("restore", path)
        assert back.returncode == 0, back.stderr
        assert path.read_bytes() == original

    @pytest.mark.parametrize("indent", [None, 1], ids=["on one line", "on many"])
    @pytest.mark.parametrize("named", [False, True], ids=["the newest backup", "a named one"])
    def test_a_request_body_and_back(self, run: Run, tmp_path: Path, indent: int | None, named: bool) -> None:
        path = tmp_path / "body.json"
        call = {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {}}
        messages = [{"role": "user", "content": "Go"}, {"role": "assistant", "content": [call]}]
        path.write_text(json.dumps({"messages": [*messages, {"role": "user", "content": "No"}]}, indent=indent))
        original = path.read_bytes()
        assert run("repair", path, "--in-place").returncode == 0
        assert path.read_bytes() != original
        back = run("restore", path, *(tmp_path.glob("body.json.*") if named else ()))
        assert back.returncode == 0, back.stderr
        assert path.read_bytes() == original

    def test_as_a_session_that_the_client_finds(self, run: Run, tmp_path: Path) -> None:
        folder = tmp_path / "home" / ".claude" / "projects" / "-home-ada-shop"
        path = write(folder / f"{SESSION}.jsonl", cut_off())
        done = run("repair", SESSION[:8], "--as-session", *OLD)
        assert done.returncode == 0, done.stderr
        found = re.search(r"claude --resume ([0-9a-f-]{36})", done.stdout)
        assert found is not None
        new = folder / f"{found[1]}.jsonl"
        assert new.exists()
        assert new != path
        assert path.read_bytes() == write(tmp_path / "c.jsonl", cut_off()).read_bytes()
        assert run("check", new, *OLD).returncode == 0

    def test_only_some_codes(self, run: Run, tmp_path: Path) -> None:
        path = write(tmp_path / "s.jsonl", cut_off())
        done = run("repair", path, "--only", "C001,C002", *OLD)
        assert "Nothing to change" in done.stdout
        assert done.returncode == 1

    def test_a_repair_of_nothing_writes_nothing(self, run: Run, tmp_path: Path) -> None:
        done = run("repair", write(tmp_path / "s.jsonl", healthy()), *OLD)
        assert "Nothing to change" in done.stdout
        assert done.returncode == 0

    @pytest.mark.parametrize(("given", "said"), [
        pytest.param([], True, id="not given"), pytest.param(["--lossy"], False, id="given"),
    ])
    def test_an_option_that_would_mend_more_is_named(self, run: Run, given: list[str], said: bool) -> None:
        sample = SAMPLES / "bad-tool-name"
        done = run("repair", str(sample), "--model", "claude-opus-5-5", "--no-surroundings", *given)
        assert ("With --lossy more is mended" in done.stdout) == said
        assert done.returncode == int(said)

    def test_safe_points_are_listed(self, run: Run, tmp_path: Path) -> None:
        done = run("truncate", write(tmp_path / "s.jsonl", healthy()), "--list", *OLD)
        assert done.returncode == 0, done.stderr
        assert [line.split(":")[0] for line in done.stdout.splitlines()[:2]] == ["line 6", "line 4"]
        assert "drops 1 prompt" in done.stdout

    def kept_four_lines(self, tmp_path: Path) -> None:
        """The first four lines byte for byte, then at most a record that names the new end."""
        kept = (tmp_path / "out.jsonl").read_bytes()
        whole = write(tmp_path / "h.jsonl", healthy()[:4]).read_bytes()
        assert kept.startswith(whole)
        assert [json.loads(line)["leafUuid"] for line in kept[len(whole) :].splitlines()] in ([], [uuid(4)])

    @pytest.mark.parametrize("place", ["4", uuid(4)])
    def test_a_cut_keeps_up_to_the_place(self, run: Run, tmp_path: Path, place: str) -> None:
        path = write(tmp_path / "s.jsonl", healthy())
        done = run("truncate", path, "--at", place, "-o", tmp_path / "out.jsonl", *OLD)
        assert done.returncode == 0, done.stderr
        self.kept_four_lines(tmp_path)

    def test_the_last_safe_point_is_behind_the_last_complete_turn(self, run: Run, tmp_path: Path) -> None:
        records = [*healthy()[:4], record(5, "user", ""), record(6, "user", "Again")]
        path = write(tmp_path / "s.jsonl", records)
        done = run("truncate", path, "--last-safe", "-o", tmp_path / "out.jsonl", *OLD)
        assert done.returncode == 0, done.stderr
        self.kept_four_lines(tmp_path)

    @pytest.mark.parametrize("place", ["²", "0", "7", "-1", "", "4.0", "no-such-uuid"])
    def test_a_place_that_is_none_is_a_wrong_use(self, run: Run, tmp_path: Path, place: str) -> None:
        done = run("truncate", write(tmp_path / "s.jsonl", healthy()), "--at", place, *OLD)
        assert done.returncode == 2
        assert "neither a line of this file (1 to 6) nor the uuid" in done.stderr

    def test_a_destination_without_a_name_is_a_wrong_use(self, run: Run, tmp_path: Path) -> None:
        done = run("repair", write(tmp_path / "s.jsonl", cut_off()), "-o", "", *OLD)
        assert done.returncode == 2
        assert "-o takes the name" in done.stderr

    def test_what_is_no_transcript_is_not_put_in_its_place(self, run: Run, tmp_path: Path) -> None:
        path = write(tmp_path / "s.jsonl", healthy())
        before = path.read_bytes()
        (tmp_path / "notes.txt").write_text("milk\neggs\n")
        done = run("restore", path, tmp_path / "notes.txt")
        assert done.returncode == 3
        assert "not a transcript" in done.stderr
        assert path.read_bytes() == before

    def test_a_file_that_stands_there_is_not_overwritten(self, run: Run, tmp_path: Path) -> None:
        path = write(tmp_path / "s.jsonl", cut_off())
        (tmp_path / "out.jsonl").write_text("mine")
        done = run("repair", path, "-o", tmp_path / "out.jsonl", *OLD)
        assert done.returncode == 3
        assert "out.jsonl" in done.stderr
        assert (tmp_path / "out.jsonl").read_text() == "mine"


class TestCompletion:
    @pytest.mark.parametrize(
        ("words", "found"),
        [
            pytest.param("unbrick rep", "plain,repair", id="a command"),
            pytest.param("unbrick check --fail", "plain,--fail-on", id="an option"),
            pytest.param("unbrick explain t00", "plain,T001", id="a code"),
            pytest.param("unbrick check ", "file,", id="a path"),
        ],
    )
    def test_the_shell_is_told(self, run: Run, words: str, found: str) -> None:
        count = len(words.split()) - (0 if words.endswith(" ") else 1)
        env = {"_UNBRICK_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(count)}
        assert found in run(env=env).stdout
