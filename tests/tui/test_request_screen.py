"""The request as it will be sent: numbered as the API numbers it, tied to its lines, for this target or another."""

from __future__ import annotations

import orjson
import pytest
from driving import Open, Opened, notices, press, screen_text, settle

from unbrick.entry import BlockKind
from unbrick.request import Part, Request, Role
from unbrick_tui.glyphs import UNICODE
from unbrick_tui.listing import RequestListing
from unbrick_tui.screens.request import RequestScreen
from unbrick_tui.screens.session import SessionScreen
from unbrick_tui.screens.target import TargetScreen
from unbrick_tui.widgets.listing_view import ListingView
from unbrick_tui.widgets.timeline import Timeline


def session(pilot: Opened) -> SessionScreen:
    return next(screen for screen in pilot.app.screen_stack if isinstance(screen, SessionScreen))


def timeline(pilot: Opened) -> Timeline:
    return session(pilot).query_one(Timeline)


def listing(pilot: Opened) -> RequestListing:
    found = pilot.app.screen.query_one(ListingView).listing
    assert isinstance(found, RequestListing)
    return found


async def test_it_opens_at_the_record_and_leads_back_to_a_line(open_app: Open) -> None:
    async with open_app("healthy") as pilot:
        timeline(pilot).jump(196)
        await press(pilot, "m")
        assert isinstance(pilot.app.screen, RequestScreen)
        view = pilot.app.screen.query_one(ListingView)
        assert listing(pilot).row(view.cursor) == 196
        assert "messages.101" in screen_text(pilot.app)
        await press(pilot, "percent_sign")
        assert listing(pilot).row(view.cursor) == 197
        await press(pilot, "enter")
        assert timeline(pilot).cursor == 197


async def test_what_is_refused_stands_under_its_block(open_app: Open) -> None:
    async with open_app("bad-tool-name", (120, 40)) as pilot:
        await press(pilot, "m")
        violation = session(pilot).workspace.outline.report.situation.violations[0]  # type: ignore[union-attr]
        await press(pilot, "n")
        view = pilot.app.screen.query_one(ListingView)
        assert view.cursor == listing(pilot).item(violation.message, violation.block)
        said = screen_text(pilot.app)
        assert f"refused: messages.{violation.message}" in said
        assert "refused" in said.splitlines()[0]


async def test_what_the_client_writes_itself_says_why_and_leads_nowhere(open_app: Open) -> None:
    async with open_app("crash-mid-tool", (120, 40)) as pilot:
        await press(pilot, "m", "g", "down")
        request = listing(pilot).request
        own = next(part for part in range(len(request.row)) if request.row[part] < 0)
        pilot.app.screen.query_one(ListingView).jump(listing(pilot).item(*request.locate(own)))
        await settle(pilot)
        assert "client's" in screen_text(pilot.app)
        await press(pilot, "enter")
        assert "the client writes this itself" in notices(pilot.app)


async def test_another_target_is_tried_and_only_used_when_asked_for(open_app: Open) -> None:
    async with open_app("crash-mid-tool", (120, 40)) as pilot:
        own = session(pilot).workspace.outline.report.target  # type: ignore[union-attr]
        await press(pilot, "m", "t")
        assert isinstance(pilot.app.screen, TargetScreen)
        await press(pilot, *"2.1.329", "enter")
        said = screen_text(pilot.app)
        assert "Claude Code 2.1.329" in said
        assert f"{own.version}: " in said
        await press(pilot, "escape")
        assert session(pilot).workspace.outline.report.target == own  # type: ignore[union-attr]
        await press(pilot, "m", "t", *"2.1.329", "enter", "U")
        report = session(pilot).workspace.outline.report  # type: ignore[union-attr]
        assert str(report.target.version) == "2.1.329"
        assert report.target != own


async def test_a_target_of_ones_own_and_one_that_is_none(open_app: Open) -> None:
    async with open_app("crash-mid-tool", (120, 40)) as pilot:
        await press(pilot, "m", "t", *"2.0.1")
        await press(pilot, "enter")
        assert "Claude Code 2.0.1 " in screen_text(pilot.app)
        await press(pilot, "t", "plus", "plus", "enter")
        assert "Type a client version" in screen_text(pilot.app)


async def test_what_went_out_is_paged_and_compared(open_app: Open) -> None:
    async with open_app("healthy-compacted-twice", (120, 40)) as pilot:
        await press(pilot, "m", "r")
        assert "that went out, noted on line" in screen_text(pilot.app)
        await press(pilot, "left_square_bracket")
        number = screen_text(pilot.app).split("Request ")[1].split(" ")[0]
        await press(pilot, "d")
        assert "beside the next one that went out: " in screen_text(pilot.app)
        await press(pilot, "d")
        assert "beside what would be sent now: " in screen_text(pilot.app)
        await press(pilot, "d")
        assert f"Request {number} of" in screen_text(pilot.app)
        await press(pilot, "r")
        assert "The request as it will be sent" in screen_text(pilot.app)


async def test_where_none_was_noted(open_app: Open) -> None:
    async with open_app(b'{"messages": [{"role": "user", "content": "a"}]}', name="body.json") as pilot:
        await press(pilot, "m")
        assert "The request: 1 message" in screen_text(pilot.app)
        await press(pilot, "r")
        assert "records no requests" in notices(pilot.app)


def large(messages: int) -> Request:
    request = Request(decode=lambda row: [{"type": "text", "text": str(row)}] * 2)
    for message in range(messages):
        request.start(Role(message % 2))
        for block in range(message % 3):
            request.add(Part(message, block, BlockKind.TEXT, ref=f"r{message // 2}"))
    return request


def test_every_item_is_a_message_or_a_block_of_it() -> None:
    request = large(50)
    found = RequestListing(request, UNICODE, lambda _message, _part: "")
    items = [(found.message(item), found.part(item)) for item in range(len(found))]
    blocks = [(message, None) for message in range(50)]
    expected = sorted(
        [*blocks, *((message, part) for message in range(50)
                    for part in range(request.first[message], request.first[message + 1]))],
        key=lambda one: (one[0], -1 if one[1] is None else one[1]),
    )
    assert items == expected
    for item, (message, part) in enumerate(items):
        place = None if part is None else part - request.first[message]
        assert found.item(message, place) == item
        assert found.runs(item)


@pytest.mark.parametrize("messages", [0, 100_000])
async def test_a_request_of_any_length_decodes_what_is_looked_at(open_app: Open, messages: int) -> None:
    asked: list[int] = []
    request = large(messages)
    decode = request.decode
    request.decode = lambda row: asked.append(row) or decode(row)  # type: ignore[func-returns-value]
    async with open_app(orjson.dumps([{"role": "user", "content": "a"}]), name="a.json") as pilot:
        await press(pilot, "m")
        view = pilot.app.screen.query_one(ListingView)
        view.show(RequestListing(request, UNICODE, lambda _message, _part: ""))
        await press(pilot, "G", "pageup", "g")
        assert len(set(asked)) < 200
