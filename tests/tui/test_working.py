"""What a piece of work is given is never written out."""

from __future__ import annotations

import re
from pathlib import Path

from textual.app import App

import unbrick_tui
from unbrick_tui.working import work


class Large:
    """A session, say."""

    written = 0

    def __repr__(self) -> str:
        self.written += 1
        return "all of it"


class Working(App[None]):
    @work(group="some")
    async def take(self, what: Large) -> Large:
        return what


async def test_what_work_is_given_is_not_written_out() -> None:
    given, app = Large(), Working()
    async with app.run_test():
        worker = app.take(given)
        assert await worker.wait() is given
        assert worker.group == "some"
    assert not given.written


def test_all_work_is_declared_so() -> None:
    package = Path(unbrick_tui.__file__).parent
    own = re.compile(r"^from textual import .*\bwork\b", re.MULTILINE)
    found = [file.name for file in package.rglob("*.py") if own.search(file.read_text(encoding="utf-8"))]
    assert not found
