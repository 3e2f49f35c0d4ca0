"""A stand-in for the Messages API on loopback: scripted replies, refusals in the API's words, every request kept.

It is a second, independent reading of the API's rules (messages-api-rules), small on purpose: what it accepts and
refuses is compared with what unbrick says about the same session, so it must not share code with unbrick.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Message = dict[str, Any]
Body = dict[str, Any]

SYSTEM_ROLE = re.compile(r"opus-(4-[89]|[5-9])|sonnet-[5-9]|haiku-[5-9]|fable|mythos")
BLOCKS = {"text", "thinking", "redacted_thinking", "tool_use", "tool_result", "image", "document", "search_result"}
SUMMARY = re.compile(r"Your task is to create a detailed summary|CRITICAL: Respond with TEXT ONLY")


def refusal(body: Body) -> str | None:
    """The sentence the API refuses a request with; None when it takes it."""
    return next(_refusals(body), None)


def _blocks(message: Message) -> list[dict[str, Any]]:
    content = message.get("content")
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content or [])


def _refusals(body: Body) -> Iterator[str]:
    messages: list[Message] = body.get("messages") or []
    if not messages:
        yield "messages: at least one message is required"
    yield from _surrogates(body)
    yield from _roles(messages, str(body.get("model", "")))
    for n, message in enumerate(messages):
        yield from _contents(n, message, last=n == len(messages) - 1)
    yield from _pairs(messages)
    if messages and messages[-1]["role"] == "assistant":
        yield "This model does not support assistant message prefill. The conversation must end with a user message."


def _surrogates(body: Body) -> Iterator[str]:
    text = json.dumps(body, ensure_ascii=False)
    found = re.search("[\ud800-\udfff]", text)
    if found:
        column = found.start()
        place = f"line 1 column {column + 1} (char {column})"
        yield f"The request body is not valid JSON: no low surrogate in string: {place}"


def _roles(messages: list[Message], model: str) -> Iterator[str]:
    for n, message in enumerate(messages):
        role = message.get("role")
        if role in ("user", "assistant"):
            continue
        if role != "system":
            yield f"messages: Unexpected role \"{role}\"."
        elif not SYSTEM_ROLE.search(model):
            yield "role 'system' is not supported on this model"
        elif _blocks(message):
            after = next((m for m in messages[n + 1 :] if m["role"] != "system" or _blocks(m)), None)
            while after is not None and after["role"] == "system":
                after = next((m for m in messages[messages.index(after) + 1 :] if m["role"] != "system"), None)
            if n == 0:
                yield "messages.0: use the top-level 'system' parameter for the initial system prompt"
            elif after is not None and after["role"] != "assistant":
                yield (
                    f"messages.{n}: role 'system' must precede an 'assistant' message or end the array; the "
                    "directive-only form (content: [] with output_config) is accepted at any position"
                )


def _contents(n: int, message: Message, *, last: bool) -> Iterator[str]:
    blocks = _blocks(message)
    role = message.get("role")
    if (not blocks or message.get("content") == "") and role != "system" and not (last and role == "assistant"):
        yield f"messages.{n}: all messages must have non-empty content except for the optional final assistant message"
        return
    for m, block in enumerate(blocks):
        where = f"messages.{n}.content.{m}"
        kind = block.get("type")
        if kind == "text":
            yield from _text(where, block)
        elif kind == "thinking":
            if "signature" not in block:
                yield f"{where}.thinking.signature: Field required"
            elif not block["signature"]:
                yield f"{where}: Invalid `signature` in `thinking` block"
        elif kind == "tool_use":
            yield from _call(where, block)
        elif kind == "tool_result":
            if role == "assistant":
                yield f"{where}: `tool_result` blocks can only be in `user` messages"
            inner = block.get("content")
            for part in inner if isinstance(inner, list) else []:
                if part.get("type") == "text":
                    yield from _text(f"{where}.tool_result.content", part)
        elif kind == "image":
            yield from _image(block)
        elif kind not in BLOCKS and not str(kind).endswith("_tool_result") and kind != "server_tool_use":
            yield f"{where}: Input tag '{kind}' found using 'type' does not match any of the expected tags"
    if role == "assistant" and last is False and blocks and blocks[-1].get("type") == "thinking":
        yield f"messages.{n}: The final block in an assistant message cannot be `thinking`."


def _image(block: dict[str, Any]) -> Iterator[str]:
    data = str(block.get("source", {}).get("data", ""))
    heads = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF")
    if block.get("source", {}).get("type") == "base64" and not base64.b64decode(data[:16]).startswith(heads):
        yield "Could not process image"


def _text(where: str, block: dict[str, Any]) -> Iterator[str]:
    text = block.get("text")
    if not isinstance(text, str):
        yield f"{where}.text.text: Field required"
    elif not text:
        if "cache_control" in block:
            yield f"{where}.text: cache_control cannot be set for empty text blocks"
        yield "messages: text content blocks must be non-empty"
    elif not text.strip():
        yield "messages: text content blocks must contain non-whitespace text"


def _call(where: str, block: dict[str, Any]) -> Iterator[str]:
    if not re.fullmatch(r"[a-zA-Z0-9_-]+", str(block.get("id"))):
        yield f"{where}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'"
    name = block.get("name")
    if not name:
        yield f"{where}.tool_use.name: String should have at least 1 character"
    elif len(str(name)) > 200:
        yield f"{where}.tool_use.name: String should have at most 200 characters"
    if "input" not in block:
        yield f"{where}.tool_use.input: Field required"
    elif not isinstance(block["input"], dict):
        yield f"{where}.tool_use.input: Input should be a valid dictionary"


def _pairs(messages: list[Message]) -> Iterator[str]:
    seen: set[str] = set()
    turns: list[tuple[int, str, list[dict[str, Any]]]] = []
    for n, message in enumerate(messages):
        if message["role"] == "system":
            continue
        if turns and turns[-1][1] == message["role"]:
            turns[-1][2].extend(_blocks(message))
        else:
            turns.append((n, message["role"], _blocks(message)))
    for place, (n, role, blocks) in enumerate(turns):
        if role == "assistant":
            calls = [str(b.get("id")) for b in blocks if b.get("type") == "tool_use"]
            for call in calls:
                if call in seen:
                    yield f"messages.{n}: `tool_use` ids must be unique"
                seen.add(call)
            after = turns[place + 1][2] if place + 1 < len(turns) else []
            answered: list[str] = []
            for block in after:
                if block.get("type") != "tool_result":
                    break
                answered.append(str(block.get("tool_use_id")))
            open_calls = [call for call in calls if call not in answered]
            if open_calls:
                yield (
                    f"messages.{n}: `tool_use` ids were found without `tool_result` blocks immediately after: "
                    f"{', '.join(open_calls)}. Each `tool_use` block must have a corresponding `tool_result` block in "
                    "the next message."
                )
        else:
            before = turns[place - 1][2] if place else []
            calls = [str(b.get("id")) for b in before if b.get("type") == "tool_use"]
            results = [(m, str(b.get("tool_use_id"))) for m, b in enumerate(blocks) if b.get("type") == "tool_result"]
            for m, ref in results:
                if ref not in calls:
                    yield (
                        f"messages.{n}.content.{m}: unexpected `tool_use_id` found in `tool_result` blocks: {ref}. "
                        "Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
                    )
                elif [r for _, r in results].count(ref) > 1:
                    yield (
                        f"messages.{n}.content.{m}: each tool_use must have a single result. Found multiple "
                        f"`tool_result` blocks with id: {ref}"
                    )


@dataclass
class Reply:
    """One scripted answer: content blocks, or a refusal (`status` and `error`), after `delay` seconds."""

    content: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    error: str = ""
    delay: float = 0.0
    tokens: int | None = None
    """What to report as input tokens; an estimate from the request's size when None."""


@dataclass(frozen=True)
class Sent:
    """A request as it arrived, its kind (main, compact, side) and what was answered."""

    kind: str
    body: Body
    status: int
    error: str | None


Script = Callable[[str, Body], Reply | None]


def text(words: str) -> dict[str, Any]:
    """A text block."""
    return {"type": "text", "text": words}


def thinking(words: str) -> dict[str, Any]:
    """A thinking block; the signature is filled in when it is sent."""
    return {"type": "thinking", "thinking": words}


def call(name: str, **arguments: Any) -> dict[str, Any]:
    """A tool_use block; the id is filled in when it is sent."""
    return {"type": "tool_use", "name": name, "input": arguments}


def kind_of(body: Body) -> str:
    """What a request is for: the conversation (main), a summary of it (compact), or the client's own use (side)."""
    messages = body.get("messages") or []
    users = [m for m in messages if m.get("role") == "user"]
    last = _blocks(users[-1]) if users else []
    if any(SUMMARY.search(str(b.get("text", ""))[:4000]) for b in last):
        return "compact"
    return "main" if body.get("tools") else "side"


class StandIn:
    """The server. `script(kind, body)` gives the reply to each accepted request; None falls back to a short text."""

    def __init__(self, script: Script | None = None, *, seed: str = "standin", check: bool = True) -> None:
        self.script = script or (lambda kind, body: None)
        self.seed = seed
        self.check = check
        self.sent: list[Sent] = []
        self._lock = threading.Lock()
        self._count = 0
        standin = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: Any) -> None:
                pass

            def do_GET(self) -> None:
                self._json(200, {})

            def do_HEAD(self) -> None:
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                path = self.path.split("?")[0]
                if path.endswith("/count_tokens"):
                    self._json(200, {"input_tokens": len(raw) // 4})
                elif path.endswith("/v1/messages"):
                    standin.answer(self, json.loads(raw))
                else:
                    self._json(200, {})

            def _json(self, status: int, value: Any) -> None:
                data = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """Base address for ANTHROPIC_BASE_URL."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> StandIn:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def of(self, kind: str) -> list[Sent]:
        """The requests of a kind, in order."""
        return [sent for sent in self.sent if sent.kind == kind]

    def answer(self, handler: Any, body: Body) -> None:
        """Check a request, keep it, and write the scripted reply."""
        kind = kind_of(body)
        why = refusal(body) if self.check else None
        with self._lock:
            reply = Reply(status=400, error=why) if why else self.script(kind, body) or Reply([text("Done.")])
            self._count += 1
            number = self._count
            self.sent.append(Sent(kind, body, reply.status, reply.error or None))
        if reply.delay:
            time.sleep(reply.delay)
        try:
            if reply.status != 200:
                names = {400: "invalid_request_error", 413: "request_too_large", 529: "overloaded_error"}
                error = {"type": names.get(reply.status, "api_error"), "message": reply.error}
                handler._json(reply.status, {"type": "error", "error": error, "request_id": f"req_{number:06d}"})
            else:
                self._send(handler, body, reply, number)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def _id(self, prefix: str, *parts: object) -> str:
        return prefix + hashlib.sha256(repr((self.seed, *parts)).encode()).hexdigest()[:24]

    def _finished(self, reply: Reply, number: int) -> list[dict[str, Any]]:
        done = []
        for place, block in enumerate(reply.content):
            block = dict(block)
            if block["type"] == "tool_use":
                block.setdefault("id", self._id("toolu_01", number, place))
            elif block["type"] == "thinking":
                block.setdefault("signature", "Eo" + self._id("", number, place) * 2 + "==")
            done.append(block)
        return done

    def _send(self, handler: Any, body: Body, reply: Reply, number: int) -> None:
        content = self._finished(reply, number)
        size = len(json.dumps(body))
        tokens = size // 4 if reply.tokens is None else reply.tokens
        usage = {
            "input_tokens": 4, "cache_creation_input_tokens": min(tokens, 600),
            "cache_read_input_tokens": max(tokens - 600, 0), "output_tokens": 1,
        }
        stop = "tool_use" if any(b["type"] == "tool_use" for b in content) else "end_turn"
        spoken = {**usage, "output_tokens": max(len(json.dumps(content)) // 4, 1)}
        message = {
            "id": self._id("msg_01", number), "type": "message", "role": "assistant", "model": body.get("model"),
            "content": [], "stop_reason": None, "stop_sequence": None, "usage": usage,
        }
        if not body.get("stream"):
            handler._json(200, {**message, "content": content, "stop_reason": stop, "usage": spoken})
            return
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.send_header("request-id", self._id("req_01", number))
        handler.send_header("Connection", "close")
        handler.end_headers()
        for event in _events(message, content, stop, spoken):
            handler.wfile.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
        handler.wfile.flush()
        handler.close_connection = True


def _events(
    message: Message, content: list[dict[str, Any]], stop: str, usage: dict[str, int]
) -> Iterator[dict[str, Any]]:
    yield {"type": "message_start", "message": message}
    for index, block in enumerate(content):
        kind = block["type"]
        if kind == "text":
            start: dict[str, Any] = {"type": "text", "text": ""}
            deltas = [{"type": "text_delta", "text": block["text"]}]
        elif kind == "thinking":
            start = {"type": "thinking", "thinking": "", "signature": ""}
            deltas = [
                {"type": "thinking_delta", "thinking": block["thinking"]},
                {"type": "signature_delta", "signature": block["signature"]},
            ]
        else:
            start = {**block, "input": {}}
            deltas = [{"type": "input_json_delta", "partial_json": json.dumps(block["input"])}]
        yield {"type": "content_block_start", "index": index, "content_block": start}
        for delta in deltas:
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    yield {"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": None}, "usage": usage}
    yield {"type": "message_stop"}
