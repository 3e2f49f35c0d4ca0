"""From an error text to what accounts for it: the rule, the lines and the fix, or that the file is innocent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from unbrick import answers, recorded
from unbrick.answers import Answer
from unbrick.finding import Advice, Finding, Severity
from unbrick.report import LastError
from unbrick.rules import ALL
from unbrick.situation import Situation

UMBRELLA = re.compile(r"due to tool use concurrency issues|tool use or thinking block mismatch", re.IGNORECASE)
"""The client's own words for any mismatch of calls and results; the API's sentence is lost behind it
(anthropics/claude-code#8763)."""

UMBRELLA_FAMILY = "T"

_PLACE = re.compile(r"messages\.(\d+)(?:\.content\.(\d+))?")
_CALL = re.compile(r"\b(?:toolu|srvtoolu|call)_[A-Za-z0-9_-]+")

_ESCAPE = re.compile(r"(?:\x1b|\\u001b|\\x1b|\\e)(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\))|\x1b.?")
_FRONT = re.compile(r"(?:API Error: \d+ ?)|messages\.\d+(?:\.content\.\d+)?:? ?", re.IGNORECASE)
_NUMBER = re.compile(r"\d+")

ENOUGH = 25
"""So many characters of a known sentence are enough to know it by."""

LINTED = "TC"
"""Families whose rules are checked in full on the request that will be sent: when none is broken, the error that
names one of them is over."""


FILE = "JL"
"""Families of what keeps a client from opening a file."""


@dataclass(frozen=True)
class Explanation:
    """What an error text means. `codes` are the rules that it may come from, best first; `findings` those present;
    `places` the (line, what stands there) it speaks of; `innocent` that no edit of the file helps; `sentences` the
    answer in words; `advice` the ways out."""

    text: str
    codes: tuple[str, ...]
    title: str
    cause: str
    innocent: bool
    sentences: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
    places: tuple[tuple[int, str], ...] = ()
    advice: tuple[Advice, ...] = ()


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((rule.code, re.compile(rule.error, re.IGNORECASE)) for rule in ALL if rule.error)


def codes_of(text: str) -> tuple[str, ...]:
    """Codes of the rules whose error sentence a text contains: surroundings first, then in the order of the table."""
    text = _plain(text)
    found = [code for code, pattern in _patterns() if pattern.search(text)]
    if UMBRELLA.search(text):
        found += [rule.code for rule in ALL if rule.code[0] == UMBRELLA_FAMILY and rule.code not in found]
    return tuple(sorted(found, key=lambda code: code[0] != "E"))


def _plain(text: str) -> str:
    """An error text without the colours of a terminal and the escapes of the JSON it may be pasted in, on one line:
    a terminal breaks a sentence wherever its window ends."""
    text = uncoloured(text).replace('\\"', '"').replace("\\n", " ")
    return " ".join(text.split())


def uncoloured(text: str) -> str:
    """A text as it was pasted, without what colours it."""
    return _ESCAPE.sub("", text)


def _whole(text: str) -> str | None:
    """The known sentence that a text is cut off from: it ends in the sentence's beginning, or is a part of it."""
    from unbrick import failures

    pasted, whole = _alike(text.rstrip(" .…")), (0, "")
    for said in (said for failure in failures.failures() for said in failure.says):
        known = _alike(said)
        ends = (size for size in range(min(len(known), len(pasted)), ENOUGH - 1, -1) if pasted.endswith(known[:size]))
        size = len(pasted) if len(pasted) >= ENOUGH and pasted in known else next(ends, 0)
        whole = max(whole, (size, said), key=lambda one: one[0])
    return whole[1] or None


def _alike(text: str) -> str:
    """A text without what differs from one error to the next: the place, numbers and ids."""
    return _NUMBER.sub("0", _CALL.sub("id", _FRONT.sub("", _plain(text)))).lower()


def account(situation: Situation, findings: Sequence[Finding]) -> LastError | None:
    """The last error record of the transcript and what accounts for it: a finding, or an answer that lies outside
    the file. Neither means that it is not explained."""
    error = recorded.last(situation)
    if error is None:
        return None
    codes = codes_of(error.text)
    matching = _best(findings, codes, error.text)
    if matching:
        return LastError(error.row, error.text, matching[0].id, error.past)
    answer = answers.answer_to(_plain(error.text))
    if answer is not None and (answer.certain or not codes or codes[0][0] not in LINTED):
        said = f"{answer.title} {answer.text}"
        left = _left_behind(findings)
        if left and answer.cause == "endpoint":
            said += f" What it left behind: {', '.join(found.id for found in left)}."
        return LastError(
            error.row, error.text, None, error.past, said, answer.advice_for(situation.bundle, situation.target.client)
        )
    if codes:
        return LastError(error.row, error.text, None, error.past, _over(situation, codes, findings))
    return LastError(error.row, error.text, None, error.past)


def _best(findings: Iterable[Finding], codes: Sequence[str], text: str) -> list[Finding]:
    """Findings of some codes, the worst first; those whose call or place the text names before others."""
    named = set(_CALL.findall(text))
    order = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}
    matching = [found for found in findings if found.code in codes]
    return sorted(
        matching,
        key=lambda found: (
            not any(ref in found.message or ref in (found.api_error or "") for ref in named),
            order[found.severity], found.cause == "file", codes.index(found.code),
        ),
    )


def _left_behind(findings: Iterable[Finding]) -> list[Finding]:
    """What an interrupted request leaves in a file: a failed compaction, unanswered calls, prompts without replies."""
    return [found for found in findings if found.code in ("B001", "B002", "T001", "E004")]


def _over(situation: Situation, codes: Sequence[str], findings: Sequence[Finding]) -> str:
    """What is so when nothing that an error may come from is found."""
    worst = max(findings, key=lambda found: found.severity, default=None)
    if worst is not None and worst.severity > Severity.INFO:
        where = "" if worst.row is None else f" at {situation.place(worst.row)}"
        return f"It is not what this file suffers from now. That is {worst.code}{where}: {worst.message}."
    code, who = codes[0], situation.target.named
    if code == "S001":
        return (
            "By the tokens that were recorded, what will be sent now fits the model's window: the client misjudged the "
            "window (a setting, a switched model), or the conversation was shortened since. Do not cut the file for it."
        )
    if code[0] in LINTED:
        kept = f"all that {who} will send now" if situation.target.resumed else "these messages"
        return (
            f"The rule it speaks of ({code}) is kept by {kept}: it was mended since, or the request was built wrongly "
            "by what sent it. Try again; no edit is called for."
        )
    if code[0] in FILE:
        return (
            f"Nothing of the kind ({code}) is in this file now, and {who} will open it: it was mended since, or the "
            "error speaks of another file or of another version of the client. No edit is called for."
        )
    return f"Nothing that accounts for it ({code}) is found here now. No edit is called for."


def explain_error(text: str, situation: Situation | None = None, findings: Sequence[Finding] = ()) -> Explanation:
    """What an error that the client or the API printed means, for a session or in general. Never raises."""
    plain = _plain(text)
    whole = None if codes_of(plain) or answers.answer_to(plain) else _whole(plain)
    places = () if situation is None else tuple(_places(situation, plain))
    beyond = () if situation is None or places else tuple(_beyond(situation, plain))
    found = _explained(plain if whole is None else whole, plain, situation, findings)
    cut = () if whole is None else (f"The text seems to be cut off; as far as it goes, it is this one: “{whole}”",)
    return replace(found, text=uncoloured(text), places=places, sentences=(*cut, *found.sentences, *beyond))


def _explained(
    known: str, plain: str, situation: Situation | None, findings: Sequence[Finding]
) -> Explanation:
    """What the known sentence means that a text is or is cut off from."""
    codes, answer = codes_of(known), answers.answer_to(known)
    matching = tuple(_best(findings, codes, plain))
    certain = answer is not None and answer.certain
    if matching or (codes and not certain and (answer is None or codes[0][0] in LINTED)):
        return _by_rule(known, codes, matching, situation, findings)
    if answer is not None:
        return _by_answer(plain, answer, codes, situation, findings)
    return Explanation(
        plain, (), "Not known", "unknown", True,
        ("This error is in none of the tables here, so nothing is known that an edit of the file would mend: do not "
         "edit the file for it.",),
    )


def _by_rule(
    text: str, codes: tuple[str, ...], matching: tuple[Finding, ...], situation: Situation | None,
    findings: Sequence[Finding],
) -> Explanation:
    if matching:
        codes = tuple(dict.fromkeys([*(found.code for found in matching), *codes]))
    rule = next(rule for rule in ALL if rule.code == codes[0])
    first = matching[0] if matching else None
    innocent = first is not None and first.cause in ("client", "settings", "endpoint")
    said: list[str] = []
    if UMBRELLA.search(text):
        said.append(
            "This sentence is the client's own, for any mismatch between calls and results; what the API said is only "
            "in its debug log."
        )
    said.append(rule.explanation.split("\n\n")[0].replace("\n", " "))
    if first is not None:
        said.append(first.message)
    elif situation is not None:
        said.append(_over(situation, codes, findings))
        innocent = True
    return Explanation(
        text, codes, f"{rule.code} {rule.name}", first.cause if first else "file" if not innocent else "client",
        innocent, tuple(said), matching, advice=first.advice if first else (),
    )


def _by_answer(
    text: str, answer: Answer, codes: tuple[str, ...], situation: Situation | None, findings: Sequence[Finding],
) -> Explanation:
    said = [answer.text]
    left = tuple(_left_behind(findings))
    apart = [found for found in findings if found.severity > Severity.INFO and found not in left]
    if left:
        said.append("What the interruption left in the file: " + "; ".join(found.message for found in left) + ".")
    if apart:
        said.append(f"Other findings are apart from it: {', '.join(found.id for found in apart[:8])}.")
    bundle = None if situation is None else situation.bundle
    client = answers.CLIENT if situation is None else situation.target.client
    if situation is not None and answer.only and client != answers.CLIENT:
        said.append(f"Only Claude Code says this, and this file is one for {situation.target.named}.")
    elif situation is not None and codes and codes[0][0] in FILE and not apart:
        said.append(_over(situation, codes, findings))
    advice = answer.advice_for(bundle, client)
    return Explanation(text, codes, answer.title, answer.cause, True, tuple(said), left, advice=advice)


def _beyond(situation: Situation, text: str) -> Iterable[str]:
    """That a text names a message which the request does not hold."""
    index, held = max((int(message[:9]) for message, _block in _PLACE.findall(text)), default=0), len(situation.request)
    if index and index >= held:
        yield (
            f"The request that would be sent now holds {held:,} message{'s' * (held != 1)} and no messages.{index}: "
            "the error is from a longer one, before a compaction or an edit, or from another session."
        )


def _places(situation: Situation, text: str) -> Iterable[tuple[int, str]]:
    """(line, what stands there) of the calls and the parts of the request that an error text names."""
    seen: set[int] = set()
    session, request = situation.session, situation.request
    for ref in dict.fromkeys(_CALL.findall(text)):
        call = session.calls.get(ref)
        if call is None:
            continue
        for what, found in (("call", call.uses), ("result", call.results)):
            for row, _block in found:
                if row not in seen:
                    seen.add(row)
                    yield situation.at(row).line, f"{what} {ref}"
    if seen:
        # An id says where it is; an index counted the request of then.
        return
    for message_text, block_text in dict.fromkeys(_PLACE.findall(text)):
        message = int(message_text)
        if message >= len(request):
            continue
        start, end = request.first[message], request.first[message + 1]
        index = start + int(block_text or 0)
        row = request.row[index] if index < end else -1
        if row >= 0 and row not in seen:
            seen.add(row)
            where = f"messages.{message}" + (f".content.{block_text}" if block_text else "")
            yield situation.at(row).line, f"{where} of the request that would be sent now"
