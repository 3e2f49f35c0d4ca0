"""What real clients do with the samples: `UNBRICK_CLIENTS=… PYTHONPATH=tests python -m tools.observe [NAME…]`.

Prints one line per sample and client. What it prints is what expected.json must say.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tools.realclient import Resumed, clients, resume
from tools.standin import Reply, Script
from unbrick.proof.api import blocks_of
from unbrick.proof.whole import SURE

SAMPLES = Path(__file__).parents[2] / "sample_sessions" / "claude_code"
SESSION = "5ca1ab1e-0000-4000-8000-000000000001"


def marks(records: Iterable[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """(uuid, words) of each message: words that are in the request when the message is."""
    for record in records:
        message = record.get("message")
        if record.get("type") not in ("user", "assistant") or not isinstance(message, dict):
            continue
        content = message.get("content")
        for block in [{"type": "text", "text": content}] if isinstance(content, str) else content or ():
            words = {
                "text": block.get("text"), "tool_use": block.get("id"), "thinking": block.get("thinking"),
                "tool_result": f'"tool_use_id": "{block.get("tool_use_id")}"',
            }.get(str(block.get("type")))
            if words:
                yield str(record.get("uuid")), words


def readable(data: bytes) -> list[dict[str, Any]]:
    """The records of a transcript that can be read."""
    found = []
    for line in data.splitlines():
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict):
            found.append(value)
    return found


def sent_words(resumed: Resumed) -> str:
    """The messages of the first request, as text that `marks` can be looked up in."""
    return "" if resumed.main is None else json.dumps(resumed.main.body["messages"], ensure_ascii=False)


def missing(resumed: Resumed, wanted: Iterable[tuple[str, str]]) -> list[str]:
    """Words that should be in the first request and are not."""
    request = sent_words(resumed)
    return [
        words for _, words in wanted
        if words not in request and json.dumps(words, ensure_ascii=False)[1:-1] not in request
    ]


def run_sample(
    folder: Path, client: Path, expected: dict[str, Any], data: bytes | None = None, session: str = SESSION,
    timeout: float = 60,
) -> Resumed:
    """Resume a sample (or its repaired bytes) with a client, in the surroundings that it ships with."""
    settings = folder / "config" / ".claude.json"
    config = json.loads(settings.read_text()) if settings.exists() else None
    raw = (folder / "session.jsonl").read_bytes() if data is None else data
    whole = json.loads((folder / "expected.json").read_text())
    return resume(
        client, session, raw, model=expected["model"], config=config, extra=whole.get("env"), timeout=timeout,
        script=refusing(**whole["refuses"]) if "refuses" in whole else None,
        window=round(whole["window"] / SURE) if "window" in whole else None,
    )


def refusing(thinking: str, says: str) -> Script:
    """An API that refuses a thinking block with some words, as it does when it did not give them like that."""

    def script(_kind: str, body: dict[str, Any]) -> Reply | None:
        held = (block for message in body["messages"] for block in blocks_of(message))
        wrong = any(thinking in str(block.get("thinking")) for block in held if block["type"] == "thinking")
        return Reply(status=400, error=says) if wrong else None

    return script


def main(names: list[str]) -> None:
    """Run them all and print."""
    found = clients()
    for folder in sorted(SAMPLES.iterdir()):
        if names and folder.name not in names:
            continue
        expected = json.loads((folder / "expected.json").read_text())
        records = readable((folder / "session.jsonl").read_bytes())
        for judged in expected["judged"]:
            if judged["client"] not in found:
                continue
            got = run_sample(folder, found[judged["client"]], judged)
            gone = missing(got, marks(records)) if got.accepted else []
            ok = "ok  " if got.outcome == judged["outcome"] else "DIFF"
            said = f"{got.outcome:9} {(got.error or '')[:80]!r} gone {len(gone)}"
            print(f"{ok} {folder.name:32} {judged['client']} {said}", flush=True)
            if got.outcome != judged["outcome"]:
                print("     printed:", got.printed[:300].replace("\n", " | "))
            for words in gone[:3] + gone[-2:]:
                print("       -", words[:90].replace("\n", " "))


if __name__ == "__main__":
    main(sys.argv[1:])
