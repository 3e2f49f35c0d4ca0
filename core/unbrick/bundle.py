"""A session on disk: the transcript, the files edited together with it, and what is only read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from unbrick.printable import shell
from unbrick.source import Source


@dataclass(frozen=True)
class Bundle:
    """`main` is the transcript; `parts` are edited together with it; `evidence` is only read. Nothing outside
    main and parts is ever written. `session_id` is how the client names it, `home` the folder the client keeps
    its sessions and settings in (None when the file stands elsewhere), `project` the folder the person worked in.
    `place` is where the client would look for a file that stands elsewhere; None when it stands there. `resumes` is
    the client's command that an id makes complete, empty where nothing resumes a session; `folder` the folder that is
    the session, where a session is one.
    """

    main: Source
    session_id: str
    parts: Mapping[str, Path] = field(default_factory=dict)
    evidence: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)
    home: Path | None = None
    project: Path | None = None
    place: Path | None = None
    resumes: str = ""
    folder: Path | None = None

    @property
    def path(self) -> Path:
        """Path of the transcript."""
        return self.main.path

    def indexed(self) -> Bundle:
        """Itself, with the lines of the transcript found, before the thread asks for them that answers the keys."""
        len(self.main)
        return self

    @property
    def resume_id(self) -> str:
        """The id that the client resumes it by, once it stands where the client looks."""
        return self.session_id if self.place is None else self.place.stem

    @property
    def resume(self) -> str:
        """The command that resumes it in the folder of its project; empty where nothing does."""
        return self.resumes and f"{self.resumes} {shell(self.resume_id)}"
