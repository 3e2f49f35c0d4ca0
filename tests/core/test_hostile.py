"""Transcripts made to break a reader: too deep, too large, too many, too crooked. No exception, and linear work."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

from tools.strategies import dumped
from unbrick import damage
from unbrick import repair as repairing
from unbrick.bundle import Bundle
from unbrick.check import check
from unbrick.finding import Safety
from unbrick.formats.claude_code import ClaudeCode
from unbrick.record import FaultKind, read, salvaged
from unbrick.repair import repair
from unbrick.report import Report, Verdict
from unbrick.request import PARTS
from unbrick.scanning.scan import finish
from unbrick.session import Session
from unbrick.source import Source
from unbrick.target import Basis, Target, Version
from unbrick.telling.json_report import transcript

FORMAT = ClaudeCode()
OLD, NEW = "2.1.20", "2.1.329"

OPEN: deque[Source] = deque()


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


def on(version: str) -> Target:
    return Target("claude-code", Version.parse(version), "claude-opus-4-8", basis=Basis.GIVEN)


def bundle_of(data: bytes) -> Bundle:
    OPEN.append(Source.of(data))
    return Bundle(OPEN[-1], "00000000-0000-4000-8000-000000000000")


def judged(data: bytes, version: str = NEW) -> Report:
    report = finish(check(FORMAT, bundle_of(data), target=on(version)))
    transcript(report, "claude-code")
    return report


def session_of(data: bytes) -> Session:
    return judged(data).situation.session


def user(number: int, parent: int | None, content: Any = "go on", **more: Any) -> dict[str, Any]:
    return {
        "parentUuid": None if parent is None else f"u{parent}", "isSidechain": False, "type": "user",
        "message": {"role": "user", "content": content}, "uuid": f"u{number}",
        "timestamp": f"2026-01-01T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}.000Z",
        "version": NEW, **more,
    }


def assistant(number: int, parent: int | None, content: Any, message_id: str | None = None) -> dict[str, Any]:
    message = {"id": message_id or f"msg_{number}", "role": "assistant", "model": "claude-opus-4-8", "content": content}
    return {**user(number, parent), "type": "assistant", "message": message}


def lines(records: list[Any]) -> bytes:
    return b"".join(dumped(record) + b"\n" for record in records)


def call(number: int) -> dict[str, Any]:
    return {"type": "tool_use", "id": f"toolu_{number}", "name": "Bash", "input": {}}


EMPTY = {"type": "text", "text": ""}


def answer(number: int) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": f"toolu_{number}", "content": "done"}


# One record.


@pytest.mark.parametrize("depth", [300, 900, 1020, 10_000, 200_000])
@pytest.mark.parametrize("opening", ["[", '{"a":'])
@pytest.mark.parametrize("key", ["toolUseResult", "message", "type", "uuid", "subtype", "attachment"])
def test_a_value_of_any_depth_is_read(depth: int, opening: str, key: str) -> None:
    closing = "]" if opening == "[" else "}"
    deep = f'"{key}":{opening * depth}1{closing * depth}'
    record = dumped(user(2, 1)).decode().replace('"isSidechain":false', deep)
    data = lines([user(1, None), assistant(3, 1, [{"type": "text", "text": "x"}])]) + record.encode() + b"\n"
    report = judged(data)
    assert len(report.situation.session) == 3
    finish(repair(FORMAT, bundle_of(data), target=on(NEW), allow=frozenset(Safety)))


@pytest.mark.parametrize("where", ["input", "content"])
def test_a_deep_value_inside_a_block_is_read(where: str) -> None:
    deep = f'{{"type":"tool_use","id":"t","name":"Bash","{where}":' + '{"a":' * 1500 + "1" + "}" * 1500 + "}"
    record = dumped(assistant(2, 1, ["HERE"])).decode().replace('"HERE"', deep)
    judged(lines([user(1, None)]) + record.encode() + b"\n")


def test_an_array_of_a_million_brackets_is_no_record() -> None:
    assert read(b"[" * 1_000_000)[0] is None
    assert read(b'{"a":' * 1_000_000)[0] is None


@pytest.mark.parametrize("unit", [
    b'{"type":', b'{"type":[', b'{"type":"a', b'{"type":"a"},', b'{"parentUuid":{"type":"a"}',
])
def test_a_damaged_line_with_many_beginnings_is_given_up(unit: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each may be the record that somebody else put there; trying all takes a minute a megabyte."""
    tries = count()
    run = damage._run
    monkeypatch.setattr(damage, "_run", lambda *given: (next(tries), run(*given))[1])
    assert read(b'{"x":' + unit * 20_000)[0] is None
    assert 0 < next(tries) < 3_000


def test_a_run_of_records_that_ends_in_between_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = count()
    run = damage._run
    monkeypatch.setattr(damage, "_run", lambda *given: (next(runs), run(*given))[1])
    assert read(b"x" + b'{"type":"a"}' * 20_000 + b"{")[0] is None
    assert next(runs) < 10


def test_the_record_behind_many_beginnings_is_found() -> None:
    whole = dumped(user(2, 1))
    assert salvaged(b'{"message":{"content":[' + b'{"type":"a"},' * 20_000 + b'{"type":"te' + whole) == (whole,)


@pytest.mark.parametrize("digits", [20, 400, 4000, 5000, 1_000_000])
@pytest.mark.parametrize("key", ["timestamp", "type", "uuid", "message"])
def test_numbers_of_any_length_are_read(digits: int, key: str) -> None:
    record = dumped(user(1, None)).decode().replace('"isSidechain":false', f'"{key}":{"9" * digits}')
    report = judged(record.encode() + b"\n")
    assert len(report.situation.session) == 1
    usage = f'"usage":{{"input_tokens":{"9" * digits}}},"content"'
    usage = dumped(assistant(2, 1, [])).decode().replace('"content"', usage)
    judged(record.encode() + b"\n" + usage.encode() + b"\n")


def test_of_a_repeated_key_the_last_counts() -> None:
    value, fault = read(b'{"type":"user","type":"assistant","uuid":"a","uuid":"b"}')
    assert fault is None
    assert value == {"type": "assistant", "uuid": "b"}


SURROGATE = "cut \ud83d off"


@pytest.mark.parametrize("record", [
    user(1, None, SURROGATE), user(1, None, [{"type": "text", "text": SURROGATE}]), user(1, None, **{SURROGATE: 1}),
    user(1, None, timestamp=SURROGATE), {**user(1, None), "uuid": SURROGATE}, {**user(1, None), "type": SURROGATE},
    {**user(1, None), "parentUuid": SURROGATE}, {"type": "last-prompt", "leafUuid": SURROGATE},
    {**user(1, None), "type": "system", "subtype": SURROGATE}, user(1, None, version=SURROGATE),
    assistant(1, None, [{**call(1), "id": SURROGATE}]), assistant(1, None, [{**call(1), "name": SURROGATE}]),
    assistant(1, None, [{**call(1), "input": {SURROGATE: SURROGATE}}]), assistant(1, None, [], SURROGATE),
    user(1, None, [{**answer(1), "tool_use_id": SURROGATE}]), user(1, None, [{**answer(1), "content": SURROGATE}]),
    {**user(1, None), "type": "attachment", "attachment": {"type": SURROGATE}},
    {**user(1, None), "isApiErrorMessage": True, "type": "assistant", "message": {"content": [{"text": SURROGATE}]}},
], ids=lambda record: "")
@pytest.mark.parametrize("version", [OLD, NEW])
def test_half_a_surrogate_pair_anywhere_is_a_finding(record: dict[str, Any], version: str) -> None:
    data = lines([record, user(2, 1), assistant(3, 2, [{"type": "text", "text": "x"}])])
    report = judged(data, version)
    assert report.situation.session.scan.faults[0].kind is FaultKind.SURROGATE
    finish(repair(FORMAT, bundle_of(data), target=on(version), allow=frozenset(Safety)))


def test_a_line_of_five_megabytes_is_one_record() -> None:
    report = judged(lines([user(1, None, "x" * 5_000_000), assistant(2, 1, [{"type": "text", "text": "y"}])]))
    assert len(report.situation.session) == 2


MEMBERS = [
    "uuid", "parentUuid", "logicalParentUuid", "message", "timestamp", "isSidechain", "isMeta", "subtype",
    "attachment", "data", "leafUuid", "version", "compactMetadata", "toolUseResult", "sourceToolAssistantUUID",
    "rendered", "content", "isCompactSummary", "isApiErrorMessage", "sessionId",
]
IN_BLOCKS = [
    "type", "text", "id", "name", "input", "tool_use_id", "content", "thinking", "signature", "source", "data",
]
TYPES = ["user", "assistant", "system", "attachment", "progress", "last-prompt", "mode", "?", 5]
WRONG: list[Any] = [None, True, 0, -1.5, 10**40, "", "x", [], [1], {}, {"a": 1}]


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
@pytest.mark.parametrize("type_", TYPES)
def test_every_member_of_the_wrong_type(wrong: object, type_: object) -> None:
    records = [user(1, None), dict.fromkeys(MEMBERS, wrong) | {"type": type_}]
    records.append(assistant(2, 1, [{"type": "text", "text": "x"}]))
    for key in MEMBERS:
        records.append({**user(3, 2), "type": type_, key: wrong})
    for key in ("role", "content", "id", "model", "usage", "stop_reason"):
        records.append({**assistant(4, 2, [wrong]), "message": {**assistant(4, 2, [wrong])["message"], key: wrong}})
    for key in IN_BLOCKS:
        for kind in ("text", "tool_use", "tool_result", "thinking", "image", "document"):
            records.append(user(5, 2, [{"type": kind, key: wrong}]))
            records.append(assistant(5, 2, [{"type": kind, key: wrong}, wrong]))
    data = lines(records)
    for version in (OLD, "2.1.139", NEW):
        judged(data, version)


# Many records. What is counted is work, not time: calls of Python functions and steps of their loops.


def chain(count: int) -> list[Any]:
    return [
        user(n, n - 1 or None) if n % 2 else assistant(n, n - 1, [{"type": "text", "text": "x"}])
        for n in range(1, count + 1)
    ]


def calls_before_results(count: int) -> list[Any]:
    asked = [assistant(n + 2, n + 1, [call(n)], "msg_all") for n in range(count)]
    answers = [user(count + n + 2, n + 2, [answer(n)], sourceToolAssistantUUID=f"u{n + 2}") for n in range(count)]
    last = assistant(2 * count + 3, 2 * count + 1, [{"type": "text", "text": "done"}])
    return [user(1, None), *asked, *answers, last]


def calls_in_one_record(count: int) -> list[Any]:
    return [
        user(1, None), assistant(2, 1, [call(n) for n in range(count)]), user(3, 2, [answer(n) for n in range(count)]),
        assistant(4, 3, [{"type": "text", "text": "done"}]),
    ]


def one_parent(count: int) -> list[Any]:
    return [user(1, None), *(assistant(n, 1, [{"type": "text", "text": "x"}]) for n in range(2, count))]


def prompts_of_one_parent(count: int) -> list[Any]:
    return [user(1, None), *(user(n, 1) for n in range(2, count))]


def one_uuid(count: int) -> list[Any]:
    return [user(1, None), *({**user(2, 1, str(n))} for n in range(count))]


def own_parents(count: int) -> list[Any]:
    return [user(n, n) for n in range(1, count)]


def one_circle(count: int) -> list[Any]:
    return [user(n, n - 1 or count - 1) for n in range(1, count)]


def no_parent_found(count: int) -> list[Any]:
    same = {"timestamp": "2026-01-01T00:00:00.000Z"}
    return [{**user(n, n - 1), "parentUuid": f"gone{n}", **same} for n in range(1, count)]


def roots(count: int) -> list[Any]:
    return [user(n, None) for n in range(1, count)]


def boundaries(count: int) -> list[Any]:
    found: list[Any] = [user(1, None)]
    for n in range(2, count, 2):
        head = {**user(n, None), "type": "system", "subtype": "compact_boundary", "logicalParentUuid": f"u{n - 1}"}
        found += [head, user(n + 1, n, "Summary: we did things.", isCompactSummary=True)]
    return found


def unanswered(count: int) -> list[Any]:
    return [user(1, None), *(assistant(n, n - 1, [call(n)]) for n in range(2, count))]


def orphans(count: int) -> list[Any]:
    return [user(1, None), *(user(n, n - 1, [answer(n)]) for n in range(2, count))]


def one_call_id(count: int) -> list[Any]:
    return [user(1, None), *(
        assistant(n, n - 1, [call(1)]) if n % 2 == 0 else user(n, n - 1, [answer(1)]) for n in range(2, count)
    )]


def garbage(count: int) -> list[Any]:
    return [user(1, None), *([1] * count), assistant(2, 1, [{"type": "text", "text": "x"}])]


def errors(count: int) -> list[Any]:
    text = [{"type": "text", "text": "API Error: 400 messages.3: tool_use ids were found without tool_result blocks"}]
    return [user(1, None), *({**assistant(n, n - 1, text), "isApiErrorMessage": True} for n in range(2, count))]


def empty_texts(count: int) -> list[Any]:
    return [user(1, None), *(user(n, n - 1, "") for n in range(2, count))]


def sidechains(count: int) -> list[Any]:
    return [user(1, None), *({**user(n, n - 1), "isSidechain": True} for n in range(2, count))]


def late_results(count: int) -> list[Any]:
    found: list[Any] = [user(1, None)]
    for n in range(1, count, 3):
        found += [assistant(n + 1, n, [call(n)]), user(n + 2, n + 1, "wait")]
        found.append(assistant(n + 3, n + 2, [{"type": "text", "text": "ok"}]))
    answers = [record["message"]["content"][0]["id"][6:] for record in found[1::3]]
    last = len(found)
    return [*found, *(user(last + n, last + n - 1, [answer(int(ref))]) for n, ref in enumerate(answers, 1))]


def calls_of_one_response(count: int) -> list[Any]:
    asked = [assistant(n, n - 1, [call(n)], "msg_all") for n in range(2, count)]
    return [user(1, None), *asked, user(count, count - 1, "and?")]


def replies_beside(count: int) -> list[Any]:
    found: list[Any] = [user(1, None)]
    for n in range(1, count, 3):
        found.append(assistant(n + 1, n, [{"type": "text", "text": "on"}]))
        found += [assistant(n + 2, n + 1, [{"type": "text", "text": "beside"}]), user(n + 3, n + 1)]
    return found


def twins(count: int) -> list[Any]:
    found: list[Any] = [user(1, None)]
    for n in range(2, count, 2):
        found += [assistant(n, n - 1, [{"type": "text", "text": "one"}]), user(n, n - 1, "two"), user(n + 1, n)]
    return found


def twins_in_a_row(count: int) -> list[Any]:
    return [record for n in range(2, count) for record in (user(1, n - 1), assistant(n, 1, [call(n)]))]


def calls_under_one_id(count: int) -> list[Any]:
    return [user(1, None), *(
        assistant(n, n - 1, [{**call(1), "input": {"n": n}}]) if n % 2 == 0 else user(n, n - 1, [answer(1)])
        for n in range(2, count)
    )]


def parallel_results_beside(count: int) -> list[Any]:
    found: list[Any] = [user(1, None)]
    for n in range(1, count, 5):
        found += [assistant(n + 1, n, [call(n)], f"msg_{n}"), assistant(n + 2, n + 1, [call(n + 1)], f"msg_{n}")]
        found += [user(n + 3, n + 1, [answer(n)]), user(n + 4, n + 2, [answer(n + 1)]), user(n + 5, n + 4)]
    return found


MANY = [
    late_results, calls_of_one_response, replies_beside, twins, twins_in_a_row, calls_under_one_id,
    parallel_results_beside, one_uuid,
    chain, calls_before_results, calls_in_one_record, one_parent, prompts_of_one_parent, own_parents, one_circle,
    no_parent_found, roots, boundaries, unanswered, orphans, one_call_id, garbage, errors, empty_texts, sidechains,
]


def work(action: Callable[[], object]) -> int:
    """Lines of this project's code that run."""
    steps = 0

    def trace(frame: Any, event: str, argument: object) -> Any:
        nonlocal steps
        steps += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        action()
    finally:
        sys.settrace(before)
    return steps


@pytest.mark.parametrize("version", ["2.1.139", NEW])
@pytest.mark.parametrize("make", MANY, ids=lambda make: make.__name__)
def test_the_work_grows_with_the_file(make: Callable[[int], list[Any]], version: str) -> None:
    small, large = (lines(make(count)) for count in (60, 240))
    judged(small, version)
    assert work(lambda: judged(large, version)) < 6 * work(lambda: judged(small, version)) + 20_000


def damaged_lines(count: int) -> bytes:
    """A call on a line of its own, its result on a damaged one."""
    def spoilt(n: int) -> bytes:
        result = dumped(user(n + 1, n, [answer(n)]))
        return b"\0" * 8 + result if n % 4 else b'{"type":"user","message":' + result
    asked = ((assistant(n, n - 1, [call(n)]), spoilt(n)) for n in range(2, count, 2))
    return lines([user(1, None)]) + b"".join(dumped(one) + b"\n" + other + b"\n" for one, other in asked)


@pytest.mark.parametrize("version", [OLD, "2.1.139", NEW])
def test_the_work_grows_with_the_damaged_lines(version: str) -> None:
    small, large = damaged_lines(120), damaged_lines(480)
    judged(small, version)
    assert work(lambda: judged(large, version)) < 6 * work(lambda: judged(small, version)) + 20_000


@pytest.mark.parametrize("make", [unanswered, late_results, orphans, one_uuid])
def test_hundreds_of_faults_are_mended_in_few_rounds(
    make: Callable[[int], list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = 0

    def counted(*given: Any) -> Any:
        nonlocal rounds
        rounds += 1
        return check(*given)

    monkeypatch.setattr(repairing, "check", counted)
    repaired = finish(repair(FORMAT, bundle_of(lines(make(600))), target=on(NEW)))
    assert len(repaired.applied) >= 190
    assert rounds <= 20


@pytest.mark.parametrize("make", [chain, calls_before_results, one_circle, no_parent_found])
def test_thousands_of_records_need_no_deep_stack(make: Callable[[int], list[Any]]) -> None:
    judged(lines(make(5_000)))


@pytest.mark.parametrize("version", ["2.1.20", "2.1.139", NEW])
@pytest.mark.parametrize("place", [1, 2], ids=["at once", "behind the reply"])
def test_a_root_that_is_written_twice_loses_nothing(place: int, version: str) -> None:
    records = [user(1, None), assistant(2, 1, [{"type": "text", "text": "x"}]), user(3, 2)]
    records.insert(place, records[0])
    assert not judged(lines(records), version).situation.thread.losses


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ([{"type": "tool_result", "tool_use_id": "toolu_1", "content": [1] * 5_000}], 1),
        ([{"type": "tool_result", "tool_use_id": "toolu_1", "content": [{}] * 20_000}], 1),
        ([{"type": "tool_result", "tool_use_id": "toolu_1", "content": ""}, *[1] * 1_000], 1_000),
        ([{"type": "tool_result", "tool_use_id": "toolu_1", "content": ""}, *[1] * (PARTS + 100)], PARTS),
        ([{"type": "tool_result", "tool_use_id": "toolu_1", "content": ""}, *[EMPTY] * (PARTS + 100)], PARTS),
    ],
    ids=[
        "numbers in a result", "so many that they become one text", "numbers beside a result",
        "more beside a result than are told", "more empty texts than are told",
    ],
)
def test_a_message_of_thousands_of_wrong_parts_is_told_and_mended(content: list[Any], told: int) -> None:
    call = {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {}}
    said = {"type": "text", "text": "Done."}
    data = lines([user(0, None), assistant(1, 0, [call]), user(2, 1, content), assistant(3, 2, [said])])
    report = judged(data)
    assert len([finding for finding in report.findings if finding.code in ("C001", "C009", "C010")]) == told
    assert report.verdict is not Verdict.FRAGILE
    result = finish(repair(FORMAT, bundle_of(data), report.target, allow=(Safety.SAFE, Safety.LOSSY)))
    assert result.after.verdict is Verdict.HEALTHY
