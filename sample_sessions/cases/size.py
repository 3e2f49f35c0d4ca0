"""Size: longer than the window, and what is in the file and never sent."""

from __future__ import annotations

import base64
import copy
import struct
import zlib

from sample_sessions.making import (
    LONG,
    NEW,
    Item,
    Json,
    Judged,
    after,
    base,
    blocks,
    both,
    fresh,
    last,
    loaded,
    prompt,
    result,
    sample,
)

SONNET = "claude-sonnet-4-5"
WINDOW = 200_000
TURNS, LINES, COUNTED = 17, 700, 10_000
"""Turns that each read a log of so many lines, for which the API counts so many tokens: the last one does not fit."""


def log(number: int) -> str:
    """What a service prints in a day."""
    return "\n".join(
        f"2026-05-20T{line // 60 % 24:02}:{line % 60:02}:00Z shop.app INFO order {number:03}-{line:04} total {line}.50"
        for line in range(LINES)
    )


def bash(r: list[Json]) -> int:
    """Index of a call of the shell."""
    return next(i for i, x in enumerate(r) if any(b["type"] == "tool_use" and b["name"] == "Bash" for b in blocks(x)))


def turn(r: list[Json], number: int, before: str) -> list[Json]:
    """A prompt, a call, its long result and the reply, as the client writes them, behind a record."""
    call = bash(r)
    records = [copy.deepcopy(r[i]) for i in (prompt(r, "Do the retry one"), call, result(r, call), last(r))]
    for place, record in enumerate(records):
        record["parentUuid"] = records[place - 1]["uuid"] if place else before
        record["uuid"] = fresh(1000 + 4 * number + place)
        record["timestamp"] = f"{after(r, 0)[:11]}23:{number:02}:{10 * place:02}.000Z"
        record.pop("promptId", None)
    ask, use, got, reply = records
    ref = f"toolu_01log{number:03}"
    ask["message"]["content"] = f"Look through the log of day {number}."
    use["message"].update(id=f"msg_01call{number:03}", model=SONNET)
    use["message"]["content"] = [
        {"type": "tool_use", "id": ref, "name": "Bash", "input": {"command": f"cat logs/day-{number}.log"}},
    ]
    got["message"]["content"] = [{"type": "tool_result", "tool_use_id": ref, "content": log(number)}]
    got.update(toolUseResult={"stdout": "", "stderr": "", "interrupted": False}, sourceToolAssistantUUID=use["uuid"])
    reply["message"].update(id=f"msg_01reply{number:03}", model=SONNET)
    reply["message"]["content"] = [{"type": "text", "text": f"Day {number} is quiet."}]
    counted = {"input_tokens": 4, "cache_creation_input_tokens": COUNTED, "output_tokens": 20}
    for record, back in ((use, 1), (reply, 0)):
        record["message"]["usage"] |= {**counted, "cache_read_input_tokens": 36_000 + COUNTED * (number - 1 - back)}
    return records


@sample(
    "context-too-long", LONG, "anthropics/claude-code#2423",
    Judged(NEW, "healed", "prompt is too long", codes=("S001",), model=SONNET),
    options=("--lossy",), delta=4 * TURNS, window=WINDOW,
)
def context_too_long(r: list[Json]) -> list[Item]:
    """Each turn read a long log; the last result no longer fits the model's window. The newest client is refused and
    compacts; 2.1.139 compacts before it asks, and takes the oldest turns out until that goes through."""
    for record in r:
        if record["type"] == "assistant":
            record["message"]["model"] = SONNET
    records = [*r]
    at = r[last(r)]["uuid"]
    for number in range(1, TURNS + 1):
        made = turn(r, number, at)
        at = made[-1]["uuid"]
        records += made
    refusal = records[-1]
    refusal.update(isApiErrorMessage=True, error="invalid_request", apiErrorStatus=400)
    refusal["message"].update(model="<synthetic>", usage={"input_tokens": 0, "output_tokens": 0})
    text = f"prompt is too long: {36_000 + COUNTED * TURNS + 2_218} tokens > {WINDOW} maximum"
    refusal["message"]["content"] = [{"type": "text", "text": f"API Error: 400 {text}"}]
    pointer = {"type": "last-prompt", "lastPrompt": "Look through the log.", "leafUuid": at, "sessionId": r[0]["sessionId"]}
    return [*records, pointer]


def short(r: list[Json]) -> list[Json]:
    """The beginning of the story, up to where the first long turn ends."""
    end = prompt(r, "Do the retry one")
    end = max(i for i in range(end) if r[i]["type"] == "assistant")
    pointer = {**r[-1], "leafUuid": r[end]["uuid"]}
    return [*r[: end + 1], pointer]


BEGINNING = loaded(short(base(LONG))) - loaded(base(LONG))


@sample("display-copy", LONG, "anthropics/claude-code#24118", *both("accepted", "S003"), delta=BEGINNING)
def display_copy(r: list[Json]) -> list[Item]:
    """A result holds the whole output of its command a second time, for the screen."""
    r = short(r)
    r[result(r, bash(r))]["toolUseResult"] = {"stdout": (log(1) * 3)[:90_000], "stderr": "", "interrupted": False, "isImage": False}
    return [*r]


@sample("progress-bloat", LONG, "anthropics/claude-code#24457", *both("accepted", "S004"), delta=BEGINNING)
def progress_bloat(r: list[Json]) -> list[Item]:
    """A long command wrote its progress into the chain, line by line with all of it so far."""
    r = short(r)
    call = bash(r)
    answer = result(r, call)
    envelope = {key: r[call][key] for key in ("cwd", "gitBranch", "sessionId", "timestamp", "userType", "version")}
    made: list[Json] = []
    for number in range(17):
        output = log(1)[: 350 * (number + 1)]
        made.append({
            "parentUuid": made[-1]["uuid"] if made else r[call]["uuid"], "isSidechain": False, "type": "progress",
            "data": {"type": "bash_progress", "output": output, "fullOutput": output, "elapsedTimeSeconds": number},
            "toolUseID": f"bash-progress-{number}", "parentToolUseID": blocks(r[call])[0]["id"], "uuid": fresh(2000 + number),
            **envelope,
        })
    r[answer]["parentUuid"] = made[-1]["uuid"]
    return [*r[: call + 1], *made, *r[call + 1 :]]


@sample("repeated-snapshots", LONG, "changelog 2.1.208", *both("accepted", "S005"), delta=BEGINNING)
def repeated_snapshots(r: list[Json]) -> list[Item]:
    """The list of edited files was written anew at each change, for the same message."""
    r = short(r)
    made: list[Item] = []
    message = next(x["uuid"] for x in r if x["type"] == "user")
    for number in range(1, 46):
        files = {
            f"shop/part_{n:03}.py": {"backupFileName": f"{n:016x}@v1", "version": 1, "backupTime": r[0]["timestamp"]}
            for n in range(number)
        }
        made.append({
            "type": "file-history-snapshot", "messageId": message if number == 1 else fresh(3000 + number),
            "snapshot": {"messageId": message, "trackedFileBackups": files, "timestamp": r[0]["timestamp"]},
            "isSnapshotUpdate": number > 1,
        })
    return [*r[:-1], *made, r[-1]]


@sample("repeated-records", LONG, "changelog 2.1.199", *both("accepted", "S006"), delta=BEGINNING)
def repeated_records(r: list[Json]) -> list[Item]:
    """Records of the conversation stand in the file two more times each."""
    r = short(r)
    first = next(i for i, x in enumerate(r) if "uuid" in x)
    return [item for i, x in enumerate(r) for item in ([x] * 3 if i > first and "uuid" in x else [x])]


@sample("image-stored-twice", LONG, "claude-code-failures D04", *both("accepted", "S008"), delta=BEGINNING)
def image_twice(r: list[Json]) -> list[Item]:
    """A picture that a tool read stands in the record as it is sent, and once more for the screen."""
    r = short(r)
    answer = r[result(r, bash(r))]
    data = picture(218, 218)
    source = {"type": "base64", "media_type": "image/png", "data": data}
    blocks(answer)[0]["content"] = [{"type": "image", "source": source}]
    answer["toolUseResult"] = {"type": "image", "file": {"base64": data, "type": "image/png", "originalSize": len(data)}}
    return [*r]


def picture(width: int, height: int) -> str:
    """Base64 of a PNG that does not compress: a grey noise that is the same each time."""
    state, rows = 1, bytearray()
    for _row in range(height):
        rows.append(0)
        for _column in range(width):
            state = state * 1103515245 + 12345 & 0x7FFFFFFF
            rows.append(state >> 16 & 255)
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows), 0)), (b"IEND", b""))
    chunks = [
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in parts
    ]
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(chunks)).decode()
