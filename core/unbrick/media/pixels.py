"""Decoding images and scaling them down, one at a time and within bounds; loads Pillow only when it is asked."""

from __future__ import annotations

import binascii
import io
import math
from typing import TYPE_CHECKING

from unbrick.media.heads import TYPES, media_type, size

if TYPE_CHECKING:
    from PIL import Image

LARGEST = 7_680 * 4_320
"""Pixels of an image that is unpacked: a screen of 8K. They take 133 MB, and once more that while they are scaled."""
LARGEST_JPEG = 50_000_000
"""Pixels that a JPEG may state, which is unpacked at up to an eighth of its sides: a photograph of 48 megapixels."""
QUALITY = 88
"""Of JPEG and WebP, where an image is written anew."""
TRIES = 6


def decodes(data: str) -> bool:
    """Whether base64 data is an image that can be decoded to its last line. One too large to try counts as such."""
    raw = decoded(data)
    if raw is None:
        return False
    return not fits(raw, 1) or opened(raw, 1) is not None


def scaled(data: str, side: int, length: int | None = None) -> tuple[str, tuple[int, int]] | None:
    """The same image with no side longer than `side` pixels, in the same format, as base64 of at most `length`
    characters, and its new sides; None where it cannot be decoded or is too large to try. Of an animation the first
    picture is kept, which is all that the API looks at (vision documentation)."""
    raw = decoded(data)
    image = opened(raw, side) if raw is not None and fits(raw, side) else None
    if image is None:
        return None
    share = 1.0
    for _ in range(TRIES):
        sides = fitting(image.size, side * share)
        try:
            text = binascii.b2a_base64(_written(image, sides), newline=False).decode("ascii")
        except (OSError, ValueError):
            return None
        if length is None or len(text) <= length:
            return text, sides
        share *= min(0.9, math.sqrt(length / len(text)))
    return None


def fitting(sides: tuple[int, int], side: float) -> tuple[int, int]:
    """The sides that an image is scaled down to."""
    share = min(1.0, side / max(sides))
    return max(1, round(sides[0] * share)), max(1, round(sides[1] * share))


def decoded(data: str) -> bytes | None:
    """The bytes that base64 stands for, None where it is none."""
    try:
        return binascii.a2b_base64(data)
    except (binascii.Error, ValueError):
        return None


def fits(raw: bytes, side: int) -> bool:
    """Whether an image states its size in front, and may be unpacked for a picture with sides of `side` pixels."""
    return within(media_type(raw[:16]), size(raw[: 1 << 16]), side)


def within(kind: str | None, sides: tuple[int, int] | None, side: int) -> bool:
    """Whether an image of a media type, as it is unpacked for a picture with sides of `side` pixels, is within the
    bound, so that no small file unpacks without end."""
    if sides is None or not all(sides):
        return False
    if kind != "image/jpeg":
        return sides[0] * sides[1] <= LARGEST
    times = next((one for one in (8, 4, 2) if one * side <= max(sides)), 1)
    return sides[0] * sides[1] <= min(LARGEST_JPEG, LARGEST * times * times)


def opened(raw: bytes, side: int) -> Image.Image | None:
    """An image decoded, from JPEG at the next size that is not below `side`; None where that fails, or where it is
    larger than it states in front."""
    from PIL import Image

    kind = media_type(raw[:16])
    try:
        # Pillow's own bound is higher, and warns on standard error.
        Image.MAX_IMAGE_PIXELS = None
        image = Image.open(io.BytesIO(raw), formats=[TYPES[kind].upper()] if kind else [])
        image.draft(None, fitting(image.size, side))
        if image.width * image.height > LARGEST:
            return None
        image.load()
    except Exception:  # Decoders of other people's bytes raise what they like.
        return None
    return image


def _written(image: Image.Image, sides: tuple[int, int]) -> bytes:
    """An image in other sides and its own format."""
    from PIL import Image

    form = image.format or "PNG"
    made: Image.Image = image
    if sides != image.size:
        if image.mode in ("P", "1"):
            made = image.convert("L" if image.mode == "1" else "RGBA" if "transparency" in image.info else "RGB")
        made = made.resize(sides, Image.Resampling.LANCZOS)
    file = io.BytesIO()
    kept = {key: image.info[key] for key in ("exif", "icc_profile") if image.info.get(key)}
    more = {"quality": QUALITY} if form in ("JPEG", "WEBP") else {}
    made.save(file, form, **more, **(kept if form != "GIF" else {}))
    return file.getvalue()
