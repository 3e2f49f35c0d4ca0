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
