"""Records into messages: what merges with what, in which order (claude-code-resume §3, Normalise)."""

from __future__ import annotations

from unbrick.entry import BlockKind
from unbrick.formats.claude_code.attachments import OPENING, wrap
from unbrick.formats.claude_code.behaviour import Behaviour
from unbrick.formats.claude_code.outgoing import NO_ID, Draft, Drafts
from unbrick.request import Role

_TEXT, _USE, _RESULT = int(BlockKind.TEXT), int(BlockKind.TOOL_USE), int(BlockKind.TOOL_RESULT)
_USER = Role.USER


class Merger:
    """Takes records in order and builds messages, which it keeps until nothing that follows can change them.

    Reminders go in front of the prompts they came with, back to the reply or result before them; system turns
    go behind the whole user message, and become reminders where there is none.
    """

    def __init__(self, drafts: Drafts, traits: Behaviour, *, folds: bool) -> None:
        self.drafts = drafts
        self.traits = traits
        self.folds = folds
        """Whether a reminder behind a result becomes part of it."""
        self._prompts: list[list[int]] = []
        self._reminders: list[list[tuple[int, bool]]] = []
        self._system: list[tuple[str, int]] = []
        self._open: list[Draft] = []
        self._by_id: dict[int, Draft] = {}
        """The replies that a record of the same response can still join."""
        self.settled = 0
        """How many of the messages nothing that follows can change."""

    def finished(self) -> list[Draft]:
        """Those messages, in order; they are given once."""
        done = self._open[: self.settled]
        del self._open[: self.settled]
        self.settled = 0
        return done

    @property
    def open(self) -> tuple[list[Draft], dict[int, Draft]] | None:
        """The messages that a record can still join, those of them that one of the same response can; None where
        something waits for the next record."""
        return None if self._prompts or self._reminders or self._system else (self._open, self._by_id)

    def reopen(self, open: list[Draft], by_id: dict[int, Draft]) -> None:
        """Go on from such messages."""
        self._open, self._by_id = open, by_id

    def end(self) -> list[Draft]:
        """All messages that were not given yet; nothing follows."""
        self.close()
        return self._open

    def _settle(self) -> None:
        """No record joins what stands in front of the last message."""
        self.settled = len(self._open) - 1
        self._by_id.clear()

    def user(self, parts: list[int]) -> None:
        """A user record."""
        if _RESULT in map(self.drafts.kind.__getitem__, parts):
            if self._prompts or self._reminders:
                self.flush()
            self._join(parts, seam=True)
        else:
            self._prompts.append(parts)

    def reminders(self, codes: list[tuple[int, bool]]) -> None:
        """An attachment that goes out in the user's message; several texts of it where none is there yet to join
        each begin a message. With each text goes whether a line break sets it apart."""
        self._reminders.append(codes)

    def system(self, text: str, row: int) -> None:
        """An attachment that goes out as a system turn."""
        self._system.append((text, row))

    def assistant(self, parts: list[int], id: int) -> None:
        """An assistant record; it joins the message that has its id, back over that message's results."""
        if self._prompts or self._reminders or self._system:
            self.close()
        known = self._by_id.get(id) if id != NO_ID or self.traits.ids_shared_when_missing else None
        if known is not None:
            known.parts += parts
            if self.traits.calls_last:
                self._calls_last(known, len(parts))
            return
        self._by_id[id] = draft = Draft(Role.ASSISTANT, parts, id)
        self._open.append(draft)

    def close(self) -> None:
        """End the user message and put its system turn behind it."""
        self.flush()
        if not self._system:
            return
        if not self._after_user():
            for text, row in self._system:
                self._join([self.drafts.text(wrap(text), None, row)], seam=True)
        else:
            code = self.drafts.text("\n\n".join(text for text, _row in self._system), None, self._system[0][1])
            self._open.append(Draft(Role.SYSTEM, [code], plain=True))
            self._settle()
        self._system = []

    def _calls_last(self, draft: Draft, added: int) -> None:
        """Calls behind everything else of a response, to which so many parts were added."""
        looked_at = draft.parts[-added - 1 :] if draft.ordered else draft.parts
        draft.ordered = True
        kinds = [kind == _USE for kind in self.drafts.kinds(looked_at)]
        if kinds != sorted(kinds):
            draft.parts.sort(key=lambda code: self.drafts.kind[code] == _USE)

    def flush(self) -> None:
        """Write what waits: reminders, then the prompts that they came with."""
        for codes in self._reminders:
            apart = not self._after_user()
            for code, seam in codes:
                if apart:
                    self._begin([code])
                elif not self._fold(code):
                    self._join([code], seam=seam)
        self._reminders.clear()
        for parts in self._prompts:
            self._join(parts, seam=True)
        self._prompts.clear()

    def _fold(self, code: int) -> bool:
        """Put a reminder that follows a result into that result."""
        drafts = self.drafts
        if not self.folds or not self._after_user():
            return False
        text = str(drafts.block(code)["text"])
        if not text.startswith(OPENING):
            return False
        last = self._open[-1].parts[-1] if self._open[-1].parts else None
        if last is None or last >= drafts.stored or drafts.kind[last] != _RESULT:
            return False
        if not self.traits.folds_into_lists and drafts.holds_list(last):
            return False
        drafts.folded[last] = f"{drafts.folded.get(last, '')}\n\n{text}"
        return True

    def _join(self, parts: list[int], *, seam: bool) -> None:
        """Add the parts of a record to the user message at the end, or begin one."""
        kinds = self.drafts.kind
        if not self._after_user():
            self._begin(parts)
        else:
            self._open[-1] = self._joined(self._open[-1], parts, seam=seam)
        there = self._open[-1].parts
        if not there or kinds[there[0]] != _RESULT:
            self._settle()

    def _joined(self, last: Draft, parts: list[int], *, seam: bool) -> Draft:
        """A user message with the parts of another record."""
        drafts = self.drafts
        kinds = drafts.kinds(parts)
        last.several = True
        if (
            seam and self.traits.seams and last.parts and kinds
            and kinds[0] == _TEXT and drafts.is_text(last.parts[-1])
        ):
            last.joined = (last.joined or set()) | {len(last.parts) - 1}
        results = kinds.count(_RESULT)
        if self.traits.hoists and results == len(parts) and last.results >= 0:
            _insert_results(last, parts)
            return last
        last.parts += parts
        return self._hoisted(last) if self.traits.hoists and results else last

    def _after_user(self) -> bool:
        """Whether the last message is the user's."""
        return bool(self._open) and self._open[-1].role is _USER

    def _begin(self, parts: list[int]) -> None:
        draft = Draft(_USER, parts)
        self._open.append(self._hoisted(draft) if self.traits.hoists_alone else draft)

    def _hoisted(self, draft: Draft) -> Draft:
        """Results first."""
        kinds = self.drafts.kinds(draft.parts)
        draft.results = kinds.count(_RESULT)
        if kinds[: draft.results].count(_RESULT) < draft.results:
            order = sorted(range(len(kinds)), key=lambda place: kinds[place] != _RESULT)
            joined = draft.joined or set()
            draft.joined = {new for new, old in enumerate(order) if old in joined}
            draft.parts = [draft.parts[i] for i in order]
        return draft


def _insert_results(draft: Draft, results: list[int]) -> None:
    """Put results behind those that stand first already."""
    place, count = draft.results, len(results)
    draft.parts[place:place] = results
    draft.results += count
    if draft.joined:
        draft.joined = {at + count if at >= place else at for at in draft.joined}
