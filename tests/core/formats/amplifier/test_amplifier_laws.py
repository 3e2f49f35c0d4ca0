"""Laws on Amplifier transcripts of any shape: nothing raises, and a repair is done once for all."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from unbrick.clock import FixedClock
from unbrick.finding import Severity
from unbrick.opening import Choices, examine, open_source
from unbrick.repair import Repaired, repair
from unbrick.report import Report
from unbrick.save import patched
from unbrick.scanning.scan import finish
from unbrick.source import Source

REFS = st.sampled_from(["toolu_a", "toolu_b", "toolu_c", "call:1"])
TEXTS = st.sampled_from(["Fix it", "", " ", "<system-reminder>mind</system-reminder>", "Done \ud83d\ude00"])


def call(form: str, ref: object, given: object) -> Any:
    if form == "own":
        return {"id": ref, "tool": "bash", "arguments": given}
    if form == "openai":
        return {"id": ref, "type": "function", "function": {"name": "bash", "arguments": json.dumps(given)}}
    return None if form == "null" else {"id": ref}


@st.composite
def replies(draw: st.DrawFn) -> dict[str, Any]:
    refs = draw(st.lists(REFS, max_size=3))
    given = draw(st.sampled_from([{}, {"command": "ls"}, "text", None, [1]]))
    content: Any = [{"type": "text", "text": draw(TEXTS)}] if draw(st.booleans()) else []
    content += [
        {"type": draw(st.sampled_from(["tool_call"] * 8 + ["tool_use"])), "id": ref, "name": "bash", "input": given}
        for ref in refs if draw(st.integers(0, 5))
    ]
    if draw(st.integers(0, 4)) == 0:
        content.insert(0, {"type": "thinking", "thinking": "Hm.", "signature": draw(st.sampled_from(["sig", None]))})
    said = draw(st.sampled_from([content, content, content, "ok", None]))
    record: dict[str, Any] = {"role": "assistant", "content": said}
    if refs and draw(st.integers(0, 5)):
        form = draw(st.sampled_from(["own"] * 6 + ["openai", "bare", "null"]))
        record["tool_calls"] = [call(form, ref, given) for ref in refs]
    elif draw(st.integers(0, 8)) == 0:
        record["tool_calls"] = None
    return record


RECORDS = st.one_of(
    st.builds(lambda text: {"role": "user", "content": text}, TEXTS),
    st.builds(lambda ref: {"role": "tool", "name": "bash", "tool_call_id": ref, "content": "out"}, REFS),
    replies(), replies(), replies(),
    st.sampled_from([
        {"role": "system", "content": "Be kind."}, {"role": "human", "content": "Hello"}, {"role": "user"},
        {"role": "user", "content": [{"type": "text", "text": "Look"}, {"type": "image", "source": {}}]}, [1], None,
    ]),
)
FILES = st.lists(st.one_of(RECORDS.map(json.dumps), st.just('{"role": "assistant", "con')), max_size=9).map("\n".join)


def mended(text: str, way: str) -> tuple[Report, Repaired, str]:
    source = Source.of(text.encode("utf-8", "surrogatepass"), "transcript.jsonl")
    with open_source(source, Choices(way=way, surroundings=False)) as session:
        report = finish(examine(session))
        done = finish(repair(session.format, session.bundle, report.target, clock=FixedClock(), known=report))
        return report, done, b"".join(patched(session.bundle.main, done.patch)).decode("utf-8", "surrogatepass")


def above(report: Report) -> set[str]:
    return {finding.code for finding in report.findings if finding.severity is not Severity.INFO}


@settings(max_examples=60)
@given(FILES, st.sampled_from(["chat", "run"]))
def test_any_transcript_is_judged_and_mended_once_for_all(text: str, way: str) -> None:
    if '"role"' not in text.partition("\n")[0] or '"con' in text.partition("\n")[0][-6:]:
        return
    _before, done, after = mended(text, way)
    if after.strip():
        again, second, _last = mended(after, way)
        assert not second.patch, [(applied.finding.id, applied.fix.id) for applied in second.applied]
        assert above(again) == above(done.after)
