"""A repair takes rounds by the kinds of damage, not by how much there is of one."""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterable, Iterator
from typing import Any

import pytest
from tests.core.test_hostile import answer, assistant, call, lines, user

from unbrick import repair as repairing
from unbrick.clock import FixedClock
from unbrick.edit import Answer, Move
from unbrick.editing import lowering
from unbrick.finding import Safety
from unbrick.opening import Choices, examine, open_source
from unbrick.patch import EMPTY, View
from unbrick.repair import Repaired, repair
from unbrick.report import Report, Verdict
from unbrick.scanning.scan import finish
from unbrick.source import Source

COUNT, FEW = 120, 20


def text(said: str) -> dict[str, Any]:
    return {"type": "text", "text": said}


def mended(data: bytes, name: str, client: str | None = None) -> tuple[Repaired, list[Any]]:
    """What a repair comes to, and the records it leaves."""
    with open_source(Source.of(data, name), Choices(surroundings=False, client=client)) as opened:
        report = finish(examine(opened))
        done = finish(repair(opened.format, opened.bundle, report.target, allow=frozenset(Safety), known=report))
        view = View(opened.bundle.main, done.patch)
        return done, [view.value(row) for row in range(len(view))]


@pytest.fixture
def rounds(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Report]]:
    """The reports of all rounds so far."""
    found: list[Report] = []
    check = repairing.check

    def noted(*given: object) -> Generator[int, None, Report]:
        found.append((yield from check(*given)))  # type: ignore[arg-type]
        return found[-1]

    monkeypatch.setattr(repairing, "check", noted)
    yield found


def chained(*, ends: bool) -> bytes:
    """Calls of one response, one a record; a prompt behind them unless the conversation ends with them."""
    told = [user(0, None), *(assistant(n, n - 1, [call(n)], "msg_one") for n in range(1, COUNT + 1))]
    return lines(told if ends else [*told, user(COUNT + 1, COUNT, "and now?")])


def apart() -> bytes:
    """Calls of one response that all hang on the prompt before them."""
    told = [user(0, None), *(assistant(n, 0, [call(n)], "msg_one") for n in range(1, COUNT + 1))]
    return lines([*told, user(COUNT + 1, COUNT, "and now?")])


def asked(form: str) -> list[Any]:
    """A message of calls between two prompts."""
    refs = [f"call_{n}" for n in range(COUNT)]
    if form == "blocks":
        calls = [{"type": "tool_use", "id": ref, "name": "ls", "input": {}} for ref in refs]
        reply: dict[str, Any] = {"role": "assistant", "content": calls}
    elif form == "functions":
        calls = [{"id": ref, "type": "function", "function": {"name": "ls", "arguments": "{}"}} for ref in refs]
        reply = {"role": "assistant", "content": None, "tool_calls": calls}
    else:
        calls = [{"type": "tool_call", "id": ref, "name": "ls", "input": {}} for ref in refs]
        listed = [{"id": ref, "tool": "ls", "arguments": {}} for ref in refs]
        reply = {"role": "assistant", "content": calls, "tool_calls": listed}
    return [{"role": "user", "content": "go"}, reply, {"role": "user", "content": "and now?"}]


def body(form: str) -> bytes:
    model = "gpt-5" if form == "functions" else "claude-opus-4-8"
    return json.dumps({"model": model, "messages": asked(form)}).encode()


CALLS = [
    pytest.param(chained(ends=False), "s.jsonl", "2.1.329", id="in one chain"),
    pytest.param(chained(ends=True), "s.jsonl", "2.1.20", id="at the end of the conversation"),
    pytest.param(apart(), "s.jsonl", "2.1.329", id="beside each other"),
    pytest.param(body("blocks"), "body.json", None, id="in a request body"),
    pytest.param(body("functions"), "body.json", None, id="in the form of OpenAI"),
    pytest.param(lines(asked("amplifier")), "transcript.jsonl", None, id="in one record of Amplifier"),
]


@pytest.mark.parametrize(("data", "name", "client"), CALLS)
def test_the_calls_of_one_response_are_answered_together(
    data: bytes, name: str, client: str | None, rounds: list[Report]
) -> None:
    done, _records = mended(data, name, client)
    assert [item.finding.code for item in done.applied].count("T001") == COUNT
    assert done.after.verdict is Verdict.HEALTHY
    assert len(rounds) <= 3


@pytest.mark.parametrize("client", ["2.1.20", "2.1.329"])
def test_what_one_record_should_not_hold_goes_and_nothing_else(client: str, rounds: list[Report]) -> None:
    said = [text(part) for n in range(FEW) for part in (f"word {n}", "", " \n"[: n % 3])]
    done, records = mended(lines([user(0, None, said), assistant(1, 0, [text("ok")])]), "s.jsonl", client)
    kept = [part["text"] for part in records[0]["message"]["content"]]
    assert [part for part in kept if part.strip()] == [f"word {n}" for n in range(FEW)]
    assert done.after.verdict is Verdict.HEALTHY
    assert len(rounds) <= 3


def test_a_record_with_nothing_left_goes(rounds: list[Report]) -> None:
    told = [user(0, None, "go"), assistant(1, 0, [text(""), text(""), text("")]), user(2, 1, "on")]
    done, records = mended(lines([*told, assistant(3, 2, [text("ok")])]), "s.jsonl", "2.1.20")
    assert done.after.verdict is Verdict.HEALTHY
    assert [(record["uuid"], record["parentUuid"]) for record in records] == [
        ("u0", None), ("u2", "u0"), ("u3", "u2"),
    ]


@pytest.mark.parametrize("client", ["2.0.14", "2.1.329"], ids=["by time", "by the last line"])
def test_late_results_in_one_row_take_few_rounds(client: str, rounds: list[Report]) -> None:
    asked = [record for n in range(COUNT) for record in (
        user(2 * n, 2 * n - 1 if n else None), assistant(2 * n + 1, 2 * n, [call(n)]),
    )]
    last = 2 * COUNT
    answers = [user(last + 1 + n, last + n, [{
        "type": "tool_result", "tool_use_id": f"toolu_{n}", "content": f"done {n}",
    }]) for n in range(COUNT)]
    done, _records = mended(lines([*asked, user(last, last - 1), *answers]), "s.jsonl", client)
    assert {item.fix.id for item in done.applied} == {"move-back"}
    assert done.after.verdict is Verdict.HEALTHY
    assert len(rounds) <= 3


def test_what_the_results_of_one_message_say_is_kept_at_once(rounds: list[Report]) -> None:
    results = [{"type": "tool_result", "tool_use_id": f"call_{n}", "content": f"done {n}"} for n in range(FEW)]
    told = [
        {"role": "user", "content": "go"}, {"role": "assistant", "content": "ok"},
        {"role": "user", "content": [*results, text("and now?")]},
    ]
    done, records = mended(json.dumps({"model": "claude-opus-4-8", "messages": told}).encode(), "body.json")
    assert [item.fix.id for item in done.applied] == ["as-text"]
    assert done.after.verdict is Verdict.HEALTHY
    said = [part["text"] for part in records[2]["content"]]
    assert [part.rpartition("\n")[2] for part in said] == ["and now?", *(f"done {n}" for n in range(FEW))]
    assert len(rounds) <= 2


def parted() -> bytes:
    """Calls of one response that hang on the prompt, a turn, then all their results and a prompt."""
    told = [user(0, None), *(assistant(n, 0, [call(n)], "msg_one") for n in range(1, FEW + 1))]
    told += [user(FEW + 1, FEW, "wait"), assistant(FEW + 2, FEW + 1, [text("ok")])]
    told += [user(FEW + 2 + n, FEW + 1 + n, [answer(n)]) for n in range(1, FEW + 1)]
    return lines([*told, user(2 * FEW + 3, 2 * FEW + 2, "and now?")])


def test_late_results_of_one_response_are_moved_together(rounds: list[Report]) -> None:
    done, records = mended(parted(), "s.jsonl", "2.1.329")
    assert [item.finding.code for item in done.applied] == ["T004"] * FEW
    assert done.after.verdict is Verdict.HEALTHY
    assert len(rounds) <= 3
    parents = {record["uuid"]: record["parentUuid"] for record in records}
    order = [0, *range(1, FEW + 1), *range(FEW + 3, 2 * FEW + 3), FEW + 1, FEW + 2, 2 * FEW + 3]
    assert [parents[f"u{number}"] for number in order[1:]] == [f"u{number}" for number in order[:-1]]
    assert [record["uuid"] for record in records] == [f"u{number}" for number in order]


@pytest.mark.parametrize(("data", "client"), [
    pytest.param(chained(ends=False), "2.1.20", id="answers in one chain"),
    pytest.param(chained(ends=True), "2.1.20", id="answers at the end"),
    pytest.param(apart(), "2.1.329", id="answers beside each other"),
    pytest.param(parted(), "2.1.329", id="moves"),
])
def test_what_is_done_in_one_go_is_what_each_does_behind_the_others(
    data: bytes, client: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_source(Source.of(data, "s.jsonl"), Choices(surroundings=False, client=client)) as opened:
        report = finish(examine(opened))
        edits = [edit for finding in report.findings for fix in finding.fixes[:1] for edit in fix.edits]
        edits = [edit for edit in edits if isinstance(edit, Answer | Move)][:8]
        assert len(edits) == 8

        def written() -> list[bytes]:
            patch = lowering.lower(opened.format, report.situation, edits, EMPTY, FixedClock())
            return _numbered(View(opened.bundle.main, patch).raws())

        together = written()
        monkeypatch.setattr(lowering, "joined", list)
        assert written() == together


def _numbered(raws: Iterable[bytes]) -> list[bytes]:
    """Lines with fresh ids told by their order alone."""
    known: dict[bytes, bytes] = {}
    return [
        re.sub(rb"00000000-0000-4000-8000-[0-9a-f]{12}", lambda m: known.setdefault(m[0], b"%d" % len(known)), raw)
        for raw in raws
    ]
