"""Every known way in which a session dies or loses history, and what covers it: the table in `failures.toml`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from unbrick.answers import ANSWERS
from unbrick.finding import Rule
from unbrick.rules import BY_CODE

GROUPS = {
    "A": "The API refuses every prompt",
    "B": "History is lost, without an error",
    "C": "The file is damaged",
    "D": "The file is too large",
    "E": "The session is not found",
    "F": "A compaction fails",
    "G": "Other",
    "H": "OpenAI's APIs, and others that speak their protocols",
}

HEAD = """\
# Failures

Every known way in which a Claude Code session dies or loses history, and in which OpenAI's APIs refuse a conversation,
with the error in its own words and what covers it: a [rule](rules.md) that finds it in the file, or an answer of
`unbrick why` that says why the file is innocent and what helps. Where there is neither, the reason is given. `#`
numbers are reports in anthropics/claude-code.

This page is written by `python -m unbrick.failures > docs/failures.md`; a test fails when the two differ.
"""


@dataclass(frozen=True)
class Failure:
    """One way to die. `says` are the texts of the API or the client, verbatim, or a part of them; `rules` codes of
    rules and `answers` names of answers that cover it; `issues` numbers of anthropics/claude-code, or `owner/repo#1`;
    `note` what to know besides, or why nothing covers it."""

    id: str
    title: str
    says: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    issues: tuple[str, ...] = ()
    note: str = ""


@cache
def failures() -> tuple[Failure, ...]:
    """All of them, in the order of the table."""
    import tomllib
    from importlib.resources import files

    table = tomllib.loads(files("unbrick").joinpath("failures.toml").read_text(encoding="utf-8"))
    return tuple(map(_read, table["failure"]))


def _read(row: dict[str, Any]) -> Failure:
    says, rules, answers, issues = (tuple(row.get(name, ())) for name in ("says", "rules", "answers", "issues"))
    return Failure(row["id"], row["title"], says, rules, answers, issues, row.get("note", ""))


def said_of(rule: Rule[Any]) -> tuple[str, ...]:
    """The error texts that lead to a rule, verbatim."""
    if rule.error is None:
        return ()
    pattern = re.compile(rule.error, re.IGNORECASE)
    texts = (text for failure in failures() if rule.code in failure.rules for text in failure.says)
    return tuple(dict.fromkeys(text for text in texts if pattern.search(text)))


def markdown() -> str:
    """The page of all failures."""
    parts = [HEAD]
    group = ""
    for failure in failures():
        if failure.id[0] != group:
            group = failure.id[0]
            parts.append(f"## {group} · {GROUPS[group]}\n")
        parts.append("\n".join(_section(failure)) + "\n")
    return "\n".join(parts)


def _section(failure: Failure) -> Iterator[str]:
    yield f"### {failure.id} {failure.title}\n"
    for text in failure.says:
        yield f"> `` {text} ``\n"
    titles = {answer.name: answer.title for answer in ANSWERS}
    for code in failure.rules:
        rule = BY_CODE[code]
        yield f"- Found by [{code} {rule.name}](rules.md#{f'{code}-{rule.name}'.lower()})"
    for name in failure.answers:
        yield f"- Answered by `unbrick why`: {titles[name]}"
    if failure.note:
        yield f"- {failure.note}"
    if failure.issues:
        yield f"- Reports: {', '.join(map(_report, failure.issues))}"


def _report(issue: str) -> str:
    repository, _, number = issue.rpartition("#")
    return f"[{repository}#{number}](https://github.com/{repository or 'anthropics/claude-code'}/issues/{number})"


if __name__ == "__main__":
    import sys

    sys.stdout.write(markdown())
