"""Images decoded for looking at: within bounds, or a sentence."""

from __future__ import annotations

import base64
import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from unbrick.media import looks, pixels


def encoded(image: Image.Image, form: str = "PNG") -> str:
    file = io.BytesIO()
    image.save(file, form)
    return base64.b64encode(file.getvalue()).decode()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb(width: int, height: int) -> str:
    """A small file that states many pixels."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    data = b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    return base64.b64encode(data).decode()


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1"])
def test_an_image_of_any_mode_is_scaled_to_fit(mode: str) -> None:
    data = encoded(Image.new(mode, (300, 100)))
    found = looks.picture(data, 60, 60)
    assert isinstance(found, looks.Picture)
    assert (found.width, found.height) == (60, 20)
    assert len(found.rgb) == 60 * 20 * 3


def test_a_small_one_keeps_its_size_and_transparency_is_white() -> None:
    found = looks.picture(encoded(Image.new("RGBA", (2, 1), (255, 0, 0, 0))), 80, 48)
    assert found == looks.Picture(2, 1, b"\xff" * 6)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(bomb(100_000, 100_000), "states 100,000 × 100,000 pixels, too many", id="a bomb"),
        pytest.param(bomb(100, 100), "It is damaged", id="one without its lines"),
        pytest.param("!!!", "no image that can be shown|not base64", id="no base64"),
        pytest.param(base64.b64encode(b"<html></html>").decode(), "a web page", id="a web page"),
        pytest.param("", "no image that can be shown", id="nothing"),
        pytest.param("A" * (looks.LONGEST + 4), "too large", id="too long"),
    ],
)
def test_what_cannot_be_shown_says_why(data: str, said: str) -> None:
    for found in (looks.picture(data, 80, 48), looks.png(data, 100)):
        assert isinstance(found, str)
        assert any(part in found for part in said.split("|")), found
    assert looks.about(data)


def test_a_png_is_written_anew() -> None:
    made = looks.png(encoded(Image.new("RGB", (900, 300)), "JPEG"), 300)
    assert isinstance(made, bytes)
    with Image.open(io.BytesIO(made)) as image:
        assert (image.format, image.size) == ("PNG", (300, 100))


@given(st.binary(max_size=200))
def test_no_bytes_raise(data: bytes) -> None:
    for head in (b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"RIFF\0\0\0\0WEBPVP8 "):
        text = base64.b64encode(head + data).decode()
        looks.picture(text, 40, 40)
        looks.about(text)


def test_a_frame_larger_than_what_the_head_states_is_not_unpacked() -> None:
    file = io.BytesIO()
    Image.new("P", (6_000, 6_000)).save(file, "GIF")
    data = bytearray(file.getvalue())
    data[6:10] = struct.pack("<HH", 10, 10)
    assert isinstance(looks.picture(base64.b64encode(data).decode(), 10, 10), str)


@pytest.mark.parametrize(("kind", "sides", "side", "taken"), [
    pytest.param("image/png", (7_680, 4_320), 2_000, True, id="a screen of 8K"),
    pytest.param("image/png", (8_000, 8_000), 100, False, id="a drawing that takes 256 MB"),
    pytest.param("image/jpeg", (8_064, 6_048), 2_000, True, id="a photograph that is unpacked at a quarter"),
    pytest.param("image/jpeg", (8_064, 6_048), 8_000, False, id="a photograph that is unpacked whole"),
    pytest.param("image/jpeg", (20_000, 20_000), 10, False, id="a photograph of 400 megapixels"),
    pytest.param("image/webp", (0, 10), 10, False, id="nothing"),
    pytest.param("image/gif", None, 10, False, id="unknown"),
])
def test_what_is_unpacked(kind: str, sides: tuple[int, int] | None, side: int, taken: bool) -> None:
    assert pixels.within(kind, sides, side) is taken


def test_a_large_drawing_is_scaled_before_anything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step on the whole of it takes its memory again."""
    seen: list[tuple[int, int]] = []
    convert = Image.Image.convert
    monkeypatch.setattr(Image.Image, "convert", lambda image, *given: seen.append(image.size) or convert(image, *given))
    assert isinstance(looks.picture(encoded(Image.new("RGB", (4_000, 3_000))), 80, 40), looks.Picture)
    assert all(width <= 80 for width, _height in seen)
