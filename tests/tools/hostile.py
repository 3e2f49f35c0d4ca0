"""Sessions whose every text tries to act on whoever shows it."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from pathlib import Path

from tools import builder

ADDRESS = "http://127.0.0.1:9"
"""Where hostile content would send a request; a test puts its own server there."""

TEXTS = (
    "<script>document.title='OWNED'</script>",
    "<img src=x onerror=\"document.title='OWNED'\">",
    "<a href=\"javascript:document.title='OWNED'\">x</a> [a](javascript:alert(1)) <a href='data:text/html,x'>y</a>",
    "</pre></code></summary></details></section></main></style></title></script><style>body{display:none}</style>",
    "<svg/onload=document.title='OWNED'><iframe srcdoc=\"<script>top.document.title='OWNED'</script>\"></iframe>",
    f"<meta http-equiv=refresh content='0;url={ADDRESS}/refresh'><base href={ADDRESS}/>",
    f"<link rel=stylesheet href={ADDRESS}/style><img src={ADDRESS}/image><script src={ADDRESS}/script></script>",
    f"![b]({ADDRESS}/markdown) <style>@import '{ADDRESS}/import'; * {{ background: url({ADDRESS}/url) }}</style>",
    "<!-- <![CDATA[ --> ]]> \" ' ` \\ &lt;script&gt; &#x3C;b&#x3E;",
    "\u202eturned\u202c \u2066isolated \u200bhidden \U000e0041\U000e0042 \x1b]0;title\x07 \x00 \x9b31m \ud800",
    "```\nnever closed <script>document.title='OWNED'</script>",
    "| a | b |\n|---|---|\n| <b onclick=\"document.title='OWNED'\"> | `x | <script>` |",
    "# <h1 style=position:fixed;inset:0>\n**<b autofocus onfocus=alert(1) tabindex=0>** `</code><script>alert(1)`",
    "x" * 3000 + "\u0301" * 200 + "𒐫" * 50,
)
MARKS = ("PROMPT-1", "PROMPT-2", "PROMPT-3", "THINK-1", *(f"REPLY-{n}" for n in range(1, 6)),
         *(f"TOOLOUT-{n}" for n in range(1, 5)))


def png(width: int = 8, height: int = 8) -> str:
    """Base64 of an image."""
    def chunk(type_: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + type_ + data + struct.pack(">I", zlib.crc32(type_ + data))

    rows = zlib.compress((b"\0" + b"\x40\x80\xc0" * width) * height)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return base64.b64encode(data).decode()


def images() -> list[dict[str, object]]:
    """A good image under a hostile type, an image that is a page, and one that stands elsewhere."""
    page = base64.b64encode(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>").decode()
    sources = (
        {"type": "base64", "media_type": "image/png\"><script>document.title='OWNED'</script>", "data": png()},
        {"type": "base64", "media_type": "image/svg+xml", "data": page},
        {"type": "base64", "media_type": "image/png", "data": png() + "\"><script>document.title='OWNED'</script>"},
        {"type": "url", "url": f"{ADDRESS}/elsewhere.png"},
    )
    return [{"type": "image", "source": source} for source in sources]


def session(texts: tuple[str, ...] = TEXTS, *, name: str = "Bash") -> bytes:
    """A session that works, with these texts in the place of its own, one after the other."""
    story = builder.story("2.1.158")
    data = story.data().replace(b'"Bash"', json.dumps(name).encode())
    for number, mark in enumerate(MARKS):
        text = texts[number % len(texts)]
        data = data.replace(mark.encode(), json.dumps(text)[1:-1].encode())
    lines = data.splitlines()
    for number, line in enumerate(lines):
        record = json.loads(line)
        if record.get("type") == "user" and isinstance(record["message"]["content"], str):
            record["message"]["content"] = [{"type": "text", "text": record["message"]["content"]}, *images()]
            lines[number] = json.dumps(record).encode()
            break
    return b"\n".join(lines) + b"\n"


def write(folder: Path, texts: tuple[str, ...] = TEXTS, *, name: str = "Bash") -> Path:
    """The same as a file."""
    path = folder / f"{builder.SESSION}.jsonl"
    path.write_bytes(session(texts, name=name))
    return path


NASTY = (
    "\x1b[31m\x1b[2J", "\x1b]8;;http://127.0.0.1:9/x\x1b\\link\x1b]8;;\x07", "\x1b]52;c;b3duZWQ=\x07",
    "\x9b31m\x9d0;t\x9c",
    "\u202e\u2066\u200f\u200b\ufeff\U000e0041", "\x00\x08\x0c\x7f\r", "[red]x[/red][link=http://127.0.0.1:9]y[/link]",
    "[@click=app.quit]z[/]", "e" + "\u0301" * 60, "\U0001f469\u200d\U0001f469\u200d\U0001f467\ufe0f" * 4,
    "\u2028\u2029\x85",
    "\u3000\u65e5\u672c" * 20, "\ud800",
)
STRUCTURE = frozenset({"type", "role", "subtype", "media_type", "data", "timestamp", "version", "stop_reason"})
"""Members that say what a record is: with another word there, it is none."""


def everywhere(nasty: str, *, version: bool = False) -> bytes:
    """A session whose every text, title, id, path and name of a tool, model, member or file holds what acts on a
    terminal; with lines that no reader expects, and an image that is small as a file and huge when it is unpacked."""
    def spoilt(value: object, name: str = "") -> object:
        if isinstance(value, str):
            return value if name in STRUCTURE and not (version and name == "version") else f"{value}{nasty}"
        if isinstance(value, list):
            return [spoilt(one) for one in value]
        if isinstance(value, dict):
            return {**{key: spoilt(one, key) for key, one in value.items()}, f"more{nasty}": nasty}
        return value

    story = builder.story("2.1.158")
    lines = [json.dumps(spoilt(json.loads(line))).encode() for line in story.data().splitlines()]
    first = json.loads(lines[0])
    extra = [
        {"type": "summary", "summary": nasty, "leafUuid": nasty}, {"type": "custom-title", "customTitle": nasty},
        {"type": f"new{nasty}", "uuid": nasty}, {"type": "file-history-snapshot", "messageId": nasty},
        {**first, "type": "user", "uuid": f"bomb{nasty}", "parentUuid": f"gone{nasty}", "message": {
            "role": "user", "content": [*images(), {"type": "image", "source": {
                "type": "base64", "media_type": "image/png", "data": bomb(),
            }}, {"type": f"odd{nasty}"}, {"type": "tool_result", "tool_use_id": nasty, "content": nasty}],
        }},
        {**first, "type": "assistant", "uuid": f"error{nasty}", "parentUuid": f"bomb{nasty}", "isApiErrorMessage": True,
         "message": {"role": "assistant", "model": nasty, "content": [
             {"type": "text", "text": f"API Error: 400 {nasty}"},
             {"type": "tool_use", "id": nasty, "name": nasty, "input": {nasty: nasty}}]}},
    ]
    odd = (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, b'{"type":"user","n":' + b"9" * 1_000_000 + b"}",
           b'{"type":"user","type":"system","uuid":"a","uuid":"b"}', nasty.encode("utf-8", "surrogatepass"),
           b"\xff\x9b\x00")
    return b"\n".join([*lines, *odd, *(json.dumps(one).encode() for one in extra)]) + b"\n"


def bomb() -> str:
    """Base64 of an image that takes gigabytes when it is unpacked."""
    def chunk(type_: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + type_ + data + struct.pack(">I", zlib.crc32(type_ + data))

    packed = zlib.compressobj(9)
    rows = b"".join(packed.compress(bytes(1 << 20)) for _ in range(64)) + packed.flush()
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return base64.b64encode(data).decode()
