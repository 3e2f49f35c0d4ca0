"""What is sent of assistant records (claude-code-resume §3, Filter)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from unbrick.entry import BlockFlag, BlockKind, Flag, Kind
from unbrick.formats.claude_code import words
from unbrick.formats.claude_code.behaviour import Behaviour
from unbrick.formats.claude_code.outgoing import NO_ID, Drafts
from unbrick.request import Synthetic
from unbrick.target import Target

# Plain integers: looking up an enumeration's member costs more than the comparison.
_THOUGHTS = frozenset({int(BlockKind.THINKING), int(BlockKind.REDACTED)})
_ASSISTANT, _TEXT, _USE = int(Kind.ASSISTANT), int(BlockKind.TEXT), int(BlockKind.TOOL_USE)
_BLANK, _BAD_NAME = int(BlockFlag.EMPTY | BlockFlag.BLANK | BlockFlag.MALFORMED), int(BlockFlag.BAD_NAME)


class Replies:
    """The assistant records among some rows: `kept` are the parts that are sent of those that do not go out as they
    are, `gone` those of which nothing does. Most go out as they are: one text that says something, or one call that is
    among those that are `held`, since it is answered."""

    def __init__(
        self, rows: Sequence[int], held: Collection[int], drafts: Drafts, target: Target, traits: Behaviour
    ) -> None:
        self._drafts, self._target, self._traits = drafts, target, traits
        self._scan = scan = drafts.session.scan
        kinds, first = scan.kind, scan.first
        sorts, flags, refs = scan.block_kind, scan.block_flags, scan.block_ref
        self.kept: dict[int, list[int]] = {}
        for row in rows:
            if kinds[row] != _ASSISTANT:
                continue
            code = first[row]
            if first[row + 1] == code + 1:
                kind = sorts[code]
                if kind == _TEXT and not flags[code] & _BLANK:
                    continue
                if kind == _USE and refs[code] in held and not flags[code] & _BAD_NAME:
                    continue
            self.kept[row] = self._parts(row, held)
        self.gone = self._silent(rows) if self.kept else set[int]()

    def _silent(self, rows: Sequence[int]) -> set[int]:
        """The records of which nothing is sent. A blank one, or one that only thinks, goes with the rest of its
        response where that says something."""
        kinds, ids, kept, drafts = self._scan.kind, self._scan.message_id, self.kept, self._drafts
        asked = {ids[row] for row in kept} - {NO_ID}
        speaking = asked.intersection(ids[row] for row in rows if kinds[row] == _ASSISTANT and row not in kept)
        saying = set(speaking)
        for row, parts in kept.items():
            said = [code for code in parts if drafts.kind[code] not in _THOUGHTS]
            if said and ids[row] in asked:
                speaking.add(ids[row])
                if not all(map(drafts.is_blank, said)):
                    saying.add(ids[row])
        if self._traits.empty_beside_dropped:
            saying.clear()
        return {row for row, parts in kept.items() if not self._stays(ids[row], parts, speaking, saying)}

    def _stays(self, number: int, parts: list[int], speaking: set[int], saying: set[int]) -> bool:
        """Whether anything is sent of a record of a response."""
        if not parts:
            return False
        if not self._traits.only_thinking_sent and _THOUGHTS.issuperset(self._drafts.kinds(parts)):
            return number in speaking
        return self._traits.blank_sent or number in saying or not all(map(self._drafts.is_blank, parts))

    def _parts(self, row: int, held: Collection[int]) -> list[int]:
        """The parts of a record that are sent."""
        scan, drafts, traits = self._scan, self._drafts, self._traits
        codes = drafts.codes(row)
        if not codes and not scan.flags[row] & Flag.MALFORMED and traits.empties_filled:
            empty = {"type": "text", "text": words.NO_CONTENT, "citations": []}
            return [drafts.write(empty, Synthetic.PLACEHOLDER, row)]
        kinds, refs, flags = scan.block_kind, scan.block_ref, scan.block_flags
        foreign = traits.thinking_of_model_only and self._foreign(row)
        kept: list[int] = []
        for code in codes:
            kind = kinds[code]
            if kind == _USE:
                if refs[code] not in held and refs[code] >= 0:
                    continue
                if traits.names_cut and flags[code] & _BAD_NAME:
                    code = drafts.shortened(code)
            elif kind in _THOUGHTS and foreign:
                continue
            kept.append(code)
        if traits.empty_beside_dropped and len(kept) > 1:
            kept = [code for code in kept if not drafts.is_blank(code)] or kept
        return kept

    def _foreign(self, row: int) -> bool:
        """Whether a reply is another model's."""
        model = self._scan.strings.text(self._scan.model[row])
        wanted = self._target.model
        return model is not None and wanted is not None and model != wanted.split("[")[0]
