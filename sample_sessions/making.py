"""What samples are made with: the recorded base sessions, ways to find a place in one, and the list of all samples.

Each sample is one small mutation, the same as a named row of the table of 206 patterns × 14 clients; what is expected
of it is what real clients did (tests/test_real_client.py runs them again), never what unbrick says.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
Json = dict[str, Any]
Item = Json | bytes
"""A record, or the raw bytes of a line that is none."""
OLD, NEW = "2.1.139", "2.1.329"


def base(name: str) -> list[Json]:
    """Records of a base session."""
    return [json.loads(line) for line in (HERE / "base" / f"{name}.jsonl").read_bytes().splitlines()]


def dump(item: Item) -> bytes:
    """A line, as the clients write it."""
    if isinstance(item, bytes):
        return item
    return json.dumps(item, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


# Finding a place: samples are cut at words of the story, so that a base can be recorded again.


def prompt(records: list[Json], start: str) -> int:
    """Index of the prompt that begins with some words."""
    return next(
        i for i, r in enumerate(records)
        if r["type"] == "user" and str(r["message"]["content"]).startswith(start)
    )


def blocks(record: Json) -> list[Json]:
    """Content blocks of a record."""
    content = record.get("message", {}).get("content")
    return content if isinstance(content, list) else []


def is_prompt(record: Json) -> bool:
    """Whether a person typed the record."""
    return record["type"] == "user" and isinstance(record["message"]["content"], str) and not record.get("isMeta")


def calls(records: list[Json], words: str) -> int:
    """Index of the tool call whose input holds some words."""
    return next(
        i for i, r in enumerate(records)
        if any(b["type"] == "tool_use" and words in json.dumps(b["input"]) for b in blocks(r))
    )


def says(records: list[Json], words: str) -> int:
    """Index of the assistant text that holds some words."""
    return next(i for i, r in enumerate(records) if any(words in b.get("text", "") for b in blocks(r)))


def result(records: list[Json], call: int) -> int:
    """Index of the result of a call."""
    ref = blocks(records[call])[0]["id"]
    return next(i for i, r in enumerate(records) if any(b.get("tool_use_id") == ref for b in blocks(r)))


def child(records: list[Json], index: int) -> int:
    """Index of the first record that hangs on another."""
    return next(i for i, r in enumerate(records) if r.get("parentUuid") == records[index]["uuid"])


def last(records: list[Json], kind: str = "assistant") -> int:
    """Index of the last record of a type."""
    return max(i for i, r in enumerate(records) if r["type"] == kind)


def relink(records: list[Json], gone: int, *, skip: int = -1) -> None:
    """Hang the children of a record on its parent."""
    for i, record in enumerate(records):
        if i != skip and record.get("parentUuid") == records[gone]["uuid"]:
            record["parentUuid"] = records[gone]["parentUuid"]


def fresh(number: int) -> str:
    """A uuid that no base holds."""
    return f"00000000-0000-4000-8000-{number:012d}"


def loaded(records: list[Json]) -> int:
    """How many user and assistant records of an undamaged session a resume loads: the chain of the last one, with
    the records that share its messages and their results, and what a compaction preserved."""
    by_uuid = {r["uuid"]: r for r in records if "uuid" in r}
    ends = [r for r in records if r["type"] in ("user", "assistant") and not r.get("isSidechain")]
    chain: dict[str, Json] = {}
    at: Json | None = ends[-1]
    while at is not None:
        chain[at["uuid"]] = at
        for uuid in at.get("compactMetadata", {}).get("preservedMessages", {}).get("uuids", ()):
            chain[uuid] = by_uuid[uuid]
        at = by_uuid.get(at["parentUuid"] or "")
    messages = {r["message"]["id"] for r in chain.values() if r["type"] == "assistant"}
    for record in ends:
        if record["type"] == "assistant" and record["message"]["id"] in messages:
            chain[record["uuid"]] = record
    for record in ends:
        results = record["type"] == "user" and any(b["type"] == "tool_result" for b in blocks(record))
        if results and record["parentUuid"] in chain:
            chain[record["uuid"]] = record
    errors = [r for r in chain.values() if r.get("isApiErrorMessage")]
    return sum(r["type"] in ("user", "assistant") for r in chain.values()) - len(errors)


@dataclass(frozen=True)
class Judged:
    """What a client does with a sample, and which rules have to say so."""

    client: str
    outcome: str = "accepted"
    error: str | None = None
    lost: bool | None = False
    """Whether messages that are in the file are not sent; None where that is a matter of counting, or for a person to
    say."""
    codes: tuple[str, ...] = ()
    model: str | None = None
    verdict: str | None = None
    """Verdict after the repair, where it is another one on this client."""


@dataclass(frozen=True)
class Sample:
    """A sample: what it is made of, its row in the table or issue, and what is expected."""

    name: str
    base: str
    row: str
    about: str
    mutate: Callable[[list[Json]], list[Item]]
    judged: tuple[Judged, ...]
    verdict: str | None = "healthy"
    """Verdict after the repair; None where a person has to decide."""
    options: tuple[str, ...] = ()
    delta: int = 0
    """How many messages fewer (or more) than the undamaged base a resume loads after the repair."""
    config: Json | None = None
    env: Json | None = None
    """Environment that does to a client behind another base URL what the configuration does at the first party."""

    refuses: tuple[str, str] | None = None
    """Words of a thinking block that the API refuses to take back, and its sentence: what it knows of the thinking it
    gave, and the stand-in does not."""

    window: int | None = None
    """Tokens that the model's window holds, where the API is to refuse more."""

    @property
    def client(self) -> str:
        """The client that recorded it."""
        return OLD if OLD in self.base else NEW if NEW in self.base else "1.0.44"


LONG, TWICE, FAILED, ROLE = (
    "shop-2.1.139", "shop-2.1.139-compacted-twice", "shop-2.1.139-failed-compaction", "shop-2.1.139-role-system",
)
LONG_NEW, TWICE_NEW = "shop-2.1.329", "shop-2.1.329-compacted-twice"
OLDEST = "shop-1.0.44-timeouts"
SAMPLES: list[Sample] = []


def sample(name: str, base: str, row: str, *judged: Judged, **more: object) -> Callable[[Callable[..., Any]], Any]:
    """Register a mutation as a sample; its docstring says what it is about."""

    def register(mutate: Callable[[list[Json]], list[Item]]) -> Callable[[list[Json]], list[Item]]:
        about = " ".join((mutate.__doc__ or "").split())
        SAMPLES.append(Sample(name, base, row, about, mutate, judged, **more))  # type: ignore[arg-type]
        return mutate

    return register


def both(outcome: str = "accepted", *codes: str, error: str | None = None, lost: bool | None = False) -> tuple[Judged, ...]:
    """The same on the old and on the new client."""
    return tuple(Judged(client, outcome, error, lost, codes) for client in (OLD, NEW))


def after(records: list[Json], seconds: int) -> str:
    """A time after the last one of a session."""
    stamp = max(x["timestamp"] for x in records if x.get("timestamp"))
    return f"{stamp[:17]}{min(int(stamp[17:19]) + seconds, 59):02d}.999Z"


def expected(made: Sample, records: list[Json]) -> Json:
    """What is expected of a sample, as its expected.json says it."""
    model = next(x["message"]["model"] for x in records if x["type"] == "assistant")
    wanted: Json = {
        "about": made.about,
        "client": made.client,
        "row": made.row,
        "judged": [
            {"client": j.client, "model": j.model or model, "outcome": j.outcome, "error": j.error, "lost": j.lost, "codes": list(j.codes), "verdict": j.verdict or made.verdict}
            for j in made.judged
        ],
        "after_repair": {
            "options": list(made.options), "kept": loaded(records) + made.delta,
        },
    }
    if made.env:
        wanted["env"] = made.env
    if made.window:
        wanted["window"] = made.window
    if made.refuses:
        wanted["refuses"] = dict(zip(("thinking", "says"), made.refuses, strict=True))
    return wanted


def files() -> Iterator[tuple[Path, bytes]]:
    """Every file of every sample: its path below this folder, its bytes."""
    for made in SAMPLES:
        records = base(made.base)
        wanted = expected(made, records)
        folder = Path("claude_code") / made.name
        yield folder / "session.jsonl", b"".join(map(dump, made.mutate(records)))
        yield folder / "expected.json", (json.dumps(wanted, indent=1, ensure_ascii=False) + "\n").encode()
        if made.config is not None:
            yield folder / "config" / ".claude.json", (json.dumps(made.config, indent=2) + "\n").encode()


def table() -> str:
    """The samples as the table of docs/samples.md."""
    lines = ["| sample | row or issue | on the clients | after `repair` |", "|---|---|---|---|"]
    for made in sorted(SAMPLES, key=lambda sample: sample.name):
        wanted = expected(made, base(made.base))
        clients = "; ".join(
            f"{j['client']} {j['outcome']}{', loses history' if j['lost'] else ''}" for j in wanted["judged"]
        )
        options = " ".join(made.options)
        verdicts = "/".join(dict.fromkeys(str(j["verdict"] or "to be decided") for j in wanted["judged"]))
        after = f"{verdicts}{f' with `{options}`' if options else ''}, {wanted['after_repair']['kept']} messages"
        lines.append(f"| `{made.name}` | {made.row} | {clients} | {after} |")
    return "\n".join(lines) + "\n"
