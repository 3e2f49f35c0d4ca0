"""The screens around an edit, as text: previews, the ladder, edits by hand, the list of edits, backups."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from driving import Open, press, screen_text
from test_screens import LARGE, NARROW, REQUEST, SMALL, name_of

from unbrick_tui.app import UnbrickApp

Same = Callable[[UnbrickApp, str], None]

SCREENS = [
    pytest.param("missing-parent", ("f",), id="preview-of-a-fix"),
    pytest.param("crash-mid-tool", ("f",), id="preview-of-new-lines"),
    pytest.param("duplicated-call-id", ("F",), id="preview-of-changed-values"),
    pytest.param(REQUEST, ("F",), id="preview-of-several"),
    pytest.param(REQUEST, ("F", "space"), id="preview-without-one"),
    pytest.param("missing-parent", ("t",), id="ladder"),
    pytest.param("missing-parent", ("t", "enter"), id="preview-of-a-cut-after-a-fix"),
    pytest.param("healthy-compacted-twice", ("t", "b"), id="ladder-of-beginnings"),
    pytest.param("healthy", ("k", "d"), id="by-hand"),
    pytest.param("healthy-compacted-twice", ("k", "d", "j", "j", "enter"), id="preview-of-an-edit-by-hand"),
    pytest.param("healthy", ("g", "j", "E"), id="changing-a-text"),
    pytest.param("crash-mid-tool", ("f", "enter", "t", "enter", "enter", "u", "U"), id="edits"),
    pytest.param("healthy", ("P",), id="prove-without-a-client"),
    pytest.param("crash-mid-tool", ("f", "enter", "w", "j", "enter", "enter", "B"), id="backups"),
]


@pytest.fixture(autouse=True)
def _no_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
@pytest.mark.parametrize(("sample", "keys"), SCREENS)
async def test_screen(
    open_app: Open, same_screen: Same, request: pytest.FixtureRequest, sample: str | bytes, keys: tuple[str, ...],
    size: tuple[int, int],
) -> None:
    async with open_app(sample, size, name=name_of(sample)) as pilot:
        await press(pilot, *keys)
        same_screen(pilot.app, request.node.callspec.id.rsplit("-", 1)[0])


@pytest.mark.parametrize(
    ("keys", "name"), [(("f",), "preview-of-a-fix"), (("t",), "ladder"), (("d",), "by-hand")], ids=lambda one: str(one),
)
async def test_forty_columns(open_app: Open, same_screen: Same, keys: tuple[str, ...], name: str) -> None:
    async with open_app("missing-parent", NARROW) as pilot:
        await press(pilot, *keys)
        same_screen(pilot.app, name)


@pytest.mark.parametrize("keys", [("f",), ("t",), ("t", "b"), ("d",), ("f", "enter", "U")], ids=str)
async def test_ascii(open_app: Open, keys: tuple[str, ...]) -> None:
    async with open_app("missing-parent", ascii_=True) as pilot:
        await press(pilot, *keys)
        assert screen_text(pilot.app).isascii()
