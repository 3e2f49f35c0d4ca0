"""Images of a record, on any terminal."""

from __future__ import annotations

import base64
import io

import orjson
import pytest
from driving import Open, notices, press, screen_text
from PIL import Image

from unbrick_tui import pictures
from unbrick_tui.screens.picture import PictureScreen, PictureView


def png(colour: str = "red", sides: tuple[int, int] = (8, 8)) -> str:
    file = io.BytesIO()
    image = Image.new("RGB", sides, colour)
    image.paste("blue", (0, sides[1] // 2, *sides))
    image.save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def image(data: str) -> dict[str, object]:
    return {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}


def body(*blocks: dict[str, object]) -> bytes:
    return orjson.dumps({"model": "claude-opus-4-7", "max_tokens": 10, "messages": [
        {"role": "user", "content": [*blocks, {"type": "text", "text": "What is this?"}]},
    ]})


async def test_an_image_is_painted_in_half_blocks(open_app: Open) -> None:
    async with open_app(body(image(png()), image(png("green"))), name="body.json") as pilot:
        await press(pilot, "enter", "i")
        assert "image 1 of 2, block 0: PNG, 8 × 8 pixels" in screen_text(pilot.app)
        strips = pilot.app.screen.query_one(PictureView)._strips
        assert [strip.text for strip in strips] == ["▀" * 8] * 4
        tops = [strip._segments[0].style.color.triplet.hex for strip in strips]  # type: ignore[union-attr]
        assert tops == ["#ff0000", "#ff0000", "#0000ff", "#0000ff"]
        await press(pilot, "n")
        assert "image 2 of 2" in screen_text(pilot.app)
        await press(pilot, "g")
        assert "not known to draw images" in notices(pilot.app)
        await press(pilot, "escape")
        assert not isinstance(pilot.app.screen, PictureScreen)


async def test_without_colours_and_in_ascii_it_is_painted_in_shades(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = body(image(png("white")))
    async with open_app(data, ascii_=True, name="body.json") as pilot:
        await press(pilot, "enter", "i")
        lines = screen_text(pilot.app).splitlines()
        assert lines[1][:8] == "@" * 8
        assert "\n".join(lines).isascii()
    monkeypatch.setenv("NO_COLOR", "1")
    async with open_app(data, name="body.json") as pilot:
        await press(pilot, "enter", "i")
        assert screen_text(pilot.app).splitlines()[1][:8] == "@" * 8


async def test_what_is_no_image_says_so(open_app: Open) -> None:
    broken = image(base64.b64encode(b"<html>").decode())
    async with open_app(body(broken), name="body.json") as pilot:
        await press(pilot, "enter", "i")
        assert "but a web page" in screen_text(pilot.app)


async def test_a_record_without_images(open_app: Open) -> None:
    async with open_app(body(), name="body.json") as pilot:
        await press(pilot, "enter", "i")
        assert "this record holds no image" in notices(pilot.app)


def test_images_inside_results_and_at_addresses() -> None:
    there = {"type": "image", "source": {"type": "url", "url": "https://example.org/a.png"}}
    found = pictures.shown([{"type": "tool_result", "content": [{"type": "text", "text": "a"}, image("AAAA"), there]}])
    assert [one.name for one in found] == ["block 0, part 1", "block 0, part 2"]
    assert found[1].why


@pytest.mark.parametrize(
    ("environ", "how"),
    [
        pytest.param({"TERM": "xterm-kitty"}, "kitty", id="Kitty"),
        pytest.param({"TERM": "xterm-256color", "TERM_PROGRAM": "ghostty"}, "kitty", id="Ghostty"),
        pytest.param({"TERM_PROGRAM": "iTerm.app"}, "iterm", id="iTerm2"),
        pytest.param({"TERM_PROGRAM": "WezTerm"}, "iterm", id="WezTerm"),
        pytest.param({"TERM": "tmux-256color", "TERM_PROGRAM": "iTerm.app"}, "", id="under tmux"),
        pytest.param({"TERM": "xterm-256color"}, "", id="any other"),
    ],
)
def test_which_graphics_a_terminal_is_known_for(environ: dict[str, str], how: str) -> None:
    assert pictures.graphics(environ) == how


def test_an_image_in_the_protocols_is_whole() -> None:
    data = bytes(range(256)) * 40
    pieces = pictures.drawn(data, "kitty", 80).split("\x1b_G")[1:]
    assert all(piece.endswith("\x1b\\") for piece in pieces)
    assert [piece.split(";")[0].rsplit("m=")[-1] for piece in pieces] == ["1"] * (len(pieces) - 1) + ["0"]
    assert base64.b64decode("".join(piece.split(";")[1][:-2] for piece in pieces)) == data
    iterm = pictures.drawn(data, "iterm", 80)
    assert base64.b64decode(iterm.split(":")[1][:-1]) == data
