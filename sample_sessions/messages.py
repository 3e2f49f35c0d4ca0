"""Samples of message arrays: request bodies, bare arrays and lines, each with one thing that the Messages API refuses.
`python -m sample_sessions.make` writes them too. The sentences are the API's own, as its users report them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sample_sessions.making import HERE

Json = dict[str, Any]
CALL = "toolu_01A7h2Gk"


def base() -> Json:
    """A request body of an agent that looked into a file."""
    return {
        "model": "claude-opus-4-7",
        "max_tokens": 4096,
        "system": "You mend small programs. Say what you changed.",
        "tools": [{"name": "read", "input_schema": {"type": "object", "properties": {"path": {"type": "string"}}}}],
        "messages": [
            {"role": "user", "content": "Why does shop.py round the total down?"},
            {"role": "assistant", "content": [
                {"type": "text", "text": "I look into the file."},
                {"type": "tool_use", "id": CALL, "name": "read", "input": {"path": "shop.py"}},
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": CALL, "content": "def total(items):\n    return int(sum(items))\n"},
            ]},
            {"role": "assistant", "content": "`int()` cuts the cents off; `round(…, 2)` keeps them."},
            {"role": "user", "content": "Change it, please."},
        ],
    }


@dataclass(frozen=True)
class Sample:
    """A sample: what breaks it, which rules have to say so, the API's sentence, what stays after the repair."""

    name: str
    code: str | None
    error: str | None
    write: Callable[[Json], bytes]
    options: tuple[str, ...] = ()
    keeps: int = 5
    """Messages after the repair."""
    file: str = "body.json"
    format: str = "messages"
    about: str = ""


SAMPLES: list[Sample] = []


def pretty(value: object) -> bytes:
    """As most logs write it."""
    return json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n"


def tight(value: object) -> bytes:
    """As most programs send it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def sample(
    name: str, code: str | None, error: str | None, how: Callable[[object], bytes] = pretty, **more: object,
) -> Callable[[Callable[[Json], Any]], Callable[[Json], Any]]:
    """Register a mutation of the body; its docstring says what it is about."""

    def register(mutate: Callable[[Json], Any]) -> Callable[[Json], Any]:
        def write(body: Json) -> bytes:
            made = mutate(body)
            return made if isinstance(made, bytes) else how(made)

        SAMPLES.append(Sample(name, code, error, write, about=" ".join((mutate.__doc__ or "").split()),
                              **more))  # type: ignore[arg-type]
        return mutate

    return register


@sample("healthy-body", None, None)
def _healthy(body: Json) -> object:
    """A request body with nothing wrong in it."""
    return body


@sample("no-result", "T001", "`tool_use` ids were found without `tool_result` blocks immediately after", keeps=5)
def _no_result(body: Json) -> object:
    """The result of a call was never recorded: the program was stopped while the tool ran."""
    body["messages"][2] = {"role": "user", "content": "Are you there?"}
    return body


@sample("result-behind-text", "T005", "`tool_use` ids were found without `tool_result` blocks immediately after", tight)
def _behind(body: Json) -> object:
    """A note stands in front of the result in the user's message."""
    body["messages"][2]["content"].insert(0, {"type": "text", "text": "(The file changed meanwhile.)"})
    return body


@sample("member-of-a-log", "C009", "Extra inputs are not permitted")
def _member(body: Json) -> object:
    """A reply was put back as the SDK gave it, with members that a request may not have."""
    body["messages"][3] |= {"id": "msg_01X", "stop_reason": "end_turn"}
    return body


@sample("system-turn", "C005", "role 'system' is not supported on this model", keeps=5)
def _system(body: Json) -> object:
    """A system message stands among the messages, as in OpenAI's API."""
    body["messages"].insert(0, {"role": "system", "content": "Answer in one sentence."})
    return body


@sample("empty-text", "C001", "text content blocks must be non-empty",
        lambda value: json.dumps(value, indent="\t").encode())
def _empty(body: Json) -> object:
    """A reply begins with an empty text, in a document written with tabs."""
    body["messages"][1]["content"][0]["text"] = ""
    return body


@sample("human-and-ai", "C004", "Unexpected role", file="body.json")
def _roles(body: Json) -> object:
    """A bare array whose roles are those of another library."""
    names = {"user": "human", "assistant": "ai"}
    return [{**message, "role": names[message["role"]]} for message in body["messages"]]


@sample("torn-array", "J013", "The request body is not valid JSON", keeps=4)
def _torn(body: Json) -> object:
    """A log that breaks off in the middle of its last message."""
    return pretty(body["messages"])[:-24]


@sample("comma-behind-the-last", "J013", "The request body is not valid JSON")
def _comma(body: Json) -> object:
    """An editor left a comma behind the last message."""
    whole = pretty(body["messages"]).rstrip()
    return whole[:-2] + b",\n]\n"


@sample("cline-history", "T001", "`tool_use` ids were found without `tool_result` blocks immediately after", keeps=5)
def _cline(body: Json) -> object:
    """The `api_conversation_history.json` of Cline and its relatives: a bare array whose messages carry a time of their
    own, broken off behind a call. The time is the log's own, and no error."""
    del body["messages"][2:4]
    body["messages"].append({"role": "assistant", "content": [{"type": "text", "text": "I go on."}]})
    body["messages"].append({"role": "user", "content": "And?"})
    return [{**message, "ts": 1_763_680_000_000 + place} for place, message in enumerate(body["messages"])]


@sample("message-a-line", "T001", "`tool_use` ids were found without `tool_result` blocks immediately after",
        file="session.jsonl", keeps=5)
def _lines(body: Json) -> object:
    """One message a line, with line breaks as Windows writes them."""
    body["messages"][2] = {"role": "user", "content": "Are you there?"}
    return b"".join(tight(message) + b"\r\n" for message in body["messages"])


@sample(
    "openai-chat-without-a-result", "T001",
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'", keeps=6,
    format="openai-chat",
)
def _chat(body: Json) -> object:
    """A request to OpenAI's Chat Completions API: the agent stopped between a call and its result, and the person went
    on."""
    asked, called, _answered, said, more = body["messages"]
    words, use = called["content"]
    call = {"id": "call_7h2Gk", "type": "function", "function": {
        "name": use["name"], "arguments": json.dumps(use["input"]),
    }}
    return {
        "model": "gpt-4.1",
        "messages": [
            {"role": "system", "content": body["system"]}, asked,
            {"role": "assistant", "content": words["text"], "tool_calls": [call]},
            {"role": "assistant", "content": said["content"]}, more,
        ],
    }


def expected(made: Sample) -> Json:
    """What is expected of a sample, as its expected.json says it."""
    return {
        "about": made.about, "file": made.file, "format": made.format, "code": made.code, "error": made.error,
        "after_repair": {"options": list(made.options), "verdict": "healthy", "messages": made.keeps},
    }


def files() -> Iterator[tuple[Path, bytes]]:
    """Path below the samples → bytes."""
    for made in SAMPLES:
        folder = Path("messages") / made.name
        yield folder / made.file, made.write(deepcopy(base()))
        yield folder / "expected.json", json.dumps(expected(made), indent=1, ensure_ascii=False).encode() + b"\n"


def write() -> None:
    """Write them all."""
    for path, data in files():
        target = HERE / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def table() -> str:
    """The samples as a table of docs/samples.md."""
    rows = ["| message array | what is wrong | rule |", "|---|---|---|"]
    rows += (f"| `{made.name}` | {made.about} | {made.code or 'none'} |" for made in SAMPLES)
    return "\n".join(rows) + "\n"
