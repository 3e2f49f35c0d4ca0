"""One answer to an error whose cause is not in the file, and its ways out as complete commands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from unbrick.bundle import Bundle
from unbrick.disk import is_dir
from unbrick.finding import FIRST, Advice
from unbrick.printable import shell

RESUME = "claude --resume {session}"
UPDATE = "npm install -g @anthropic-ai/claude-code@latest"


@dataclass(frozen=True)
class Answer:
    """`pattern` is searched in the error text, case ignored; `title` and `text` are sentences for the person;
    `cause` is client, settings, endpoint or unknown. `{session}` in a command stands for the
    session's id, `{path}` for the transcript."""

    name: str
    pattern: str
    title: str
    text: str
    cause: str
    advice: tuple[Advice, ...] = ()
    certain: bool = False
    """Whether the text can come from nothing in a file, so that it is asked before the rules are."""

    @cached_property
    def search(self) -> re.Pattern[str]:
        """The compiled pattern."""
        return re.compile(self.pattern, re.IGNORECASE)

    def advice_for(self, bundle: Bundle | None) -> tuple[Advice, ...]:
        """The ways out as complete commands for a session; for none in particular, `SESSION-ID` stands in them."""
        session = "SESSION-ID" if bundle is None else shell(bundle.resume_id)
        path = "SESSION-ID" if bundle is None else shell(str(bundle.path))
        ways = tuple(
            Advice(one.text, one.command and in_project(bundle, one.command.format(session=session, path=path)))
            for one in self.advice
        )
        resumes = any("{session}" in (one.command or "") for one in self.advice)
        return (*placing(bundle), *ways) if resumes else ways


def listing(bundle: Bundle) -> str:
    """The command that lists the safe points of a transcript."""
    return f"unbrick truncate {shell(str(bundle.path))} --list"


def contents(bundle: Bundle) -> str:
    """The command that shows what fills the context of a transcript."""
    return f"unbrick context {shell(str(bundle.path))}"


def in_project(bundle: Bundle | None, command: str) -> str:
    """A command that starts the client, in the folder of the session's project: the client looks for it there. A
    folder that is gone is made again."""
    if bundle is None or bundle.project is None or command.startswith("unbrick "):
        return command
    folder = shell(str(bundle.project))
    made = "" if is_dir(bundle.project) else f"mkdir -p {folder} && "
    return f"{made}cd {folder} && {command}"


def placing(bundle: Bundle | None) -> tuple[Advice, ...]:
    """How to put a file that stands elsewhere where the client looks; nothing for one that stands there."""
    if bundle is None or bundle.place is None:
        return ()
    folder, place, path = (shell(str(p)) for p in (bundle.place.parent, bundle.place, bundle.path))
    return (Advice(
        "The client does not look where this file stands. Put a copy where it looks; one that is there already stays.",
        f"mkdir -p {folder} && cp -n {path} {place}", FIRST,
    ),)

AGAIN = Advice("Resume it and send the prompt again.", RESUME)
UPDATE_AND_RESUME = Advice("Update the client, then resume.", f"{UPDATE} && {RESUME}")
