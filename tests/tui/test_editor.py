"""A record in the person's own editor: what is edited comes back, and what goes wrong is said."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from driving import Open, Opened, notices, press, screen_text
from textual.app import App

from unbrick_tui.editor import EditorError, command, edited

Script = Callable[[str], dict[str, str]]


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Script:
    """An environment whose editor is a shell script; it is given the file as $1."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "private"))
    (tmp_path / "private").mkdir()

    def write(body: str) -> dict[str, str]:
        path = tmp_path / "my editor"
        path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        path.chmod(0o700)
        return {"EDITOR": f"'{path}' --wait", "PATH": os.environ["PATH"]}

    return write


COMMANDS = {
    "VISUAL comes first": ({"VISUAL": "sh -c", "EDITOR": "nothing"}, ["sh", "-c"]),
    "words in quotation marks": ({"EDITOR": "sh 'a b' c"}, ["sh", "a b", "c"]),
    "an empty one is none": ({"VISUAL": " ", "EDITOR": "sh"}, ["sh"]),
}


@pytest.mark.parametrize("case", COMMANDS)
def test_the_command_is_that_of_the_environment(case: str) -> None:
    environ, words = COMMANDS[case]
    assert command({**environ, "PATH": os.environ["PATH"]}) == words


REFUSED = {
    "an open quotation mark": ({"EDITOR": "vi 'x"}, "quotation mark"),
    "no such program": ({"VISUAL": "no-such-editor -n"}, "$VISUAL names “no-such-editor”, which is not there"),
    "none at all": ({"PATH": "/nowhere"}, "set $EDITOR"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_no_editor_is_a_sentence(case: str) -> None:
    environ, said = REFUSED[case]
    with pytest.raises(EditorError) as caught:
        command({"PATH": os.environ["PATH"], **environ})
    assert said in str(caught.value)


def test_the_file_is_private_and_gone_afterwards(script: Script, tmp_path: Path) -> None:
    environ = script(f'stat -c %a "$2" "$(dirname "$2")" > {tmp_path}/modes; touch "$2.swp"; echo "$1" >> "$2"')
    assert edited("one\n", "record.json", environ) == "one\n--wait\n"
    assert (tmp_path / "modes").read_text("utf-8").split() == ["600", "700"]
    assert list((tmp_path / "private").iterdir()) == []


FAILING = {
    "left with a status": ("exit 3", "left with status 3"),
    "ended by a signal": ("kill -9 $$", "ended by signal 9"),
    "took the file away": ('rm "$2"', "cannot be read"),
    "wrote another encoding": ("printf 'a\\n\\377' > \"$2\"", "Line 2 of the edited text is not UTF-8"),
}


@pytest.mark.parametrize("case", FAILING)
def test_an_editor_that_fails_changes_nothing(script: Script, case: str, tmp_path: Path) -> None:
    body, said = FAILING[case]
    with pytest.raises(EditorError) as caught:
        edited("text", "text.md", script(body))
    assert said in str(caught.value)
    assert list((tmp_path / "private").iterdir()) == []


def test_nothing_is_run_by_a_shell(script: Script, tmp_path: Path) -> None:
    environ = script("true")
    environ["EDITOR"] += f" ; touch {tmp_path}/harm"
    edited("text", "text.md", environ)
    assert not (tmp_path / "harm").exists()


# In the application


@pytest.fixture
def handed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """The terminal of a test cannot be handed over; nothing is painted there either."""

    @contextmanager
    def suspend(self: App[int]) -> Iterator[None]:
        yield

    monkeypatch.setattr(App, "suspend", suspend)


def use(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str]) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", environ["EDITOR"])


async def whole_record(pilot: Opened) -> None:
    """Open the record at the cursor as JSON, which is offered last."""
    await press(pilot, "o")
    if "Open in the editor" in screen_text(pilot.app):
        await press(pilot, "G", "enter")


@pytest.mark.usefixtures("handed_over")
async def test_a_text_is_changed_and_nothing_else(
    open_app: Open, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, script('printf "make it blue" > "$2"'))
    async with open_app("healthy-compacted-twice") as pilot:
        workspace = pilot.app.screen.workspace  # type: ignore[attr-defined]
        row = next(row for row in range(200) if b'"role":"user","content":"' in workspace.view.raw(row))
        before = workspace.view.raw(row)
        pilot.app.screen.timeline.jump(row)  # type: ignore[attr-defined]
        await press(pilot, "o", "enter")
        await press(pilot, "enter")
        after = workspace.view.raw(row)
        assert b'"content":"make it blue"' in after
        start = before.index(b'"content":"') + len(b'"content":"')
        assert before[:start] == after[:start]
        assert before.rstrip().endswith(after.rstrip()[start + len(b"make it blue"):])


@pytest.mark.usefixtures("handed_over")
async def test_what_is_not_json_can_be_edited_again_or_dropped(
    open_app: Open, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, script('echo "{" > "$2"'))
    async with open_app("crash-mid-tool") as pilot:
        workspace = pilot.app.screen.workspace  # type: ignore[attr-defined]
        await whole_record(pilot)
        assert "Line 2, column 1: a name in double quotes is missing." in screen_text(pilot.app)
        await press(pilot, "enter")
        assert "Line 2, column 1" in screen_text(pilot.app)
        await press(pilot, "j", "enter")
        assert not workspace.patch


@pytest.mark.usefixtures("handed_over")
async def test_an_editor_that_is_not_there_is_said(open_app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, {"EDITOR": "no-such-editor"})
    async with open_app("crash-mid-tool") as pilot:
        await whole_record(pilot)
        assert "“no-such-editor”, which is not there" in notices(pilot.app)


@pytest.mark.usefixtures("handed_over")
async def test_a_text_that_comes_back_as_it_was_is_no_edit(
    open_app: Open, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, script("true"))
    async with open_app("crash-mid-tool") as pilot:
        await whole_record(pilot)
        assert "nothing was changed" in notices(pilot.app)
        assert not pilot.app.screen.workspace.patch  # type: ignore[attr-defined]


async def test_a_terminal_that_cannot_be_handed_over_is_said(
    open_app: Open, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, script("true"))
    async with open_app("torn-and-glued") as pilot:
        await whole_record(pilot)
        assert "cannot be handed over" in notices(pilot.app)


def test_modes_are_those_of_the_person_alone(script: Script, tmp_path: Path) -> None:
    """Also where the person's mask would let others read."""
    environ = script(f'stat -c %a "$2" > {tmp_path}/mode')
    mask = os.umask(0)
    try:
        edited("text", "text.md", environ)
    finally:
        os.umask(mask)
    assert stat.filemode(0o100000 | int((tmp_path / "mode").read_text("utf-8"), 8)) == "-rw-------"
