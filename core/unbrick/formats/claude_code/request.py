"""The request that the client sends for a thread (claude-code-resume §3, Filter and Normalise)."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from itertools import compress, islice, pairwise
from typing import Any

from unbrick.entry import BlockFlag, BlockKind, Flag, Kind
from unbrick.formats.claude_code import attachments, capping, carried, records, words
from unbrick.formats.claude_code.behaviour import Behaviour, behaviour
from unbrick.formats.claude_code.carried import Course
from unbrick.formats.claude_code.merge import Merger
from unbrick.formats.claude_code.outgoing import NO_ID, Draft, Drafts
from unbrick.formats.claude_code.pairing import Pairing, result
from unbrick.formats.claude_code.reading import mark_surrogates, reader
from unbrick.formats.claude_code.replies import Replies
from unbrick.request import Refs, Request, Role, Synthetic
from unbrick.scanning.ones import where, without
from unbrick.session import Session
from unbrick.target import Surroundings, Target
from unbrick.thread import Outcome, Thread

# Plain integers: looking up an enumeration's member costs more than the comparison.
_USER, _ASSISTANT, _NOTICE, _ATTACHMENT = map(int, (Kind.USER, Kind.ASSISTANT, Kind.NOTICE, Kind.ATTACHMENT))
_RESULT, _STRING = int(BlockKind.TOOL_RESULT), int(BlockFlag.STRING)
_UNLOADED = (Outcome.NOT_FOUND, Outcome.CRASH, Outcome.HANG)


def request(
    session: Session, thread: Thread, target: Target, surroundings: Surroundings, prompt: str | None = None,
    like: Request | None = None,
) -> Request:
    """What the client sends next; before the new prompt unless one is given. Empty where nothing is loaded. What comes
    out as in a request of the same transcript with other edits, `like`, is taken from it."""
    traits = behaviour(target.version)
    result_ = Request(
        reader(session, traits), reader(session, traits, glance=True), refs=Refs(session.scan.strings.text),
        settles=traits.tail_settled,
        marks=traits.cache_marks, image_limit=traits.image_limit, results_weighed=traits.results_weighed,
        heals=traits.heals, heals_in_prompts=traits.heals_in_prompts,
    )
    if thread.outcome in _UNLOADED:
        return result_
    drafts = Drafts(session)
    builder = _Builder(session, thread, target, traits, drafts, attachments.system_turns(traits, target, surroundings))
    capped = capping.shows(drafts, traits)
    if prompt is None and traits.surrogates_cleaned and not capped and len(builder.rows) <= carried.MOST:
        result_.course = builder.carry(surroundings, result_, like)
    messages = builder.messages()
    if prompt is not None:
        messages = _prompted(drafts, messages, prompt, traits)
    if capped:
        whole = [*messages]
        result_.left_out = capping.cap(drafts, whole, traits, target)
        messages = iter(whole)
    drafts.into(result_, messages, traits)
    if not traits.surrogates_cleaned:
        mark_surrogates(session, result_)
    return result_


def _prompted(drafts: Drafts, messages: Iterator[Draft], prompt: str, traits: Behaviour) -> Iterator[Draft]:
    """Messages with a new prompt at their end."""
    last = None
    for draft in messages:
        if last is not None:
            yield last
        last = draft
    code = drafts.text(prompt, Synthetic.PROMPT)
    if last is not None and last.role is Role.USER:
        if traits.seams and last.parts and drafts.is_text(last.parts[-1]):
            last.joined = (last.joined or set()) | {len(last.parts) - 1}
        last.parts.append(code)
        yield last
        return
    if last is not None:
        yield last
    yield Draft(Role.USER, [code], plain=traits.strings_kept)


class _Builder:
    """One thread on its way to messages."""

    def __init__(
        self, session: Session, thread: Thread, target: Target, traits: Behaviour, drafts: Drafts, as_system: bool
    ) -> None:
        self.session = session
        self.thread = thread
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
        failed = session.scan.marked(Flag.API_ERROR)
        self.behind_errors = {
            after for before, after in pairwise(thread.rows) if failed[before]
        } if traits.errors_part and 1 in failed else set[int]()
        """Rows that follow an error which is not sent."""
        said = next((row for row in reversed(thread.rows) if session.scan.kind[row] in (_USER, _ASSISTANT)), None)
        self.failed = (
            said is not None and session.has(said, Flag.API_ERROR) and not traits.api_errors_sent
        )
        self.directs = traits.directives and as_system and any(
            part in (target.model or "") for part in words.EFFORT_MODELS
        )
        self.rows = self._sent(thread.rows)
        answered = self._answered()
        self.tail = self._tail(answered) if traits.tail_answered or (
            traits.parallel_tail_answered and self._last_kind() == Kind.USER
        ) else []
        """The calls of the last response that the client answers itself."""
        self.replies = Replies(self.rows, answered.union(self.tail), drafts, target, traits)
        if gone := self.replies.gone:
            self.rows = array("i", (row for row in self.rows if row not in gone))
        kinds, backwards = self.scan.kind, range(len(self.rows) - 1, -1, -1)
        self.last = next((place for place in backwards if kinds[self.rows[place]] in (_USER, _ASSISTANT)), -1)
        """The place of the last message."""
        self.start = self.given = 0
        """How many rows and messages are taken from another request; the latter count on."""
        self.pairing = Pairing(drafts, traits)
        self.directed = not self.directs
        """Whether the settings of the first turn are sent already, where there are any."""
        self.course: Course | None = None

    def messages(self) -> Iterator[Draft]:
        """The messages, each as soon as nothing that follows changes it; of a course that is taken up, the rest."""
        found = self.pairing.pair(self._merged()) if self.traits.pairs else self._merged()
        if self.directs and not self.given:
            found = self._directed(found)
        for draft in found:
            self.given += 1
            yield draft

    def carry(self, surroundings: Surroundings, result: Request, like: Request | None) -> Course:
        """Note how the request is made; where another one was made in the same way up to a stop, go on from there."""
        found = Course(
            self.session.scan.view, self.target, surroundings, self.thread.rows, self.rows, self.last,
            self.replies.kept, self.drafts.stored, self._effort() if self.directs else "", self.pairing.used,
        )
        before = None if like is None else like.course
        if like is not None and isinstance(before, Course) and (stop := found.same(before)) is not None:
            result.take(like, stop.messages)
            found.take(stop, before, self.drafts, self.merger, self.pairing)
            self.start, self.given = stop.place, stop.messages
        self.course = found
        return found

    def _merged(self) -> Iterator[Draft]:
        """The records as messages."""
        traits, drafts, merger, scan = self.traits, self.drafts, self.merger, self.scan
        kinds, first, kept, rows, last, tail = scan.kind, scan.first, self.replies.kept, self.rows, self.last, self.tail
        interrupted = words.RESULT_INTERRUPTED if traits.tail_answered else words.RESULT_USER_INTERRUPTED
        if traits.context_reminder and not self.start:
            merger.user([drafts.text(words.CONTEXT, Synthetic.REMINDER)])
        ended = False
        due = self.given + carried.EVERY
        for place, row in enumerate(islice(rows, self.start, None), self.start):
            kind = kinds[row]
            if row in self.behind_errors:
                merger.flush()
            if kind == _ASSISTANT:
                merger.assistant([*kept[row]] if row in kept else [first[row]], scan.message_id[row])
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
            if merger.settled:
                yield from merger.finished()
                if self.given >= due and self._note(place + 1):
                    due = self.given + carried.EVERY
        if not ended:
            self._end(rows, last, bool(tail))
        yield from merger.end()

    def _note(self, place: int) -> bool:
        """Note that the request can be taken up here."""
        return self.course is not None and self.directed and self.course.note(
            place, self.given, self.drafts, self.merger, self.pairing
        )

    def _sent(self, rows: array[int]) -> array[int]:
        """The rows that go out."""
        scan, traits = self.scan, self.traits
        sends = ((Flag.VIRTUAL, traits.virtual_sent), (Flag.API_ERROR, traits.api_errors_sent))
        unsent = [flag for flag, is_sent in sends if not is_sent]
        sent = bytearray(scan.kinds(_USER, _ASSISTANT, _ATTACHMENT))
        if unsent:
            sent = bytearray(without(sent, scan.marked(*unsent)))
        if traits.commands_sent and self.printed >= 0:
            for row in where(scan.type, self.printed):
                sent[row] |= scan.kind[row] == _NOTICE
        found = array("i", compress(rows, map(sent.__getitem__, rows)))
        if not traits.empty_lists_dropped:
            return found
        kinds, first = scan.kind, scan.first
        return array("i", [row for row in found if kinds[row] != _USER or first[row] < first[row + 1]])

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

    def _user(self, row: int) -> list[int]:
        """The parts of a user record as sent."""
        scan, drafts = self.scan, self.drafts
        start = scan.first[row]
        if scan.first[row + 1] == start + 1 and scan.block_kind[start] == _RESULT:
            return [start]
        codes = drafts.codes(row)
        if self.traits.empty_user_filled and codes and all(
            drafts.is_blank(code) and not scan.block_flags[code] & _STRING for code in codes
        ):
            return [drafts.text(words.NO_CONTENT, Synthetic.PLACEHOLDER, row, flags=0)]
        if self.traits.notifications_wrapped and len(codes) == 1 and not scan.flags[row] & (
            Flag.PROMPT | Flag.META | Flag.SUMMARY
        ) and drafts.is_text(codes[0]):
            block = self.session.of(row, records.blocks)[0]
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

    def _end(self, rows: Sequence[int], last: int, answered: bool) -> None:
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
        parts = self.session.of(row, records.blocks)
        return bool(parts) and str(parts[0].get("text", "")).startswith(words.COMMAND_OUTPUT)

    def _printed(self, row: int) -> str:
        """What a local command printed."""
        content = self.session.value(row).get("content")
        return content if isinstance(content, str) else ""

    def _directed(self, messages: Iterator[Draft]) -> Iterator[Draft]:
        """Messages with the settings of the first turn in the system turn behind it, or in an empty one."""
        for draft in messages:
            yield draft
            if draft.role is Role.USER:
                break
        else:
            return
        extra: dict[str, Any] = {"output_config": {"effort": self._effort()}}
        behind = next(messages, None)
        self.directed = True
        if behind is not None and behind.role is Role.SYSTEM:
            behind.extra = extra
        else:
            yield Draft(Role.SYSTEM, [], extra=extra)
        if behind is not None:
            yield behind
        yield from messages

    def _effort(self) -> str:
        for row in self.rows:
            if self.scan.kind[row] == Kind.ASSISTANT and not self.scan.flags[row] & Flag.SYNTHETIC:
                effort = self.session.value(row).get("effort")
                return effort if isinstance(effort, str) else words.EFFORT
        return words.EFFORT
