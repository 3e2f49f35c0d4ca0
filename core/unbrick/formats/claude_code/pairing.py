"""Calls and results made to fit before sending: strays out, gaps filled (claude-code-resume §3, Normalise)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from unbrick.entry import BlockFlag, BlockKind
from unbrick.formats.claude_code import words
from unbrick.formats.claude_code.behaviour import Behaviour
from unbrick.formats.claude_code.outgoing import Draft, Drafts
from unbrick.request import Role, Synthetic

_SERVED = frozenset({int(BlockKind.SERVER_USE), int(BlockKind.SERVER_RESULT), int(BlockKind.OTHER)})
_USE, _RESULT = int(BlockKind.TOOL_USE), int(BlockKind.TOOL_RESULT)
_TOOLS = _SERVED | {_USE, _RESULT}
_USER, _ASSISTANT = Role.USER, Role.ASSISTANT
_ADVISOR, _ADVISED, _FALLBACK = "advisor", "advisor_tool_result", "fallback"


def result_block(ref: str, text: str) -> dict[str, object]:
    """A result in the client's own words."""
    return {"type": "tool_result", "content": text, "is_error": True, "tool_use_id": ref}


def result(drafts: Drafts, ref: int, text: str) -> int:
    """The code of a result in the client's own words."""
    name = drafts.session.scan.strings.text(ref) or ""
    flags = int(BlockFlag.ERROR | BlockFlag.SYNTHETIC)
    return drafts.write(result_block(name, text), Synthetic.RESULT, kind=BlockKind.TOOL_RESULT, ref=name, flags=flags)


class Pairing:
    """Messages on their way: `used` are the calls so far, in order, `expected` those that the next message answers, and
    `head` says whether none has come by."""

    def __init__(self, drafts: Drafts, traits: Behaviour) -> None:
        self._drafts, self._traits = drafts, traits
        self.used: dict[int, None] = {}
        self.expected: list[int] = []
        self.head = True

    def pair(self, messages: Iterable[Draft]) -> Iterator[Draft]:
        """Messages in which every call gets its result in the next one, and every result has its call in the one
        before."""
        drafts, traits = self._drafts, self._traits
        for draft in messages:
            role = draft.role
            if self.expected and role is not _USER:
                yield self._missing()
            if role is _ASSISTANT:
                self.expected = _uses(drafts, draft, self.used, traits)
            elif role is _USER:
                stays = _results(drafts, draft, self.expected, traits, head=self.head)
                self.expected = []
                if not stays:
                    continue
            self.head = False
            yield draft
        if self.expected:
            yield self._missing()

    def _missing(self) -> Draft:
        expected, self.expected = self.expected, []
        return Draft(_USER, [result(self._drafts, ref, words.RESULT_MISSING) for ref in expected])


def _uses(drafts: Drafts, draft: Draft, used: dict[int, None], traits: Behaviour) -> list[int]:
    """The calls of a message; one that was made before goes."""
    refs: list[int] = []
    kept: list[int] = []
    kinds = drafts.kinds(draft.parts)
    if _TOOLS.isdisjoint(kinds):
        return refs
    for code, kind in zip(draft.parts, kinds, strict=True):
        if kind == _USE:
            ref = drafts.ref(code)
            if ref >= 0:
                if ref in used and traits.pairs_once:
                    continue
                used[ref] = None
                refs.append(ref)
        elif kind == _RESULT and traits.result_in_assistant_moved:
            continue
        kept.append(code)
    if len(kept) != len(draft.parts):
        draft.parts = kept or [drafts.text(words.NO_CONTENT, Synthetic.PLACEHOLDER)]
    if not _SERVED.isdisjoint(kinds):
        _features(drafts, draft, traits)
    return refs


def _features(drafts: Drafts, draft: Draft, traits: Behaviour) -> None:
    """Take out what belongs to features of the API that the client has switched off, and calls of the API's own tools
    that have no result in their message."""
    kinds = drafts.kinds(draft.parts)
    if not _SERVED.intersection(kinds):
        return
    results = {
        drafts.ref(code) for code, kind in zip(draft.parts, kinds, strict=True)
        if kind in (BlockKind.SERVER_RESULT, BlockKind.TOOL_RESULT)
    }
    kept: list[int] = []
    for code, kind in zip(draft.parts, kinds, strict=True):
        name = drafts.name(code) if kind in _SERVED else None
        if kind == BlockKind.SERVER_USE:
            alone = drafts.ref(code) not in results and traits.server_calls_paired
            gone = alone or (name == _ADVISOR and not traits.advisor_sent)
        elif kind == BlockKind.SERVER_RESULT:
            gone = name == _ADVISED and not traits.advisor_sent
        else:
            gone = name == _FALLBACK and not traits.fallback_sent
        if not gone:
            kept.append(code)
    if len(kept) != len(draft.parts):
        draft.parts = kept or [drafts.text(words.CALL_INTERRUPTED, Synthetic.PLACEHOLDER)]


def _results(drafts: Drafts, draft: Draft, expected: list[int], traits: Behaviour, *, head: bool) -> bool:
    """Fit the results of a user message to the calls before it; whether the message stays."""
    kinds = drafts.kinds(draft.parts)
    if not expected and _RESULT not in kinds:
        return True
    wanted, seen = set(expected), set[int]()
    places: list[int] = []
    for place, (code, kind) in enumerate(zip(draft.parts, kinds, strict=True)):
        if kind == _RESULT:
            ref = drafts.ref(code)
            if ref not in wanted or (ref in seen and traits.pairs_once):
                continue
            seen.add(ref)
        places.append(place)
    missing = [result(drafts, ref, words.RESULT_MISSING) for ref in expected if ref not in seen]
    if len(places) == len(draft.parts) and not missing:
        return True
    joined = draft.joined or set()
    draft.joined = {new + len(missing) for new, old in enumerate(places) if old in joined}
    draft.parts = missing + [draft.parts[place] for place in places]
    if draft.parts:
        return True
    if not traits.pairs_once:
        return False
    text = words.RESULT_ORPHANED if head and traits.tail_answered else words.NO_CONTENT
    draft.parts = [drafts.text(text, Synthetic.PLACEHOLDER)]
    return True
