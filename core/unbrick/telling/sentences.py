"""A report in sentences: will the next prompt work, what is wrong, what does resume load; for every front end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from unbrick.entry import Kind
from unbrick.finding import FIRST, Advice, Finding, Severity
from unbrick.printable import printable, shorten
from unbrick.report import Cause, Report, Resume, Verdict
from unbrick.session import Standing
from unbrick.target import Basis, Target
from unbrick.telling.json_report import line, pointer
from unbrick.thread import Outcome

BASIS = {
    Basis.GIVEN: "as asked", Basis.INSTALLED: "installed here", Basis.RECORDED: "recorded in the file",
    Basis.ASSUMED: "assumed",
}

INNOCENT = (Cause.CLIENT, Cause.SETTINGS, Cause.ENDPOINT)
"""Causes that no edit of the file mends."""

_STOPS = {
    Outcome.HEALED: "is refused at first, then accepted by the client's own second try",
    Outcome.REFUSED: "will be refused by the API",
    Outcome.NOT_FOUND: "cannot be typed: the client will not find this session",
    Outcome.CRASH: "cannot be typed: the client will crash while it loads this session",
    Outcome.HANG: "cannot be typed: the client will hang while it loads this session",
    Outcome.EMPTY: "will work, but the session will open with no history at all",
}


def client(target: Target) -> str:
    """`Claude Code 2.1.329`; with the way it is resumed, where there are several."""
    return target.named


def judged_for(target: Target) -> str:
    """`judged for Claude Code 2.1.139 (installed here), claude-opus-4-7`."""
    model = f", {target.model}" if target.model else ""
    endpoint = "" if target.endpoint == "api" else f", through {target.endpoint}"
    strict = ", strict" if target.strict else ""
    basis = f" ({BASIS[target.basis]})" if target.resumed else ""
    return f"judged for {client(target)}{basis}{printable(model + endpoint)}{strict}"


def headline(report: Report) -> str:
    """Will the next prompt work, and on which client."""
    outcome, who = report.resume.outcome, client(report.target)
    if not report.target.resumed:
        return _of_a_request(report)
    if outcome is not Outcome.ACCEPTED:
        return f"The next prompt {_STOPS[outcome]}, on {who}."
    if report.verdict is Verdict.BROKEN:
        lost = report.resume.lost
        if lost:
            return f"The next prompt will work on {who}, but without {messages(lost)} of this session."
        return f"The next prompt will work on {who}, but part of this session is not sent."
    if left_out(report):
        held = messages(report.resume.undecided)
        return f"The next prompt will work on {who}, but {held} may have been left out."
    if report.verdict is Verdict.FRAGILE:
        return f"The next prompt will work on {who}, but something is silently altered."
    return f"The next prompt will work on {who}."


def sentence(report: Report) -> str:
    """What is wrong in one sentence, with its line; whether an edit of the file helps."""
    above = [found for found in report.findings if found.severity is not Severity.INFO]
    if not above:
        if report.resume.undecided:
            return "Nothing is certainly wrong with this file."
        return "Nothing is wrong with this file." if report.cause is Cause.NONE else ""
    first = foremost(report, above)
    said, _rest = halves(first)
    what = f"{place(first)}{said}"
    if report.cause in INNOCENT:
        return f"The file is innocent, and no edit of it will help: {what}"
    return what[:1].upper() + what[1:]


def foremost(report: Report, above: Sequence[Finding]) -> Finding:
    """The finding that the head of a report speaks of, of those above info."""
    innocent = report.cause in INNOCENT
    return next((found for found in above if found.cause == report.cause.value), above[0]) if innocent else above[0]


def halves(finding: Finding) -> tuple[str, str]:
    """The first sentence of a finding, and the others."""
    said = printable(finding.message)
    end = said.find(". ")
    return (f"{said.rstrip('.')}.", "") if end < 0 else (said[: end + 1], said[end + 2 :])


def loads(report: Report) -> str:
    """What resume loads and what it does not, in plain numbers."""
    resume = report.resume
    if not report.target.resumed and not resume.lost:
        return f"{messages(resume.messages)}, about {resume.tokens:,} tokens."
    everything = resume.messages + resume.lost + resume.summarised + resume.undecided + resume.rewound
    if not everything:
        return "Resume loads nothing; the file holds no messages."
    size = f" (about {resume.tokens:,} tokens)" if resume.tokens else ""
    parts = list(not_loaded(report))
    if resume.outcome in (Outcome.NOT_FOUND, Outcome.CRASH, Outcome.HANG) or not resume.messages:
        said = "Resume loads nothing" if report.target.resumed else "Nothing of it can be sent as it stands"
        there = resume.messages + resume.lost
        parts = [f"{messages(there)}{_back(resume)}", *parts[bool(resume.lost) :]] if there else parts
        return f"{said}. In the file: {'; '.join(parts)}."
    if resume.lost and resume.since is not None and behind_start(report) == resume.lost:
        said = f"Resume loads {messages(resume.messages)}, from {moment(resume.since)} on{size}"
        parts[0] = f"{resume.lost:,} before that{_back(resume)}"
    else:
        every = "" if resume.lost or resume.undecided or resume.messages == 1 else "all "
        since = " since the last compaction" if report.situation.thread.boundary is not None else ""
        said = f"Resume loads {every}{messages(resume.messages)}{since}{size}"
    return f"{said}. Not loaded: {'; '.join(parts)}." if parts else f"{said}."


def not_loaded(report: Report) -> Iterator[str]:
    """What resume does not load of what is in the file, and how it comes back; what is missed first."""
    resume = report.resume
    if resume.lost:
        yield f"{resume.lost:,} lost{_back(resume)}"
    if resume.undecided:
        found = doubtful(report)
        why = "the file does not say why" if found is None else f"{found.id} says more"
        yield f"{resume.undecided:,} beside the thread ({why})"
    if resume.summarised:
        yield f"{resume.summarised:,} summarised (normal)"
    if resume.rewound:
        yield f"{resume.rewound:,} rewound (normal)"


def doubtful(report: Report) -> Finding | None:
    """The finding that speaks of replies beside the thread of which the file does not say why."""
    return next((f for f in report.findings if f.code in ("L005", "L006") and f.severity is Severity.WARNING), None)


def left_out(report: Report) -> bool:
    """Whether the worst that is known of a session is that replies beside the thread may be part of it."""
    accepted = report.resume.outcome is Outcome.ACCEPTED
    return accepted and report.verdict is Verdict.FRAGILE and report.findings[0] is doubtful(report)


def behind_start(report: Report) -> int:
    """How many of the lost messages stand before the first loaded one, by time or else by line."""
    thread, session = report.situation.thread, report.situation.session
    scan = session.scan
    talk = (Kind.USER, Kind.ASSISTANT)
    first = next((row for row in thread.rows if scan.kind[row] in talk), None)
    if first is None:
        return 0
    began = scan.time[first]
    count = 0
    for row, standing in enumerate(thread.standing):
        if standing == Standing.LOST and scan.kind[row] in talk:
            time = scan.time[row]
            count += time <= began if time == time and began == began else row < first
    return count


def others(report: Report) -> Iterator[str]:
    """What happens on the other clients that matter."""
    for target, resume in report.others:
        yield f"{client(target)} ({BASIS[target.basis]}): {outcome_words(resume)}."


def outcome_words(resume: Resume) -> str:
    """`refused: API Error 400 …`, `resumes`, `resumes without 9 messages`."""
    if resume.outcome is Outcome.ACCEPTED:
        return f"resumes without {messages(resume.lost)}" if resume.lost else "resumes"
    words = {
        Outcome.HEALED: "refused, then healed by its own second try", Outcome.NOT_FOUND: "does not find the session",
        Outcome.CRASH: "crashes", Outcome.HANG: "hangs", Outcome.EMPTY: "opens with no history",
    }
    error = f": {shorten(printable(resume.error), 160)}" if resume.error else ""
    return words.get(resume.outcome, resume.outcome.value) + error


def last_error(report: Report) -> str:
    """The last error that the transcript itself recorded, and what accounts for it; empty when it recorded none."""
    error = report.last_error
    if error is None:
        return ""
    at = line(report.situation.session.at(error.row))
    said = f"The last error recorded (line {at}): “{shorten(printable(error.text), 200)}”"
    if error.explained_by:
        return f"{said}; explained by {error.explained_by}."
    if error.answer:
        return f"{said}; {printable(error.answer)}"
    if error.past:
        return f"{said}; the conversation went on after it."
    return f"{said}; not explained by anything in the file, the client or its settings: do not edit the file for it."


def place(value: Finding) -> str:
    """`line 214 (messages.135.content.2): `, empty for a finding without a place."""
    if value.at is None:
        return ""
    number = line(value.at)
    said = "at the end" if number is None else f"line {number:,}"
    if value.document:
        return f"{pointer(value.document)}: "
    if value.message_index is not None:
        block = "" if value.block_index is None else f".content.{value.block_index}"
        said += f" (messages.{value.message_index}{block})"
    return f"{said}: "


def moment(seconds: float) -> str:
    """A time as people say it, in the local time zone: `Tue 19 May 16:40`, with the year unless it is this one."""
    when = datetime.fromtimestamp(seconds).astimezone()
    year = "" if when.year == datetime.now().astimezone().year else f" {when.year}"
    return f"{when:%a} {when.day} {when:%b}{year} {when:%H:%M}"


def count(number: int, noun: str) -> str:
    """`1 record`, `4,543 records`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def messages(number: int) -> str:
    """`1 message`, `4,543 messages`."""
    return count(number, "message")


def are(number: int) -> str:
    """The verb for a number of things."""
    return "is" if number == 1 else "are"


def _back(resume: Resume) -> str:
    if not resume.recoverable:
        return ""
    if resume.recoverable == resume.lost:
        return ", which a fix brings back"
    return f", of which a fix brings {resume.recoverable:,} back"


def _of_a_request(report: Report) -> str:
    """Will a request work that no client stands behind."""
    if not len(report.situation.session):
        return "There are no messages in this file; the API takes no request without one."
    if report.resume.outcome is not Outcome.ACCEPTED:
        return "The API will refuse this request."
    return "The API will accept these messages" + (
        ", but something in them is not what it seems." if report.verdict is not Verdict.HEALTHY else "."
    )


def labelled(advice: Sequence[Advice], *, first: bool = True) -> Iterator[tuple[str, Advice]]:
    """Ways out with what stands in front of each: the one to try, what comes before it, and the others. `first` says
    whether one of them is the one to try, or a fix is."""
    word = "do this" if first else "or"
    for one in advice:
        yield one.label or word, one
        word = "then" if one.label == FIRST and first else "or"


def main_way(advice: Sequence[Advice]) -> Advice | None:
    """The way out to try, which what has to be done first leads to."""
    return next((one for one in advice if not one.label), None)
