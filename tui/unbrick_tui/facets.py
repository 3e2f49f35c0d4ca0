"""What the records of a session can be filtered by, and how many there are of each, from the columns alone: who
speaks, what a record is, the tool, the problem, what becomes of it at the next resume."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from itertools import compress, islice
from typing import NamedTuple

from unbrick.entry import BlockKind, Flag, Kind
from unbrick.finding import Severity
from unbrick.printable import printable
from unbrick.scanning.scan import Scan
from unbrick.session import Standing
from unbrick_tui.outline import Outline
from unbrick_tui.text import shorten

WHAT = (
    "you", "reply", "call", "result", "thinks", "summary", "compacted", "error", "unreadable", "context", "attached",
    "system", "notice", "progress", "record", "unknown",
)
"""What a record is, in the words of the timeline."""
_PLAIN = {
    Kind.FAULT: "unreadable", Kind.NOTICE: "notice", Kind.BOUNDARY: "compacted", Kind.ATTACHMENT: "attached",
    Kind.PROGRESS: "progress", Kind.METADATA: "record", Kind.UNKNOWN: "unknown", Kind.USER: "context",
    Kind.ASSISTANT: "reply",
}
_STANDING = {
    Standing.LOADED: "loaded", Standing.SUMMARISED: "summarised", Standing.REWOUND: "rewound", Standing.LOST: "lost",
    Standing.UNDECIDED: "undecided", Standing.SIDE: "a subagent's", Standing.APART: "no part of the conversation",
    Standing.UNREADABLE: "not a record",
}
_SEVERITY = {Severity.ERROR: "errors", Severity.WARNING: "warnings", Severity.INFO: "notes"}
_ROLES = ((1, "user"), (2, "assistant"), (0, "neither"))
BATCH = 1 << 16
"""Rows between two looks at whether somebody still wants to know."""


class Facet(NamedTuple):
    """Something to filter by: `id` names it for good, `group` is its heading, `rows` how many records it fits."""

    id: str
    group: str
    title: str
    rows: int


@dataclass(frozen=True)
class Facets:
    """All of a session. `what` is one byte per row, a place in WHAT; `role` maps a row to 1 user, 2 assistant, 0
    neither; `tools` and `problems` name rows."""

    total: int
    what: bytes
    role: bytes
    standing: bytes
    tools: dict[str, array[int]]
    problems: dict[str, array[int]]
    listed: tuple[Facet, ...]

    def rows(self, chosen: Iterable[str]) -> array[int]:
        """Rows that fit one of the chosen of each group that any is chosen of, in order."""
        groups: dict[str, list[str]] = {}
        for id in chosen:
            group, _, name = id.partition(":")
            groups.setdefault(group, []).append(name)
        mask = -1
        for group, names in groups.items():
            mask &= int.from_bytes(self._mask(group, names), "little")
        if mask < 0:
            return array("q", range(self.total))
        return array("q", compress(range(self.total), mask.to_bytes(self.total, "little")))

    def _mask(self, group: str, names: Sequence[str]) -> bytes:
        """One byte per row, 1 where it fits."""
        if group in ("what", "role", "standing"):
            chosen = {int(name) for name in names}
            column: bytes = getattr(self, group)
            return column.translate(bytes(code in chosen for code in range(256)))
        named = self.tools if group == "tool" else self.problems
        mask = bytearray(self.total)
        for name in names:
            for row in named.get(name, ()):
                mask[row] = 1
        return bytes(mask)

    def title(self, chosen: Iterable[str]) -> str:
        """`call, Bash`."""
        wanted = set(chosen)
        return ", ".join(facet.title for facet in self.listed if facet.id in wanted)


def facets(outline: Outline) -> Generator[int, None, Facets]:
    """Everything that the records of a session can be filtered by. Yields rows looked at."""
    scan = outline.report.situation.session.scan
    total = len(scan)
    what, role = bytearray(total), bytearray(total)
    code = {name: number for number, name in enumerate(WHAT)}
    plain = bytes(code[_PLAIN[kind]] for kind in Kind)
    kinds = scan.block_kind.tobytes()
    bounds = zip(scan.first, islice(scan.first, 1, None), strict=False)
    for row, (kind, flags, (start, end)) in enumerate(zip(scan.kind, scan.flags, bounds, strict=True)):
        if kind == Kind.USER or kind == Kind.ASSISTANT:
            role[row] = 1 if kind == Kind.USER else 2
            what[row] = code[_message(kind, flags, kinds[start:end])]
        else:
            what[row] = plain[kind]
        if row % BATCH == BATCH - 1:
            yield row
    system = scan.strings.find("system")
    for row, kind in enumerate(scan.kind):
        if kind == Kind.ATTACHMENT and scan.type[row] == system:
            what[row] = code["system"]
    yield total
    tools = _tools(scan)
    problems = _problems(outline)
    standing = bytes(outline.report.situation.thread.standing).ljust(total, b"\0")[:total]
    whats, roles, fates = Counter(what), Counter(role), Counter(standing)
    listed = [
        *(Facet(f"what:{n}", "What it is", name, whats[n]) for n, name in enumerate(WHAT)),
        *(Facet(f"role:{n}", "Who speaks", name, roles[n]) for n, name in _ROLES),
        *(Facet(f"tool:{name}", "Tool: calls and results", shorten(printable(name), 40), len(tools[name]))
          for name in sorted(tools, key=lambda name: (-len(tools[name]), name))),
        *(Facet(f"problem:{name}", "Problem", name, len(rows)) for name, rows in problems.items()),
        *(Facet(f"standing:{int(one)}", "At the next resume", name, fates[one]) for one, name in _STANDING.items()),
    ]
    return Facets(
        total, bytes(what), bytes(role), standing, tools, problems, tuple(facet for facet in listed if facet.rows),
    )


_CALLS = bytes((BlockKind.TOOL_USE, BlockKind.SERVER_USE))
_THOUGHT = bytes((BlockKind.THINKING, BlockKind.REDACTED))
_RESULT = bytes((BlockKind.TOOL_RESULT,))


def _message(kind: int, flags: int, blocks: bytes) -> str:
    """The timeline's word for a message with blocks of these kinds."""
    if kind == Kind.ASSISTANT:
        if flags & Flag.API_ERROR:
            return "error"
        if blocks.translate(None, _CALLS) != blocks:
            return "call"
        return "thinks" if blocks and not blocks.translate(None, _THOUGHT) else "reply"
    if flags & Flag.SUMMARY:
        return "summary"
    if blocks.translate(None, _RESULT) != blocks:
        return "result"
    return "you" if flags & Flag.PROMPT else "context"


def _tools(scan: Scan) -> dict[str, array[int]]:
    """Rows of each tool: those that call it, and those that hold a result of such a call."""
    names: dict[int, int] = {}
    uses = (BlockKind.TOOL_USE, BlockKind.SERVER_USE)
    for kind, ref, name in zip(scan.block_kind, scan.block_ref, scan.block_name, strict=True):
        if kind in uses and name >= 0:
            names[ref] = name
    halves = (*uses, BlockKind.TOOL_RESULT, BlockKind.SERVER_RESULT)
    found: dict[int, array[int]] = {}
    row, firsts = 0, scan.first
    for block, (kind, ref, own) in enumerate(zip(scan.block_kind, scan.block_ref, scan.block_name, strict=True)):
        if kind not in halves:
            continue
        name = own if kind in uses else names.get(ref, -1)
        if name < 0:
            continue
        while firsts[row + 1] <= block:
            row += 1
        rows = found.setdefault(name, array("q"))
        if not rows or rows[-1] != row:
            rows.append(row)
    return {scan.strings.text(name) or "": rows for name, rows in found.items()}


def _problems(outline: Outline) -> dict[str, array[int]]:
    """Rows of each severity, the worst first, and of each code."""
    found: dict[str, array[int]] = {}
    for row in sorted(outline.findings):
        own = outline.findings[row]
        for name in dict.fromkeys([*(_SEVERITY[f.severity] for f in own), *(f"{f.code} {f.name}" for f in own)]):
            found.setdefault(name, array("q")).append(row)
    first = [name for name in _SEVERITY.values() if name in found]
    return {name: found[name] for name in (*first, *sorted(found.keys() - first))}
