"""The scenes of the recorded sessions (docs/prediction.md), so that a client of any version can be put through them.

Like those of `tools.fresh`, which runs them; these take more than prompts: hooks, pasted pictures, a full context,
summaries that time out, models that change, keys typed at a terminal.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

from tools.fresh import KILLED_AFTER, WAIT, Writer, bash, picture_bytes, say
from tools.standin import Reply, call, text, thinking
from tools.terminal import ESCAPE, Terminal, settings

FULL, WIDE = 190_000, 985_000
"""Tokens at which a context of 200,000 is compacted, and one of a million."""
HASTY = {"API_TIMEOUT_MS": "1500", "CLAUDE_CODE_MAX_RETRIES": "1"}
MODELS = ("claude-opus-5-5", "claude-sonnet-4-5-20250929", "claude-opus-4-7")


def full(w: Writer, words: str) -> Reply:
    """A reply with which the context is full."""
    return Reply([text(words)], tokens=FULL if "sonnet-4" in w.model else WIDE)


def api_error(w: Writer) -> None:
    w.turn("PROMPT-1", say("REPLY-1"))
    w.turn("PROMPT-2 fails", Reply(status=400, error="prompt is too long: 210000 tokens > 200000 maximum"))
    w.turn("PROMPT-3 fails 500", *[Reply(status=500, error="Internal server error")] * 4, extra=HASTY)
    w.turn("PROMPT-4 ok", say("REPLY-4"))


def autocompact(w: Writer) -> None:
    w.turn("PROMPT-1", say("REPLY-1"))
    w.turn("PROMPT-2", full(w, "REPLY-2"))
    w.turn("PROMPT-3 triggers", say("REPLY-3"))
    w.turn("PROMPT-4", full(w, "REPLY-4"))
    w.turn("PROMPT-5 triggers", say("REPLY-5", bash("echo TOOLOUT-5")), say("REPLY-5b"))
    w.turn("PROMPT-6", say("REPLY-6"))


def compact_timeout(w: Writer) -> None:
    w.turn("PROMPT-1", say("REPLY-1"))
    w.turn("PROMPT-2", full(w, "REPLY-2"))
    w.summary = Reply([text("LATE")], delay=8)
    w.turn("PROMPT-3 triggers", say("REPLY-3"), extra=HASTY, timeout=90)
    w.summary = None
    w.turn("PROMPT-4", say("REPLY-4"))


def hooked(w: Writer) -> None:
    def hook(event: str, words: str) -> list[dict[str, Any]]:
        said = {"hookSpecificOutput": {"hookEventName": event, "additionalContext": words}}
        return [{"matcher": "", "hooks": [{"type": "command", "command": f"echo '{json.dumps(said)}'"}]}]

    plain = [{"hooks": [{"type": "command", "command": "echo HOOK-PROMPT context"}]}]
    events = {
        "SessionStart": hook("SessionStart", "HOOK-START context"), "UserPromptSubmit": plain,
        "PreToolUse": hook("PreToolUse", "HOOK-PRE context"), "PostToolUse": hook("PostToolUse", "HOOK-POST context"),
        "Stop": [{"hooks": [{"type": "command", "command": "echo done"}]}],
    }
    path = w.home.config / "settings.json"
    path.write_text(json.dumps({"hooks": events}))
    w.turn("PROMPT-1 hooked", say("REPLY-1", bash("echo TOOLOUT-1")), say("REPLY-2"))
    w.turn("PROMPT-2", say("REPLY-3"))
    path.unlink()
    w.turn("PROMPT-3", say("REPLY-4"))


def images(w: Writer) -> None:
    path = w.home.cwd / "dot.png"
    path.write_bytes(picture_bytes())
    w.turn("PROMPT-1 look", say(call("Read", file_path=str(path))), say("REPLY-1"))
    source = {"type": "base64", "media_type": "image/png", "data": base64.b64encode(picture_bytes()).decode()}
    w.pasted([text("PROMPT-2 pasted"), {"type": "image", "source": source}], say("REPLY-2"))
    w.turn("PROMPT-3", say("REPLY-3"))


def kill_mid_parallel(w: Writer) -> None:
    w.turn("PROMPT-1 parallel", say("REPLY-1", bash("echo OUT-A"), bash(WAIT), bash("echo OUT-C")),
           timeout=KILLED_AFTER)
    w.turn("PROMPT-2 after crash", say("REPLY-2"))


def kill_twice(w: Writer) -> None:
    w.turn("PROMPT-1 long tool", say("REPLY-1", bash(WAIT)), timeout=KILLED_AFTER)
    w.turn("PROMPT-2 after crash", say("REPLY-2"))
    w.turn("PROMPT-3 again", say("REPLY-3", bash(WAIT)), timeout=KILLED_AFTER)
    w.turn("PROMPT-4 after second crash", say("REPLY-4"))
    w.turn("PROMPT-5", say("REPLY-5"))


def model_switch(w: Writer) -> None:
    one, two, three = MODELS
    w.turn("PROMPT-1", say(thinking("THINK-1"), "REPLY-1", bash("echo TOOLOUT-1")), say(thinking("THINK-2"), "REPLY-2"),
           model=one)
    w.turn("PROMPT-2 older", say(thinking("THINK-3"), "REPLY-3", bash("echo TOOLOUT-3")), say("REPLY-4"), model=two)
    w.turn("PROMPT-3 opus 4.7", say("REPLY-5"), model=three)
    w.turn("PROMPT-4 back", say(thinking("THINK-6"), "REPLY-6"), model=one)


def rewind(w: Writer) -> None:
    w.turn("PROMPT-1", say("REPLY-1"))
    spoken = [r for r in map(json.loads, w.path.read_text().splitlines()) if r.get("type") == "assistant"]
    w.turn("PROMPT-2", say("REPLY-2"))
    w.turn("PROMPT-3", say("REPLY-3"))
    if w.at_least("2.0.0"):
        w.turn("PROMPT-B branch", say("REPLY-B"), more=("--resume-session-at", str(spoken[-1]["uuid"])))
    w.turn("PROMPT-C", say("REPLY-C"))


def delegated(w: Writer) -> None:
    name = "Agent" if w.at_least("2.1.70") else "Task"
    given = {"description": "look", "prompt": "SIDE-PROMPT list things", "subagent_type": "general-purpose"}
    w.turn("PROMPT-1 delegate", say("REPLY-1", call(name, **given)), say("SIDE-REPLY-1", bash("echo SIDE-OUT-1")),
           say("SIDE-REPLY-2 done"), say("REPLY-2"), say("REPLY-3"))
    w.turn("PROMPT-2 after", say("REPLY-4"))


def read_file(w: Writer) -> None:
    path = w.home.cwd / "f.txt"
    path.write_text("TOOLOUT-FILE hello\nline two\n")
    w.turn("PROMPT-1 use tools", say("REPLY-1", bash("echo TOOLOUT-1")), say(call("Read", file_path=str(path))),
           say("REPLY-2"))
    w.turn("PROMPT-2 more", say(bash("echo TOOLOUT-2; exit 3")), say("REPLY-3"))


def esc_interrupt(w: Writer) -> None:
    with _terminal(w, say("REPLY-1", bash("sleep 20")), say("REPLY-2")) as terminal:
        terminal.type("PROMPT-1 hi")
        terminal.until(lambda: bool(w.api.of("main")))
        terminal.until(lambda: False, 3)
        terminal.type(ESCAPE, enter=False)
        terminal.until(lambda: False, 2)
        terminal.type("PROMPT-2 after esc")
        terminal.until(lambda: len(w.api.of("main")) > 1)
        terminal.until(lambda: False, 2)


def queued(w: Writer) -> None:
    with _terminal(w, say("REPLY-1", bash("sleep 5; echo TOOLOUT-1")), say("REPLY-2"), say("REPLY-3")) as terminal:
        terminal.type("PROMPT-1 hi")
        terminal.until(lambda: bool(w.api.of("main")))
        terminal.until(lambda: False, 2)
        terminal.type("QUEUED-2 typed while busy")
        terminal.until(lambda: not w.queue, 12)
        terminal.until(lambda: False, 2)


def slash_commands(w: Writer) -> None:
    with _terminal(w, say("REPLY-1"), say("REPLY-2", bash("echo TOOLOUT-2")), say("REPLY-3")) as terminal:
        terminal.type("PROMPT-1 hi")
        terminal.until(lambda: bool(w.api.of("main")))
        terminal.until(lambda: False, 2)
        terminal.type("/compact")
        terminal.until(lambda: bool(w.api.of("compact")))
        terminal.until(lambda: False, 3)
        terminal.type("PROMPT-2 after compact")
        terminal.until(lambda: not w.queue, 12)
        terminal.until(lambda: False, 2)


def _terminal(w: Writer, *replies: Reply) -> Terminal:
    (w.home.config / ".claude.json").write_text(json.dumps(settings(w.home)))
    w.queue = list(replies)
    terminal = Terminal(w.client, w.home, w.api, "--model", w.model, "--dangerously-skip-permissions")
    terminal.settle()
    return terminal


SCENES: dict[str, Callable[[Writer], None]] = {scene.__name__: scene for scene in (
    api_error, autocompact, compact_timeout, hooked, images, kill_mid_parallel, kill_twice, model_switch, rewind,
    delegated, read_file, esc_interrupt, queued, slash_commands,
)}
