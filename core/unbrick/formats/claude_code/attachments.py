"""What an attachment record says to the model, and in whose name (claude-code-resume §3, Attachments)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from unbrick.formats.claude_code.behaviour import Behaviour
from unbrick.record import Json, compact
from unbrick.request import Role
from unbrick.target import Surroundings, Target

OPENING, CLOSING = "<system-reminder>\n", "\n</system-reminder>"


@dataclass(frozen=True)
class Said:
    """Text of an attachment and the role it goes out in."""

    role: Role
    text: str
    seam: bool = False
    """Whether a line break sets it apart from a text before it."""


def says(value: Json, traits: Behaviour, *, as_system: bool, keeps_wrapper: bool = False) -> list[Said]:
    """What goes out for an attachment record; nothing for those that are only noted.

    `as_system` is whether the model gets attachments as system turns, `keeps_wrapper` whether these keep the
    wrapper of a reminder.
    """
    attachment = value.get("attachment")
    if not isinstance(attachment, dict):
        return []
    stored = value.get("rendered")
    if traits.rendered and isinstance(stored, list):
        texts = [text for item in stored if isinstance(item, dict) and (text := _flat(item.get("content")))]
        system = as_system and value.get("renderedRole") == "system"
    else:
        type_ = str(attachment.get("type"))
        write = None if type_ == "todo_reminder" and not traits.todo_reminders else _WORDS.get(type_)
        write = _queued_explained if type_ == "queued_command" and traits.queued_explained else write
        words = write(attachment) if write is not None else ""
        texts = [wrap(text) for text in ([words] if isinstance(words, str) else words) if text]
        system = as_system
    if system and traits.rendered and attachment.get("type") == "queued_command":
        return [Said(Role.USER, unwrap(text)) for text in texts]
    if system:
        texts = [wrap(text) if keeps_wrapper else text for text in map(unwrap, texts)]
        return [Said(Role.SYSTEM, "\n".join(texts))] if texts else []
    seam = traits.rendered and as_system and not value.get("renderedBesideToolResult")
    return [Said(Role.USER, text, seam) for text in texts]


def keeps_wrapper(model: str | None) -> bool:
    """Whether a model's system turns keep the reminder's wrapper (observed for Sonnet 5 on 2.1.329)."""
    return model is not None and "sonnet-5" in model and "sonnet-5-5" not in model


def system_turns(traits: Behaviour, target: Target, surroundings: Surroundings) -> bool:
    """Whether the client sends attachments as system turns to the target's model (claude-code-resume §4)."""
    model = target.model or ""
    if any(part in model for part in traits.system_models):
        return True
    if not traits.system_flag or not model:
        return False
    named = surroundings.settings.get("mid_conversation_system")
    disabled = surroundings.settings.get("disable_experimental_betas")
    if named is None or (disabled is not None and disabled.value not in ("", "0", "false")):
        return False
    return any(part and part in model for part in named.value.split(","))


def wrap(text: str) -> str:
    """A text as a reminder block."""
    return f"{OPENING}{text}{CLOSING}"


def unwrap(text: str) -> str:
    """A reminder block's text."""
    if text.startswith(OPENING) and text.endswith(CLOSING):
        return text[len(OPENING) : -len(CLOSING)].strip("\n")
    return text


def _flat(content: object) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return ""


def _skills(found: Json) -> str:
    content = _flat(found.get("content"))
    return f"The following skills are available for use with the Skill tool:\n\n{content}" if content else ""


def _hook_context(found: Json) -> str:
    content = found.get("content")
    text = "\n".join(map(str, content)) if isinstance(content, list) else _flat(content)
    return f"{found.get('hookName', 'Hook')} hook additional context: {text}" if text else ""


def _hook_success(found: Json) -> str:
    text = _flat(found.get("content"))
    if not text or found.get("hookEvent") not in ("SessionStart", "UserPromptSubmit"):
        return ""
    return f"{found.get('hookName', 'Hook')} hook success: {text}"


def _hook_error(found: Json) -> str:
    error = found.get("blockingError")
    text = error.get("blockingError") if isinstance(error, dict) else error
    return f"{found.get('hookName', 'Hook')} hook blocking error: {text}" if text else ""


def _queued(found: Json) -> str:
    return _sent_meanwhile(found, (
        "IMPORTANT: After completing your current task, you MUST address the user's message above. Do not ignore it."
    ))


def _queued_explained(found: Json) -> str:
    return _sent_meanwhile(found, (
        "This is how Claude Code surfaces messages the user sends mid-turn \u2014 within the running turn, often "
        "alongside the next tool result, rather than as a separate conversation turn. Address the message above as you "
        "continue this turn."
    ))


def _sent_meanwhile(found: Json, how: str) -> str:
    text = _flat(found.get("prompt"))
    return f"The user sent a new message while you were working:\n{text}\n\n{how}" if text else ""


def _edited(found: Json) -> str:
    snippet = _flat(found.get("snippet"))
    return (
        f"Note: {found.get('filename')} was modified, either by the user or by a linter. Here are the relevant changes "
        f"(shown with line numbers):\n{snippet}"
    )


def _memory(found: Json) -> str:
    content = found.get("content")
    text = _flat(content.get("content")) if isinstance(content, dict) else _flat(content)
    return f"Contents of {found.get('path')}:\n\n{text}" if text else ""


def _file(found: Json) -> list[str]:
    """A file that was mentioned: a call of the Read tool and its result, each a message of its own."""
    content = found.get("content")
    inner = content.get("file") if isinstance(content, dict) else None
    if not isinstance(inner, dict):
        return []
    start = inner.get("startLine")
    first = start if isinstance(start, int) else 1
    text = "\n".join(f"{n}\t{line}" for n, line in enumerate(_flat(inner.get("content")).split("\n"), first))
    called = compact({"file_path": found.get("filename")}).decode("utf-8", "replace")
    return [
        f"Called the Read tool with the following input: {called}",
        f"Result of calling the Read tool:\n{text}",
    ]


def _todo(found: Json) -> str:
    items = found.get("content")
    listed = ""
    if isinstance(items, list) and items:
        lines = [
            f"{n}. [{item.get('status')}] {item.get('content')}" for n, item in enumerate(items, 1)
            if isinstance(item, dict)
        ]
        listed = "\n\nHere are the existing contents of your todo list:\n\n[" + "\n".join(lines) + "]"
    return (
        "The TodoWrite tool hasn't been used recently. If you're working on tasks that would benefit from tracking "
        "progress, consider using the TodoWrite tool to track progress. Also consider cleaning up the todo list if has "
        "become stale and no longer matches what you are working on. Only use it if it's relevant to the current work. "
        f"This is just a gentle reminder - ignore if not applicable.\n{listed}"
    )


def _lines(found: Json) -> str:
    lines = found.get("addedLines") or found.get("addedBlocks")
    return "\n".join(map(str, lines)) if isinstance(lines, list) else ""


def _tools(found: Json) -> str:
    lines = _lines(found)
    return (
        "The following deferred tools are now available via ToolSearch. Their schemas are NOT loaded — calling them "
        "directly will fail with InputValidationError. Use ToolSearch with query "
        f'"select:<name>[,<name>...]" to load tool schemas before calling them:\n{lines}'
    ) if lines else ""


def _agents(found: Json) -> str:
    lines = _lines(found)
    together = (
        "\n\nWhen you launch multiple agents for independent work, send them in a single message with multiple tool "
        "uses so they run concurrently."
    ) if found.get("showConcurrencyNote") else ""
    return f"Available agent types for the Agent tool:\n{lines}{together}" if lines else ""


def _environment(found: Json) -> str:
    snapshot = found.get("snapshot")
    if not isinstance(snapshot, dict):
        return ""
    said = {
        "Primary working directory": snapshot.get("workingDirectory"),
        "Is a git repository": str(bool(snapshot.get("isGitRepo"))).lower(),
        "Platform": snapshot.get("platform"), "Shell": snapshot.get("shell"), "OS Version": snapshot.get("osVersion"),
    }
    lines = "\n".join(f" - {name}: {value}" for name, value in said.items())
    return f"# Environment\nYou have been invoked in the following environment: \n{lines}"


def _attribution(found: Json) -> str:
    if not found.get("commit") or not found.get("pr"):
        return ""
    return (
        "Attribution for git commits and pull requests you create from here on (this replaces Claude Code's own "
        "earlier attribution guidance, such as a previous copy of this reminder; the user's own instructions about "
        "these lines, such as a CLAUDE.md or memory rule, take precedence over this reminder, but do not add "
        f"attribution lines this reminder leaves out):\n- End git commit messages with:\n{found['commit']}\n"
        f"- End pull request descriptions with:\n{found['pr']}"
    )


def _plain(found: Json) -> str:
    return _flat(found.get("content") or found.get("text") or found.get("message") or found.get("prompt"))


_WORDS: Mapping[str, Callable[[Json], str | list[str]]] = {
    "skill_listing": _skills,
    "hook_additional_context": _hook_context,
    "hook_success": _hook_success,
    "hook_blocking_error": _hook_error,
    "queued_command": _queued,
    "edited_text_file": _edited,
    "nested_memory": _memory,
    "file": _file,
    "deferred_tools_delta": _tools,
    "agent_listing_delta": _agents,
    "mcp_instructions_delta": _lines,
    "plan_mode": _plain,
    "auto_mode": lambda found: "## Auto Mode Active",
    "critical_system_reminder": _plain,
    "diagnostics": _plain,
    "total_tokens_reminder": _plain,
    "environment": _environment,
    "model": _plain,
    "date": lambda found: f"Today's date is {found.get('date')}.",
    "remote_session_change": _attribution,
    "date_change": lambda found: f"The date has changed. Today's date is now {found.get('newDate')}.",
    "todo_reminder": _todo,
    "task_reminder": lambda found: "The task tools haven't been used recently.",
    "opened_file_in_ide": lambda found: f"The user opened the file {found.get('filename')} in the IDE.",
    "selected_lines_in_ide": lambda found: (
        f"The user selected the lines {found.get('lineStart')} to {found.get('lineEnd')} from "
        f"{found.get('filename')}:\n{found.get('content', '')}"
    ),
}
"""In versions that do not store what they send; types that stand here were seen going out."""
