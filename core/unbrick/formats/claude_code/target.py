"""Which client and model wrote a transcript, and which client is the newest one known."""

from __future__ import annotations

from unbrick.entry import Flag, Kind
from unbrick.formats.claude_code.behaviour import NEWEST
from unbrick.session import Session
from unbrick.target import Basis, Target, Version

CLIENT = "claude-code"


def newest() -> Version:
    """The newest client whose behaviour is known."""
    return Version.parse(NEWEST)


def recorded(session: Session) -> Target:
    """The client and model that wrote the last records."""
    scan = session.scan
    version: Version | None = None
    model: str | None = None
    for row in range(len(scan) - 1, -1, -1):
        if version is None and scan.version[row] >= 0:
            version = _version(scan.strings.text(scan.version[row]))
        if (
            model is None and scan.kind[row] == Kind.ASSISTANT and scan.model[row] >= 0
            and not scan.flags[row] & (Flag.SYNTHETIC | Flag.SIDECHAIN | Flag.API_ERROR)
        ):
            model = scan.strings.text(scan.model[row])
        if version is not None and model is not None:
            break
    basis = Basis.ASSUMED if version is None else Basis.RECORDED
    return Target(CLIENT, version or newest(), model, basis=basis)


def _version(text: str | None) -> Version | None:
    try:
        return Version.parse(text) if text else None
    except ValueError:
        return None
