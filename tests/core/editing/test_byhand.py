"""Edits by hand: pairs stay whole, other lines keep their bytes, and nothing is found that was not said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.test_laws import FORMAT, judged
from tools import strategies as made
from unbrick.clock import FixedClock
from unbrick.editing import byhand
from unbrick.editing.history import History
from unbrick.entry import BlockKind, Flag, Kind
from unbrick.errors import UsageError
from unbrick.finding import Fix
from unbrick.opening import Choices, Opened, examine, open_source
from unbrick.patch import View
from unbrick.record import END
from unbrick.repair import Repaired
from unbrick.report import Report
from unbrick.scanning.scan import finish
from unbrick.source import Source
from unbrick.telling.consequence import consequence
from unbrick.weighing.past import history

SAMPLES = Path(__file__).parents[3] / "sample_sessions"
ACTS = ("turn", "record", "pair", "block", "images", "thinking", "say", "keep-from")


def fix_of(report: Report, act: str, row: int) -> Fix:
    """One of the edits by hand, at a row. Raises UsageError where there is nothing of that kind to be done."""
    situation = report.situation
    if act in byhand.STRIPPED:
        return byhand.strip(situation, act, range(row, len(situation.session)), "the rest")
    if act == "block":
        return byhand.block(situation, row, 0)
    if act == "say":
        found = byhand.texts(situation, row)
        if not found:
            raise UsageError("no text")
        return byhand.say(situation, row, found[-1], "other “words”\n\x1b[2J")
    if act == "keep-from":
        return byhand.keep_from(situation, row)
    return {"turn": byhand.turn, "record": byhand.record, "pair": byhand.pair}[act](situation, row)


def halves(report: Report) -> dict[str, tuple[int, int]]:
    """Call id → how often it is used and answered in the file."""
    session = report.situation.session
    return {
        call.ref: (len(call.uses), len(call.results))
        for call in session.calls.of_rows(range(len(session))) if call.ref
    }


@st.composite
def edited(draw: st.DrawFn) -> Repaired:
    lines = draw(made.sessions())
    report = judged(b"".join(lines))
    act = draw(st.sampled_from(ACTS))
    order = draw(st.permutations(range(len(report.situation.session))))
    for row in order:
        try:
            fix = fix_of(report, act, row)
        except UsageError:
            continue
        return finish(byhand.perform(FORMAT, report, fix, clock=FixedClock()))
    return finish(byhand.perform(FORMAT, report, byhand.record(report.situation, order[0]), clock=FixedClock()))


@given(edited())
def test_pairs_stay_whole(done: Repaired) -> None:
    before, after = halves(done.before), halves(done.after)
    assert after.items() <= before.items()


@given(edited())
def test_other_lines_keep_their_bytes(done: Repaired) -> None:
    source = done.before.bundle.main
    view = View(source, done.patch)
    places = [view.at(row) for row in range(len(view))]
    kept = [at.line for at in places if at.line != END and at.line not in done.patch]
    assert kept == [line for line in range(1, len(source) + 1) if line not in done.patch]


@given(edited())
def test_nothing_is_found_that_was_not_said(done: Repaired) -> None:
    said = consequence(done.before, done.after)
    new = {(f.code, f.uuid) for f in done.after.findings} - {(f.code, f.uuid) for f in done.before.findings}
    assert new <= {(f.code, f.uuid) for f in said.brought}


@given(edited())
def test_what_is_loaded_adds_up(done: Repaired) -> None:
    said = consequence(done.before, done.after)
    came = said.back.messages + said.added.messages - said.gone.messages
    assert done.after.resume.messages - done.before.resume.messages == came


@given(edited())
def test_undo_is_the_identity(done: Repaired) -> None:
    first = History(done.before.bundle.main)
    assert first.push("by hand", done.edits, done.patch).undo().patch == first.patch


@given(made.damaged_sessions(most=6), st.sampled_from(ACTS), st.integers(0, 1 << 20))
def test_any_damage_is_edited_or_refused_in_a_sentence(data: bytes, act: str, place: int) -> None:
    report = judged(data)
    if not len(report.situation.session):
        return
    try:
        fix = fix_of(report, act, place % len(report.situation.session))
        done = finish(byhand.perform(FORMAT, report, fix, clock=FixedClock()))
    except UsageError as error:
        assert str(error).endswith((".", "text"))
        return
    said = consequence(done.before, done.after)
    assert said.price
    assert [sentence for _style, sentence in said.lines()]


@pytest.fixture(params=[
    "claude_code/healthy-compacted-twice/session.jsonl", "claude_code/crash-mid-tool/session.jsonl",
    "amplifier/killed-while-tools-ran/transcript.jsonl",
])
def opened(request: pytest.FixtureRequest) -> Iterator[Opened]:
    with open_source(Source.open(SAMPLES / request.param), Choices(surroundings=False)) as session:
        yield session


@pytest.mark.parametrize("act", ["turn", "record", "pair", "say", "keep-from"])
def test_every_edit_can_be_written_in_every_place(opened: Opened, act: str) -> None:
    report = finish(examine(opened))
    rows = report.situation.thread.rows
    done = 0
    for row in rows[:: max(len(rows) // 12, 1)] if act != "keep-from" else rows:
        try:
            fix = fix_of(report, act, row)
        except UsageError:
            continue
        result = finish(byhand.perform(opened.format, report, fix, clock=FixedClock()))
        before, after = halves(report), halves(result.after)
        assert after.items() <= before.items()
        assert result.applied[0].fix.price
        done += 1
        if done == 6:
            break
    assert done


def test_a_conversation_begins_with_the_prompt_that_was_kept() -> None:
    path = SAMPLES / "claude_code" / "healthy-compacted-twice" / "session.jsonl"
    with open_source(Source.open(path), Choices(surroundings=False)) as session:
        report = finish(examine(session))
        conversation = [row for row, _segment in history(report.situation.session, report.situation)]
        prompt = [row for row in conversation if report.situation.session.has(row, Flag.PROMPT)][-1]
        fix = byhand.keep_from(report.situation, prompt)
        done = finish(byhand.perform(session.format, report, fix, clock=FixedClock()))
        situation = done.after.situation
        talk = [row for row in situation.thread.rows if situation.session.kind(row) in (Kind.USER, Kind.ASSISTANT)]
        assert situation.session.uuid(talk[0]) == report.situation.session.uuid(prompt)
        assert done.after.verdict == report.verdict
        assert not done.after.resume.summarised
        assert done.after.resume.tokens < report.resume.tokens


def test_thinking_that_is_bound_goes_along_and_that_is_said() -> None:
    path = SAMPLES / "claude_code" / "healthy-compacted-twice" / "session.jsonl"
    with open_source(Source.open(path), Choices(surroundings=False)) as session:
        report = finish(examine(session))
        row = next(row for row in report.situation.thread.rows if any(
            kind is BlockKind.TOOL_USE for _n, kind, _f, _r in report.situation.blocks(row)))
        done = finish(byhand.perform(session.format, report, byhand.pair(report.situation, row), clock=FixedClock()))
        assert "binds thinking to what stood before it" in done.applied[1].fix.title
        assert "1 thinking block" in done.applied[0].fix.price
