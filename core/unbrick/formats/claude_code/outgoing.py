"""Messages while they are put together: lists of part codes, so that a block costs one number: its index in the
columns of the scan, or, behind these, what the client writes itself."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from unbrick.entry import BlockFlag, BlockKind
from unbrick.formats.claude_code import records, words
from unbrick.formats.claude_code.behaviour import Behaviour
from unbrick.request import Part, Request, Role, Synthetic
from unbrick.session import Session

_ASSISTANT = Role.ASSISTANT
_BLANK = int(BlockFlag.EMPTY | BlockFlag.BLANK | BlockFlag.MALFORMED)
NO_ID = -1
"""The number of the message id of a record that has none."""
LONGEST_NAME = 200
MOST = 1 << 16
"""So many blocks of one record are told apart."""
BATCH = 1024
"""Messages that are written into a request at a time."""


Own = tuple[Part, dict[str, Any], int, int]
"""A part that the client writes, and its block, kind and flags."""


@dataclass(slots=True)
class Draft:
    """A message: part codes and, for an assistant, the number of its message id. `joined` are places in
    `parts` whose text another text follows after a line break. `ordered`: calls stand last. `several`: more than one
    record is in it. So many `results` stand first, -1 when no one looked."""

    role: Role
    parts: list[int]
    id: int = -1
    joined: set[int] | None = None
    extra: dict[str, Any] | None = None
    plain: bool = False
    ordered: bool = False
    several: bool = False
    results: int = -1


class Drafts:
    """The parts of messages; `kind` and `flags` by code, also of those that the client writes itself."""

    def __init__(self, session: Session) -> None:
        self.session = session
        scan = session.scan
        self.kind = bytearray(scan.block_kind.tobytes())
        self.flags = array("H", scan.block_flags)
        self.stored = len(self.kind)
        """The code of the first part that no record holds."""
        self._own: list[tuple[Part, dict[str, Any]]] = []
        self.folded: dict[int, str] = {}
        """Text that the client puts at the end of a result, by code."""

    def codes(self, row: int) -> list[int]:
        """The parts of a row."""
        first = self.session.scan.first
        return [*range(first[row], min(first[row + 1], first[row] + MOST))]

    def place(self, code: int) -> tuple[int, int]:
        """The row of a part that a record holds, and the number of its block."""
        first = self.session.scan.first
        row = bisect_right(first, code) - 1
        return row, code - first[row]

    def block(self, code: int) -> dict[str, Any]:
        """A part as it stands now. Reads the file."""
        if code >= self.stored:
            return self._own[code - self.stored][1]
        row, block = self.place(code)
        return self.session.of(row, records.blocks)[block]

    def kinds(self, codes: Iterable[int]) -> list[int]:
        """Block kinds of parts."""
        return [*map(self.kind.__getitem__, codes)]

    def write(
        self, block: dict[str, Any], why: Synthetic | None, row: int = -1, kind: BlockKind = BlockKind.TEXT,
        ref: str | None = None, flags: int = 0, block_index: int = 0,
    ) -> int:
        """The code of a part that the client writes; `row` is the record it is written for, `block_index` the
        block of it that it stands for."""
        text = block.get("text") or block.get("content") or ""
        return self.again((Part(row, block_index, kind, flags, ref, why, len(text)), block, kind, flags))

    def own(self, code: int) -> Own:
        """A part that the client writes, to be written again."""
        part, block = self._own[code - self.stored]
        return part, block, self.kind[code], self.flags[code]

    def again(self, own: Own) -> int:
        """The code of a part that is written again."""
        part, block, kind, flags = own
        self._own.append((part, block))
        self.kind.append(kind)
        self.flags.append(flags)
        return len(self.kind) - 1

    def text(self, text: str, why: Synthetic | None, row: int = -1, flags: int = int(BlockFlag.STRING)) -> int:
        """The code of a text that the client writes."""
        return self.write({"type": "text", "text": text}, why, row, flags=flags)

    def shortened(self, code: int) -> int:
        """A call whose name is longer than the API takes, as the client shortens it."""
        block = self.block(code)
        name = block.get("name")
        if not isinstance(name, str) or len(name) <= LONGEST_NAME:
            return code
        row, place = self.place(code)
        return self.write(
            {**block, "name": name[:LONGEST_NAME]}, None, row, BlockKind.TOOL_USE,
            self.session.scan.strings.text(self.ref(code)), self.flags[code] & ~BlockFlag.BAD_NAME, place,
        )

    def ref(self, code: int) -> int:
        """Number of a part's tool call id, -1 for none."""
        scan = self.session.scan
        if code >= self.stored:
            return scan.strings.find(self._own[code - self.stored][0].ref)
        return scan.block_ref[code]

    def name(self, code: int) -> str | None:
        """Tool name of a call, type of a block of another feature; None for what the client writes."""
        if code >= self.stored:
            return None
        scan = self.session.scan
        return scan.strings.text(scan.block_name[code])

    def holds_list(self, code: int) -> bool:
        """Whether the content of a result is a list of blocks. Reads the file."""
        return isinstance(self.block(code).get("content"), list)

    def is_text(self, code: int) -> bool:
        """Whether a part is a text."""
        return self.kind[code] == BlockKind.TEXT

    def is_blank(self, code: int) -> bool:
        """Whether a part is a text that says nothing."""
        return self.is_text(code) and bool(self.flags[code] & _BLANK)

    def _unreferring(self, code: int) -> dict[str, Any]:
        """A result without its references to tools; a sentence of the client's stands for them where nothing else is
        in it."""
        block = self.block(code)
        content = block.get("content")
        parts = content if isinstance(content, list) else []
        kept = [part for part in parts if not (isinstance(part, dict) and part.get("type") == "tool_reference")]
        return {**block, "content": kept or [{"type": "text", "text": words.REFERENCES_REMOVED}]}

    def into(self, request: Request, messages: Iterator[Draft], traits: Behaviour) -> None:
        """Write messages into a request, behind what is in it, as they come, which takes the room of a few of them.
        Their parts are noted by code, and then one column after the other: those that grow side by side leave holes of
        their size in memory."""
        codes, before = array("I"), len(request.row)
        while batch := [*islice(messages, BATCH)]:
            start = before + len(codes)
            codes.fromlist([*chain.from_iterable(draft.parts for draft in batch)])
            for index, draft in enumerate(batch, len(request.roles)):
                end = start + len(draft.parts)
                request.first.append(end)
                for place in draft.joined or ():
                    if place < end - start:
                        request.suffix[start + place] = "\n"
                if draft.extra:
                    request.extra[index] = draft.extra
                if draft.plain or (
                    traits.strings_kept and end - start == 1 and not draft.several and draft.role is not _ASSISTANT
                    and self.flags[draft.parts[0]] & BlockFlag.STRING
                ):
                    request.plain.add(index)
                start = end
            request.roles.extend([draft.role for draft in batch])
        self._columns_into(request, codes, traits)
        self._written_into(request, codes, traits)

    def _columns_into(self, request: Request, codes: array[int], traits: Behaviour) -> None:
        """Write the columns of parts."""
        scan, stored = self.session.scan, self.stored
        own = [part for part, _written in self._own]
        kinds, flags, sizes, refs, first = self.kind, self.flags, scan.block_size, scan.block_ref, scan.first
        kept, of_own = ~int(_cleared(traits)), request.refs.own

        def write(column: array[int], numbers: Callable[[array[int]], list[int]]) -> None:
            for start in range(0, len(codes), BATCH):
                column.fromlist(numbers(codes[start : start + BATCH]))

        write(request.row, lambda codes: [
            bisect_right(first, code) - 1 if code < stored else own[code - stored].row for code in codes
        ])
        rows = islice(request.row, len(request.block), None)
        write(request.block, lambda codes: [
            code - first[row] if code < stored else own[code - stored].block
            for code, row in zip(codes, islice(rows, len(codes)), strict=True)
        ])
        write(request.kind, lambda codes: [*map(kinds.__getitem__, codes)])
        write(request.flags, lambda codes: [flags[code] & kept if code < stored else flags[code] for code in codes])
        write(request.refs.numbers, lambda codes: [
            refs[code] if code < stored else of_own(own[code - stored].ref) for code in codes
        ])
        write(request.size, lambda codes: [
            sizes[code] if code < stored else own[code - stored].size for code in codes
        ])

    def _written_into(self, request: Request, codes: array[int], traits: Behaviour) -> None:
        """Write what the client puts in the place of a part, or behind it."""
        stored, kinds, flags = self.stored, self.kind, self.flags
        use, extra, referring = BlockKind.TOOL_USE, int(BlockFlag.EXTRA), int(_cleared(traits) & BlockFlag.REFERENCE)
        for index, code in enumerate(codes, len(request.row) - len(codes)):
            if code >= stored:
                part, request.written[index] = self._own[code - stored]
                if part.synthetic is not None:
                    request.synthetic[index] = part.synthetic
            elif flags[code] & referring:
                request.written[index] = self._unreferring(code)
            elif flags[code] & extra and kinds[code] == use and not traits.call_members_sent:
                request.flags[index] &= ~extra
            if code in self.folded:
                request.suffix[index] = self.folded[code]


def _cleared(traits: Behaviour) -> int:
    """Flags of what the client takes out."""
    return (BlockFlag.REFERENCE if traits.references_dropped else 0) | (
        BlockFlag.SURROGATE if traits.surrogates_cleaned else 0
    )
