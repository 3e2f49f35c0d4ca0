"""What an image looks like: decoded within bounds, scaled to what a screen has room for, and never handed on as the
bytes that it came in. What cannot be shown gives a sentence that says why."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, NamedTuple

from unbrick.media import heads, images, pixels

if TYPE_CHECKING:
    from PIL import Image

LONGEST = 40_000_000
"""Characters of base64 that are decoded for looking at."""


class Picture(NamedTuple):
    """An image in RGB, three bytes a pixel, row by row."""

    width: int
    height: int
    rgb: bytes


def about(data: str) -> str:
    """What base64 data is, by its head: `PNG, 1,200 × 800 pixels`, or why it cannot be shown."""
    found = images.read(data[: 1 << 17]) if len(data) > LONGEST else images.read(data)
    if not found.valid:
        return "it is not base64, and cannot be shown"
    if found.type is None:
        return f"it is no image that can be shown, but {images.what(images.head(data))}"
    sides = "" if found.sides is None else f", {found.sides[0]:,} × {found.sides[1]:,} pixels"
    return f"{heads.TYPES[found.type]}{sides}"


def picture(data: str, width: int, height: int) -> Picture | str:
    """An image scaled to fit some pixels, on white where it is transparent; or a sentence that says why not. Never
    raises, and unpacks no more pixels than `pixels.LARGEST`."""
    image = _image(data, width, height)
    return image if isinstance(image, str) else Picture(*image.size, image.tobytes())


def png(data: str, side: int) -> bytes | str:
    """An image as PNG, no side longer than `side` pixels, written anew; or a sentence that says why not."""
    image = _image(data, side, side)
    if isinstance(image, str):
        return image
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def _image(data: str, width: int, height: int) -> Image.Image | str:
    """An image as it fits into some pixels, or why there is none to show."""
    data = images.bare(data)
    if len(data) > LONGEST:
        return "It is too large to be shown: more than 30 MB."
    raw = pixels.decoded(data)
    if raw is None:
        return "It is not base64, so there is no image to show."
    sides = heads.size(raw[: 1 << 16]) if heads.media_type(raw[:16]) else None
    if sides is None:
        return f"It is no image that can be shown, but {images.what(raw[:512])}."
    side = max(width, height)
    if not pixels.fits(raw, side):
        return f"It states {sides[0]:,} × {sides[1]:,} pixels, too many to unpack; it is not opened."
    image = pixels.opened(raw, side)
    return "It is damaged: it cannot be decoded to its end." if image is None else _flat(_small(image, width, height))


def _small(image: Image.Image, width: int, height: int) -> Image.Image:
    """Scaled down before anything else, since each step on the whole of it takes its memory again."""
    share = min(width / image.width, height / image.height, 1.0)
    sides = max(1, round(image.width * share)), max(1, round(image.height * share))
    if sides == image.size:
        return image
    if image.mode in ("P", "1"):
        image = image.convert("L" if image.mode == "1" else "RGBA" if "transparency" in image.info else "RGB")
    return image.resize(sides)


def _flat(image: Image.Image) -> Image.Image:
    """In RGB, on white."""
    from PIL import Image

    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        over = image.convert("RGBA")
        under = Image.new("RGBA", over.size, "white")
        under.alpha_composite(over)
        return under.convert("RGB")
    return image.convert("RGB")
