"""What the stand-in says of images and documents, which it decodes where the linter goes by their first bytes."""

from __future__ import annotations

from typing import Any

import pytest

from tools.media import document, image, picture, png, tree
from unbrick.proof.api import refusal

SHORT, LONG = "claude-sonnet-4-5", "claude-opus-4-7"
"""Models with a window of 200,000 tokens, which take 100 images and pages, and of a million."""
TEXT = {"type": "text", "text": "a"}
BASE = "messages.0.content.0"
PDF = f"{BASE}.pdf.source.base64.data"


def prompt(*blocks: Any, model: str = LONG) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": list(blocks)}]}


def answered(*parts: Any) -> dict[str, Any]:
    call = {"type": "tool_use", "id": "t1", "name": "Read", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "t1", "content": list(parts)}
    turns = (("user", "a"), ("assistant", [call]), ("user", [result]))
    return {"model": LONG, "messages": [{"role": role, "content": content} for role, content in turns]}


@pytest.mark.parametrize("body", [
    pytest.param(prompt(image()), id="an image"),
    pytest.param(prompt(*[image(png(2001, 4))] * 20), id="twenty large images"),
    pytest.param(prompt(*[image()] * 101), id="many images on a model with a long window"),
    pytest.param(prompt(document(3), TEXT), id="a document"),
    pytest.param(prompt({"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "a"}}),
                 id="a document of text"),
    pytest.param(answered(TEXT, image(), document()), id="both inside a result"),
    pytest.param(prompt(document(data=tree(40, 2))), id="pages that nobody can count"),
])
def test_what_is_taken(body: dict[str, Any]) -> None:
    assert refusal(body) is None


@pytest.mark.parametrize(("body", "said"), [
    pytest.param(prompt(image(b"no")), "Could not process image", id="an image that is none"),
    pytest.param(prompt(image(picture(noise=True)[:300])), "Could not process image", id="an image that is cut off"),
    pytest.param(prompt(image("data:,")), f"{BASE}.image.source.base64: invalid base64 data", id="no base64"),
    pytest.param(prompt(image("")), f"{BASE}.image.source.base64: image cannot be empty", id="an empty image"),
    pytest.param(prompt(image(named="image/gif")),
                 f"{BASE}.image.source.base64.data: Image does not match the provided media type image/gif",
                 id="an image of another type"),
    pytest.param(prompt(image(png(8001, 4))),
                 f"{BASE}.image.source.base64.data: At least one of the image dimensions exceed max allowed size: 8000 "
                 "pixels", id="an image too wide"),
    pytest.param(prompt(*[image()] * 20, image(png(2001, 4))),
                 "messages.0.content.20.image.source.base64.data: At least one of the image dimensions exceed max "
                 "allowed size for many-image requests: 2000 pixels", id="a large image among many"),
    pytest.param(answered(TEXT, image("")),
                 "messages.2.content.0.tool_result.content.1.image.source.base64: image cannot be empty",
                 id="an empty image in a result"),
    pytest.param(prompt(*[image()] * 101, model=SHORT), "Too much media: 0 document pages + 101 images > 100",
                 id="too many images"),
    pytest.param(prompt(document(60), document(41), model=SHORT), "Too much media: 101 document pages + 0 images > 100",
                 id="too many pages in all"),
    pytest.param(prompt(document(101), model=SHORT),
                 f"{PDF}: A maximum of 100 PDF pages may be provided.", id="a document too long"),
    pytest.param(prompt(document(password="x")), f"{PDF}: The PDF specified is password protected.",
                 id="a locked document"),
    pytest.param(prompt(document(data=b"%PDF-1.4 no")), f"{PDF}: The PDF specified was not valid.",
                 id="a document that is none"),
    pytest.param(prompt(document(data=b"")), f"{BASE}.document.source.base64: PDF cannot be empty",
                 id="an empty document"),
])
def test_what_is_refused(body: dict[str, Any], said: str) -> None:
    assert refusal(body) == said
