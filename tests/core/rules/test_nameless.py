"""Calls and results under no id of their own, and results in a reply: a repair makes the request pass and keeps what
they say."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.core.test_hostile import assistant, lines, user
from tests.core.test_repair_rounds import mended

from unbrick.finding import Safety
from unbrick.report import Verdict

TEXT = {"type": "text", "text": "Done."}
MISSING = object()
Blocks = list[dict[str, Any]]


def session(calls: Blocks, results: Blocks) -> bytes:
    return lines([user(0, None), assistant(1, 0, [TEXT, *calls]), user(2, 1, [*results, TEXT]),
                  assistant(3, 2, [TEXT])])


def body(calls: Blocks, results: Blocks) -> bytes:
    return json.dumps({"model": "claude-opus-4-8", "messages": [
        {"role": "user", "content": "go"}, {"role": "assistant", "content": [TEXT, *calls]},
        {"role": "user", "content": [*results, TEXT]},
    ]}).encode()


def amplifier(calls: Blocks, results: Blocks) -> bytes:
    def without_type(block: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in block.items() if key != "type"}

    listed = [{"tool": one["name"], "arguments": one["input"], **({"id": one["id"]} if "id" in one else {})}
              for one in calls if one["type"] == "tool_use"]
    stored = [{**one, "type": "tool_call"} if one["type"] == "tool_use" else one for one in calls]
    told: list[dict[str, Any]] = [
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": [TEXT, *stored], **({"tool_calls": listed} if listed else {})},
        *({"role": "tool", "name": "Bash", **{"tool_call_id" if key == "tool_use_id" else key: value
                                               for key, value in without_type(one).items()}} for one in results),
        {"role": "user", "content": "on"}, {"role": "assistant", "content": [TEXT]},
    ]
    return lines([{**one, "metadata": {"timestamp": f"2026-01-01T00:00:{n:02}+00:00"}} for n, one in enumerate(told)])


FORMS = [
    pytest.param(session, "s.jsonl", id="a session of Claude Code"),
    pytest.param(body, "body.json", id="a request body"),
    pytest.param(amplifier, "transcript.jsonl", id="a session of Amplifier"),
]
Make = Callable[[Blocks, Blocks], bytes]


def call(number: int, ref: object = MISSING) -> dict[str, Any]:
    named = {} if ref is MISSING else {"id": ref}
    return {"type": "tool_use", **named, "name": "Bash", "input": {"command": f"ls {number}"}}


def result(number: int, ref: object = MISSING) -> dict[str, Any]:
    named = {} if ref is MISSING else {"tool_use_id": ref}
    return {"type": "tool_result", **named, "content": f"out {number}"}


def asked(records: list[Any]) -> list[tuple[str, str | None]]:
    """What each call of the records is, and its result."""
    blocks = [block for record in records for block in _blocks(record)]
    results = {block["tool_use_id"]: block["content"] for block in blocks if block.get("type") == "tool_result"}
    calls = [block for block in blocks if block.get("type") in ("tool_use", "tool_call")]
    assert len({block["id"] for block in calls}) == len(calls)
    return [(block["input"]["command"], results.pop(block["id"], None)) for block in calls]


def _blocks(record: dict[str, Any]) -> Blocks:
    if record.get("role") == "tool":
        return [{"type": "tool_result", "tool_use_id": record["tool_call_id"], "content": record["content"]}]
    content = record.get("message", record)["content"]
    return content if isinstance(content, list) else [{"type": "text", "text": content}]


@pytest.mark.parametrize(("make", "name"), FORMS)
@pytest.mark.parametrize("ref", [
    pytest.param(MISSING, id="missing"), pytest.param(None, id="null"), pytest.param(5, id="a number"),
    pytest.param({"a": 1}, id="an object"),
])
@pytest.mark.parametrize("count", [1, 3])
def test_a_call_without_an_id_gets_one_and_its_result_too(make: Make, name: str, ref: object, count: int) -> None:
    data = make([call(n, ref) for n in range(count)], [result(n, ref) for n in range(count)])
    done, records = mended(data, name)
    assert done.after.verdict is Verdict.HEALTHY
    assert {item.fix.safety for item in done.applied} == {Safety.SAFE}
    assert asked(records) == [(f"ls {n}", f"out {n}") for n in range(count)]


@pytest.mark.parametrize(("make", "name"), FORMS)
@pytest.mark.parametrize("count", [1, 3])
def test_a_call_without_an_id_and_without_a_result_is_answered(make: Make, name: str, count: int) -> None:
    done, records = mended(make([call(n) for n in range(count)], []), name)
    assert done.after.verdict is Verdict.HEALTHY
    assert [command for command, _answer in asked(records)] == [f"ls {n}" for n in range(count)]
    assert all(answer is not None for _command, answer in asked(records))


@pytest.mark.parametrize(("make", "name"), FORMS[1:])
def test_a_result_that_may_be_of_several_calls_is_kept_as_text(make: Make, name: str) -> None:
    done, records = mended(make([call(0), call(1)], [result(1)]), name)
    assert done.after.verdict is Verdict.HEALTHY
    assert [answer for _command, answer in asked(records) if answer is None or "out 1" in answer] == []
    assert "out 1" in json.dumps(records)


@pytest.mark.parametrize(("make", "name"), FORMS)
def test_calls_that_have_ids_keep_them(make: Make, name: str) -> None:
    data = make([call(0, "toolu_0"), call(1), call(2, "toolu_2")],
                [result(0, "toolu_0"), result(1), result(2, "toolu_2")])
    done, records = mended(data, name)
    assert done.after.verdict is Verdict.HEALTHY
    assert asked(records) == [(f"ls {n}", f"out {n}") for n in range(3)]
    assert {"toolu_0", "toolu_2"} < {block.get("id") for record in records for block in _blocks(record)}


@pytest.mark.parametrize(("make", "name"), FORMS)
@pytest.mark.parametrize("refs", [
    pytest.param(["toolu 1", "toolu:1", "toolu|1"], id="that come to the same"),
    pytest.param(["日" * 3, "月" * 3, "火" * 3], id="of no letter that is allowed"),
])
def test_bad_ids_get_one_each_in_one_round(make: Make, name: str, refs: list[str]) -> None:
    data = make([call(n, ref) for n, ref in enumerate(refs)], [result(n, ref) for n, ref in enumerate(refs)])
    done, records = mended(data, name)
    assert done.after.verdict is Verdict.HEALTHY
    assert len(done.applied) == len(refs)
    assert asked(records) == [(f"ls {n}", f"out {n}") for n in range(len(refs))]


@pytest.mark.parametrize(("make", "name"), FORMS)
def test_calls_of_one_reply_under_one_id_keep_their_own_results(make: Make, name: str) -> None:
    data = make([call(n, "toolu_same") for n in range(3)], [result(n, "toolu_same") for n in range(3)])
    done, records = mended(data, name)
    assert done.after.verdict is Verdict.HEALTHY
    assert asked(records) == [(f"ls {n}", f"out {n}") for n in range(3)]


@pytest.mark.parametrize(("make", "name"), FORMS)
@pytest.mark.parametrize("refs", [
    pytest.param([f"toolu_{n}" for n in range(3)], id="of calls that are nowhere"),
    pytest.param([MISSING] * 3, id="without an id"),
])
def test_what_results_in_a_reply_say_is_kept_as_text(make: Make, name: str, refs: list[object]) -> None:
    done, records = mended(make([result(n, ref) for n, ref in enumerate(refs)], []), name)
    assert done.after.verdict is Verdict.HEALTHY
    assert [item.fix.id for item in done.applied] == ["as-text"]
    said = json.dumps(_blocks(records[1]))
    assert all(f"out {n}" in said for n in range(3))
    assert "tool_result" not in said
