"""The first five lines: which session, will it resume and where, what is wrong, what is loaded, what one key mends."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rich.cells import cell_len

from unbrick.bundle import Bundle
from unbrick.finding import Severity
from unbrick.printable import printable
from unbrick.report import Report, Resume
from unbrick.target import WAYS, Target
from unbrick.telling import sentences
from unbrick.telling.wording import verdict
from unbrick.thread import Outcome
from unbrick_tui.glyphs import Glyphs
from unbrick_tui.remedy import Remedy, remedy
from unbrick_tui.text import clause, count, fold, one_line, shorten, size

Piece = tuple[str, str]
"""Text, and a style: `good`, `bad`, `warn`, `dim`, `strong`, `key` or nothing."""


_CLOSED = (Outcome.NOT_FOUND, Outcome.CRASH, Outcome.HANG)

_GLYPH = {"good": "ok", "warn": "warning", "bad": "error"}


class News(NamedTuple):
    """What happened outside since the file was read: what became of it as the end of a sentence (`has grown by 3
    lines`), the client and process that have it open, and what is wrong with the disk; empty for nothing."""

    change: str = ""
    owner: str = ""
    trouble: str = ""


NONE = News()
_OWN: Mapping[str, str] = {}
"""Every key is called as it is bound here."""


def opening(
    bundle: Bundle, records: int, title: str, width: int, glyphs: Glyphs, news: News = NONE,
    called: Mapping[str, str] = _OWN,
) -> list[Piece]:
    """Which session: its title or id, size, records; before all, what happened to the file meanwhile."""
    dot = f" {glyphs.dot} "
    if news.trouble:
        again, leaves = called.get("R", "R"), called.get("q", "q")
        said = [f"{news.trouble}: what does not come is shown as unreadable; {again} tries again, {leaves} leaves",
                f"{news.trouble}; {again} tries again, {leaves} leaves", f"{news.trouble}; {leaves} leaves"]
        return [(first_fit(said, width, glyphs), "bad")]
    if news.change:
        return [(first_fit(_changed(news, dot, called), width, glyphs), "warn")]
    noun = "record" if bundle.main.unit == "line" else bundle.main.unit
    facts = f"{dot}{size(bundle.main.size)}{dot}{count(records, noun)}"
    owned = f"{dot}{news.owner} has it open" if news.owner else ""
    if width < 50 or (owned and width < 100):
        facts = dot + size(bundle.main.size)
    if owned and width < 60:
        facts, owned = "", f"{dot}in use"
    name = printable(bundle.session_id or bundle.path.stem)
    room = width - len(facts) - len(owned) - 1
    after: list[Piece] = [(facts, "dim"), (owned, "warn")]
    if not title:
        return [(shorten(name, room, glyphs.ellipsis), "strong"), *after]
    brief = name[:8] if len(name) >= 32 else name
    title = shorten(one_line(title), max(room - len(brief) - len(dot), 1), glyphs.ellipsis)
    return [(title, "strong"), (dot + brief, ""), *after]


def _changed(news: News, dot: str, called: Mapping[str, str]) -> list[str]:
    """Longest first: what became of the file, the key that helps, who has it open."""
    gone = news.change == "was removed"
    saves, again = called.get("w", "w"), called.get("R", "R")
    help_ = f"a copy of what was read can still be saved ({saves})" if gone else f"press {again} to read it again"
    said = f"The file {news.change}: {help_}"
    brief = f"File {news.change.removeprefix('has ')}: {f'{saves} saves' if gone else f'{again} rereads'}"
    return [*([f"{said}{dot}{news.owner} has it open"] if news.owner else []), said, brief]


def first_fit(forms: Sequence[str], width: int, glyphs: Glyphs) -> str:
    """The first form that fits, else the last one cut."""
    return next((form for form in forms if len(form) <= width), shorten(forms[-1], width, glyphs.ellipsis))


def judged(report: Report, width: int, glyphs: Glyphs) -> list[Piece]:
    """The verdict, on which client and model; what the recorded client does where it differs."""
    word, style = verdict(report)
    head = f"{getattr(glyphs, _GLYPH[style])} {word.upper()}"
    target = report.target
    who = f" on {sentences.client(target)} ({sentences.BASIS[target.basis]})"
    model = f", {printable(target.model)}" if target.model else ""
    strict = ", strict" if target.strict else ""
    others = [(o, _other(target, o), short_outcome(resume)) for o, resume in report.others]
    other = "".join(f" {glyphs.dot} {sentences.BASIS[o.basis]}, {name}: {said}" for o, name, said in others)
    brief = f" on {target.version} {WAYS.get(target.way, target.way)}".rstrip()
    short_other = "".join(f" {glyphs.dot} {name}: {said}" for _o, name, said in others)
    if not target.resumed:
        who, brief = f" by {sentences.client(target)}", ""
    forms = [who + model + strict + other, who + model + strict + short_other, who + strict + short_other,
             brief + short_other, who + strict, brief, f" on {target.version}" if target.resumed else ""]
    tail = next((form for form in forms if len(head) + len(form) <= width), forms[-1])
    return [(head, style), (shorten(tail, max(width - len(head), 0), glyphs.ellipsis), "")]


def _other(target: Target, other: Target) -> str:
    """What another target is called beside the one that was judged for: by what differs."""
    way = WAYS.get(other.way, other.way)
    if other.version == target.version and way:
        return way
    return f"{other.version} {way}".rstrip()


def short_outcome(resume: Resume) -> str:
    """`resumes`, `refused`, `resumes without 9 messages`."""
    return sentences.outcome_words(resume).split(":", 1)[0]


_ID = re.compile(r" \(\S{16,}\)")


_AT_RISK = "J010"
_BACK_UP = (
    "Do not resume it again: that destroys what is left of it. Press {b} to back up now.",
    "Do not resume it again; press {b} to back up now.",
    "Do not resume it; {b} backs up now.",
)


def wrong(
    report: Report, kept: bool, width: int, glyphs: Glyphs, called: Mapping[str, str] = _OWN,
) -> list[Piece]:
    """What is wrong in one sentence, with its line; or the last error, where nothing else is. Before all, where a
    resume would destroy what is left, that it has to be backed up, until it is (`kept`)."""
    private = report.bundle.main.private
    if not kept and not private and any(found.code == _AT_RISK for found in report.findings):
        said = [form.format(b=called.get("b", "b")) for form in _BACK_UP]
        return [(first_fit(said, width, glyphs), "bad")]
    what = sentences.sentence(report)
    if not any(found.severity is not Severity.INFO for found in report.findings):
        last = report.last_error
        what = sentences.last_error(report) if last is not None and not last.past else what
    if len(what) > width:
        what = _ID.sub("", what)
    return [(clause(what, width, glyphs.ellipsis), "")]


def loaded(report: Report, width: int, glyphs: Glyphs) -> list[Piece]:
    """What resume loads and what it does not, in the longest form that fits."""
    resume = report.resume
    full = sentences.loads(report)
    forms = [full]
    if resume.messages and resume.outcome not in _CLOSED:
        every = "" if resume.lost or resume.undecided or resume.messages == 1 else "all "
        head = f"Loads {every}{count(resume.messages, 'message')}"
        size_ = f" (~{resume.tokens // 1000:,}k tokens)" if resume.tokens >= 1000 else ""
        back = f" ({resume.recoverable:,} can come back)" if resume.recoverable else ""
        back = " that can come back" if resume.recoverable == resume.lost else back
        parts = [f"{number:,} {word}" for number, word in (
            (resume.lost, f"lost{back}"), (resume.undecided, "beside the thread"),
            (resume.summarised, "summarised"), (resume.rewound, "rewound"),
        ) if number]
        rests = [f". Not loaded: {', '.join(parts)}" if parts else ""]
        rests += [f". Not loaded: {', '.join(parts[:some])} and more" for some in range(len(parts) - 1, 0, -1)]
        forms += [head + size_ + rests[0], *(head + rest for rest in rests)]
    elif resume.recoverable:
        forms.append(f"Loads nothing; {count(resume.recoverable, 'message')} can come back")
    said = next((form for form in forms if len(form) <= width), forms[-1])
    return [(shorten(said, width, glyphs.ellipsis), "")]


NARROW = 60
"""Below so many columns a sentence may take two lines."""


def room_for(width: int) -> int:
    """Cells that a sentence may take where a line has so many."""
    return width if width >= NARROW else 2 * width - 8


def wrapped(line: Sequence[Piece], width: int) -> list[list[Piece]]:
    """A line that was made for more room on as many as it needs: a key keeps its place, what stands at the right end
    goes behind the last words, on a line of its own where it matters, else away."""
    if sum(cell_len(text) for text, _ in line) <= width:
        return [list(line)]
    line = [piece for piece in line if piece[0]]
    key = line[:1] if line and line[0][1] == "key" else []
    lead = len(key[0][0]) + 1 if key else 0
    (text, style), *rest = line[len(key) :]
    text, start = text.strip(), 0
    lines: list[list[Piece]] = []
    for end in fold(text, width - lead):
        piece = (" " * (lead if lines or not key else 1) + text[start:end].rstrip(), style)
        lines.append([piece] if lines else [*key, piece])
        start = end
    state, tone = next(((said, how) for said, how in rest if said.strip()), ("", ""))
    free = width - sum(cell_len(said) for said, _ in lines[-1]) - len(state)
    if state and free > 1:
        lines[-1] += [(" " * free, ""), (state, tone)]
    elif tone == "warn":
        lines.append([(state.rjust(width), tone)])
    return lines


def standing(edits: int, saved: bool) -> str:
    """Whether anything has been changed."""
    if not edits:
        return "nothing has been changed"
    return f"{count(edits, 'edit')}, {'saved' if saved else 'not saved'}"


_ABOUT = re.compile(r", about [\d,]+ tokens.*$")
_ERASES = re.compile(r"(erases [\d,]+) messages? not loaded now")
_MANY = re.compile(r"(?<=[a-z])(?<!everything)(?:, [\d,]+ [a-z]+(?: [a-z]+)?){3,}")
"""What goes beyond the first thing."""
_TITLES = (24, 12)
"""Cells that the title of a fix needs to say anything, and at the very least."""


def offer(
    report: Report | None, edits: int, saved: bool, width: int, glyphs: Glyphs, called: Mapping[str, str] = _OWN,
) -> list[Piece]:
    """The remedy with its price on the left, what has been changed on the right; the price is never cut. `called` says
    which key to press in the place of its own."""
    style = "warn" if edits and not saved else "dim"
    states = [standing(edits, saved), "saved" if saved else f"{edits} not saved"]
    if not edits:
        states[1:] = ["nothing changed", "unchanged"]
    if report is None:
        return [(states[0], style)]
    step = remedy(report)
    if edits and not saved and not step.key:
        step = Remedy("w", "save a copy that resumes" if report.target.resumed else "save it to a file")
    lead = f" {called.get(step.key, step.key)} " if step.key else ""
    full = f": {one_line(step.price)}" if step.price else ""
    brief = _ABOUT.sub("", full)
    brief = brief.replace(": keeps everything; ", ": ")
    prices = (full, brief, _MANY.sub(" and more", _ERASES.sub(r"\1 more", brief)))
    text = one_line(step.text)

    def room(state: str, price: str) -> int:
        return width - len(lead) - len(price) - len(state) - 2 - bool(lead)

    forms = [(state, price) for state in states for price in prices]
    fitting = (form for least in _TITLES for form in forms if room(*form) >= min(len(text), least))
    state, price = next(fitting, ("", prices[-1]))
    said = clause(text, max(room(state, price), 1), glyphs.ellipsis) + price
    said = shorten(said, max(width - len(lead) - 1, 1), glyphs.ellipsis)
    gap = max(width - len(lead) - bool(lead) - len(said) - len(state), 0)
    return [(lead, "key"), (" " * bool(lead) + said, ""), (" " * gap, ""), (state, style)]
