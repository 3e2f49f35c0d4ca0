"""How each version of the client loads and sends a transcript, as data (docs/prediction.md).

Every trait is a table of versions from which on a value holds. The versions are those whose behaviour was
observed, or the one that the client's changelog names; between two of them the older one speaks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import Enum
from functools import lru_cache
from typing import Any

from unbrick.target import Version

LARGE = 5_000_000
"""Files above this many bytes are loaded by another path from 2.1.70 on (between 4.2 and 6.0 MB)."""

NEWEST = "2.1.329"


class Leaf(Enum):
    """How the end of the conversation is found."""

    NEWEST_ANY = 0
    """The newest timestamp, subagents' records included."""
    NEWEST = 1
    """The newest timestamp outside sidechains."""
    LAST = 2
    """The last user or assistant record in the file outside sidechains."""
    POINTER = 3
    """As LAST where it descends from the record the last pointer names, else that record."""


class Gap(Enum):
    """What happens where a parent is missing or a cycle closes."""

    STOP = 0
    HANG = 1
    BRIDGE = 2
    """Go on with the nearest record before it in time."""


class BadLine(Enum):
    """What a line that the client did not expect does to reading."""

    SKIP = 0
    STOP = 1
    """Nothing behind it is read."""
    CRASH = 2


class Where(Enum):
    """In which files something is done."""

    NEVER = 0
    SMALL = 1
    LARGE = 2
    ALWAYS = 3

    def holds(self, large: bool) -> bool:
        """Whether it is done in a large or a small file."""
        return self is Where.ALWAYS or self is (Where.LARGE if large else Where.SMALL)


@dataclass(frozen=True)
class Behaviour:
    """What one version does. Loading first, then the repairs of the loaded list, then the request."""

    leaf: Leaf
    untimed_first_wins: bool
    """A first record without a valid time is taken for the newest."""
    missing: Gap
    cycle: Gap
    cycle_large: Gap
    progress_links: bool
    unknown_links: bool
    bom_read: bool
    not_object: BadLine
    unreadable_large: BadLine
    discards: Where
    """Whether what stands before the last boundary in the file is left out before the leaf is chosen."""
    nothing_left_opens: bool
    """A session whose last boundary has nothing behind it opens empty instead of being refused."""
    siblings: Where
    """Whether parallel calls and results off the parent walk are re-attached."""
    sibling_attachments: bool
    preserved: bool
    malformed_crash: bool
    api_errors_sent: bool
    virtual_sent: bool
    only_thinking_sent: bool
    blank_sent: bool
    tail_answered: bool
    """An unanswered call at the end is kept and answered in the client's words."""
    continues: bool
    """An interrupted tool turn is continued by a prompt of the client's own."""
    thinking_of_model_only: bool
    hoists: bool
    hoists_alone: bool
    """Results go first even in a record that is not merged with another one."""
    pairs: bool
    pairs_once: bool
    """Repeated calls and results are left out as well, and stray results replaced by a placeholder."""
    empties_filled: bool
    empty_beside_dropped: bool
    empty_user_filled: bool
    empty_lists_dropped: bool
    ids_shared_when_missing: bool
    calls_last: bool
    """Calls go behind the texts of their response, whatever order the file has them in."""
    seams: bool
    """Texts of neighbouring user records are set apart by a line break."""
    folds: bool
    """A reminder behind a result becomes part of the result."""
    strings_kept: bool
    context_reminder: bool
    """A reminder that stands in no record comes before the first prompt."""
    rendered: bool
    """Attachments are sent in the words stored with them."""
    directives: bool
    notifications_wrapped: bool
    system_models: tuple[str, ...]
    """Parts of model ids that get attachments as system turns."""
    system_flag: bool
    """A flag in the client's configuration can name such models."""
    surrogates_cleaned: bool
    references_dropped: bool
    result_in_assistant_moved: bool
    names_cut: bool
    """Names of tools are cut to the 200 characters that the API takes."""
    heals: frozenset[str]
    """Codes of the refusals that the client answers by a second, accepted request."""


_SYSTEM = ("opus-4-8", "opus-5", "sonnet-5", "haiku-5-5", "fable-5", "mythos-5")

_TABLES: Mapping[str, tuple[tuple[str, Any], ...]] = {
    "leaf": (
        ("0", Leaf.NEWEST_ANY), ("2.0.76", Leaf.NEWEST), ("2.1.101", Leaf.LAST), ("2.1.139", Leaf.POINTER),
    ),
    "untimed_first_wins": (("0", True), ("2.1.90", False)),
    "missing": (("0", Gap.STOP), ("2.1.101", Gap.BRIDGE)),
    "cycle": (("0", Gap.HANG), ("2.1.30", Gap.STOP), ("2.1.108", Gap.BRIDGE)),
    "cycle_large": (("0", Gap.HANG), ("2.1.30", Gap.STOP), ("2.1.108", Gap.BRIDGE), ("2.1.139", Gap.STOP),
                    ("2.1.290", Gap.BRIDGE)),
    "progress_links": (("0", False), ("2.1.20", True)),
    "unknown_links": (("0", False), ("2.1.101", True)),
    "bom_read": (("0", False), ("2.0.76", True)),
    "not_object": (
        ("0", BadLine.SKIP), ("2.1.20", BadLine.STOP), ("2.1.121", BadLine.CRASH), ("2.1.240", BadLine.SKIP),
    ),
    "unreadable_large": (("0", BadLine.SKIP), ("2.1.90", BadLine.STOP), ("2.1.121", BadLine.SKIP)),
    "discards": (("0", Where.NEVER), ("2.1.70", Where.LARGE), ("2.1.158", Where.ALWAYS)),
    "nothing_left_opens": (("0", True), ("2.1.90", False), ("2.1.200", True)),
    "siblings": (("0", Where.NEVER), ("2.1.80", Where.ALWAYS), ("2.1.139", Where.SMALL), ("2.1.290", Where.ALWAYS)),
    "sibling_attachments": (("0", False), ("2.1.290", True)),
    "preserved": (("0", False), ("2.1.70", True)),
    "malformed_crash": (("0", True), ("2.1.281", False)),
    "api_errors_sent": (("0", True), ("2.0.76", False)),
    "virtual_sent": (("0", True), ("2.1.90", False)),
    "only_thinking_sent": (("0", True), ("2.1.20", False)),
    "blank_sent": (("0", True), ("2.1.70", False)),
    "tail_answered": (("0", False), ("2.1.281", True)),
    "continues": (("0", False), ("2.1.70", True), ("2.1.281", False)),
    "thinking_of_model_only": (("0", False), ("2.1.152", True)),
    "hoists": (("0", False), ("2.0.76", True)),
    "hoists_alone": (("0", False), ("2.0.76", True), ("2.1.70", False)),
    "pairs": (("0", False), ("2.1.70", True)),
    "pairs_once": (("0", False), ("2.1.80", True)),
    "empties_filled": (("0", False), ("2.1.70", True)),
    "empty_beside_dropped": (("0", False), ("2.1.70", True), ("2.1.112", False), ("2.1.281", True)),
    "empty_user_filled": (("0", False), ("2.1.158", True)),
    "empty_lists_dropped": (("0", True), ("2.1.70", False), ("2.1.266", True)),
    "ids_shared_when_missing": (("0", False), ("2.0.76", True)),
    "calls_last": (("0", False), ("2.1.139", True)),
    "seams": (("0", False), ("2.1.20", True)),
    "folds": (("0", False), ("2.1.90", True), ("2.1.290", False)),
    "strings_kept": (("0", False), ("2.1.20", True)),
    "context_reminder": (("0", True), ("2.1.290", False)),
    "rendered": (("0", False), ("2.1.290", True)),
    "directives": (("0", False), ("2.1.290", True)),
    "notifications_wrapped": (("0", False), ("2.1.290", True)),
    "system_models": (("0", ()), ("2.1.158", _SYSTEM)),
    "system_flag": (("0", False), ("2.1.139", True), ("2.1.158", False)),
    "surrogates_cleaned": (("0", False), ("2.1.132", True)),
    "references_dropped": (("0", False), ("2.0.76", True)),
    "result_in_assistant_moved": (("0", False), ("2.1.281", True)),
    "names_cut": (("0", False), ("2.1.281", True)),
    "heals": (
        ("0", frozenset()),
        ("2.1.158", frozenset({"C005", "C011", "S001"})),
        ("2.1.200", frozenset({"C005", "C007", "C008", "C011", "S001"})),
        ("2.1.266", frozenset({"C005", "C007", "C008", "C011"})),
        ("2.1.290", frozenset({"C005", "C006", "C007", "C008", "C011", "S001"})),
    ),
}


def _value(name: str, version: Version) -> object:
    found: object = None
    for since, value in _TABLES[name]:
        if version < Version.parse(since):
            break
        found = value
    return found


@lru_cache(maxsize=64)
def behaviour(version: Version) -> Behaviour:
    """What a version does."""
    traits: dict[str, Any] = {field.name: _value(field.name, version) for field in fields(Behaviour)}
    return Behaviour(**traits)
