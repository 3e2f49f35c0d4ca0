"""Methods that are work beside the interface's, as Textual declares them. It describes each piece of work by what that
was given, written out: hundreds of megabytes of a large session, and its texts. Here none is described."""

from __future__ import annotations

from typing import TYPE_CHECKING

import textual

if TYPE_CHECKING:
    from textual import work
else:
    from functools import partial

    work = partial(textual.work, description="work")

__all__ = ["work"]
