"""The few exceptions at the boundary; bad data is never one of them, it is a finding."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from pathlib import Path


class UnbrickError(Exception):
    """Something the person can act on: its text names the file and what to do; `status` is the exit status."""

    status = 2


class UsageError(UnbrickError):
    """What was asked for cannot be asked; the text says what can."""


class CannotReadError(UnbrickError):
    """A file cannot be opened or read."""

    status = 3

    @classmethod
    def from_os(cls, path: Path, error: OSError | ValueError) -> CannotReadError:
        """The operating system's refusal as a sentence."""
        return cls(f"{path} cannot be read: {_reason(error)}.")


class CannotWriteError(UnbrickError):
    """A file cannot be written; the original is untouched."""

    status = 3

    @classmethod
    def from_os(cls, path: Path, error: OSError | ValueError) -> CannotWriteError:
        """The operating system's refusal as a sentence."""
        way = _WAYS.get(error.errno or 0, "") if isinstance(error, OSError) else ""
        return cls(f"{path} cannot be written: {_reason(error)}. Nothing was changed.{way}")


class SourceChangedError(CannotWriteError):
    """The file on disk is no longer the one that was read."""


class SessionInUseError(CannotWriteError):
    """A live process owns the session."""


class NotATranscriptError(CannotReadError):
    """No format recognises the file."""


class NotFoundError(CannotReadError):
    """No file, session id or part of one matches."""


class AmbiguousError(UnbrickError):
    """Several sessions match; the text lists them, `paths` holds them."""

    def __init__(self, text: str, paths: Iterable[Path] = ()) -> None:
        super().__init__(text)
        self.paths = tuple(paths)


_ELSEWHERE = " Save a copy in another folder instead (-o FILE)."
_ROOM = " Make room, or save a copy on another disk (-o FILE)."
_WAYS = {
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), _ELSEWHERE),
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), _ROOM),
}


def _reason(error: OSError | ValueError) -> str:
    number = error.errno if isinstance(error, OSError) else None
    reason = os.strerror(number) if number else str(error) or type(error).__name__
    return reason[:1].lower() + reason[1:]
