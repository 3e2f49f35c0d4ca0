"""The request that the client sends for a thread (claude-code-resume §3, Filter and Normalise)."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from unbrick.entry import BlockFlag, BlockKind, Flag, Kind
from unbrick.formats.claude_code import attachments, capping, records, words
from unbrick.formats.claude_code.behaviour import Behaviour, behaviour
from unbrick.formats.claude_code.merge import NO_ID, Merger
from unbrick.formats.claude_code.outgoing import Draft, Drafts
from unbrick.formats.claude_code.pairing import pair, result
from unbrick.formats.claude_code.reading import mark_surrogates, reader
from unbrick.request import Request, Role, Synthetic
from unbrick.session import Session
from unbrick.target import Surroundings, Target
from unbrick.thread import Outcome, Thread

_THOUGHTS = frozenset({int(BlockKind.THINKING), int(BlockKind.REDACTED)})
# Plain integers: looking up an enumeration's member costs more than the comparison.
_USER, _ASSISTANT, _NOTICE, _ATTACHMENT = map(int, (Kind.USER, Kind.ASSISTANT, Kind.NOTICE, Kind.ATTACHMENT))
_TEXT, _USE, _RESULT = map(int, (BlockKind.TEXT, BlockKind.TOOL_USE, BlockKind.TOOL_RESULT))
_BLANK = int(BlockFlag.EMPTY | BlockFlag.BLANK | BlockFlag.MALFORMED)
_STRING, _BAD_NAME = int(BlockFlag.STRING), int(BlockFlag.BAD_NAME)
_UNLOADED = (Outcome.NOT_FOUND, Outcome.CRASH, Outcome.HANG)


def request(
    session: Session, thread: Thread, target: Target, surroundings: Surroundings, prompt: str | None = None
) -> Request:
    """What the client sends next; before the new prompt unless one is given. Empty where nothing is loaded."""
    traits = behaviour(target.version)
    result_ = Request(
        reader(session, traits), settles=traits.tail_settled, marks=traits.cache_marks,
        image_limit=traits.image_limit, results_weighed=traits.results_weighed, heals=traits.heals,
        heals_in_prompts=traits.heals_in_prompts,
    )
    if thread.outcome in _UNLOADED:
        return result_
    drafts = Drafts(session)
    _Builder(session, thread, target, traits, drafts, attachments.system_turns(traits, target, surroundings)).build()
    if prompt is not None:
        code = drafts.text(prompt, Synthetic.PROMPT)
        last = drafts.messages[-1] if drafts.messages else None
        if last is not None and last.role is Role.USER:
            if traits.seams and last.parts and drafts.is_text(last.parts[-1]):
                last.joined = (last.joined or set()) | {len(last.parts) - 1}
            last.parts.append(code)
        else:
            drafts.messages.append(Draft(Role.USER, [code], plain=traits.strings_kept))
    result_.left_out = capping.cap(drafts, traits, target)
    drafts.into(result_, traits)
    if not traits.surrogates_cleaned:
        mark_surrogates(session, result_)
    return result_


class _Builder:
    """One thread on its way to messages."""

    def __init__(
        self, session: Session, thread: Thread, target: Target, traits: Behaviour, drafts: Drafts, as_system: bool
    ) -> None:
        self.session = session
        self.scan = session.scan
        self.target = target
        self.traits = traits
        self.drafts = drafts
        self.as_system = as_system
        self.wrapped = attachments.keeps_wrapper(target.model)
        self.merger = Merger(drafts, traits, folds=traits.folds and not as_system)
        self.printed = self.scan.strings.find(words.COMMAND_PRINTED)
        """Number of the type of records that hold what a local command printed."""
        self.noticed = bool(thread.rows) and self.scan.kind[thread.rows[-1]] == Kind.NOTICE
        """Whether the thread ends in a notice."""
        self.rows = self._sent(thread.rows)
        self.behind_errors = {
            after for before, after in pairwise(thread.rows) if session.scan.flags[before] & Flag.API_ERROR
        } if traits.errors_part else set[int]()
        """Rows that follow an error which is not sent."""
        said = next((row for row in reversed(thread.rows) if session.scan.kind[row] in (_USER, _ASSISTANT)), None)
        self.failed = (
            said is not None and session.has(said, Flag.API_ERROR) and not traits.api_errors_sent
        )

    def build(self) -> None:
        """Fill the drafts."""
        traits, drafts, merger, scan = self.traits, self.drafts, self.merger, self.scan
        answered = self._answered()
        tail = self._tail(answered) if traits.tail_answered or (
            traits.parallel_tail_answered and self._last_kind() == Kind.USER
        ) else []
        held = answered | set(tail)
        interrupted = words.RESULT_INTERRUPTED if traits.tail_answered else words.RESULT_USER_INTERRUPTED
        kinds = scan.kind
        kept: dict[int, list[int]] = {}
        speaking: set[int] = set()
        saying: set[int] = set()
        unsure: set[int] = set()
        for row in self.rows:
            if kinds[row] != _ASSISTANT:
                continue
            number = scan.message_id[row]
            if self._plain(row, held):
                kept[row] = [scan.first[row]]
                if number >= 0:
                    speaking.add(number)
                    saying.add(number)
            else:
                unsure.add(row)
                parts = kept[row] = self._assistant(row, held)
                if number >= 0:
                    sorts = drafts.kinds(parts)
                    said = [code for code, kind in zip(parts, sorts, strict=True) if kind not in _THOUGHTS]
                    if said:
                        speaking.add(number)
                        if not all(map(self._blank, said)):
                            saying.add(number)
        if traits.empty_beside_dropped:
            saying.clear()
        rows = [row for row in self.rows if row not in unsure or self._stays(row, kept[row], speaking, saying)]
        if traits.context_reminder:
            merger.user([drafts.text(words.CONTEXT, Synthetic.REMINDER)])
        backwards = range(len(rows) - 1, -1, -1)
        last = next((place for place in backwards if kinds[rows[place]] in (_USER, _ASSISTANT)), -1)
        ended = False
        for place, row in enumerate(rows):
            kind = kinds[row]
            if row in self.behind_errors:
                merger.flush()
            if kind == _ASSISTANT:
                merger.assistant(kept[row], scan.message_id[row])
            elif kind == _USER:
                merger.user(self._user(row))
            elif kind == _NOTICE:
                if place > last and not tail and not ended:
                    self._end(rows[:place], last, answered=False)
                    ended = True
                merger.user([drafts.text(self._printed(row), None, row)])
            else:
                self._attachment(row)
            if place == last and tail:
                merger.user([result(drafts, ref, interrupted) for ref in tail])
        if not ended:
            self._end(rows, last, bool(tail))
        merger.close()
        if traits.pairs:
            pair(drafts, traits)
        self._directive(rows)

    def _sent(self, rows: Iterable[int]) -> list[int]:
        """The rows that go out."""
        scan, traits = self.scan, self.traits
        kinds, flags, first = scan.kind, scan.flags, scan.first
        sent = {_USER, _ASSISTANT, _ATTACHMENT}
        unsent = (0 if traits.virtual_sent else int(Flag.VIRTUAL)) | (
            0 if traits.api_errors_sent else int(Flag.API_ERROR)
        )
        found = [
            row for row in rows if (kinds[row] in sent and not flags[row] & unsent)
            or (kinds[row] == _NOTICE and traits.commands_sent and scan.type[row] == self.printed >= 0)
        ]
        if not traits.empty_lists_dropped:
            return found
        return [row for row in found if kinds[row] != _USER or first[row] < first[row + 1]]

    def _answered(self) -> set[int]:
        scan = self.scan
        kinds, first, block_kinds, refs = scan.kind, scan.first, scan.block_kind, scan.block_ref
        return {
            refs[at] for row in self.rows if kinds[row] in (_USER, _ASSISTANT)
            for at in range(first[row], first[row + 1]) if block_kinds[at] == _RESULT
        }

    def _last_kind(self) -> int:
        """Kind of the last message that is sent, -1 for none."""
        kinds = self.scan.kind
        return next((kinds[row] for row in reversed(self.rows) if kinds[row] != Kind.ATTACHMENT), -1)

    def _tail(self, answered: set[int]) -> list[int]:
        """Calls of the last response without a result, when nothing but results follows it. Replies without an id
        are one response up to the prompt before them (observed on 2.1.329)."""
        scan = self.scan
        refs: list[int] = []
        message: int | None = None
        for row in reversed(self.rows):
            kind = scan.kind[row]
            if kind in (Kind.ATTACHMENT, Kind.NOTICE):
                continue
            kinds = [scan.block_kind[at] for at in scan.blocks(row)]
            if kind == Kind.USER:
                if BlockKind.TOOL_RESULT not in kinds:
                    break
                continue
            if message is None:
                message = scan.message_id[row]
            elif scan.message_id[row] != message:
                break
            refs += [
                scan.block_ref[at] for at in reversed(scan.blocks(row))
                if scan.block_kind[at] == BlockKind.TOOL_USE and scan.block_ref[at] not in answered
            ]
        return list(dict.fromkeys(reversed(refs)))

    def _plain(self, row: int, held: set[int]) -> bool:
        """Whether an assistant record is one text that says something, or one call that is answered, as most are: it
        goes out as it is."""
        scan = self.scan
        code = scan.first[row]
        if scan.first[row + 1] != code + 1:
            return False
        kind, flags = scan.block_kind[code], scan.block_flags[code]
        return not flags & _BLANK if kind == _TEXT else (
            kind == _USE and scan.block_ref[code] in held and not flags & _BAD_NAME
        )

    def _assistant(self, row: int, held: set[int]) -> list[int]:
        """The parts of an assistant record that are sent."""
        scan, drafts = self.scan, self.drafts
        codes = drafts.codes(row)
        if not codes and not scan.flags[row] & Flag.MALFORMED and self.traits.empties_filled:
            empty = {"type": "text", "text": words.NO_CONTENT, "citations": []}
            return [drafts.write(empty, Synthetic.PLACEHOLDER, row)]
        traits, kinds, refs, flags = self.traits, scan.block_kind, scan.block_ref, scan.block_flags
        foreign = traits.thinking_of_model_only and self._foreign(row)
        kept: list[int] = []
        for code in codes:
            kind = kinds[code]
            if kind == _USE:
                if refs[code] not in held and refs[code] >= 0:
                    continue
                if traits.names_cut and flags[code] & _BAD_NAME:
                    code = self.drafts.shortened(code)
            elif kind in _THOUGHTS and foreign:
                continue
            kept.append(code)
        if traits.empty_beside_dropped and len(kept) > 1:
            kept = [code for code in kept if not self._blank(code)] or kept
        return kept

    def _foreign(self, row: int) -> bool:
        """Whether a reply is another model's."""
        model = self.scan.strings.text(self.scan.model[row])
        wanted = self.target.model
        return model is not None and wanted is not None and model != wanted.split("[")[0]

    def _blank(self, code: int) -> bool:
        return self.drafts.kind(code) == _TEXT and bool(self.drafts.flags(code) & _BLANK)

    def _stays(self, row: int, parts: list[int], speaking: set[int], saying: set[int]) -> bool:
        """Whether anything of an assistant record is sent. A blank one goes with the rest of its response where
        that says something."""
        if not parts:
            return False
        number = self.scan.message_id[row]
        if not self.traits.only_thinking_sent and _THOUGHTS.issuperset(self.drafts.kinds(parts)):
            return number in speaking
        return self.traits.blank_sent or number in saying or not all(map(self._blank, parts))

    def _user(self, row: int) -> list[int]:
        """The parts of a user record as sent."""
        scan, drafts = self.scan, self.drafts
        codes = drafts.codes(row)
        if len(codes) == 1 and scan.block_kind[codes[0]] == _RESULT:
            return codes
        if self.traits.empty_user_filled and codes and all(
            self._blank(code) and not scan.block_flags[code] & _STRING for code in codes
        ):
            return [drafts.text(words.NO_CONTENT, Synthetic.PLACEHOLDER, row, flags=0)]
        if self.traits.notifications_wrapped and len(codes) == 1 and not scan.flags[row] & (
            Flag.PROMPT | Flag.META | Flag.SUMMARY
        ) and drafts.is_text(codes[0]):
            block = records.blocks(self.session.value(row))[0]
            text = str(block.get("text", ""))
            if text.startswith(words.NOTIFICATION):
                return [drafts.text(attachments.wrap(f"{words.NOTIFICATION_PREFACE}{text}"), None, row)]
        return codes

    def _attachment(self, row: int) -> None:
        reminders: list[tuple[int, bool]] = []
        for said in attachments.says(
            self.session.value(row), self.traits, as_system=self.as_system, keeps_wrapper=self.wrapped
        ):
            if said.role is Role.SYSTEM:
                self.merger.system(said.text, row)
            else:
                reminders.append((self.drafts.text(said.text, None, row), said.seam))
        if reminders:
            self.merger.reminders(reminders)

    def _end(self, rows: list[int], last: int, answered: bool) -> None:
        """The client's own turns after a thread that does not end with a reply, be it one that reports an error."""
        scan, drafts, merger = self.scan, self.drafts, self.merger
        if last < 0 or (self.traits.notices_end and self.noticed):
            return
        row = rows[last]
        prompted = scan.kind[row] == Kind.USER or answered
        if prompted and not answered and self.traits.commands_end and self._is_command_output(row):
            return
        attached = last < len(rows) - 1 and (prompted or self.traits.continues_replies)
        interrupted = attached or (prompted and any(
            scan.block_kind[at] == BlockKind.TOOL_RESULT for at in scan.blocks(row)
        ))
        if self.traits.continues and interrupted:
            merger.user([drafts.text(words.CONTINUE, Synthetic.CONTINUE, flags=0)])
        elif self.failed or not prompted:
            return
        merger.assistant([drafts.text(words.NO_RESPONSE, Synthetic.NO_RESPONSE)], NO_ID - 1)

    def _is_command_output(self, row: int) -> bool:
        """Whether a user record is what a local command printed, to which no reply is due."""
        parts = records.blocks(self.session.value(row))
        return bool(parts) and str(parts[0].get("text", "")).startswith(words.COMMAND_OUTPUT)

    def _printed(self, row: int) -> str:
        """What a local command printed."""
        content = self.session.value(row).get("content")
        return content if isinstance(content, str) else ""

    def _directive(self, rows: Iterable[int]) -> None:
        """Settings of the first turn, in the system turn behind it or in an empty one."""
        messages = self.drafts.messages
        first = next((place for place, one in enumerate(messages) if one.role is Role.USER), None)
        if not self.traits.directives or not self.as_system or first is None:
            return
        if not any(part in (self.target.model or "") for part in words.EFFORT_MODELS):
            return
        extra: dict[str, Any] = {"output_config": {"effort": self._effort(rows)}}
        behind = first + 1
        if len(messages) > behind and messages[behind].role is Role.SYSTEM:
            messages[behind].extra = extra
            return
        messages.insert(behind, Draft(Role.SYSTEM, [], extra=extra))

    def _effort(self, rows: Iterable[int]) -> str:
        for row in rows:
            if self.scan.kind[row] == Kind.ASSISTANT and not self.scan.flags[row] & Flag.SYNTHETIC:
                effort = self.session.value(row).get("effort")
                return effort if isinstance(effort, str) else words.EFFORT
        return words.EFFORT
