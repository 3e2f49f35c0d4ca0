"""The main screens, as text. `pytest tests/tui --update-screens` writes them anew; look at the diff."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from driving import Open, press

from unbrick_tui.app import UnbrickApp

NARROW, SMALL, LARGE = (40, 20), (80, 24), (120, 40)
Same = Callable[[UnbrickApp, str], None]

REQUEST = b"""{
  "model": "claude-opus-4-7",
  "max_tokens": 4096,
  "messages": [
    {"role": "system", "content": "You help in a shop."},
    {"role": "user", "content": "Which mugs are in stock?"},
    {"role": "assistant", "content": [
      {"type": "text", "text": "I will look."},
      {"type": "tool_use", "id": "toolu_01", "name": "stock", "input": {"kind": "mug"}},
      {"type": "tool_use", "id": "toolu_02", "name": "prices", "input": {"kind": "mug"}}
    ]},
    {"role": "user", "content": [
      {"type": "text", "text": "And hurry up."},
      {"type": "tool_result", "tool_use_id": "toolu_01", "content": "blue: 4, red: 0"}
    ]}
  ]
}
"""
"""A request as engineers find it in their own log: a call unanswered, text before a result, a role out of place."""

BOTH = [
    pytest.param("amplifier/torn-last-line", (), id="resuming-destroys"),
    pytest.param("amplifier/killed-while-tools-ran", (), id="two-ways-to-resume"),
    pytest.param("context-too-long", (), id="context-too-long"),
    pytest.param(REQUEST, (), id="request"),
    pytest.param("healthy-compacted-twice", (), id="healthy"),
    pytest.param("crash-mid-tool", (), id="opened-at-the-break"),
    pytest.param("crash-mid-tool", ("f", "enter", "r"), id="review"),
    pytest.param("crash-mid-tool", ("t", "left_square_bracket"), id="cutting-back"),
    pytest.param("missing-parent", (), id="lost-history"),
    pytest.param("role-system-with-flag", (), id="not-this-file"),
]

ONCE = [
    pytest.param("healthy-compacted-twice", ("s",), id="where-resume-begins"),
    pytest.param("crash-mid-tool", ("enter",), id="reading-a-record"),
    pytest.param("crash-mid-tool", ("question_mark",), id="help"),
    pytest.param("crash-mid-tool", ("f", "enter"), id="after-a-fix"),
    pytest.param("crash-mid-tool", ("f", "enter", "w"), id="save"),
    pytest.param("crash-mid-tool", ("f", "enter", "q"), id="leaving-with-edits"),
    pytest.param("missing-parent", ("p",), id="problems"),
    pytest.param("failed-compaction", ("f",), id="which-fix"),
    pytest.param("role-system-with-flag", ("f",), id="what-helps"),
    pytest.param("torn-and-glued", (), id="torn-line"),
    pytest.param("context-too-long", ("f",), id="what-makes-it-fit"),
    pytest.param(REQUEST, ("F", "enter", "r"), id="request-review"),
    pytest.param(REQUEST, ("F", "enter", "w"), id="request-save"),
]


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
@pytest.mark.parametrize(("sample", "keys"), BOTH)
async def test_screen_at_two_sizes(
    open_app: Open, same_screen: Same, request: pytest.FixtureRequest, sample: str | bytes, keys: tuple[str, ...],
    size: tuple[int, int],
) -> None:
    async with open_app(sample, size, name=name_of(sample)) as pilot:
        await press(pilot, *keys)
        same_screen(pilot.app, request.node.callspec.id.rsplit("-", 1)[0])


@pytest.mark.parametrize(("sample", "keys"), ONCE)
async def test_screen(
    open_app: Open, same_screen: Same, request: pytest.FixtureRequest, sample: str | bytes, keys: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", "/home/dev/.claude")  # Some screens name it.
    async with open_app(sample, SMALL, name=name_of(sample)) as pilot:
        await press(pilot, *keys)
        same_screen(pilot.app, request.node.callspec.id)


async def test_forty_columns(open_app: Open, same_screen: Same) -> None:
    async with open_app("missing-parent", NARROW) as pilot:
        same_screen(pilot.app, "lost-history")


async def test_ascii(open_app: Open, same_screen: Same) -> None:
    """Nothing but ASCII is painted, whatever the transcript holds."""
    async with open_app("missing-parent", ascii_=True) as pilot:
        same_screen(pilot.app, "ascii")
        for keys in (("p",), ("escape", "question_mark"), ("escape", "enter"), ("escape", "t")):
            await press(pilot, *keys)
            assert screen_of(pilot.app).isascii(), keys


def name_of(sample: str | bytes) -> str:
    return "body.json" if isinstance(sample, bytes) else "session.jsonl"


def screen_of(app: UnbrickApp) -> str:
    from driving import screen_text

    return screen_text(app)
