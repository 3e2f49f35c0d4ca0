"""What can be wrong, as text: the page of all rules and the explanation of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from unbrick.failures import said_of
from unbrick.finding import Affect, Rule, Severity
from unbrick.rules import ALL, BY_CODE

FAMILIES = {
    "J": ("Lines", "what a line's bytes are"),
    "L": ("Links", "which records make up the conversation"),
    "B": ("Boundaries", "what a compaction cuts off"),
    "T": ("Tools", "calls and their results"),
    "C": ("Content", "what messages and blocks hold"),
    "S": ("Size", "what fits into the model's window and the API's limits"),
    "E": ("Surroundings", "what the client, its settings and the endpoint do"),
}

HEAD = """\
# Rules

One row for everything that `unbrick` can find. `unbrick explain CODE` prints the same text.
A code's letter is its family. What a fault does depends on the target: "affects" says from which client version to
which, above which file size, and with which outcome; where it says nothing, the fault is information only.

A fix is *safe* when it drops and alters nothing that would be sent; it *restores* when it brings back what the client
left out on purpose, or perhaps on purpose; it is *lossy* when it drops anything, and counts it; *manual* leaves the
decision to you. On models that bind thinking to what stood before it, an edit takes the thinking behind it along: a
fix that has to do so says so in its price, and is not safe.

This page is written by `python -m unbrick.catalogue > docs/rules.md`; a test fails when the two differ.
"""


_SILENT = {
    Severity.ERROR: "accepted, without part of the history", Severity.WARNING: "accepted, altered",
    Severity.INFO: "accepted",
}
"""What an outcome that is no refusal comes to."""


def rule_of(code: str) -> Rule[Any] | None:
    """The rule of a code, in any case, or of a rule's name."""
    wanted = code.strip()
    return BY_CODE.get(wanted.upper()) or next((r for r in ALL if r.name == wanted.lower()), None)


def explanation(rule: Rule[Any], head: str = "### ") -> str:
    """A rule as Markdown: code and name behind a `head`, explanation, the error texts that it stands behind, what it
    affects."""
    parts = [f"{head}{rule.code} {rule.name}", rule.explanation]
    said = said_of(rule)
    if said:
        parts.append("The API or the client says:\n\n" + "\n".join(f"- `` {text} ``" for text in said))
    if rule.affects:
        parts.append("Affects:\n\n" + "\n".join(f"- {affects(one)}" for one in rule.affects))
    return "\n\n".join(part for part in parts if part) + "\n"


def affects(value: Affect) -> str:
    """`from 2.1.139 before 2.1.240: crash (error)`."""
    return f"{value.words()} ({value.severity.value})" if value.outcome else value.words()


def markdown(rules: Sequence[Rule[Any]] = ALL) -> str:
    """The page of all rules: a table, then each rule's explanation."""
    ordered = sorted(rules, key=lambda rule: (list(FAMILIES).index(rule.code[0]), rule.code))
    rows = [f"| [{rule.code}](#{_anchor(rule)}) | {rule.name} | {_first_sentence(rule)} |" for rule in ordered]
    parts = [HEAD, "| code | name | in short |\n|---|---|---|\n" + "\n".join(rows) + "\n"]
    family = ""
    for rule in ordered:
        if rule.code[0] != family:
            family = rule.code[0]
            title, what = FAMILIES[family]
            parts.append(f"## {family} · {title}: {what}\n")
        parts.append(explanation(rule))
    return "\n".join([*parts, _by_client(ordered)])


def _by_client(rules: Sequence[Rule[Any]]) -> str:
    """What each fault does to which client, as one table; an open end is a dash."""
    rows = [
        f"| {rule.code} {rule.name} | {one.since or '–'} | {one.until or '–'} "
        f"| {f'{one.above // 1_000_000} MB' if one.above else '–'} | {one.severity} "
        f"| {one.outcome or _SILENT[one.severity]} |"
        for rule in rules for one in rule.affects
    ]
    head = "| rule | from | before | files above | severity | the first request |\n|---|---|---|---|---|---|\n"
    said = "Healing is not monotonic: a fault that one version heals may break the next.\n"
    return "\n".join(("## Which client does what\n", said, head + "\n".join(rows), ""))


def _anchor(rule: Rule[Any]) -> str:
    return f"{rule.code}-{rule.name}".lower()


def _first_sentence(rule: Rule[Any]) -> str:
    paragraph = " ".join(rule.explanation.split("\n\n")[0].split())
    end = paragraph.find(". ")
    return (paragraph if end < 0 else paragraph[: end + 1]).replace("|", "\\|")


if __name__ == "__main__":
    import sys

    sys.stdout.write(markdown())
