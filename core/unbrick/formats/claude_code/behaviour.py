"""What each version of the client does with a transcript: the page to edit when a version is measured.

A trait is a row: the versions from which on a value holds, and where that was seen. Most steps are bisected to the
version that took them (`tools.steps`); else the older of two measured versions speaks for those between them. *Rows*
are those of `tests/data/resume-table.md` that show every step of the trait; a test holds that they do. *Sessions* are
those that the clients recorded (docs/prediction.md).
"""
# ruff: noqa: RUF009 - what `_since` gives is a dataclasses.field

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import Enum
from functools import lru_cache
from typing import Any

from unbrick.target import Version

LARGE = 5_000_000
"""Files above this many bytes are loaded by another path from 2.1.70 on (between 4.2 and 6.0 MB)."""

NEWEST = "2.1.329"
"""The newest version that was measured."""


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

    @property
    def by_time(self) -> bool:
        """Whether the timestamps decide, not the order of the file."""
        return self in (Leaf.NEWEST_ANY, Leaf.NEWEST)


class Untimed(Enum):
    """What the search for the newest record makes of a first record without a valid time."""

    WINS = 0
    """No other is newer."""
    CRASH = 1
    PASSED = 2


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


class Cap(Enum):
    """What happens to images and documents beyond the number that the API takes; the oldest go."""

    NONE = 0
    LIMIT = 1
    """So many are left."""
    FEWER = 2
    """There is room for twenty more then."""
    STEPS = 3
    """Twenty-one go at a time, and a note stands where a result or a message held nothing else."""


def _since(*steps: tuple[str, object], seen: str) -> Any:  # noqa: ANN401 - the trait's own type stands beside its name
    """A row: (version, value from there on) in order, and where that was seen."""
    return field(metadata={"steps": steps, "seen": seen})


_MEDIA = frozenset({"C011", "C012", "C013", "C014"})
"""Codes of what the API refuses of images and documents, which go before the client tries again."""
_SYSTEM = ("opus-4-8", "opus-5", "sonnet-5", "haiku-5-5", "fable-5", "mythos-5")


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """What one version does: reading, then the chain, then which records are sent, then how they are put together."""

    # Reading the file
    bom_read: bool = _since(("0", False), ("2.0.69", True), seen="rows bom")
    """A line behind a byte order mark is read."""
    not_object: BadLine = _since(
        ("0", BadLine.SKIP), ("2.1.19", BadLine.STOP), ("2.1.116", BadLine.CRASH), ("2.1.228", BadLine.SKIP),
        seen="rows json_nonobject",
    )
    unreadable_large: BadLine = _since(
        ("0", BadLine.SKIP), ("2.1.90", BadLine.STOP), ("2.1.116", BadLine.SKIP),
        seen="rows xb_garbage_mid",
    )
    malformed_crash: bool = _since(
        ("0", True), ("2.1.275", False), seen="rows null_content string_assistant message_missing",
    )
    """A message without a list of content, or an assistant's string, stops the client."""
    progress_links: bool = _since(("0", False), ("2.1.9", True), seen="rows x_progress_in_chain")
    unknown_links: bool = _since(("0", False), ("2.1.91", True), seen="rows unknown_type_chain")

    # The end of the conversation
    leaf: Leaf = _since(
        ("0", Leaf.NEWEST_ANY), ("2.0.23", Leaf.NEWEST), ("2.1.101", Leaf.LAST), ("2.1.120", Leaf.POINTER),
        seen="rows sidechain_tail ts_missing_last branch_tail; changelog 2.1.101",
    )
    untimed_first: Untimed = _since(
        ("0", Untimed.WINS), ("2.0.67", Untimed.CRASH), ("2.1.7", Untimed.WINS), ("2.1.75", Untimed.PASSED),
        seen="rows timestamps_missing",
    )

    # The chain
    missing: Gap = _since(
        ("0", Gap.STOP), ("2.1.91", Gap.BRIDGE), seen="rows parent_broken missing_line_mid",
    )
    cycle: Gap = _since(
        ("0", Gap.HANG), ("2.1.30", Gap.STOP), ("2.1.108", Gap.BRIDGE),
        seen="rows parent_cycle; changelog 2.1.30 2.1.108",
    )
    cycle_large: Gap = _since(
        ("0", Gap.HANG), ("2.1.30", Gap.STOP), ("2.1.108", Gap.BRIDGE), ("2.1.116", Gap.STOP), ("2.1.267", Gap.BRIDGE),
        seen="rows xb_parent_cycle; changelog 2.1.30 2.1.108",
    )
    siblings: Where = _since(
        ("0", Where.NEVER), ("2.1.80", Where.ALWAYS), ("2.1.116", Where.SMALL), ("2.1.267", Where.ALWAYS),
        seen="rows control xb_control; changelog 2.1.80",
    )
    """Parallel calls and results off the parent walk are re-attached."""
    results_in_order: bool = _since(
        ("0", False), ("2.1.266", True),
        seen="a call killed beside another that ended; a thought beside the parent walk, on 2.1.240 and 2.1.266",
    )
    """What is re-attached stands where the file has it, not behind or in front of what is on the parent walk."""
    sibling_attachments: bool = _since(("0", False), ("2.1.261", True), seen="sessions of 2.1.266 and 2.1.329")
    """Attachments of such calls come along."""
    discards: Where = _since(
        ("0", Where.NEVER), ("2.1.70", Where.LARGE), ("2.1.158", Where.ALWAYS),
        seen="sessions with two compactions, their second boundary damaged, small and large",
    )
    """What stands before the last boundary in the file is left out before the leaf is chosen."""
    nothing_left_opens: bool = _since(
        ("0", True), ("2.1.90", False), ("2.1.200", True), seen="sessions that end in a boundary without a summary",
    )
    """A session whose last boundary has nothing behind it opens empty instead of being refused."""
    preserved: bool = _since(("0", False), ("2.1.70", True), seen="sessions of 2.1.158 and 2.1.329 resumed by 2.1.139")
    """Messages that a boundary keeps by name are put behind its summary."""

    # Which records are sent
    api_errors_sent: bool = _since(("0", True), ("2.0.47", False), seen="rows api_error_last api_error_mid")
    commands_sent: bool = _since(("0", False), ("2.1.70", True), seen="a command's output, on 14 versions")
    """What a local command printed is sent, as the user's."""
    virtual_sent: bool = _since(("0", True), ("2.1.88", False), seen="rows x_virtual_flag")
    only_thinking_sent: bool = _since(("0", True), ("2.1.20", False), seen="rows think_only_mid")
    blank_sent: bool = _since(("0", True), ("2.1.70", False), seen="rows empty_text blank_text")
    empty_lists_dropped: bool = _since(
        ("0", True), ("2.1.69", False), ("2.1.258", True), seen="rows empty_user_list",
    )
    """A user record whose content is an empty list is left out."""
    empties_filled: bool = _since(("0", False), ("2.1.70", True), seen="rows empty_assistant")
    """A reply whose content is an empty list gets a placeholder instead of being left out."""
    empty_user_filled: bool = _since(("0", False), ("2.1.152", True), seen="rows empty_user_block")
    """So does a list of empty texts of the user's."""
    empty_beside_dropped: bool = _since(
        ("0", False), ("2.1.70", True), ("2.1.112", False), ("2.1.281", True), seen="rows empty_text_beside_tool",
    )
    thinking_of_model_only: bool = _since(
        ("0", False), ("2.1.152", True), seen="sessions that switch the model; changelog 2.1.152",
    )

    # The end of the request
    tail_answered: bool = _since(
        ("0", False), ("2.1.281", True), seen="rows orphan_end orphan_end_single; changelog 2.1.281",
    )
    """An unanswered call at the end is kept and answered in the client's words."""
    tail_settled: bool = _since(("0", False), ("2.1.290", True), seen="sessions of 2.1.329")
    """That answer is written to disk, and says that the outcome is unknown."""
    parallel_tail_answered: bool = _since(("0", False), ("2.1.265", True), seen="rows partial_parallel_end")
    """Unanswered calls at the end are answered beside the results of their response."""
    continues: bool = _since(("0", False), ("2.1.42", True), ("2.1.281", False), seen="rows last_is_result")
    """An interrupted turn, one that ends in a result or an attachment, is continued by a prompt of the client's own."""
    continues_replies: bool = _since(
        ("0", True), ("2.1.191", False), seen="sessions of 2.1.139, 2.1.158 and 2.1.200 with a Stop hook",
    )
    """A reply with an attachment behind it counts as an interrupted turn."""
    notices_end: bool = _since(("0", True), ("2.1.70", False), seen="a notice behind a prompt, on 14 versions")
    """A session may end in a notice; otherwise a reply of the client's own follows the prompt before it."""
    commands_end: bool = _since(("0", False), ("2.1.281", True), seen="sessions of 2.1.329 that end in /compact")
    """A session may end in what a local command printed; otherwise a reply of the client's own follows it."""

    # Records into messages
    ids_shared_when_missing: bool = _since(("0", False), ("2.0.76", True), seen="rows message_id_missing")
    """Replies without an id are one response."""
    calls_last: bool = _since(("0", False), ("2.1.121", True), seen="rows message_id_missing")
    """Calls go behind the texts of their response, whatever order the file has them in."""
    errors_part: bool = _since(
        ("0", False), ("2.1.281", True), ("2.1.329", False), seen="a refused prompt, on 2.1.266, 2.1.281 to 2.1.329",
    )
    """Reminders stay with their prompt where an error that is not sent stood between two prompts."""
    hoists: bool = _since(("0", False), ("2.0.24", True), seen="rows late_result")
    """Results go first in a message of several records."""
    hoists_alone: bool = _since(
        ("0", False), ("2.0.24", True), ("2.1.30", False), seen="rows retyped_result_text_first",
    )
    """Results go first even in a record that is not merged with another one."""
    seams: bool = _since(("0", False), ("2.1.78", True), seen="sessions with a compaction, of 2.1.70 and 2.1.90")
    """Texts of neighbouring user records are set apart by a line break."""
    folds: bool = _since(("0", False), ("2.1.90", True), seen="sessions of 2.1.139 and 2.1.329")
    """A reminder behind a result becomes part of the result, for models that take no system turns."""
    folds_into_lists: bool = _since(
        ("0", False), ("2.1.281", True), seen="sessions of 2.1.266 and 2.1.329 with a picture",
    )
    """So it does where the result is a list of blocks."""
    strings_kept: bool = _since(("0", False), ("2.1.30", True), seen="sessions of 2.1.20 and 2.1.70")
    """Content stored as a string is sent as one."""

    # Calls and results
    pairs: bool = _since(("0", False), ("2.1.70", True), seen="rows orphan_result")
    """Stray results go, and calls without a result get one."""
    pairs_once: bool = _since(
        ("0", False), ("2.1.80", True), seen="rows dup_tool_use_chain dup_result_chain; changelog 2.1.80",
    )
    """Repeated calls and results are left out as well, and stray results replaced by a placeholder."""
    result_in_assistant_moved: bool = _since(
        ("0", False), ("2.1.280", True), seen="2.1.273, 2.1.280 and 2.1.329, a result inside an assistant record",
    )
    server_calls_paired: bool = _since(
        ("0", False), ("2.1.80", True), seen="a search by the API without its result, on 2.1.70, 2.1.80 and later",
    )
    """Calls of the API's own tools without a result in their message are left out."""
    advisor_sent: bool = _since(
        ("0", True), ("2.1.90", False), seen="an advisor's call and result, on 2.1.86, 2.1.90 and later",
    )
    """What an advisor was asked and said is sent though the advisor is switched off."""
    fallback_sent: bool = _since(
        ("0", True), ("2.1.175", False), seen="a fallback block, on 2.1.158, 2.1.175 and later",
    )
    """The mark that another model took over is sent though that feature is switched off."""
    call_members_sent: bool = _since(
        ("0", True), ("2.0.76", False), ("2.1.315", True), seen="a call with a member more, on 2.0.64 to 2.1.315",
    )
    """Members of a call that the API does not know are sent."""
    cache_marks: int = _since(
        ("0", 4), ("2.1.70", 3), ("2.1.90", 2), ("2.1.101", 3), seen="any session, on 1.0.44 to 2.1.329",
    )
    """How many places the client marks for the cache by itself."""
    references_dropped: bool = _since(
        ("0", False), ("2.0.76", True), seen="all versions, a result that refers to a tool that is gone",
    )
    names_cut: bool = _since(("0", False), ("2.1.281", True), seen="changelog 2.1.281")
    """Names of tools are cut to the 200 characters that the API takes."""
    surrogates_cleaned: bool = _since(("0", False), ("2.1.132", True), seen="rows surrogate_result; changelog 2.1.132")

    # Images and documents
    cap: Cap = _since(
        ("0", Cap.NONE), ("2.1.70", Cap.LIMIT), ("2.1.90", Cap.FEWER), ("2.1.266", Cap.STEPS),
        seen="prompts and results with 100 to 200 images, 2.1.30 to 2.1.329",
    )
    windows_known: bool = _since(("0", False), ("2.1.139", True), seen="105 images to Opus 4.7, 2.1.70 to 2.1.139")
    """How many are sent depends on the model; before, on its id saying `[1m]`."""
    image_limit: int | None = _since(("0", None), ("2.1.6", 5 << 20), seen="an image of 5.2 MB, 2.0.76 to 2.1.329")
    """Characters of base64 above which an image keeps the client from sending anything."""
    results_weighed: bool = _since(("0", False), ("2.1.112", True), seen="one inside a result, 2.1.20 to 2.1.329")

    # Reminders and system turns
    context_reminder: bool = _since(("0", True), ("2.1.281", False), seen="sessions of 2.1.266 and 2.1.281")
    """A reminder that stands in no record comes before the first prompt."""
    rendered: bool = _since(("0", False), ("2.1.290", True), seen="sessions of 2.1.329")
    """Attachments are sent in the words stored with them."""
    queued_explained: bool = _since(("0", False), ("2.1.240", True), seen="sessions of 2.1.112 to 2.1.329 with one")
    """With a prompt that was queued goes how it came in, not that it must not be ignored."""
    todo_reminders: bool = _since(
        ("0", True), ("2.1.240", False), seen="sessions of 2.1.139 resumed by 2.1.158, 2.1.200 and 2.1.240",
    )
    """Reminders of a todo list that was not used are still sent."""
    directives: bool = _since(("0", False), ("2.1.290", True), seen="sessions of 2.1.329")
    """The effort of the first turn goes out in a system turn."""
    notifications_wrapped: bool = _since(("0", False), ("2.1.240", True), seen="sessions of 2.1.240 and 2.1.329")
    system_models: tuple[str, ...] = _since(
        ("0", ()), ("2.1.154", _SYSTEM), seen="sessions of 2.1.329 on each model; 2.1.154 on Opus 4.8, 2.1.153 not",
    )
    """Parts of model ids that get attachments as system turns."""
    system_flag: bool = _since(
        ("0", False), ("2.1.139", True), ("2.1.158", False), seen="anthropics/claude-code#60947, on 2.1.139",
    )
    """A flag in the client's configuration can name such models."""

    # The second try
    heals: frozenset[str] = _since(
        ("0", frozenset()),
        ("2.1.142", _MEDIA),
        ("2.1.158", _MEDIA | {"C005", "C016", "S001", "S002"}),
        ("2.1.200", _MEDIA | {"C005", "C007", "C008", "C016", "C018", "S001", "S002"}),
        ("2.1.266", _MEDIA | {"C005", "C007", "C008", "C016", "C018", "S002"}),
        ("2.1.290", _MEDIA | {"C005", "C006", "C007", "C008", "C016", "C018", "S001", "S002"}),
        seen="each refusal given to 2.1.139, 2.1.158, 2.1.200, 2.1.266 and 2.1.329, those of images and documents also "
        "to 2.1.139 and 2.1.152; changelog 2.1.142",
    )
    """Codes of the refusals that the client answers by a second, accepted request."""
    heals_in_prompts: frozenset[str] = _since(
        ("0", frozenset()), ("2.1.126", frozenset({"C012"})), ("2.1.142", frozenset()),
        seen="images of 9000 and 2400 pixels, 2.1.121 to 2.1.139, and in a result on 2.1.139; changelog 2.1.126",
    )
    """Those that it so answers only where what is refused stands in a message itself, not inside a result."""


@lru_cache(maxsize=64)
def behaviour(version: Version) -> Behaviour:
    """What a version does."""
    return Behaviour(**{
        trait.name: [value for since, value in trait.metadata["steps"] if Version.parse(since) <= version][-1]
        for trait in fields(Behaviour)
    })


@lru_cache(maxsize=1)
def versions() -> tuple[Version, ...]:
    """The versions that some trait takes a step at, and the newest, oldest first."""
    steps = {since for trait in fields(Behaviour) for since, _value in trait.metadata["steps"]}
    return tuple(sorted(Version.parse(since) for since in (steps | {NEWEST}) - {"0"}))
