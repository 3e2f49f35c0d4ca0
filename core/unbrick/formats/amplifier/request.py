"""What Amplifier sends next, message by message (amplifier.md §3)."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from functools import partial

from unbrick.entry import BlockFlag, BlockKind, Kind
from unbrick.formats.amplifier import records, words
from unbrick.formats.amplifier.mended import Mended, Pairs, provided, repaired
from unbrick.formats.amplifier.target import CHAT, RESPONSES, traits
from unbrick.formats.claude_code.blocks import block as meaning
from unbrick.record import Json
from unbrick.request import Part, Refs, Request, Role, Synthetic
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
    texts = session.scan.strings.text
    read, glance = partial(session.of, make=records.blocks), partial(session.glance, make=records.blocks)
    built = Request(read, glance, refs=Refs(texts), shortens=True)
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
    """One conversation on its way to messages, collected as lists that become the request's columns at the end."""

    def __init__(self, session: Session, target: Target, pairs: Pairs, mended: Mended, built: Request) -> None:
        self.session, self.scan, self.built, self.mended, self.pairs = session, session.scan, built, mended, pairs
        self.responses = target.api == RESPONSES
        self.drops_unsigned = traits(target.version).drops_unsigned
        self.in_terminal = target.way in ("", CHAT)
        self.answering = False
        """Whether the last message holds results and takes the next ones in."""
        self.known = {number for row in pairs.calling for number, _name in pairs.calls(row)}
        self.blocks: list[int] = []
        """Index in the block columns of each part, -1 for one in `own`."""
        self.rows: list[int] = []
        self.roles: list[int] = []
        self.starts: list[int] = []
        self.own: dict[int, tuple[Part, Json]] = {}
        """Parts that are written here, by index."""

    def build(self) -> None:
        """Fill the request."""
        scan, mended = self.scan, self.mended
        kinds, types, dropped, made_up = scan.kind, scan.type, mended.dropped, mended.made_up
        closed, tool, assistant = mended.closed, scan.strings.find("tool"), int(Kind.ASSISTANT)
        for row in self.pairs.rows:
            if row in dropped:
                continue
            if kinds[row] == assistant:
                self._assistant(row)
                for ref, name in made_up.get(row, ()):
                    self._made_up(ref, name)
            elif types[row] == tool:
                self._result(row)
            else:
                self._user(row)
            if row in closed:
                said = words.CLOSING
                self._start(Role.ASSISTANT)
                self._write(Part(-1, 0, BlockKind.TEXT, 0, None, Synthetic.NO_RESPONSE, len(said)), _text(said))
        self._fill()

    def _fill(self) -> None:
        """Make columns of the lists."""
        built, scan, blocks = self.built, self.scan, self.blocks
        first, refs = scan.first, built.refs
        built.roles = array("B", self.roles)
        built.first = array("I", [*self.starts, len(blocks)] if self.starts else [0])
        built.row = array("i", self.rows)
        built.block = array("H", [
            block - first[row] if block >= 0 else 0 for block, row in zip(blocks, self.rows, strict=True)
        ])
        built.kind = array("B", [scan.block_kind[block] for block in blocks] if blocks else [])
        built.flags = array("H", [scan.block_flags[block] for block in blocks] if blocks else [])
        built.size = array("I", [scan.block_size[block] for block in blocks] if blocks else [])
        refs.numbers = array("i", [scan.block_ref[block] for block in blocks])
        for index, (part, written) in self.own.items():
            built.row[index], built.block[index], built.kind[index] = part.row, part.block, part.kind
            built.flags[index], built.size[index], refs.numbers[index] = part.flags, part.size, refs.own(part.ref)
            built.written[index] = written
            if part.synthetic is not None:
                built.synthetic[index] = part.synthetic

    def _start(self, role: Role) -> None:
        self.answering = False
        self.roles.append(role)
        self.starts.append(len(self.blocks))

    def _part(self, row: int, index: int) -> None:
        self.blocks.append(index)
        self.rows.append(row)

    def _write(self, part: Part, written: Json) -> None:
        self.own[len(self.blocks)] = part, written
        self.blocks.append(-1)
        self.rows.append(part.row)

    def _user(self, row: int) -> None:
        scan = self.scan
        indices = [
            index for index in range(scan.first[row], scan.first[row + 1]) if scan.block_kind[index] in _USERS
        ]
        if not indices:
            return
        if scan.block_flags[indices[0]] & _STRING:
            self.built.plain.add(len(self.roles))
        self._start(Role.USER)
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
            self._start(Role.USER)
            self.answering = True

    def _made_up(self, ref: str, name: str | None) -> None:
        said = words.INTERRUPTED if self.in_terminal else words.missing(ref, name or "")
        self._answering()
        self._write(
            Part(-1, 0, BlockKind.TOOL_RESULT, int(BlockFlag.SYNTHETIC), ref, Synthetic.RESULT, len(said)),
            {"type": "tool_result", "tool_use_id": ref, "content": said},
        )

    def _assistant(self, row: int) -> None:
        scan, kinds, flags = self.scan, self.scan.block_kind, self.scan.block_flags
        start, end = scan.first[row], scan.first[row + 1]
        if end - start == 1 and not flags[start] & _FORM and kinds[start] not in _THOUGHTS:
            if flags[start] & _STRING:
                self.built.plain.add(len(self.roles))
            self._start(Role.ASSISTANT)
            self._part(row, start)
            return
        indices = range(start, end)
        if any(flags[index] & _FORM for index in indices):
            self._odd(row, indices)
            return
        calling = any(kinds[index] == _USE for index in indices)
        # Of a reply with calls only texts and calls are sent; one without calls goes as it stands.
        kept = [
            index for index in indices if kinds[index] not in _THOUGHTS
            or not (self.responses or calling or (self.drops_unsigned and flags[index] & BlockFlag.UNSIGNED))
        ]
        if calling:
            kept.sort(key=lambda index: kinds[index] == _USE)
        self._start(Role.ASSISTANT)
        for index in kept:
            self._part(row, index)

    def _odd(self, row: int, indices: Iterable[int]) -> None:
        """A record whose calls are not stored as the client stores them, as each provider reads it."""
        value, scan = self.session.value(row), self.scan
        self._start(Role.ASSISTANT)
        listed, stored = value.get("tool_calls"), value.get("content")
        waiting = [part for part in listed if isinstance(part, dict)] if isinstance(listed, list) else []
        called = bool(waiting)
        inside: list[Json] = stored if isinstance(stored, list) else []
        calls: list[tuple[int, str | None, Json]] = []
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
                    calls.append((place, ref, {"name": scan.strings.text(scan.block_name[index]) or ""}))
            elif call is not None:
                calls.append((place, ref, {"name": call.get("tool", ""), "input": call.get("arguments", {})}))
            elif not called:
                # The provider passes on what it does not know.
                self._write(Part(row, place, BlockKind.OTHER, _FORM, ref), {**inside[place], "type": "tool_call"})
        for place, ref, wire in calls:
            written: Json = {"type": "tool_use", "id": ref, "input": {}, **wire}
            flags = int(meaning(written).flags) | _FORM
            self._write(Part(row, place, BlockKind.TOOL_USE, flags, ref), written)
