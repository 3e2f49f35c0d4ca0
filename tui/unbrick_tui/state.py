"""What the application remembers by itself: the theme chosen last, the level of detail. Apart from the settings, which
are the person's own; nobody else can read it."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from platformdirs import user_state_path

from unbrick.disk import whole
from unbrick.saving.atomic import Privacy, staged
from unbrick.saving.folders import private_folder

LARGEST = 1_000_000
"""Bytes; a larger file is not ours."""


def folder() -> Path:
    """The platform's folder for what programs remember."""
    return user_state_path("unbrick", appauthor=False)


class State:
    """Names and values; kept in memory alone where there is no file for them."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._values: dict[str, str | int] = {}
        if file is not None:
            with suppress(OSError, ValueError, RecursionError):
                found = json.loads(whole(file, LARGEST))
                if isinstance(found, dict):
                    self._values = {name: one for name, one in found.items() if isinstance(one, str | int)}

    @classmethod
    def of_machine(cls) -> State:
        """What is remembered on this machine."""
        return cls(folder() / "state.json")

    def text(self, name: str) -> str | None:
        """A remembered text."""
        found = self._values.get(name)
        return found if isinstance(found, str) else None

    def number(self, name: str) -> int | None:
        """A remembered number."""
        found = self._values.get(name)
        return found if isinstance(found, int) else None

    def put(self, name: str, value: str | int) -> None:
        """Remember something. A folder that cannot be written is no reason to trouble anybody: it is forgotten."""
        if self._values.get(name) == value:
            return
        self._values[name] = value
        if self._file is not None:
            with suppress(OSError):
                data = json.dumps(self._values, indent=2).encode()
                private_folder(self._file.parent)
                with staged(self._file.parent, self._file.name, Privacy(), (data,)) as whole:
                    whole.put(self._file)
