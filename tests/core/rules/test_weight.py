"""Requests larger than the API takes: what makes them large, and what makes them fit."""

from __future__ import annotations

from typing import Any

import pytest

from tools.chat import Chat, call, mend, only, result, text
from tools.chat import judge as judged
from tools.media import image, png
from unbrick.entry import BlockKind
from unbrick.finding import Safety, Severity
from unbrick.record import compact
from unbrick.request import Part, Request, Role
from unbrick.rules import weight
from unbrick.thread import Outcome

BIG = image(png(2400, 20) + bytes(3_000_000))
SMALL = image(png(30, 20) + bytes(3_000_000))


def shown(*images: dict[str, Any]) -> Chat:
    """A session with one image in each prompt."""
    chat = Chat()
    for number, one in enumerate(images):
        chat.user(text(f"PROMPT-{number}"), one)
        chat.assistant(f"REPLY-{number}")
    return chat


@pytest.mark.parametrize(("version", "severity", "outcome"), [
    ("1.0.128", Severity.ERROR, Outcome.REFUSED), ("2.1.152", Severity.ERROR, Outcome.REFUSED),
    ("2.1.158", Severity.WARNING, Outcome.HEALED), ("2.1.329", Severity.WARNING, Outcome.HEALED),
])
def test_a_request_larger_than_the_api_takes(version: str, severity: Severity, outcome: Outcome) -> None:
    found = only(judged(shown(*[SMALL] * 9), version), "S002")
    assert (found.severity, found.outcome) == (severity, outcome)
    assert "images and documents 36.0 MB" in found.message
    assert found.message_index is not None


def test_large_images_are_scaled_down_where_that_is_enough() -> None:
    done = mend(shown(*[BIG] * 9), "2.1.139")
    (applied,) = done.applied
    assert (applied.fix.id, applied.fix.safety) == ("scale", Safety.SAFE)
    assert applied.fix.title == "Scale 3 images down to 1,568 pixels a side: about 36.0 MB → 29.1 MB"
    assert not [found for found in done.after.findings if found.code == "S002"]
    sent = [b for m in done.after.situation.request.messages() for b in m["content"] if b["type"] == "image"]
    assert len(sent) == 9


def test_notes_take_the_place_of_the_fewest_parts() -> None:
    report = judged(shown(*[SMALL] * 9), "2.1.139")
    assert [fix.id for fix in only(report, "S002").fixes][:1] == ["clear-largest"]
    done = mend(shown(*[SMALL] * 9), "2.1.139", S002="clear-largest")
    assert done.applied[0].fix.title == "Put notes in the place of 2 images and documents: 36.0 MB → 28.0 MB"
    assert done.after.resume.messages == 18
    assert not [found for found in done.after.findings if found.code == "S002"]


def test_giant_results_are_parts_as_well() -> None:
    chat = Chat().turn()
    for number in range(3):
        chat.user(f"PROMPT-{number}")
        chat.assistant(call(f"t{number}"))
        chat.user(result(f"t{number}", "x" * 12_000_000))
        chat.assistant("REPLY")
    found = only(judged(chat, "2.1.139", "claude-sonnet-4-6[1m]"), "S002")
    assert "tool results 36.0 MB" in found.message
    assert found.fixes[0].title.endswith("36.0 MB → 24.0 MB")


@pytest.mark.parametrize("count", [8, 1], ids=["just below", "far below"])
def test_a_request_that_the_api_takes(count: int) -> None:
    assert not [found for found in judged(shown(*[SMALL] * count), "2.1.139").findings if found.code == "S002"]


@pytest.mark.parametrize(("limit", "read"), [
    pytest.param(0.5, 1_000, id="a sample where it is far above the limit"),
    pytest.param(1.5, 1_000, id="a sample where it is far below"),
    pytest.param(1.01, 7_000, id="all where it comes to about the limit"),
])
def test_thousands_of_small_messages_are_measured(limit: float, read: int, monkeypatch: pytest.MonkeyPatch) -> None:
    said = [f"{'å' * (number % 7)}{'word ' * (number % 23)}" for number in range(6_000)]
    decoded: list[int] = []

    def decode(row: int) -> list[dict[str, str]]:
        decoded.append(row)
        return [{"type": "text", "text": said[row]}]

    request = Request(decode)
    for number, words in enumerate(said):
        request.start(Role(number % 2))
        request.add(Part(number, 0, BlockKind.TEXT, size=len(words)))
    exact = sum(len(compact(message)) for message in request.messages())
    decoded.clear()
    monkeypatch.setattr(weight, "LIMIT", int(exact * limit))
    assert weight._measured(request) == pytest.approx(exact, rel=weight.SURE)
    assert len(decoded) == read
