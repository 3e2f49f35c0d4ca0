"""Who may read a file, so that a copy of it is read by nobody else."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from unbrick.source import Source


@dataclass(frozen=True)
class Privacy:
    """Who may read a file: permission bits, owner and group where they are known (-1: whoever writes it), and its list
    of further users and groups, in the form that Linux keeps it in."""

    mode: int = 0o600
    uid: int = -1
    gid: int = -1
    acl: bytes | None = None

    @classmethod
    def of(cls, path: Path) -> Privacy:
        """That of an existing file."""
        found = path.stat()
        return cls(stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid, access_list(path))

    @classmethod
    def like(cls, source: Source) -> Privacy:
        """That of a copy of a file that was read: for the same group, if only by its owner to be written."""
        mode = source.mode() & 0o777 | 0o600
        if source.private:
            return cls(mode)
        return cls(mode, gid=os.fstat(source.file.fileno()).st_gid, acl=access_list(source.file.fileno()))


ACL = "system.posix_acl_access"


def access_list(file: Path | int) -> bytes | None:
    """The access list of a file; None where it has none, or the system knows no such thing."""
    try:
        return os.getxattr(file, ACL)
    except (AttributeError, OSError):
        return None
