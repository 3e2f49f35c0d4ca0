"""What decides about system turns, thinking and the new prompt."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.builder import Story, story
from unbrick.formats.claude_code import ClaudeCode, outgoing
from unbrick.patch import View
from unbrick.request import Request, Role, Synthetic
from unbrick.scanning.scan import finish, scan
from unbrick.session import link
from unbrick.source import Source
from unbrick.target import Setting, Surroundings, Target, Version

CLAUDE = ClaudeCode()
SAMPLES = Path(__file__).parents[4] / "sample_sessions" / "claude_code"


def sent(s: Story, model: str, settings: dict[str, str] | None = None, prompt: str | None = None) -> Request:
    around = Surroundings(True, settings={
        name: Setting(name, value, "environment") for name, value in (settings or {}).items()
    })
    with Source.of(s.data(), "/home/dev/0b5e55a1.jsonl") as source:
        session = link(finish(scan(View(source), CLAUDE.bare)))
        target = Target("claude-code", Version.parse(s.version), model)
        request = CLAUDE.request(session, CLAUDE.thread(session, target), target, around, prompt)
        request.written.update({part: request.piece(part) for part in range(len(request.row))})
        request.suffix.clear()
        return request


FLAG = {"mid_conversation_system": "opus-4-7"}
TURNS = [
    pytest.param("2.1.139", "claude-opus-4-7", {}, 0, id="2.1.139 of itself sends none"),
    pytest.param("2.1.139", "claude-opus-4-7", FLAG, 1, id="the flag names the model"),
    pytest.param("2.1.139", "claude-sonnet-4-6", FLAG, 0, id="the flag names another model"),
    pytest.param("2.1.139", "claude-opus-4-7", FLAG | {"disable_experimental_betas": "1"}, 0, id="betas are off"),
    pytest.param("2.1.329", "claude-opus-4-7", FLAG, 0, id="newer clients do not look at the flag"),
    pytest.param("2.1.329", "claude-opus-5-5", {}, 3, id="a model that takes them"),
]


@pytest.mark.parametrize(("version", "model", "settings", "count"), TURNS)
def test_system_turns(version: str, model: str, settings: dict[str, str], count: int) -> None:
    request = sent(story(version), model, settings)
    assert list(request.roles).count(Role.SYSTEM) == count


@pytest.mark.parametrize(("version", "model", "there"), [
    ("2.1.139", "claude-sonnet-4-6", True), ("2.1.329", "claude-opus-4-7", False), ("2.1.329", "claude-opus-5-5", True),
])
def test_thinking_goes_to_the_model_that_made_it(version: str, model: str, there: bool) -> None:
    words = [block.get("thinking") for m in sent(story(version), model).messages()
             for block in m["content"] if isinstance(block, dict)]
    assert ("THINK-1" in words) is there


def test_the_new_prompt_is_said_to_be_one() -> None:
    request = sent(story("2.1.139"), "claude-opus-4-7", prompt="NEXT")
    assert request.content(len(request) - 1) == "NEXT"
    assert request.synthetic[len(request.row) - 1] is Synthetic.PROMPT


@pytest.mark.parametrize(
    "name", ["healthy", "healthy-compacted-twice", "parallel-calls-as-a-tree", "large-image-among-many"],
)
@pytest.mark.parametrize("batch", [1, 2, 7])
def test_it_is_the_same_however_many_messages_are_written_at_a_time(
    name: str, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Source.open(SAMPLES / name / "session.jsonl") as source:
        session = link(finish(scan(View(source), CLAUDE.bare)))
        target = CLAUDE.recorded(session)

        def built() -> list[object]:
            request = CLAUDE.request(session, CLAUDE.thread(session, target), target, Surroundings(), "go on")
            return [
                [*request.messages()], request.row, request.block, request.kind, request.flags, [*request.refs],
                request.size, request.synthetic, request.suffix, [*request.plain], request.left_out,
            ]

        expected = built()
        monkeypatch.setattr(outgoing, "BATCH", batch)
        assert built() == expected


def test_texts_of_neighbouring_prompts_are_set_apart() -> None:
    s = story("2.1.139")
    s.user("X", "R5", "ONE")
    s.user("Y", "X", "TWO")
    texts = [block["text"] for m in list(sent(s, "claude-opus-4-7").messages())[-2:-1] for block in m["content"]]
    assert texts == ["ONE\n", "TWO"]
