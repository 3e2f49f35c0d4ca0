"""What mends images and documents: right names, fewer pixels, words in the place of pages, notes as the last resort."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from unbrick.api import CONTRACTS, media
from unbrick.api.media import Album, Path
from unbrick.edit import Insert, Remake, Scale, Words
from unbrick.entry import BlockKind, Kind
from unbrick.finding import Fix
from unbrick.media import documents, images, pixels
from unbrick.rules.parts import counted, located, lossy, pointer, safe
from unbrick.situation import Situation

SENT = "keeps everything that can be sent"
SIDE = Scale(media.MANY_SIDE, media.OTHER_LIMIT)
"""What images are scaled down to: pixels that stay within the limits when more images follow."""
ROOM = 20
"""So many more images and pages are taken once there were too many, as clients leave room for."""
Value = tuple[tuple[str | int, ...], Any]


class Spot(NamedTuple):
    """An image or document that something is wrong with: its block in the record, its path inside the block."""

    block: int
    path: Path


class Placed(NamedTuple):
    """It and the pointer to it in the record."""

    at: tuple[str | int, ...]
    value: dict[str, Any]


def _placed(situation: Situation, row: int, spots: Sequence[Spot], *, glanced: bool = False) -> Iterator[Placed]:
    for spot in spots:
        value: Any
        at, value = located(situation, row, spot.block, glanced=glanced)
        for step in spot.path:
            value = value[step]
        yield Placed((*at, *spot.path), value if isinstance(value, dict) else {})


def repaired(situation: Situation, row: int, spots: Sequence[Spot]) -> Iterator[Fix]:
    """Fixes for images that cannot be processed."""
    told = any(spot.path for spot in spots) or situation.session.kind(row) is not Kind.USER
    misplaced = told and not CONTRACTS[situation.target.api].images_anywhere
    if misplaced and all(map(_sound, _placed(situation, row, spots))):
        yield _by_the_user(situation, row, spots)
        return
    values: list[Value] = []
    removed: list[str] = []
    for place in _placed(situation, row, spots):
        named = _renamed(place)
        if named:
            values += named
        else:
            removed.append(_odd(place.value))
            values.append((place.at, _text(f"[image removed: {removed[-1]}]")))
    edit = Remake(situation.at(row), tuple(values))
    if not removed:
        yield safe("media-type", "Name the type that the image is of" if len(spots) == 1 else "Name the types that the "
                   "images are of", edit)
    elif len(removed) == 1:
        yield safe("placeholder", f"Write a note in the place of the image: {removed[0]}", edit, price=SENT)
    else:
        yield safe("placeholder", f"Write notes in the place of {counted(len(removed), 'image')}", edit, price=SENT)


def _sound(place: Placed) -> bool:
    """Whether an image can be shown where it may stand."""
    data = media.base64(place.value)
    return data is None or images.read(data).type is not None


def _by_the_user(situation: Situation, row: int, spots: Sequence[Spot]) -> Fix:
    """The fix that has the user show images of a result or a reply, behind the results that follow."""
    places = tuple(_placed(situation, row, spots))
    note = _text("[image: see the next message of the user]")
    kinds = situation.session.scan.block_kind
    rows = situation.thread.rows
    last = situation.loaded[row]
    while last + 1 < len(rows) and [*map(kinds.__getitem__, situation.session.scan.blocks(rows[last + 1]))] == [
        BlockKind.TOOL_RESULT
    ]:
        last += 1
    shown = {"role": "user", "content": [place.value for place in places]}
    return safe(
        "show", "Show it in a message of the user's" if len(places) == 1 else "Show them in a message of the user's",
        Remake(situation.at(row), tuple((place.at, note) for place in places)), Insert(situation.at(rows[last]), shown),
    )


def _renamed(place: Placed) -> list[Value]:
    """What gives an image the right type, and base64 without an address in front; empty where it is no image."""
    data = media.base64(place.value)
    if data is None:
        return []
    own = images.bare(data)
    found = images.read(own)
    if found.type is None or not found.whole:
        return []
    values: list[Value] = [((*place.at, "source", "media_type"), found.type)]
    return values if own == data else [*values, ((*place.at, "source", "data"), own)]


def _odd(value: dict[str, Any]) -> str:
    """What stands in the place of an image, in words."""
    data = media.base64(value)
    if data is None:
        return "nothing that can be sent was stored of it"
    own = images.bare(data)
    found = images.read(own)
    if not found.valid:
        return f"{counted(len(data), 'character')} that are no base64"
    named = value["source"].get("media_type")
    sent = f"sent as {named} " if isinstance(named, str) and len(named) < 100 else ""
    return f"what was {sent}is {images.what(images.head(own))}, {counted(found.length // 4 * 3, 'byte')}"


def scaled(situation: Situation, row: int, spots: Sequence[Spot]) -> Iterator[Fix]:
    """Fixes for images that are too large."""
    smaller: list[Value] = []
    notes: list[Value] = []
    sides: tuple[int, int] | None = None
    for place in _placed(situation, row, spots, glanced=True):
        found = images.read(media.base64(place.value) or "")
        notes.append((place.at, _text(f"[image removed: {_measures(found)}, more than can be sent]")))
        if found.sides is not None and pixels.within(found.type, found.sides, media.MANY_SIDE):
            smaller.append(((*place.at, "source", "data"), SIDE))
            sides = pixels.fitting(found.sides, media.MANY_SIDE)
    at = situation.at(row)
    if len(smaller) == len(notes) and sides is not None:
        how = f"to {sides[0]} × {sides[1]} pixels at most" if len(notes) == 1 else f"to {media.MANY_SIDE} pixels a side"
        title = f"Scale {'the image' if len(notes) == 1 else counted(len(notes), 'image')} down {how}"
        yield safe("scale", title, Remake(at, tuple(smaller)), price="keeps everything; images have fewer pixels")
    what = "a note in the place of the image" if len(notes) == 1 else f"notes in the place of {len(notes):,} images"
    yield lossy("placeholder", f"Write {what}", f"drops {counted(len(notes), 'image')}", Remake(at, tuple(notes)))


def _measures(found: images.Image) -> str:
    size = f"{found.length / 4 * 3 / 1e6:.1f} MB"
    return size if found.sides is None else f"{found.sides[0]} × {found.sides[1]} pixels, {size}"


def documented(situation: Situation, row: int, spots: Sequence[Spot]) -> Iterator[Fix]:
    """Fixes for documents that cannot be processed."""
    values: list[Value] = []
    pages = dropped = 0
    for place in _placed(situation, row, spots):
        data = media.base64(place.value)
        found = None if data is None else documents.read(data)
        if found is None or data is None:
            values.append(_text_document(place))
        elif found.pages and place.value["source"].get("media_type") != "application/pdf":
            values.append(((*place.at, "source", "media_type"), "application/pdf"))
        elif found.pages:
            pages += found.pages
            values.append((place.at, Words(f"[document removed: {counted(found.pages, 'page')} without text]")))
        else:
            words = documents.plain(data)
            dropped += found is documents.LOCKED
            values.append((place.at, _text(words or f"[document removed: {_unread(found, data)}]")))
    edit = Remake(situation.at(row), tuple(values))
    what = "the document" if len(spots) == 1 else counted(len(spots), "document")
    if pages:
        price = f"drops the look of {counted(pages, 'page')}, keeps the words"
        yield lossy("words", f"Put the words of {what} in its place", price, edit)
    elif dropped:
        price = f"drops {counted(dropped, 'document')}"
        yield lossy("placeholder", f"Write a note in the place of {what}", price, edit)
    else:
        yield safe("placeholder", f"Put what can be sent of {what} in its place", edit, price=SENT)


def _text_document(place: Placed) -> Value:
    """A document that is text, named as one, or a note."""
    source = place.value.get("source")
    if isinstance(source, dict) and source.get("type") == "text" and isinstance(source.get("data"), str):
        return (*place.at, "source", "media_type"), "text/plain"
    return place.at, _text("[document removed: nothing that can be sent was stored of it]")


def _unread(found: documents.Document, data: str) -> str:
    if found is documents.LOCKED:
        return f"it asks for a password, {counted(len(data) // 4 * 3, 'byte')}"
    if found is documents.EMPTY:
        return "it was empty"
    what = images.what(images.head(data))
    return f"it is {'damaged' if what == 'a PDF' else what}, {counted(len(data) // 4 * 3, 'byte')}"


def thinned(situation: Situation, album: Album) -> Iterator[Fix]:
    """The fix for too many images and pages: the oldest go, until there is room for more."""
    request = situation.request
    over = album.images + album.pages - media.most(situation.target.model) + ROOM
    rows: dict[int, list[Value]] = {}
    gone = pages = 0
    for held in album.held:
        row = request.row[request.first[held.message] + held.block]
        if over <= 0 or row < 0:
            continue
        block = request.block[request.first[held.message] + held.block]
        at = pointer(situation, row, block, *held.path)
        if isinstance(held.what, documents.Document) and held.what.pages:
            pages += held.what.pages
            over -= held.what.pages
            value: object = Words(f"[document removed: {counted(held.what.pages, 'page')} without text]")
        elif held.image:
            gone += 1
            over -= 1
            value = _text("[image removed: the API takes only so many]")
        else:
            continue
        rows.setdefault(row, []).append((at, value))
    drops = ", ".join(filter(None, (
        f"drops {counted(gone, 'image')}" if gone else "",
        f"drops the look of {counted(pages, 'page')}, keeps the words" if pages else "",
    )))
    edits = tuple(Remake(situation.at(row), tuple(values)) for row, values in rows.items())
    yield lossy("oldest", "Write notes in the place of the oldest, and leave room for more", drops, *edits)


def _text(words: str) -> dict[str, str]:
    return {"type": "text", "text": words}
