"""Decoding images and scaling them down, one at a time and within bounds; loads Pillow only when it is asked."""

from __future__ import annotations

import binascii
import io
import math
from typing import TYPE_CHECKING

from unbrick.media.heads import TYPES, media_type, size

if TYPE_CHECKING:
    from PIL import Image

LARGEST = 89_478_485
"""Pixels of an image that is decoded at all, the bound that Pillow itself warns at: 360 MB in memory."""
QUALITY = 88
"""Of JPEG and WebP, where an image is written anew."""
TRIES = 6


def decodes(data: str) -> bool:
    """Whether base64 data is an image that can be decoded to its last line. One too large to try counts as such."""
    raw = decoded(data)
    if raw is None:
        return False
    return not fits(raw) or opened(raw) is not None


def scaled(data: str, side: int, length: int | None = None) -> tuple[str, tuple[int, int]] | None:
    """The same image with no side longer than `side` pixels, in the same format, as base64 of at most `length`
    characters, and its new sides; None where it cannot be decoded or is too large to try. Of an animation the first
    picture is kept, which is all that the API looks at (vision documentation)."""
    raw = decoded(data)
    image = opened(raw, side) if raw is not None and fits(raw) else None
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


def fits(raw: bytes) -> bool:
    """Whether the stated size is known and within the bound, so that no small file unpacks without end."""
    sides = size(raw[: 1 << 16])
    return sides is not None and 0 < sides[0] * sides[1] <= LARGEST


def opened(raw: bytes, side: int = 0) -> Image.Image | None:
    """An image decoded, from JPEG at the next size that is not below `side`; None where that fails."""
    from PIL import Image

    kind = media_type(raw[:16])
    try:
        image = Image.open(io.BytesIO(raw), formats=[TYPES[kind].upper()] if kind else [])
        if side:
            image.draft(None, fitting(image.size, side))
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
