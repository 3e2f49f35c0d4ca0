"""Conversations that fill the model's window, or nearly."""

from __future__ import annotations

import base64

from tools.transcript import Transcript

SONNET = "claude-sonnet-4-5"
TOO_LONG = "Prompt is too long"
PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(3000)).decode()


def reading(files: int, size: int, *, tokens: int = 0, images: int = 0, error: str | None = TOO_LONG) -> Transcript:
    """Turns that each read a file of a size (characters); `tokens` counted in front of the first, and so many more for
    each file as are estimated for it."""
    made = Transcript(model=SONNET)
    for number in range(1, files + 1):
        made.prompt(f"read file {number}")
        made.call(f"toolu_{number}", "Read")
        made.result(f"toolu_{number}", f"{number:04}" + "x" * (size - 4))
        made.reply(f"read {number}", tokens=tokens and tokens + number * size * 10 // 36)
    for number in range(images):
        made.prompt(f"look at {number}")
        made.records[-1]["message"]["content"] = [
            {"type": "text", "text": f"look at {number}"},
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}},
        ]
        made.reply(f"seen {number}")
    if error:
        made.prompt("go on")
        made.error(error)
    made.pointer()
    return made


def together(turns: int, size: int) -> Transcript:
    """Turns that each read two files in one response, whose results stand in one record."""
    made = Transcript(model=SONNET)
    for number in range(1, turns + 1):
        made.prompt(f"read pair {number}")
        made.call(f"toolu_{number}a", "Read", response=f"msg_{number}")
        made.call(f"toolu_{number}b", "Grep", response=f"msg_{number}")
        content = made.result(f"toolu_{number}a", "x" * (size // 2))["message"]["content"]
        content.append({**content[0], "tool_use_id": f"toolu_{number}b"})
        made.reply(f"read {number}", tokens=15_000 + number * size * 10 // 36)
    made.prompt("go on")
    made.error(TOO_LONG)
    made.pointer()
    return made


def failed(files: int) -> Transcript:
    """A compaction that timed out on files that do not fit the window."""
    made = reading(files, 36_000, tokens=15_000, error=None)
    made.records.pop()
    made.prompt("the prompt that was too much")
    made.boundary()
    made.summary("Request timed out")
    made.reply("I see nothing", tokens=15_300)
    made.pointer()
    return made
