from __future__ import annotations

from collections.abc import Iterator

import pytest

from tools import chat, transcript


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """A report reads its transcript on; after the test nobody does."""
    yield
    chat.close()
    transcript.close()
