"""What Amplifier sends next, message by message (amplifier.md §3)."""

from __future__ import annotations

from typing import Any

from unbrick.entry import BlockFlag, BlockKind, Kind
from unbrick.formats.amplifier import records, words
from unbrick.formats.amplifier.mended import Mended, Pairs, provided, repaired
from unbrick.formats.amplifier.target import CHAT, RESPONSES, traits
from unbrick.formats.claude_code.blocks import block as meaning
from unbrick.record import Json
from unbrick.request import Part, Request, Role, Synthetic
from unbrick.session import Session
from unbrick.target import Target
from unbrick.thread import Outcome, Thread

_USE, _RESULT = int(BlockKind.TOOL_USE), int(BlockKind.TOOL_RESULT)
_THOUGHTS = (int(BlockKind.THINKING), int(BlockKind.REDACTED))
_FORM, _STRING = int(BlockFlag.FORM), int(BlockFlag.STRING)
_USERS = (int(BlockKind.TEXT), int(BlockKind.IMAGE))
"""The only blocks of a user record that are sent."""


def request(session: Session, thread: Thread, target: Target, prompt: str | None = None) -> Request:
    """What the client sends next; before the new prompt unless one is given. Empty where nothing is loaded.

    In a terminal the client repairs first. Else, of the modules that make a result up once only, what is built is the
    second request of the turn: the first passes, and the second is refused.
    """
    built = Request(lambda row: records.blocks(session.value(row)), shortens=True)
    if thread.outcome is Outcome.CRASH:
        return built
    pairs = Pairs(session, thread)
    if target.way in ("", CHAT):
        mended = repaired(session, pairs)
    elif traits(target.version).makes_up_again:
        mended = provided(session, pairs)
    else:
        mended = Mended()
    _Builder(session, target, pairs, mended, built).build()
    if prompt is not None:
        index = built.start(Role.USER)
        built.plain.add(index)
        built.add(Part(-1, 0, BlockKind.TEXT, _STRING, None, Synthetic.PROMPT, len(prompt)), _text(prompt))
    return built


def _text(said: str) -> Json:
    return {"type": "text", "text": said}


class _Builder:
    """One conversation on its way to messages."""

    def __init__(self, session: Session, target: Target, pairs: Pairs, mended: Mended, built: Request) -> None:
        self.session, self.scan, self.built, self.mended, self.pairs = session, session.scan, built, mended, pairs
        self.responses = target.api == RESPONSES
        self.drops_unsigned = traits(target.version).drops_unsigned
        self.in_terminal = target.way in ("", CHAT)
        self.answering = False
        """Whether the last message holds results and takes the next ones in."""
        self.known = {number for row in pairs.calling for number, _name in pairs.calls(row)}

    def build(self) -> None:
        """Fill the request."""
        kinds, types, dropped, made_up = self.scan.kind, self.scan.type, self.mended.dropped, self.mended.made_up
        closed, tool = self.mended.closed, self.scan.strings.find("tool")
        for row in self.pairs.rows:
            if row in dropped:
                continue
            if kinds[row] == Kind.ASSISTANT:
                self._assistant(row)
                for ref, name in made_up.get(row, ()):
                    self._made_up(ref, name)
            elif types[row] == tool:
                self._result(row)
            else:
                self._user(row)
            if row in closed:
                self.answering = False
                self.built.start(Role.ASSISTANT)
                said = words.CLOSING
                self.built.add(
                    Part(-1, 0, BlockKind.TEXT, 0, None, Synthetic.NO_RESPONSE, len(said)), _text(said)
                )

    def _part(self, row: int, index: int, flags: int | None = None, written: Json | None = None) -> None:
        scan = self.scan
        self.built.add(Part(
            row, index - scan.first[row], BlockKind(scan.block_kind[index]),
            scan.block_flags[index] if flags is None else flags, scan.strings.text(scan.block_ref[index]), None,
            scan.block_size[index],
        ), written)

    def _user(self, row: int) -> None:
        scan = self.scan
        indices = [index for index in scan.blocks(row) if scan.block_kind[index] in _USERS]
        if not indices:
            return
        self.answering = False
        message = self.built.start(Role.USER)
        if scan.block_flags[indices[0]] & _STRING:
            self.built.plain.add(message)
        for index in indices:
            self._part(row, index)

    def _result(self, row: int) -> None:
        index = self.scan.first[row]
        # A result whose id is nowhere among the calls is dropped by one provider and sent by the other.
        if not self.responses and self.scan.block_ref[index] not in self.known:
            return
        self._answering()
        self._part(row, index)

    def _answering(self) -> None:
        if not self.answering:
            self.built.start(Role.USER)
            self.answering = True

    def _made_up(self, ref: str, name: str | None) -> None:
        said = words.INTERRUPTED if self.in_terminal else words.missing(ref, name or "")
        self._answering()
        self.built.add(
            Part(-1, 0, BlockKind.TOOL_RESULT, int(BlockFlag.SYNTHETIC), ref, Synthetic.RESULT, len(said)),
            {"type": "tool_result", "tool_use_id": ref, "content": said},
        )

    def _assistant(self, row: int) -> None:
        scan, kinds, flags = self.scan, self.scan.block_kind, self.scan.block_flags
        indices = list(scan.blocks(row))
        if any(flags[index] & _FORM for index in indices):
            self._odd(row, indices)
            return
        calling = any(kinds[index] == _USE for index in indices)
        if self.responses or calling:
            kept = [index for index in indices if kinds[index] not in _THOUGHTS]
        else:
            kept = [
                index for index in indices
                if not (self.drops_unsigned and kinds[index] in _THOUGHTS and flags[index] & BlockFlag.UNSIGNED)
            ]
        if calling:
            kept.sort(key=lambda index: kinds[index] == _USE)
        self.answering = False
        message = self.built.start(Role.ASSISTANT)
        if len(kept) == 1 and flags[kept[0]] & _STRING:
            self.built.plain.add(message)
        for index in kept:
            self._part(row, index)

    def _odd(self, row: int, indices: list[int]) -> None:
        """A record whose calls are not stored as the client stores them, as each provider reads it."""
        value = self.session.value(row)
        self.answering = False
        self.built.start(Role.ASSISTANT)
        scan = self.scan
        listed = value.get("tool_calls")
        called = {id(part): part for part in listed} if isinstance(listed, list) else {}
        stored = value.get("content")
        inside: list[Json] = stored if isinstance(stored, list) else []
        calls: list[tuple[int, Json]] = []
        waiting = [part for part in called.values() if isinstance(part, dict)]
        for place, index in enumerate(indices):
            if scan.block_kind[index] in _THOUGHTS:
                continue
            if scan.block_kind[index] != _USE:
                self._part(row, index)
                continue
            ref = scan.strings.text(scan.block_ref[index])
            call = next((part for part in waiting if part.get("id") == ref), None)
            if call is not None:
                waiting.remove(call)
            if self.responses:
                if place < len(inside):
                    calls.append((index, {"name": scan.strings.text(scan.block_name[index]) or ""}))
            elif call is not None:
                calls.append((index, {"name": call.get("tool", ""), "input": call.get("arguments", {})}))
            elif not called:
                self.built.add(
                    Part(row, place, BlockKind.OTHER, _FORM, ref), {**inside[place], "type": "tool_call"},
                )
        for index, wire in calls:
            ref = scan.strings.text(scan.block_ref[index])
            written: dict[str, Any] = {"type": "tool_use", "id": ref, "input": {}, **wire}
            self._part(row, index, int(meaning(written).flags) | _FORM, written)
