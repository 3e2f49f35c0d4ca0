"""What fills the context, and the ways to make it fit: the numbers promised are the numbers found afterwards."""

from __future__ import annotations

import pytest

from tools.contexts import SONNET, failed, reading, together
from tools.transcript import Transcript, above_info, fix, found, judge, mend, one
from unbrick.edit import Clear, Recount, Uncompact
from unbrick.finding import Safety
from unbrick.report import Report
from unbrick.weighing.filling import filling, heaviest
from unbrick.weighing.ladder import ladder


def shares(report: Report) -> dict[str, int]:
    return {share.name: share.tokens for share in filling(report.situation).kinds}


def test_what_fills_the_context_by_kind_and_tool() -> None:
    report = judge(reading(4, 36_000, tokens=20_000, images=2), model=SONNET)
    filled = filling(report.situation)
    assert filled.tokens == report.resume.tokens == sum(share.tokens for share in filled.kinds)
    assert filled.counted == 60_000
    assert filled.window == 200_000
    kinds = shares(report)
    assert kinds["tool results"] == pytest.approx(40_000, rel=0.02)
    assert kinds["system prompt and tool definitions"] == pytest.approx(20_000, rel=0.05)
    assert kinds["images"] == pytest.approx(3_216, rel=0.02)
    assert [(share.name, share.count) for share in filled.tools] == [("Read", 8)]
    assert [piece.row for piece in filled.largest[:4]] == [2, 6, 10, 14]
    assert heaviest(filled).startswith("calls and results of Read (40,000 tokens)")


def test_without_a_count_everything_is_estimated() -> None:
    filled = filling(judge(reading(3, 36_000), model=SONNET).situation)
    assert filled.counted == 0
    assert "system prompt and tool definitions" not in {share.name for share in filled.kinds}
    assert filled.tokens == sum(share.tokens for share in filled.kinds)


def test_estimates_above_what_was_counted_give_way() -> None:
    made = reading(4, 36_000, error=None)
    made.records[-2]["message"]["usage"] = {"input_tokens": 20_000, "output_tokens": 0}
    filled = filling(judge(made, model=SONNET).situation)
    assert filled.tokens == sum(share.tokens for share in filled.kinds)


def test_an_empty_session_is_filled_with_nothing() -> None:
    situation = judge(Transcript(model=SONNET)).situation
    assert filling(situation).tokens == 0
    assert ladder(situation) == ()


CASES = {
    "results, as counted": reading(17, 36_000, tokens=15_000),
    "results, as estimated": reading(22, 36_000),
    "results and images": reading(18, 36_000, tokens=15_000, images=10),
    "one result of the last turn": reading(1, 800_000),
    "several results in one record": together(17, 36_000),
}


@pytest.mark.parametrize("case", CASES)
def test_every_rung_fits_and_leaves_the_tokens_that_it_promises(case: str) -> None:
    report = judge(CASES[case], model=SONNET)
    finding = one(report, "S001")
    rungs = [rung for rung in ladder(report.situation) if rung.fix is not None]
    assert [rung.fix for rung in rungs] == list(finding.fixes) != []
    for rung in rungs:
        assert rung.fix is not None
        after = mend(CASES[case], model=SONNET, chosen={finding.id: rung.fix.id}, allow=set()).after
        assert not found(after, "S001")
        assert after.resume.tokens <= rung.tokens
        assert after.resume.tokens == pytest.approx(rung.tokens, rel=0.005, abs=10)
        assert after.resume.messages == rung.messages
        assert rung.tokens <= 160_000


@pytest.mark.parametrize("case", CASES)
def test_notes_come_before_a_cut_and_keep_every_message(case: str) -> None:
    made = CASES[case]
    finding = one(judge(made, model=SONNET), "S001")
    first = finding.fixes[0]
    assert first.id.startswith("clear-")
    assert first.safety is Safety.LOSSY
    done = mend(made, model=SONNET, allow={Safety.LOSSY}, only={"S001"})
    assert [applied.fix.id for applied in done.applied] == [first.id]
    assert done.after.resume.messages == done.before.resume.messages
    assert above_info(done.after) == []
    again = mend(made, model=SONNET, allow={Safety.LOSSY}, only={"S001"}, patch=done.patch)
    assert again.applied == ()


def test_the_fewest_of_the_largest_old_results_are_cleared() -> None:
    made = reading(17, 36_000, tokens=15_000)
    clear = one(judge(made, model=SONNET), "S001").fixes[0]
    assert clear.title == "Put notes in the place of 3 tool results: about 185,000 tokens → 155,000 tokens"
    assert clear.price == "drops the content of 3 tool results"
    assert sum(isinstance(edit, Clear) for edit in clear.edits) == 3
    (recount,) = [edit for edit in clear.edits if isinstance(edit, Recount)]
    assert len(recount.ats) == 3
    assert all(edit.at.line < 63 for edit in clear.edits if isinstance(edit, Clear))


def test_a_larger_window_is_named_first_and_needs_no_edit() -> None:
    finding = one(judge(reading(17, 36_000, tokens=15_000), model=SONNET), "S001")
    assert "1,000,000 tokens" in finding.advice[0].text
    assert finding.advice[0].command is not None
    assert "--model 'sonnet[1m]'" in finding.advice[0].command


def test_the_window_is_what_the_refusal_says_that_it_is() -> None:
    api = 'API Error: 400 {"error":{"message":"prompt is too long: 215118 tokens > 200000 maximum"}}'
    made = reading(17, 36_000, tokens=15_000, error=api)
    made.model = "claude-opus-4-7"
    for record in made.records:
        if record.get("message", {}).get("model") == SONNET:
            record["message"]["model"] = "claude-opus-4-7"
    assert one(judge(made), "S001").fixes
    assert not found(judge(made, model="claude-opus-4-7[1m]"), "S001")


def test_a_failed_compaction_comes_back_whole_with_notes_for_old_results() -> None:
    made = failed(18)
    finding = one(judge(made, model=SONNET), "B002")
    assert [one.id for one in finding.fixes] == ["clear-results", "cut", "uncompact"]
    assert "Most of it: calls and results of Read" in finding.message
    first = finding.fixes[0]
    assert isinstance(first.edits[0], Uncompact)
    assert first.price == "brings back 73 messages; drops the content of 4 tool results"
    after = mend(made, model=SONNET, allow={Safety.LOSSY}).after
    assert above_info(after) == []
    assert after.resume.messages == 74
    assert fix(finding, "uncompact").safety is Safety.RESTORES
