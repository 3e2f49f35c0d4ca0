"""Samples of Amplifier sessions: each a folder as the client writes it, made from one healthy session by a mutation
that stands for a pattern of the client's own reports. `python -m sample_sessions.make` writes them too.

What is expected of each is what the client's own code did where it was run, else what its reports say.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sample_sessions.making import HERE

Json = dict[str, Any]
SESSION = "7d3c1f5a-5e55-4000-8000-0000000000a1"
CHILD = "0000000000000001-0000000000000002_code-explorer"


def _time(second: int) -> str:
    return f"2026-11-20T22:16:{second:02d}.000+00:00"


def user(text: str, second: int, **about: str) -> Json:
    """A prompt, or what a hook says under the user's name."""
    return {"role": "user", "content": text, "metadata": {**about, "timestamp": _time(second)}}


def reply(text: str, second: int, *calls: tuple[str, str, Json]) -> Json:
    """A reply; calls are (id, tool, arguments)."""
    content: list[Json] = [{"type": "text", "text": text}] if text else []
    content += [{"type": "tool_call", "id": ref, "name": tool, "input": given} for ref, tool, given in calls]
    found: Json = {"role": "assistant", "content": content}
    if calls:
        found["tool_calls"] = [{"id": ref, "tool": tool, "arguments": given} for ref, tool, given in calls]
    return {**found, "metadata": {"timestamp": _time(second)}}


def output(**given: object) -> Json:
    """What a tool gave back."""
    return {"error": None, "output": given, "success": True}


def result(ref: str, tool: str, given: Json, second: int) -> Json:
    """The record of a result."""
    content = json.dumps(given, sort_keys=True)
    return {
        "role": "tool", "name": tool, "tool_call_id": ref, "content": content, "metadata": {"timestamp": _time(second)},
    }


READ, LIST, EDIT, TEST = "toolu_01A", "toolu_01B", "toolu_01C", "toolu_01D"
FOUND, FILES = output(content="def add(a, b):\n    return a - b", total_lines=2), output(stdout="app.py\n", returncode=0)
DONE, PASSED = output(replacements_made=1), output(stdout="1 passed\n", returncode=0)


def healthy() -> list[Json]:
    """Two turns with parallel calls."""
    return [
        user("Fix the failing test in app.py", 1),
        reply("I'll look first.", 2, (READ, "read_file", {"file_path": "app.py"}), (LIST, "bash", {"command": "ls"})),
        result(READ, "read_file", FOUND, 3), result(LIST, "bash", FILES, 3),
        reply("The operator is wrong.", 4, (EDIT, "edit_file", {"file_path": "app.py"})),
        result(EDIT, "edit_file", DONE, 5), reply("Fixed: `add` subtracted.", 6),
        user("Now run the tests", 7), reply("", 8, (TEST, "bash", {"command": "pytest"})),
        result(TEST, "bash", PASSED, 9), reply("All tests pass.", 10),
    ]


def events(records: list[Json]) -> bytes:
    """The log of a conversation."""
    lines: list[Json] = []

    def event(name: str, second: str, data: Json) -> None:
        lines.append({"ts": second, "lvl": "INFO", "event": name, "session_id": SESSION, "data": data})

    for record in records:
        when = record["metadata"]["timestamp"]
        if record["role"] == "user" and "source" not in record["metadata"]:
            event("prompt:submit", when, {"prompt": record["content"]})
        elif record["role"] == "assistant":
            event("llm:response", when, {"provider": "anthropic", "model": "claude-sonnet-4-5"})
            parts = record["content"]
            for index, part in enumerate(parts):
                block = dict(part)
                if part["type"] == "tool_call":
                    block = {"type": "tool_call", "id": part["id"], "name": part["name"], "arguments": part["input"]}
                event("content_block:end", when, {"block": block, "block_index": index, "total_blocks": len(parts)})
            for call in record.get("tool_calls", ()):
                event("tool:pre", when, {"tool_call_id": call["id"], "tool_name": call["tool"]})
        elif record["role"] == "tool":
            given = json.loads(record["content"])
            event("tool:post", when, {
                "tool_call_id": record["tool_call_id"], "tool_name": record["name"], "result": given,
            })
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def metadata(records: list[Json], **more: object) -> bytes:
    """What the client notes of a session."""
    turns = sum(record.get("role") == "user" for record in records)
    value = {
        "session_id": SESSION, "created": _time(1), "bundle": "bundle:foundation", "model": "claude-sonnet-4-5",
        "turn_count": turns, "incremental": True, "working_dir": "/home/user/app", **more,
    }
    return json.dumps(value, indent=2).encode()


@dataclass(frozen=True)
class Sample:
    """A sample: its files, and what is expected. `chat` and `run` are outcomes of the two ways to resume, `kept` the
    texts that stand in the transcript after the repair."""

    name: str
    about: str
    files: dict[str, bytes]
    codes: tuple[str, ...]
    chat: str
    run: str
    kept: tuple[str, ...] = ()
    model: str | None = None
    strict: bool = False
    verdicts: dict[str, str] = field(default_factory=dict)
    """Verdicts before the repair, where they do not follow from the outcomes."""


SAMPLES: list[Sample] = []
Made = list[Json] | bytes


def sample(
    name: str, codes: str, chat: str, run: str, *, logged: bool = True, backup: list[Json] | None = None,
    **more: Any,  # noqa: ANN401
) -> Callable[[Callable[[list[Json]], Made]], Callable[[list[Json]], Made]]:
    """Register a mutation of the healthy session; its docstring says what it is about. `logged` keeps the log of the
    whole conversation, `backup` is what the client saved before."""

    def register(mutate: Callable[[list[Json]], Made]) -> Callable[[list[Json]], Made]:
        whole = healthy()
        made = mutate(deepcopy(whole))
        about = {key: more.pop(key) for key in ("parent_id", "noted_model") if key in more}
        if "noted_model" in about:
            about["model"] = about.pop("noted_model")
        files = {"transcript.jsonl": made if isinstance(made, bytes) else lines(made)}
        files["metadata.json"] = metadata(whole if isinstance(made, bytes) else made, **about)
        if logged:
            files["events.jsonl"] = events(whole)
        if backup is not None:
            files["transcript.jsonl.backup"] = lines(backup)
        said = " ".join((mutate.__doc__ or "").split())
        SAMPLES.append(Sample(name, said, files, tuple(codes.split()), chat, run, **more))
        return mutate

    return register


def lines(records: list[Json]) -> bytes:
    """A transcript."""
    return b"".join(json.dumps(record, ensure_ascii=False).encode() + b"\n" for record in records)


REAL = '\\"stdout\\": \\"1 passed\\\\n\\"'
"""How the real result of the test run stands in a transcript."""


@sample("healthy", "", "accepted", "accepted")
def _healthy(records: list[Json]) -> Made:
    """Two turns with parallel calls, as the client writes them."""
    return records


@sample("killed-while-tools-ran", "T001", "accepted", "refused", kept=(REAL,))
def _killed(records: list[Json]) -> Made:
    """The client was killed after the tool finished and before its result was stored; the log holds the result."""
    return records[:9]


@sample("killed-no-log", "T001", "accepted", "refused", logged=False)
def _killed_no_log(records: list[Json]) -> Made:
    """The same without a log: nothing tells whether the tool ran."""
    return records[:9]


@sample("calls-as-text-only", "T014", "accepted", "refused", kept=(REAL,))
def _string_content(records: list[Json]) -> Made:
    """The content of a reply is plain text, its call stands in `tool_calls` alone, and has no result."""
    records[8]["content"] = "Running them."
    return records[:9]


@sample("two-of-three-results", "T001", "accepted", "refused")
def _partial(records: list[Json]) -> Made:
    """Of two parallel calls one has its result (microsoft/amplifier-foundation#133)."""
    return [*records[:3], *records[4:]]


@sample("prompt-before-results", "T004", "accepted", "refused")
def _wedged(records: list[Json]) -> Made:
    """A prompt was typed while tools ran: it stands between the calls and their results."""
    return [*records[:2], user("How long will it take?", 2), *records[2:]]


@sample("hook-before-result", "T004", "accepted", "refused")
def _hook(records: list[Json]) -> Made:
    """A hook said something on `tool:post`: the kernel stored it in front of the result."""
    note = user("[lint] 2 issues found", 5, source="hook", hook_name="edit_file", event="tool:post")
    return [*records[:5], note, *records[5:]]


@sample("reminder-before-result", "T004", "refused", "refused")
def _reminder(records: list[Json]) -> Made:
    """A bare reminder stands between a call and its result; the client's own repair takes it for nothing."""
    return [*records[:5], user("<system-reminder>Mind the style.</system-reminder>", 5), *records[5:]]


@sample("reminder-with-source-before-result", "T004", "accepted", "refused")
def _sourced(records: list[Json]) -> Made:
    """A reminder as the client's own hooks write it stands between a call and its result; the repair before a turn
    takes it for a prompt and throws the real result away."""
    note = user('<system-reminder source="hooks-todo">Mind the list.</system-reminder>', 5, source="hook")
    return [*records[:5], note, *records[5:]]


@sample("result-twice", "T003", "refused", "refused")
def _twice(records: list[Json]) -> Made:
    """One call has two result records."""
    return [*records[:3], *records[2:]]


@sample("results-without-call", "T002", "accepted", "accepted", kept=("I'll look first.",))
def _orphans(records: list[Json]) -> Made:
    """The reply with the calls is gone, their results are there; the log holds the reply."""
    return [records[0], *records[2:]]


@sample("result-before-call", "T001", "refused", "refused")
def _before(records: list[Json]) -> Made:
    """A result stands in front of its call."""
    records[4], records[5] = records[5], records[4]
    return records


@sample("id-used-twice", "T006", "refused", "refused")
def _same_id(records: list[Json]) -> Made:
    """Two different calls carry one id."""
    text = json.dumps(records[7:]).replace(TEST, EDIT)
    return [*records[:7], *json.loads(text)]


@sample("turn-without-reply", "C027", "accepted", "accepted")
def _open_turn(records: list[Json]) -> Made:
    """Results are followed by the next prompt: accepted, since the API joins neighbours of one role."""
    return [*records[:6], *records[7:]]


@sample("two-prompts", "C027", "refused", "refused", strict=True)
def _two_prompts(records: list[Json]) -> Made:
    """Two prompts follow each other, and the endpoint insists on turns (microsoft/amplifier#217)."""
    return [*records[:7], user("Are you there?", 6), *records[7:]]


@sample("thinking-of-another-provider", "C007", "refused", "refused", model="claude-sonnet-4-5", logged=False,
        noted_model="gpt-5.1")
def _unsigned(records: list[Json]) -> Made:
    """A reply with thinking that has no signature, from a session of OpenAI's, is resumed on Claude
    (microsoft/amplifier#330)."""
    records[-1]["content"].insert(0, {"type": "thinking", "thinking": "Answer.", "visibility": "internal"})
    return records


@sample("empty-text", "C001", "refused", "refused")
def _empty(records: list[Json]) -> Made:
    """A reply holds an empty text block."""
    records[-1]["content"].insert(0, {"type": "text", "text": ""})
    return records


@sample("empty-reply", "C003", "refused", "refused")
def _nothing(records: list[Json]) -> Made:
    """A reply in the middle has no content at all."""
    records[6]["content"] = []
    return records


@sample("calls-in-another-form", "T014", "refused", "refused")
def _openai(records: list[Json]) -> Made:
    """A call stands in OpenAI's form, which no provider of the client reads."""
    call = {"id": TEST, "type": "function", "function": {"name": "bash", "arguments": '{"command": "pytest"}'}}
    records[8] |= {"content": "", "tool_calls": [call]}
    return records


@sample("blocks-of-the-api", "C010", "crash", "crash")
def _tool_use(records: list[Json]) -> Made:
    """A call stands as the API's own `tool_use` block, which the client's model of a message does not take."""
    records[8]["content"] = [{"type": "tool_use", "id": TEST, "name": "bash", "input": {"command": "pytest"}}]
    return records


@sample("no-content", "C010", "crash", "crash")
def _null(records: list[Json]) -> Made:
    """A reply with a call has `null` for its content."""
    records[8]["content"] = None
    return records


@sample("not-an-object", "J005", "crash", "crash")
def _array(records: list[Json]) -> Made:
    """A line holds a list."""
    return lines(records[:7]) + b"[1, 2]\n" + lines(records[7:])


@sample("torn-last-line", "J002 J010", "empty", "empty", kept=("All tests pass.",))
def _torn(records: list[Json]) -> Made:
    """The last line is cut off and there is no backup: the client opens the session without any history."""
    return lines(records)[:-75]


@sample("torn-line-older-backup", "J002 J010", "accepted", "accepted", logged=False, backup=healthy()[:7])
def _torn_backup(records: list[Json]) -> Made:
    """The last line is cut off, and the client falls back to an older backup without a word."""
    return lines(records)[:-75]


@sample("nul-bytes", "J004 J010", "empty", "empty", kept=("The operator is wrong.",))
def _nul(records: list[Json]) -> Made:
    """A line is NUL bytes, as after a power loss."""
    raw = lines(records).split(b"\n")
    raw[4] = b"\x00" * len(raw[4])
    return b"\n".join(raw)


@sample("history-thrown-away", "J011", "accepted", "accepted", logged=False, backup=healthy(), kept=("All tests pass.",))
def _came_up_empty(records: list[Json]) -> Made:
    """The client came up without history and saved the new turn alone; the old one stands in the backup, for one more
    save."""
    return [user("Where were we?", 30), reply("This is the start of our conversation.", 31)]


@sample("made-up-results", "T016", "accepted", "accepted", kept=(REAL,))
def _fakes(records: list[Json]) -> Made:
    """The client's own repair wrote an error in the place of a result that the log holds."""
    fake = '{"error": "unknown_error", "message": "Tool execution was interrupted and no result was captured."}'
    records[9] = {"role": "tool", "tool_call_id": TEST, "name": "bash", "content": fake}
    return records


@sample("bad-id", "T007", "refused", "refused", logged=False)
def _bad_id(records: list[Json]) -> Made:
    """A call id holds characters that the API does not take."""
    return list(json.loads(json.dumps(records).replace(TEST, "call:1|fc")))


@sample("arguments-as-text", "T014", "refused", "refused", logged=False)
def _text_arguments(records: list[Json]) -> Made:
    """The arguments of a call are text."""
    records[8]["tool_calls"][0]["arguments"] = '{"command": "pytest"}'
    return records


@sample("begins-with-a-reply", "C028", "refused", "refused", strict=True, logged=False)
def _headless(records: list[Json]) -> Made:
    """The first prompt is gone; strict endpoints want one."""
    return records[6:]


def files() -> Iterator[tuple[Path, bytes]]:
    """Every file of every sample: its path below this folder, its bytes."""
    for made in SAMPLES:
        folder = Path("amplifier") / made.name
        for name, data in made.files.items():
            yield folder / name, data
        wanted = {
            "about": made.about, "codes": list(made.codes), "chat": made.chat, "run": made.run, "kept": list(made.kept),
            "model": made.model, "strict": made.strict,
        }
        yield folder / "expected.json", (json.dumps(wanted, indent=1, ensure_ascii=False) + "\n").encode()


def write() -> None:
    """Write them all."""
    for path, data in files():
        target = HERE / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def table() -> str:
    """The samples as the table of docs/amplifier.md."""
    rows = ["| sample | what | in a terminal | `run --resume` | found |", "|---|---|---|---|---|"]
    rows += [
        f"| `{made.name}` | {made.about} | {made.chat} | {made.run} | {' '.join(made.codes) or '–'} |"
        for made in SAMPLES
    ]
    return "\n".join(rows) + "\n"
