"""The laws that hold for every transcript, whatever happened to it."""

from __future__ import annotations

import unicodedata
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools import strategies as made
from unbrick.bundle import Bundle
from unbrick.check import check
from unbrick.clock import FixedClock
from unbrick.finding import Safety, Severity
from unbrick.formats.claude_code import ClaudeCode
from unbrick.patch import EMPTY, Patch, View, compose
from unbrick.printable import printable
from unbrick.record import END, At, read
from unbrick.repair import Repaired, repair
from unbrick.report import Report, Verdict
from unbrick.scanning.scan import finish
from unbrick.source import Source
from unbrick.target import Basis, Target, Version
from unbrick.telling.json_report import transcript
from unbrick.thread import Outcome

FORMAT = ClaudeCode()
VERSIONS = ["1.0.128", "2.1.139", "2.1.200", "2.1.329"]


OPEN: deque[Source] = deque()
"""The last few sources: a source is a file, and a property test makes hundreds."""


def source_of(data: bytes) -> Source:
    OPEN.append(Source.of(data))
    while len(OPEN) > 8:
        OPEN.popleft().close()
    return OPEN[-1]


@pytest.fixture(autouse=True, scope="module")
def _close() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


def bundle_of(data: bytes) -> Bundle:
    return Bundle(source_of(data), "00000000-0000-4000-8000-000000000000")


def judged(data: bytes, patch: Patch = EMPTY, target: Target | None = None) -> Report:
    return finish(check(FORMAT, bundle_of(data), patch, target))


def on(version: str) -> Target:
    return Target("claude-code", Version.parse(version), "claude-opus-4-8", basis=Basis.GIVEN)


def repaired(data: bytes, allow: frozenset[Safety], patch: Patch = EMPTY) -> Repaired:
    return finish(repair(FORMAT, bundle_of(data), patch=patch, allow=allow, clock=FixedClock()))


def patched(data: bytes, patch: Patch) -> bytes:
    """The bytes that a view shows, each line that a patch wrote ended."""
    pieces = [raw if raw.endswith(b"\n") else raw + b"\n" for raw in View(source_of(data), patch).raws()]
    return b"".join(pieces)


def keys(report: Report) -> set[tuple[str, str | None, Severity]]:
    """The findings above info: how the last line ends is one, and depends on how it is saved."""
    return {(f.code, f.uuid, f.severity) for f in report.findings if f.severity > Severity.INFO}


def words(data: bytes) -> set[str]:
    """Every text that a person or a model wrote and that stands in a readable record."""
    found: set[str] = set()
    for line in data.split(b"\n"):
        value = read(line)[0]
        if value is None or not isinstance(value.get("message"), dict) or value.get("isMeta"):
            continue
        if value.get("isApiErrorMessage") or value["message"].get("model") == "<synthetic>":
            continue
        content = value["message"].get("content")
        parts = content if isinstance(content, list) else [{"type": "text", "text": content}]
        found |= {
            part["text"] for part in parts
            if isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str)
            and part["text"].strip()
        }
    return found


def acts(char: str) -> bool:
    """Whether a character may do something to a terminal instead of showing."""
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")


SAFETIES = [frozenset({Safety.SAFE}), frozenset({Safety.SAFE, Safety.RESTORES}), frozenset(Safety)]

allowances = st.sampled_from(SAFETIES)


# Law 1: opening and saving without an edit writes the same bytes.


@given(made.anything | made.damaged_sessions())
def test_an_unpatched_view_is_the_file(data: bytes) -> None:
    assert b"".join(View(source_of(data)).raws()) == data


# Law 2: a line that no fix names keeps its bytes.


@given(made.damaged_sessions(), allowances)
def test_untouched_lines_keep_their_bytes(data: bytes, allow: frozenset[Safety]) -> None:
    done = repaired(data, allow)
    source = source_of(data)
    view = View(source, done.patch)
    kept = [at.line for at in map(view.at, range(len(view))) if at.line != END and at.line not in done.patch]
    assert kept == [line for line in range(1, len(source) + 1) if line not in done.patch]
    assert all(view.raw(row) == source[at.line - 1] for row in range(len(view)) if (at := view.at(row)).line in kept)


# Laws 3, 4: repairing twice is repairing once, and a repair introduces no finding.


@given(made.damaged_sessions(), allowances)
def test_repairing_again_changes_nothing(data: bytes, allow: frozenset[Safety]) -> None:
    once = repaired(data, allow)
    twice = repaired(data, allow, once.patch)
    assert twice.applied == ()
    assert twice.patch == once.patch


@given(made.damaged_sessions(), allowances)
def test_what_a_repair_wrote_is_judged_alike_when_it_is_opened_again(data: bytes, allow: frozenset[Safety]) -> None:
    done = repaired(data, allow)
    target = done.after.target
    reopened = judged(patched(data, done.patch), target=target)
    assert reopened.verdict == done.after.verdict
    assert keys(reopened) == keys(done.after)


@given(made.damaged_sessions(), allowances)
def test_a_repair_makes_nothing_worse(data: bytes, allow: frozenset[Safety]) -> None:
    done = repaired(data, allow)
    before: dict[tuple[str, str | None], Severity] = {}
    for finding in done.before.findings:
        place = (finding.code, finding.uuid)
        before[place] = max(finding.severity, before.get(place, Severity.INFO))
    worse = [
        finding for finding in done.after.findings
        if finding.severity > before.get((finding.code, finding.uuid), Severity.INFO)
    ]
    # What was wrong with a record that a salvage brings back shows only then.
    salvaged = {finding.at.line for finding in done.before.findings if finding.at and finding.code[0] == "J"}
    # What was wrong with the request of a client that did not get as far as sending it shows only then.
    fell = done.before.resume.outcome in (Outcome.CRASH, Outcome.HANG, Outcome.NOT_FOUND)
    fell = fell and done.after.resume.outcome not in (Outcome.CRASH, Outcome.HANG, Outcome.NOT_FOUND)
    assert fell or [f.id for f in worse if not (f.at and f.at.line in salvaged)] == []


# Law 5: undo after apply is the identity. A history keeps the patch before, so a patch must not change in place.


@given(made.damaged_sessions(), allowances)
def test_a_repair_leaves_the_patch_it_began_with_alone(data: bytes, allow: frozenset[Safety]) -> None:
    first: Patch = {END: (b'{"type":"mode","mode":"normal"}',)}
    before = dict(first)
    repaired(data, allow, first)
    assert first == before


@given(st.lists(st.tuples(st.integers(1, 6), st.lists(st.sampled_from([b"{}", b"x"]), max_size=3)), max_size=5))
def test_composing_leaves_its_patch_alone(changes: list[tuple[int, list[bytes]]]) -> None:
    patch: Patch = EMPTY
    for line, pieces in changes:
        before = dict(patch)
        if line in patch and not patch[line]:
            continue
        after = compose(patch, {At(line): pieces})
        assert patch == before
        patch = after


# Law 7: any bytes give a report.


@given(made.anything, st.sampled_from(VERSIONS))
def test_any_bytes_give_a_report(data: bytes, version: str) -> None:
    report = judged(data, target=on(version))
    assert report.verdict in Verdict
    transcript(report, "claude-code")


@given(made.damaged_sessions(most=8), st.sampled_from(VERSIONS))
def test_any_damage_gives_a_report(data: bytes, version: str) -> None:
    transcript(judged(data, target=on(version)), "claude-code")


def test_a_session_cut_at_any_byte_gives_a_report() -> None:
    data = b"".join(made.lines_of("small", 1, 3))
    for offset in range(0, len(data), 7):
        judged(data[:offset])


SMALL = made.lines_of("compactions", 6000, 5)


@st.composite
def odd_records(draw: st.DrawFn) -> bytes:
    """A small session in which one value anywhere in a record is replaced by one of another type."""
    lines = list(SMALL)
    index = draw(st.integers(0, len(lines) - 1))
    value = read(lines[index])[0]
    pointer = draw(st.sampled_from(made.paths(value)))
    lines[index] = made.dumped(made.replaced(value, pointer, draw(made.odd_values))) + b"\n"
    return b"".join(lines)


@settings(max_examples=300)
@given(odd_records(), st.sampled_from(VERSIONS))
def test_any_value_anywhere_gives_a_report(data: bytes, version: str) -> None:
    transcript(judged(data, target=on(version)), "claude-code")


@given(odd_records(), allowances)
def test_any_value_anywhere_can_be_repaired(data: bytes, allow: frozenset[Safety]) -> None:
    repaired(data, allow)


# Law 8: a fix never drops text that a person or a model wrote unless its safety says so.


@given(made.damaged_sessions(), st.sampled_from(SAFETIES[:2]))
def test_no_safe_repair_drops_a_word(data: bytes, allow: frozenset[Safety]) -> None:
    done = repaired(data, allow)
    assert words(data) <= words(patched(data, done.patch))


# Law 10: nothing a transcript contains reaches the terminal unescaped.


@given(st.text(st.characters()))
def test_printable_text_cannot_act_on_a_terminal(text: str) -> None:
    shown = printable(text)
    assert not [char for char in shown if acts(char)]
    shown.encode("utf-8")


def _hostile(value: Any, evil: str) -> Any:
    """A record with a text of control characters behind each of its texts that names nothing."""
    if isinstance(value, dict):
        return {key: _hostile(inner, evil) if key not in _NAMES else inner for key, inner in value.items()}
    if isinstance(value, list):
        return [_hostile(inner, evil) for inner in value]
    return value + evil if isinstance(value, str) else value


_NAMES = {"type", "role", "uuid", "parentUuid", "id", "tool_use_id", "timestamp", "subtype", "leafUuid"}


@given(made.damaged_sessions(most=2), st.sampled_from(["\x1b[2J\x1b]0;x\x07", "\x9b31m", "\u202e", "\x00\x08\x7f"]))
def test_no_line_of_the_report_can_act_on_a_terminal(data: bytes, evil: str) -> None:
    from unbrick_tui.render import report_lines

    lines = []
    for line in data.split(b"\n"):
        value = read(line)[0]
        lines.append(made.dumped(_hostile(value, evil)) if value is not None else line)
    for shown in report_lines(judged(b"\n".join(lines)), lambda text, *_styles: str(text), name="session"):
        assert not [char for char in shown if acts(char)], shown


# Law 11: a healthy session yields no finding above info.


@pytest.mark.parametrize("shape", ["mixed", "small", "branches", "compactions", "parallel"])
@pytest.mark.parametrize("seed", [1, 2])
def test_generated_sessions_are_healthy(shape: str, seed: int) -> None:
    report = judged(b"".join(made.lines_of(shape, 400_000, seed)))
    assert [(f.id, f.message) for f in report.findings if f.severity > Severity.INFO] == []
    assert report.verdict is Verdict.HEALTHY


@given(made.sessions())
def test_any_generated_session_is_healthy(lines: tuple[bytes, ...]) -> None:
    report = judged(b"".join(lines))
    assert [(f.id, f.message) for f in report.findings if f.severity > Severity.INFO] == []


def test_the_generator_writes_the_same_bytes_again(tmp_path: Path) -> None:
    module = made.generator()
    for name in ("one", "other"):
        module.write(tmp_path / name, "compactions", 50_000, 7)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()
