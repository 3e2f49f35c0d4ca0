"""Messages while they are put together: lists of part codes, so that a block costs one number: its index in the
columns of the scan, or what the client writes itself, counted down from -1."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from unbrick.entry import BlockFlag, BlockKind
from unbrick.formats.claude_code import records, words
from unbrick.formats.claude_code.behaviour import Behaviour
from unbrick.request import Part, Request, Role, Synthetic
from unbrick.session import Session

LONGEST_NAME = 200
MOST = 1 << 16
"""So many blocks of one record are told apart."""


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


@dataclass
class Drafts:
    """The messages so far, and the parts that no record holds: code -1 is the first of `own`."""

    session: Session
    messages: list[Draft] = field(default_factory=list)
    own: list[tuple[Part, dict[str, Any]]] = field(default_factory=list)
    folded: dict[int, str] = field(default_factory=dict)
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
        if code < 0:
            return self.own[~code][1]
        row, block = self.place(code)
        return records.blocks(self.session.value(row))[block]

    def kinds(self, codes: Iterable[int]) -> list[int]:
        """Block kinds of parts."""
        kinds = self.session.scan.block_kind
        return [kinds[code] if code >= 0 else self.own[~code][0].kind for code in codes]

    def write(
        self, block: dict[str, Any], why: Synthetic | None, row: int = -1, kind: BlockKind = BlockKind.TEXT,
        ref: str | None = None, flags: int = 0, block_index: int = 0,
    ) -> int:
        """The code of a part that the client writes; `row` is the record it is written for, `block_index` the
        block of it that it stands for."""
        text = block.get("text") or block.get("content") or ""
        self.own.append((Part(row, block_index, kind, flags, ref, why, len(text)), block))
        return -len(self.own)

    def text(self, text: str, why: Synthetic | None, row: int = -1, flags: int = int(BlockFlag.STRING)) -> int:
        """The code of a text that the client writes."""
        return self.write({"type": "text", "text": text}, why, row, flags=flags)

    def shortened(self, code: int) -> int:
        """A call whose name is longer than the API takes, as the client shortens it."""
        block = self.block(code)
        name = block.get("name")
        if code < 0 or not isinstance(name, str) or len(name) <= LONGEST_NAME:
            return code
        row, place = self.place(code)
        return self.write(
            {**block, "name": name[:LONGEST_NAME]}, None, row, BlockKind.TOOL_USE,
            self.session.scan.strings.text(self.ref(code)), self.flags(code) & ~BlockFlag.BAD_NAME, place,
        )

    def sorts(self) -> set[tuple[int, int]]:
        """The kinds and flags of all parts."""
        codes = [code for draft in self.messages for code in draft.parts if code >= 0]
        scan = self.session.scan
        found = set(zip(map(scan.block_kind.__getitem__, codes), map(scan.block_flags.__getitem__, codes), strict=True))
        return found | {(int(part.kind), part.flags) for part, _written in self.own}

    def kind(self, code: int) -> int:
        """Block kind of a part."""
        if code < 0:
            return self.own[~code][0].kind
        return self.session.scan.block_kind[code]

    def flags(self, code: int) -> int:
        """Block flags of a part."""
        if code < 0:
            return self.own[~code][0].flags
        return self.session.scan.block_flags[code]

    def ref(self, code: int) -> int:
        """Number of a part's tool call id, -1 for none."""
        scan = self.session.scan
        if code < 0:
            return scan.strings.find(self.own[~code][0].ref)
        return scan.block_ref[code]

    def name(self, code: int) -> str | None:
        """Tool name of a call, type of a block of another feature; None for what the client writes."""
        if code < 0:
            return None
        scan = self.session.scan
        return scan.strings.text(scan.block_name[code])

    def holds_list(self, code: int) -> bool:
        """Whether the content of a result is a list of blocks. Reads the file."""
        return isinstance(self.block(code).get("content"), list)

    def is_text(self, code: int) -> bool:
        """Whether a part is a text."""
        return self.kind(code) == BlockKind.TEXT

    def _unreferring(self, code: int) -> dict[str, Any]:
        """A result without its references to tools; a sentence of the client's stands for them where nothing else is
        in it."""
        block = self.block(code)
        content = block.get("content")
        parts = content if isinstance(content, list) else []
        kept = [part for part in parts if not (isinstance(part, dict) and part.get("type") == "tool_reference")]
        return {**block, "content": kept or [{"type": "text", "text": words.REFERENCES_REMOVED}]}

    def into(self, request: Request, traits: Behaviour) -> None:
        """Write the messages into a request."""
        codes = [code for draft in self.messages for code in draft.parts]
        self._parts_into(request, codes, traits)
        end = 0
        for index, draft in enumerate(self.messages):
            start, end = end, end + len(draft.parts)
            request.roles.append(draft.role)
            request.first.append(end)
            for place in draft.joined or ():
                if place < end - start:
                    request.suffix[start + place] = "\n"
            if draft.extra:
                request.extra[index] = draft.extra
            if draft.plain or (
                traits.strings_kept and end - start == 1 and not draft.several and draft.role is not Role.ASSISTANT
                and self.flags(draft.parts[0]) & BlockFlag.STRING
            ):
                request.plain.add(index)

    def _parts_into(self, request: Request, codes: list[int], traits: Behaviour) -> None:
        """Write parts into the columns of a request, a column at a time."""
        scan, own = self.session.scan, [part for part, _written in self.own]
        kinds, sizes, flags, refs = scan.block_kind, scan.block_size, scan.block_flags, scan.block_ref
        first, text_of = scan.first, scan.strings.text
        cleared = (BlockFlag.REFERENCE if traits.references_dropped else 0) | (
            BlockFlag.SURROGATE if traits.surrogates_cleaned else 0
        )
        kept = ~int(cleared)
        rows = [bisect_right(first, code) - 1 if code >= 0 else own[~code].row for code in codes]
        request.row.extend(rows)
        request.block.extend([
            code - first[row] if code >= 0 else own[~code].block for code, row in zip(codes, rows, strict=True)
        ])
        request.kind.extend(self.kinds(codes))
        request.flags.extend([flags[code] & kept if code >= 0 else own[~code].flags for code in codes])
        request.refs.extend([text_of(refs[code]) if code >= 0 else own[~code].ref for code in codes])
        request.size.extend([sizes[code] if code >= 0 else own[~code].size for code in codes])
        use, extra, referring = BlockKind.TOOL_USE, int(BlockFlag.EXTRA), int(cleared & BlockFlag.REFERENCE)
        for index, code in enumerate(codes):
            if code < 0:
                part, request.written[index] = self.own[~code]
                if part.synthetic is not None:
                    request.synthetic[index] = part.synthetic
            elif flags[code] & referring:
                request.written[index] = self._unreferring(code)
            elif flags[code] & extra and kinds[code] == use and not traits.call_members_sent:
                request.flags[index] &= ~extra
        if self.folded:
            request.suffix.update((index, self.folded[code]) for index, code in enumerate(codes) if code in self.folded)
