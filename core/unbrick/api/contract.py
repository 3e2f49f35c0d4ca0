"""The shape of content blocks that the Messages API accepts, and its own words for those it does not.

The API validates with pydantic too, so the sentences of these models are the API's sentences, verbatim.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from unbrick.request import PARTS

CALL_ID = r"^[a-zA-Z0-9_-]+$"
SERVER_CALL_ID = r"^srvtoolu_[a-zA-Z0-9_]+$"
CLIENT_KEYS = frozenset({"caller", "wireToolInputs"})
"""Members that clients keep on stored blocks and take off, or announce with a beta, when they send them."""


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    cache_control: dict[str, Any] | None = None


class Text(_Closed):
    """A text block."""

    type: Literal["text"]
    text: str
    citations: list[Any] | None = None


class Thinking(BaseModel):
    """A thinking block; an empty `thinking` with a signature is valid (display omitted)."""

    model_config = ConfigDict(extra="forbid", strict=True)

    type: Literal["thinking"]
    signature: str
    thinking: str


class Redacted(BaseModel):
    """Thinking that only the API can read."""

    model_config = ConfigDict(extra="forbid", strict=True)

    type: Literal["redacted_thinking"]
    data: str


class ToolUse(_Closed):
    """A tool call."""

    type: Literal["tool_use"]
    id: Annotated[str, Field(pattern=CALL_ID)]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    input: dict[str, Any]


class ServerToolUse(_Closed):
    """A call of a tool that the API itself runs."""

    type: Literal["server_tool_use"]
    id: Annotated[str, Field(pattern=SERVER_CALL_ID)]
    name: str
    input: dict[str, Any]


class Base64Image(BaseModel):
    """An image inside the request."""

    model_config = ConfigDict(extra="forbid", strict=True)

    type: Literal["base64"]
    media_type: Literal["image/jpeg", "image/png", "image/gif", "image/webp"]
    data: str


class UrlImage(BaseModel):
    """An image that the API fetches."""

    type: Literal["url"]
    url: str


class FileImage(BaseModel):
    """An image uploaded before."""

    type: Literal["file"]
    file_id: str


class Image(_Closed):
    """An image block."""

    type: Literal["image"]
    source: Annotated[Base64Image | UrlImage | FileImage, Field(discriminator="type")]


class _Open(BaseModel):
    """A block whose inside this project does not judge."""

    model_config = ConfigDict(extra="allow")


class Base64Document(_Open):
    """A PDF inside the request."""

    type: Literal["base64"]
    media_type: Literal["application/pdf"]
    data: str


class TextDocument(_Open):
    """A document that is text."""

    type: Literal["text"]
    media_type: Literal["text/plain"]
    data: str


class ElsewhereDocument(_Open):
    """A document made of blocks, or one that the API has or fetches."""

    type: Literal["content", "url", "file"]


class Document(_Open):
    """A document."""

    type: Literal["document"]
    source: Annotated[Base64Document | TextDocument | ElsewhereDocument, Field(discriminator="type")]


class ServerResult(_Open):
    """What a tool of the API gave back, opaque to clients."""

    type: Literal[
        "advisor_tool_result", "bash_code_execution_tool_result", "code_execution_tool_result",
        "text_editor_code_execution_tool_result", "tool_search_tool_result", "web_fetch_tool_result",
        "web_search_tool_result",
    ]
    tool_use_id: str


class Other(_Open):
    """Blocks of other features, betas among them (messages-api-rules R30)."""

    type: Literal[
        "connector_text", "container_upload", "mid_conv_system", "search_result", "tool_reference",
        "mcp_tool_use", "mcp_tool_result", "compaction", "tool_addition", "tool_removal",
    ]


Inner = Annotated[Text | Image | Document | Other, Field(discriminator="type")]


class ToolResult(_Closed):
    """What a tool gave back."""

    type: Literal["tool_result"]
    tool_use_id: Annotated[str, Field(pattern=CALL_ID)]
    content: str | list[Inner] | None = None
    is_error: bool | None = None


_BLOCK: TypeAdapter[Any] = TypeAdapter(
    Annotated[
        Text | Thinking | Redacted | ToolUse | ToolResult | ServerToolUse | ServerResult | Image | Document | Other,
        Field(discriminator="type"),
    ]
)

_TAGS = (
    "'advisor_tool_result', 'bash_code_execution_tool_result', 'code_execution_tool_result', 'connector_text', "
    "'container_upload', 'document', 'image', 'mid_conv_system', 'redacted_thinking', 'search_result', "
    "'server_tool_use', 'text', 'text_editor_code_execution_tool_result', 'thinking', 'tool_result', "
    "'tool_search_tool_result', 'tool_use', 'web_fetch_tool_result', 'web_search_tool_result'"
)
"""The list that the API prints, without the betas that some requests switch on (anthropics/claude-code#66760)."""


def faults(block: object) -> Iterator[tuple[str, str, str]]:
    """(unbrick code, place inside the block, the API's sentence) of everything about a block that is refused; of parts
    of a result that are no blocks the first, for a result may hold millions of them."""
    if isinstance(block, dict) and not CLIENT_KEYS.isdisjoint(block):
        block = {key: value for key, value in block.items() if key not in CLIENT_KEYS}
    if isinstance(block, dict) and isinstance(block.get("content"), list) and len(block["content"]) > PARTS:
        block = {**block, "content": block["content"][:PARTS]}
    try:
        _BLOCK.validate_python(block)
    except ValidationError as error:
        odd = False
        for item in error.errors(include_url=False, include_input=False):
            if item["loc"][-1:] == ("str",) and error.error_count() > 1:
                continue  # the other branch of "text or list of blocks" says what is wrong
            place = ".".join(str(step) for step in item["loc"] if not _internal(step))
            sentence = item["msg"]
            if item["type"] == "union_tag_invalid" and "source" not in item["loc"]:
                sentence = f"{sentence.split(' expected tags:')[0]} expected tags: {_TAGS}"
            code = _code(item["type"], item["loc"])
            if code == "C010" and item["loc"][:1] == ("tool_result",):
                if odd:
                    continue
                odd = True
            yield "C019" if code == "C009" and _is_fallback(block) else code, place, sentence


def _is_fallback(block: object) -> bool:
    """Whether a block marks the point where another model took over, known only with that feature switched on."""
    return isinstance(block, dict) and block.get("type") == "fallback"


def _internal(step: str | int) -> bool:
    """Whether a step of a pydantic path is the name of a union's branch, not a member."""
    return isinstance(step, str) and (step == "str" or step.startswith("list["))


def _code(kind: str, where: tuple[str | int, ...]) -> str:
    tag, field = (str(where[0]) if where else ""), str(where[-1] if where else "")
    if kind == "extra_forbidden" or (kind == "union_tag_invalid" and tag == ""):
        return "C009"
    if "image" in where:
        return "C011"
    if "document" in where:
        return "C014"
    if field in ("id", "tool_use_id"):
        return "T011" if tag == "server_tool_use" else "T007"
    if tag in ("tool_use", "server_tool_use"):
        return {"name": "T008", "input": "T009"}.get(field, "C010")
    if tag in ("thinking", "redacted_thinking"):
        return "C007"
    return "C010"
