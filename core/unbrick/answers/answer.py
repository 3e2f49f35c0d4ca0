"""One answer to an error whose cause is not in the file, and its ways out as complete commands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from unbrick.bundle import Bundle
from unbrick.disk import is_dir
from unbrick.finding import FIRST, Advice
from unbrick.printable import shell

CLIENT = "claude-code"
"""The client whose errors these are for the most part, and the one spoken of where there is no session."""
RESUMES = "claude --resume"
RESUME = "{resume}"
UPDATE = "npm install -g @anthropic-ai/claude-code@latest"


class Own(Advice):
    """A way out that only Claude Code has: its settings, its flags, its commands."""


@dataclass(frozen=True)
class Answer:
    """`pattern` is searched in the error text, case ignored; `title` and `text` are sentences for the person;
    `cause` is client, settings, endpoint or unknown. `{resume}` in a command stands for the
    command that resumes the session, `{path}` for the transcript."""

    name: str
    pattern: str
    title: str
    text: str
    cause: str
    advice: tuple[Advice, ...] = ()
    certain: bool = False
    """Whether the text can come from nothing in a file, so that it is asked before the rules are."""
    only: bool = False
    """Whether only Claude Code says it."""

    @cached_property
    def search(self) -> re.Pattern[str]:
        """The compiled pattern."""
        return re.compile(self.pattern, re.IGNORECASE)

    def advice_for(self, bundle: Bundle | None, client: str = CLIENT) -> tuple[Advice, ...]:
        """The ways out that a session of a client has, as complete commands; for none in particular, `SESSION-ID`
        stands in them."""
        resume = f"{RESUMES} SESSION-ID" if bundle is None else bundle.resume
        path = "SESSION-ID" if bundle is None else shell(str(bundle.path))
        fitting = [
            one for one in self.advice
            if (client == CLIENT or not isinstance(one, Own)) and (resume or RESUME not in (one.command or ""))
        ]
        ways = tuple(
            Advice(one.text, one.command and in_project(bundle, one.command.format(resume=resume, path=path)))
            for one in fitting
        )
        return (*placing(bundle), *ways) if any(RESUME in (one.command or "") for one in fitting) else ways


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
    place, path = shell(str(bundle.place)), shell(str(bundle.path))
    if bundle.folder is not None:
        copy = f"mkdir -p {place} && cp -Rn {shell(str(bundle.folder))}/. {place}"
    else:
        copy = f"mkdir -p {shell(str(bundle.place.parent))} && cp -n {path} {place}"
    return (Advice(
        "The client does not look where this session stands. Put a copy where it looks; one that is there already "
        "stays.", copy, FIRST,
    ),)


AGAIN = Advice("Resume it and send the prompt again.", RESUME)
UPDATE_AND_RESUME = Own("Update the client, then resume.", f"{UPDATE} && {RESUME}")
