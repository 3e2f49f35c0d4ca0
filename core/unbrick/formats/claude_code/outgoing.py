"""Messages while they are put together: lists of part codes, so that a block costs one number."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from unbrick.entry import BlockFlag, BlockKind
from unbrick.formats.claude_code import records, words
from unbrick.formats.claude_code.behaviour import Behaviour
from unbrick.request import Part, Request, Role, Synthetic
from unbrick.session import Session

WIDTH = 16
"""Bits of a code that number the block within its row."""


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
        count = self.session.scan.first[row + 1] - self.session.scan.first[row]
        base = row << WIDTH
        return [base | block for block in range(min(count, 1 << WIDTH))]

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

    def kind(self, code: int) -> int:
        """Block kind of a part."""
        if code < 0:
            return self.own[-code - 1][0].kind
        scan = self.session.scan
        return scan.block_kind[scan.first[code >> WIDTH] + (code & 0xFFFF)]

    def flags(self, code: int) -> int:
        """Block flags of a part."""
        if code < 0:
            return self.own[-code - 1][0].flags
        scan = self.session.scan
        return scan.block_flags[scan.first[code >> WIDTH] + (code & 0xFFFF)]

    def ref(self, code: int) -> int:
        """Number of a part's tool call id, -1 for none."""
        scan = self.session.scan
        if code < 0:
            return scan.strings.find(self.own[-code - 1][0].ref)
        return scan.block_ref[scan.first[code >> WIDTH] + (code & 0xFFFF)]

    def name(self, code: int) -> str | None:
        """Tool name of a call, type of a block of another feature; None for what the client writes."""
        if code < 0:
            return None
        scan = self.session.scan
        return scan.strings.text(scan.block_name[scan.first[code >> WIDTH] + (code & 0xFFFF)])

    def holds_list(self, code: int) -> bool:
        """Whether the content of a result is a list of blocks. Reads the file."""
        block = (
            self.own[-code - 1][1] if code < 0 else records.blocks(self.session.value(code >> WIDTH))[code & 0xFFFF]
        )
        return isinstance(block.get("content"), list)

    def is_text(self, code: int) -> bool:
        """Whether a part is a text."""
        return self.kind(code) == BlockKind.TEXT

    def _unreferring(self, row: int, place: int) -> dict[str, Any]:
        """A result without its references to tools; a sentence of the client's stands for them where nothing else is
        in it."""
        block = records.blocks(self.session.value(row))[place]
        content = block.get("content")
        parts = content if isinstance(content, list) else []
        kept = [part for part in parts if not (isinstance(part, dict) and part.get("type") == "tool_reference")]
        return {**block, "content": kept or [{"type": "text", "text": words.REFERENCES_REMOVED}]}

    def into(self, request: Request, traits: Behaviour) -> None:
        """Write the messages into a request."""
        scan = self.session.scan
        cleared = (BlockFlag.REFERENCE if traits.references_dropped else 0) | (
            BlockFlag.SURROGATE if traits.surrogates_cleaned else 0
        )
        text_of = scan.strings.text
        for index, draft in enumerate(self.messages):
            request.start(draft.role)
            for place, code in enumerate(draft.parts):
                if code < 0:
                    part, written = self.own[-code - 1]
                    request.add(part, written)
                else:
                    row, block = code >> WIDTH, code & 0xFFFF
                    at = scan.first[row] + block
                    flags = scan.block_flags[at] & ~cleared
                    if scan.block_kind[at] == BlockKind.TOOL_USE and not traits.call_members_sent:
                        flags &= ~BlockFlag.EXTRA
                    request.add(Part(
                        row, block, BlockKind(scan.block_kind[at]), flags, text_of(scan.block_ref[at]), None,
                        scan.block_size[at],
                    ), self._unreferring(row, block) if scan.block_flags[at] & cleared & BlockFlag.REFERENCE else None)
                    if code in self.folded:
                        request.suffix[len(request.row) - 1] = self.folded[code]
                if draft.joined and place in draft.joined:
                    request.suffix[len(request.row) - 1] = "\n"
            if draft.extra:
                request.extra[index] = draft.extra
            single = draft.parts[0] if len(draft.parts) == 1 else None
            if draft.plain or (
                traits.strings_kept and single is not None and not draft.several and draft.role is not Role.ASSISTANT
                and self.flags(single) & BlockFlag.STRING
            ):
                request.plain.add(index)
