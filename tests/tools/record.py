"""Record the base sessions: real clients, scripted work, private home. Run by hand, from the root of a checkout:

    UNBRICK_CLIENTS=… PYTHONPATH=tests python -m tools.record [NAME…]

What the client writes on its own (system prompts, listings, reminders) is cut to one line, folders are renamed, and
every id is replaced by one derived from its place, so that a recording is the project's own text and can be compared.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tools import story
from tools.realclient import MODELS, Home, clients
from tools.standin import Body, Reply, StandIn, text

BASE = Path(__file__).parents[2] / "sample_sessions" / "base"
CUT = 90
USAGE = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens")
COPIES: dict[str, Any] = {"originalFile": None, "structuredPatch": [], "usage": {}, "file": {"type": "text"},
                          "oldString": "", "newString": "", "content": ""}
"""Copies of file contents that the client keeps for its own screens, never sent."""
OWN_WORDS = re.compile(
    r"\nContinue the conversation from where it left off.*| DO NOT respond to these messages[^<]*", re.DOTALL
)
DAY = {"2.1.139": "2026-05-20T09:12:04", "2.1.329": "2026-10-27T13:40:31", "1.0.44": "2025-07-08T10:03:47"}
LOGGED = 12
"""How many records of logged requests are kept; nothing reads them on a resume."""
SLOWER = 15
THINKING = timedelta(minutes=2, seconds=40)
"""Scripted work takes seconds; times are spread as the model's and a person's would: seconds and minutes."""


class Player:
    """Plays one session: the turns in order, with compactions, rewinds and failures between them."""

    def __init__(self, version: str, home: Home, api: StandIn, model: str | None) -> None:
        self.client = clients()[version]
        self.version = version
        self.home, self.api = home, api
        self.model = ("--model", model) if model else ()
        self.queue: list[Reply] = []
        self.agents = list(story.SURVEYOR)
        self.summaries = list(story.SUMMARIES)
        self.slow = self.slow_main = 0.0
        self.full = False
        self.session: str | None = None
        api.script = self.reply
        for name, content in story.FILES.items():
            path = home.cwd / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(content)

    def reply(self, kind: str, body: Body) -> Reply | None:
        """The scripted reply to a request."""
        if kind == "compact":
            summary = self.summaries.pop(0) if self.summaries else "<summary>None.</summary>"
            return Reply([text(summary)], delay=self.slow)
        if kind == "side":
            return None
        first = json.dumps(body["messages"][0])
        if "Survey the order endpoints: list" in first and len(body["messages"]) < 6 and "one cent" not in first:
            return self._placed(self.agents.pop(0)) if self.agents else None
        if self.slow_main:
            return Reply([text("Too late.")], delay=self.slow_main)
        if not self.queue:
            return None
        reply = self._placed(self.queue.pop(0))
        return Reply(reply.content, tokens=990_000 if self.full and not self.queue else None)

    def _placed(self, reply: Reply) -> Reply:
        content = json.loads(json.dumps(reply.content))
        for block in content:
            path = block.get("input", {}).get("file_path")
            if path:
                block["input"]["file_path"] = str(self.home.cwd / path)
        return Reply(content)

    def turn(
        self, prompt: str, replies: Iterable[Reply] = (), *more: str, extra: dict[str, str] | None = None,
        timeout: float = 60,
    ) -> str:
        """One prompt and its replies; what the client printed."""
        self.queue = list(replies)
        resume = ("--resume", self.session) if self.session else ()
        status, printed = self.home.run(
            self.client, self.api.url, *self.model, "--dangerously-skip-permissions", *resume, *more, prompt,
            extra=extra,
            timeout=timeout,
        )
        newest = max(self.home.sessions.glob("*.jsonl"), key=lambda p: p.stat().st_mtime)
        self.session = newest.stem
        left = f", {len(self.queue)} replies not asked for" if self.queue else ""
        print(f"  {self.version} [{status}] {prompt[:50]!r}: {printed.strip()[:90]!r}{left}")
        return printed

    def records(self) -> list[dict[str, Any]]:
        """The transcript so far."""
        path = self.home.sessions / f"{self.session}.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()]


def long_139(player: Player) -> None:
    """A long session without compaction: parallel calls, thinking, a subagent, and a branch that was rewound."""
    turns = story.work()
    for number, (prompt, replies) in enumerate(turns):
        player.turn(prompt, replies)
        if number == 6:
            leaf = [r for r in player.records() if r.get("type") == "assistant"][-1]["uuid"]
            player.turn(*story.WRONG_WAY)
            player.turn(turns[7][0], turns[7][1], "--resume-session-at", leaf)
        if number == 6:
            break
    for prompt, replies in turns[8:11]:
        player.turn(prompt, replies)


def twice_compacted(player: Player) -> None:
    """The same work compacted by hand after the second and the fourth prompt."""
    for number, (prompt, replies) in enumerate(story.work(searches=player.version == "2.1.139", agent=False)[:6]):
        player.turn(prompt, replies)
        if number in (1, 3):
            player.turn("/compact")


def role_system(player: Player) -> None:
    """Compacted twice; then the client sends reminders as system turns to a model that refuses them."""
    twice_compacted(player)
    flag = {"CLAUDE_CODE_MID_CONVERSATION_SYSTEM": "opus-4-7"}
    player.turn("Two requests with the same key at the same moment?", extra=flag)
    player.turn("continue", extra=flag)


def long_329(player: Player) -> None:
    """A long session of the newest client, never compacted."""
    for prompt, replies in story.work(searches=False, agent=False)[:8]:
        player.turn(prompt, replies)


def failed_compaction(player: Player) -> None:
    """The context is full, the summary times out, and the client commits the error as the summary."""
    turns = story.work(agent=False)
    for prompt, replies in turns[:7]:
        player.turn(prompt, replies)
    player.full = True
    player.turn(*turns[7])
    player.full = False
    player.slow = 30
    player.turn(*turns[8], extra={"API_TIMEOUT_MS": "1500", "CLAUDE_CODE_MAX_RETRIES": "1"})
    player.slow = 0
    player.turn(*turns[10])


def timeouts(player: Player) -> None:
    """A client of 2025: killed while a command runs, then neither the summary nor a prompt gets an answer in time."""
    player.api.check = False  # in print mode it sends every tool turn twice
    for prompt, replies in story.work(agent=False)[:11]:
        player.turn(prompt, replies)
    slow = story.say("Checking the service as it runs now.", story.bash("sleep 60", "Start the service"))
    player.turn("Start the service and try it.", [slow], timeout=7)
    player.slow = player.slow_main = 30
    hasty = {"API_TIMEOUT_MS": "1200", "CLAUDE_CODE_MAX_RETRIES": "1"}
    player.turn("And now?", extra=hasty)
    player.turn("continue", extra=hasty)


SESSIONS: dict[str, tuple[str, Callable[[Player], None]]] = {
    "shop-1.0.44-timeouts": ("1.0.44", timeouts),
    "shop-2.1.139": ("2.1.139", long_139),
    "shop-2.1.139-compacted-twice": ("2.1.139", twice_compacted),
    "shop-2.1.139-failed-compaction": ("2.1.139", failed_compaction),
    "shop-2.1.139-role-system": ("2.1.139", role_system),
    "shop-2.1.329": ("2.1.329", long_329),
    "shop-2.1.329-compacted-twice": ("2.1.329", twice_compacted),
}


def shorten(value: Any) -> Any:
    """A value with every text of more than CUT characters cut to its first line or CUT characters."""
    if isinstance(value, str):
        head = value.strip().split("\n")[0] if not value.startswith("<system-reminder>") else value
        if value.startswith("<system-reminder>"):
            inner = value.removeprefix("<system-reminder>").replace("</system-reminder>", "").strip().split("\n")[0]
            return value if len(value) <= CUT else f"<system-reminder>\n{inner[:CUT]}…\n</system-reminder>"
        return value if len(value) <= CUT else head[:CUT] + "…"
    if isinstance(value, list):
        return [shorten(item) for item in value[:4]]
    if isinstance(value, dict):
        return {key: shorten(item) for key, item in value.items()}
    return value


def retimed(raw: str, start: datetime) -> str:
    """Text with its times moved to a start and spread; their order stays."""
    stamp = re.compile(r"2\d\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
    asked = set(re.findall(r'"operation":"enqueue","timestamp":"([^"]+)"', raw))
    then, before, moved = start, "", {}
    for now in sorted(set(stamp.findall(raw))):
        if before:
            then += (datetime.fromisoformat(now) - datetime.fromisoformat(before)) * SLOWER
        if now in asked:
            then += THINKING * (1 + len(moved) % 5)
        moved[now] = then.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        before = now
    raw = stamp.sub(lambda found: moved[found[0]], raw)
    return raw.replace(f"{datetime.now(UTC):%Y-%m-%d}", f"{start:%Y-%m-%d}")


def tidy(
    records: list[dict[str, Any]], seed: str, start: datetime, *roots: tuple[str, str]
) -> list[dict[str, Any]]:
    """Records with the client's own texts shortened, folders renamed and ids derived from their place."""
    kept = []
    logged = 0
    for record in records:
        kind = str(record.get("type"))
        if kind.startswith("api-request"):
            logged += 1
            if logged > LOGGED:
                continue
        if kind == "attachment":
            record["attachment"] = shorten(record["attachment"])
            if "rendered" in record:
                record["rendered"] = shorten(record["rendered"])
        elif kind == "api-request-shape":
            record.pop("shape", None)
        elif kind == "api-request-blob":
            record["message"] = shorten(record["message"])
        elif kind == "api-request":
            record["params"] = {"model": record["params"]["model"]}
            record["cacheControl"] = []
        message = record.get("message")
        if isinstance(message, dict):
            if "usage" in message:
                message["usage"] = {key: message["usage"][key] for key in USAGE}
            if isinstance(message.get("content"), str):
                message["content"] = OWN_WORDS.sub("", message["content"])
        record.pop("permissionDecision", None)
        result = record.get("toolUseResult")
        if isinstance(result, dict):
            record["toolUseResult"] = {key: COPIES.get(key, value) for key, value in result.items()}
        kept.append(record)
    raw = "\n".join(json.dumps(r, ensure_ascii=False, separators=(",", ":")) for r in kept)
    for old, new in roots:
        raw = raw.replace(old, new)
    ids = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
    seen: dict[str, str] = {}

    def again(found: re.Match[str]) -> str:
        digest = hashlib.sha256(f"{seed} {len(seen)}".encode()).hexdigest()
        fresh = f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"
        return seen.setdefault(found[0], fresh)

    raw = ids.sub(again, raw)
    raw = re.sub(r"Linux \d[^\"\\ ]*", "Linux 6.8.0", raw)
    return [json.loads(line) for line in retimed(raw, start).split("\n")]


def dump(records: Iterable[dict[str, Any]]) -> bytes:
    """Records as the client writes them: compact JSON, one per line."""
    return b"".join(json.dumps(r, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for r in records)


def record(name: str) -> None:
    """Record one base session."""
    version, play = SESSIONS[name]
    print(name)
    with Home() as home, StandIn(seed=name) as api:
        player = Player(version, home, api, MODELS[version])
        play(player)
        for sent in api.sent:
            if sent.status != 200:
                print("  refused:", sent.kind, sent.error)
        roots = (
            (str(home.cwd), "/home/dev/shop-api"), (re.sub(r"[^A-Za-z0-9]", "-", str(home.cwd)), "-home-dev-shop-api"),
            (str(home.root / "home"), "/home/dev"), (str(home.root), "/home/dev"),
        )
        records = tidy(player.records(), name, datetime.fromisoformat(DAY[version] + "+00:00"), *roots)
        BASE.mkdir(parents=True, exist_ok=True)
        data = dump(records)
        (BASE / f"{name}.jsonl").write_bytes(data)
        print(f"  {len(records)} records, {len(data)} bytes, largest {max(map(len, data.splitlines()))}")
        for agent in sorted((home.sessions / str(player.session)).rglob("*.*")):
            print("  side file", agent.name, agent.stat().st_size)


if __name__ == "__main__":
    for chosen in sys.argv[1:] or SESSIONS:
        record(chosen)
