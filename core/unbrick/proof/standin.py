"""A stand-in for the Messages API on loopback: scripted replies, refusals in the API's words, every request kept."""

from __future__ import annotations

import hashlib
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from unbrick.proof.api import Body, Message, blocks_of, refusal

LARGEST = 32 << 20
"""Bytes of a request that the API takes (messages-api-rules.md)."""

SUMMARY = re.compile(r"Your task is to create a detailed summary|CRITICAL: Respond with TEXT ONLY")


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
class Exchange:
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


def call(name: str, **arguments: object) -> dict[str, Any]:
    """A tool_use block; the id is filled in when it is sent."""
    return {"type": "tool_use", "name": name, "input": arguments}


def kind_of(body: Body) -> str:
    """What a request is for: the conversation (main), a summary of it (compact), or the client's own use (side)."""
    messages = body.get("messages") or []
    users = [m for m in messages if m.get("role") == "user"]
    last = blocks_of(users[-1]) if users else []
    if any(SUMMARY.search(str(b.get("text", ""))[:4000]) for b in last):
        return "compact"
    return "main" if body.get("tools") else "side"


class _Handler(BaseHTTPRequestHandler):
    """One connection. What asks for another host, as a client does that takes this for its proxy, is refused."""

    protocol_version = "HTTP/1.1"
    standin: StandIn

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_CONNECT(self) -> None:
        """Refuse a tunnel to elsewhere. One to here needs none: clients of 2025 ask for it, whatever NO_PROXY says."""
        if self.path == f"127.0.0.1:{self.standin.port}":
            self.send_response(200)
            self.end_headers()
            self.close_connection = False
        else:
            self._stranger(self.path)

    def do_GET(self) -> None:
        """Answer anything of the service's that is not the API."""
        if not self._stranger(self.path if "://" in self.path else ""):
            self.json(200, {})

    def do_HEAD(self) -> None:
        """As the client asks to see whether anybody is there."""
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        """The API."""
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.split("?")[0]
        if self._stranger(path if "://" in path else ""):
            return
        if path.endswith("/count_tokens"):
            self.json(200, {"input_tokens": len(raw) // 4})
        elif path.endswith("/v1/messages"):
            self.standin.answer(self, raw)
        else:
            self.json(200, {})

    def json(self, status: int, value: object) -> None:
        """Answer with a JSON value."""
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _stranger(self, where: str) -> bool:
        if not where:
            return False
        self.standin.strangers.append(where)
        self.close_connection = True
        self.json(403, {"error": "this is a stand-in; nothing leaves this machine"})
        return True


class StandIn:
    """The server. `script(kind, body)` gives the reply to each accepted request; None falls back to a short text.
    `window` is how many tokens the model takes, None when they are not counted. `sent` are the requests, `strangers`
    the addresses elsewhere that were asked for and refused; `alone` says whether the client was in a network of its
    own."""

    def __init__(
        self, script: Script | None = None, *, seed: str = "standin", check: bool = True, window: int | None = None
    ) -> None:
        self.script = script or (lambda kind, body: None)
        self.seed = seed
        self.check = check
        self.window = window
        self.sent: list[Exchange] = []
        self.strangers: list[str] = []
        self._lock = threading.Lock()
        self._count = 0
        self.alone = False
        self._handler = type("Handler", (_Handler,), {"standin": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler)
        self._servers = [self._server]

    @property
    def url(self) -> str:
        """Base address for ANTHROPIC_BASE_URL."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._server.server_port

    def __enter__(self) -> Self:
        self._serve(self._server)
        return self

    def __exit__(self, *exc: object) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def adopt(self, listening: socket.socket) -> None:
        """Serve a socket that listens in a client's own network as well."""
        server = ThreadingHTTPServer(("127.0.0.1", self.port), self._handler, bind_and_activate=False)
        server.socket.close()
        server.socket = listening
        self._servers.append(server)
        self.alone = True
        self._serve(server)

    def _serve(self, server: ThreadingHTTPServer) -> None:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()

    def of(self, kind: str) -> list[Exchange]:
        """The requests of a kind, in order."""
        return [sent for sent in self.sent if sent.kind == kind]

    def answer(self, handler: _Handler, raw: bytes) -> None:
        """Check a request, keep it, and write the scripted reply."""
        status, why, body = 400, None, {}
        try:
            found = json.loads(raw)
            body = found if isinstance(found, dict) else {}
        except ValueError as error:
            why = f"The request body is not valid JSON: {error}"
        if self.check and why is None:
            asked = str(handler.headers.get("anthropic-beta", ""))
            why = refusal(body, frozenset(filter(None, asked.split(","))), self.window)
            if len(raw) > LARGEST:
                status, why = 413, "Request exceeds the maximum size"
        kind = kind_of(body)
        with self._lock:
            reply = Reply(status=status, error=why) if why else self.script(kind, body) or Reply([text("Done.")])
            self._count += 1
            number = self._count
            self.sent.append(Exchange(kind, body, reply.status, reply.error or None))
        if reply.delay:
            time.sleep(reply.delay)
        try:
            if reply.status != 200:
                names = {400: "invalid_request_error", 413: "request_too_large", 529: "overloaded_error"}
                error_ = {"type": names.get(reply.status, "api_error"), "message": reply.error}
                handler.json(reply.status, {"type": "error", "error": error_, "request_id": f"req_{number:06d}"})
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

    def _send(self, handler: _Handler, body: Body, reply: Reply, number: int) -> None:
        content = self._finished(reply, number)
        size = len(json.dumps(body))
        tokens = size // 4 if reply.tokens is None else reply.tokens
        usage = {
            "input_tokens": 4, "cache_creation_input_tokens": min(tokens, 600),
            "cache_read_input_tokens": max(tokens - 600, 0), "output_tokens": 1,
        }
        stop = "tool_use" if any(b["type"] == "tool_use" for b in content) else "end_turn"
        spoken = {**usage, "output_tokens": max(len(json.dumps(content)) // 4, 1)}
        message: Message = {
            "id": self._id("msg_01", number), "type": "message", "role": "assistant", "model": body.get("model"),
            "content": [], "stop_reason": None, "stop_sequence": None, "usage": usage,
        }
        if not body.get("stream"):
            handler.json(200, {**message, "content": content, "stop_reason": stop, "usage": spoken})
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
