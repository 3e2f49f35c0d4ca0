"""What a turn comes to, and what a folded run holds, in words."""

from __future__ import annotations

import pytest
from driving import Open
from test_agents import call, lines, record, result

from unbrick_tui.text import thousands
from unbrick_tui.turns import facts, folded
from unbrick_tui.widgets.layout import Group
from unbrick_tui.widgets.timeline import Timeline

FAILED = [{**result("No such file.")[0], "is_error": True}]


def at(number: int, minutes: float, *said: object, **more: object) -> dict[str, object]:
    role, content = said
    hours, rest = divmod(minutes, 60)
    time = f"2026-05-{20 + int(hours // 24):02}T{int(hours % 24):02}:{int(rest):02}:00.000Z"
    return {**record(number, str(role), content, **more), "timestamp": time}  # type: ignore[arg-type]


@pytest.mark.parametrize(("end", "content", "expected"), [
    pytest.param(0.5, result("ok"), ["1 call"], id="short"),
    pytest.param(4, result("ok"), ["1 call", "4 min"], id="minutes"),
    pytest.param(60 * 5, result("ok"), ["1 call", "5 h"], id="hours"),
    pytest.param(60 * 24 * 3, result("ok"), ["1 call"], id="went on days afterwards"),
    pytest.param(4, FAILED, ["1 call", "1 failed", "4 min"], id="failed"),
])
async def test_facts(open_app: Open, end: float, content: object, expected: list[str]) -> None:
    session = lines(
        at(0, 0, "user", "Look."), at(1, 0, "assistant", call("Bash", {"command": "ls"})), at(2, end, "user", content),
    )
    async with open_app(session) as pilot:
        outline = pilot.app.screen.query_one(Timeline).outline
        assert outline is not None
        assert facts(outline, outline.folding.rows(0)) == expected


async def test_a_run_of_everything_is_counted(open_app: Open) -> None:
    async with open_app("healthy") as pilot:
        line = pilot.app.screen.query_one(Timeline)
        assert line.outline is not None
        rows = line.outline.folding.rows(4)[1:]
        said = folded(line.outline, Group(rows.start, len(rows), 1), line.glyphs)
        assert said.word == f"{len(rows)} more"
        numbers = [int(part.split()[0]) for part in said.text.split(", ")]
        assert sum(numbers) == len(rows)


@pytest.mark.parametrize(("number", "said"), [
    (0, "0"), (999, "999"), (1000, "1.0k"), (9949, "9.9k"), (9950, "10k"), (36_946, "37k"), (999_499, "999k"),
    (999_500, "1.0M"), (12_345_678, "12M"),
])
def test_thousands(number: int, said: str) -> None:
    assert thousands(number) == said
