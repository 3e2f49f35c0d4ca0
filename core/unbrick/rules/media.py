"""Rules of the content family about images and documents: those that cannot be read, are too large, or too many."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from unbrick.api import media
from unbrick.finding import Affect, Finding, Fix, Rule, Severity
from unbrick.rules import mediafix
from unbrick.rules.mediafix import Spot
from unbrick.rules.parts import Broken, broken, counted, refusal
from unbrick.situation import Situation
from unbrick.thread import Outcome

Mend = Callable[[Situation, int, Sequence[Spot]], Iterator[Fix]]


def bad_image(situation: Situation) -> Iterator[Finding]:
    """An image cannot be processed: it is no image, is cut off, or is not of the type it says.

    Every later prompt fails ("Could not process image"), and the API often does not say which one it is (#53228,
    #56016, #66167). A web page saved as a picture, a cut-off file, a drawing (SVG), or an address in the place of its
    base64 are the usual causes. Clients from 2.1.142 on take the image out and try again, at every prompt anew
    (#59983).

    A type that is missing or does not match is set right, and an address is taken off. Where no image is, a note says
    what it was.
    """
    yield from _each(situation, media.BAD_IMAGE, "bad-image", "an image cannot be processed", mediafix.repaired)


def image_dimensions(situation: Situation) -> Iterator[Finding]:
    """An image has more pixels on a side than the API takes: 8000, or 2000 once more than twenty images are in the
    conversation.

    The second limit strikes late: a session goes on for weeks, and with its twenty-first image every prompt fails
    (#16173, #34025, #34120, #52874). Images inside results count. Clients from 2.1.126 on take such images out of
    prompts and try again, from 2.1.142 on out of results, too, at every prompt anew; from 2.1.315 on they take out
    every image that is too large, not only the first.

    The image is scaled down to 2000 pixels, as clients do with new ones, so that the model goes on seeing it.
    """
    message = "an image has too many pixels on a side"
    yield from _each(situation, media.DIMENSIONS, "image-dimensions", message, mediafix.scaled)


def too_much_media(situation: Situation) -> Iterator[Finding]:
    """A conversation holds more images and pages of documents than the API takes: 100 in all on models with a window of
    200,000 tokens, 600 on the others.

    Every prompt fails, and /compact with it ("Too much media: 0 document pages + 103 images > 100"; #3397, #19822).
    Clients from 2.1.70 on leave out the oldest images and documents by themselves, and say so in their place from
    2.1.266 on; they do not count the pages of documents, and take out all documents when the API refuses (from 2.1.142
    on).

    Notes take the place of the oldest images, and the words of the oldest documents the place of their pages, until
    there is room for twenty more.
    """
    name = "too-much-media"
    if situation.request.left_out:
        gone = counted(situation.request.left_out, "image or document") if situation.request.left_out == 1 else (
            f"{situation.request.left_out:,} images and documents"
        )
        said = f"the client leaves out the oldest {gone}, since the API takes only so many"
        yield Finding(media.TOO_MUCH, name, Severity.INFO, said)
    for what in broken(situation, media.TOO_MUCH):
        album = media.gathered(situation.request)
        said = f"{album.images:,} images and {album.pages:,} pages of documents are more than the API takes"
        yield refusal(situation, name, what, said, tuple(mediafix.thinned(situation, album)))


def bad_document(situation: Situation) -> Iterator[Finding]:
    """A document cannot be processed: it is no PDF, asks for a password, or has more pages than the API takes.

    Every later prompt fails ("The PDF specified was not valid", "The PDF specified is password protected", "A maximum
    of 100 PDF pages may be provided"; #20195, #25323, #16136). A web page or a text saved with the ending .pdf is the
    usual cause. Clients from 2.1.142 on take the document out and try again, at every prompt anew.

    What was text all along is sent as text. The words of a document that is too long take the place of its pages. For
    the others a note says what it was.
    """
    yield from _each(
        situation, media.BAD_DOCUMENT, "bad-document", "a document cannot be processed", mediafix.documented
    )


def heavy_image(situation: Situation) -> Iterator[Finding]:
    """An image is larger than five megabytes in base64, which clients from 2.1.6 on refuse to send.

    They say so at every prompt ("Image base64 size exceeds API limit") and send nothing at all; from 2.1.112 on they
    look at images inside results, too. Older ones send it; the API takes ten megabytes, other platforms five.

    The image is scaled down until it is small enough.
    """
    yield from _each(situation, media.HEAVY, "heavy-image", "an image is too large to be sent", mediafix.scaled)


def _each(situation: Situation, code: str, name: str, message: str, mend: Mend) -> Iterator[Finding]:
    """A finding for each record, about all its images or documents that a rule speaks of: one fix mends them."""
    rows: dict[int | None, list[Broken]] = {}
    for what in broken(situation, code):
        rows.setdefault(what.row, []).append(what)
    for row, found in rows.items():
        spots = list(dict.fromkeys(
            Spot(what.block, what.violation.path) for what in found if what.block is not None
        ))
        said = message if len(spots) < 2 else f"{message}, and {len(spots) - 1:,} more in this record"
        fixes = () if row is None else tuple(mend(situation, row, spots))
        worst = next((what for what in found if what.violation.path), found[0])
        finding = refusal(situation, name, worst, said, fixes)
        if code == media.HEAVY and situation.request.image_limit is not None:
            said = f"{said}: the client refuses by itself, at every prompt"
            finding = replace(finding, message=said, outcome=Outcome.CRASH, severity=Severity.ERROR)
        yield finding


_REFUSED = Affect(Severity.ERROR, Outcome.REFUSED, until="2.1.142")
_HEALED = Affect(Severity.WARNING, Outcome.HEALED, since="2.1.142")

RULES: tuple[Rule[Situation], ...] = (
    Rule("C011", "bad-image", bad_image,
         r"Could not process image|image cannot be empty|image\.source\.base64: invalid base64"
         r"|does not match the provided media type|image\.source\.base64\.media_type"
         r"|Image format image/\w+ not supported|uploaded an unsupported image|Image URLs are only allowed for messages"
         r"|Expected a base64-encoded data URL with an image MIME type",
         (_REFUSED, _HEALED)),
    Rule("C012", "image-dimensions", image_dimensions, r"image dimensions exceed|exceeds the dimension limit", (
        Affect(Severity.ERROR, Outcome.REFUSED, until="2.1.142"),
        Affect(Severity.WARNING, Outcome.HEALED, since="2.1.126"),
    )),
    Rule("C013", "too-much-media", too_much_media, r"Too much media|too many images and documents",
         (_REFUSED, _HEALED)),
    Rule("C014", "bad-document", bad_document,
         r"PDF specified (?:was not valid|is password protected)|Could not process PDF|PDF cannot be empty"
         r"|maximum of \d+ PDF pages|PDF (?:too large|is password protected|file was not valid)"
         r"|document\.source\.base64: invalid base64", (_REFUSED, _HEALED)),
    Rule("C015", "heavy-image", heavy_image,
         r"image exceeds \d+ MB maximum|exceeds? (?:the )?API limit \(|Image base64 size|Image was too large", (
             Affect(Severity.ERROR, Outcome.REFUSED, until="2.1.6"),
             Affect(Severity.ERROR, Outcome.CRASH, since="2.1.6"),
         )),
)
