"""The client on this person's machine: where it is, and whether it may be run for a proof."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from unbrick.disk import is_file
from unbrick.errors import NotFoundError, UsageError
from unbrick.formats.claude_code.installed import of_program
from unbrick.record import read
from unbrick.target import Version

MANAGED = Path(
    "/Library/Application Support/ClaudeCode" if sys.platform == "darwin" else "/etc/claude-code"
)
"""Where an administrator's settings stand (code.claude.com, settings)."""
REACHING = ("env", "hooks", "apiKeyHelper", "awsAuthRefresh", "awsCredentialExport", "otelHeadersHelper", "proxy")
"""Settings that start programs or lead elsewhere; an administrator's win over the private home."""


@dataclass(frozen=True)
class Client:
    """A client's program and its version, None where the files around it do not tell."""

    path: Path
    version: Version | None


MISSING = "No client was found on this machine: there is no `claude` on the path."


def find(named: Path | None, environ: Mapping[str, str]) -> Client:
    """The client to run: the one named, else the first `claude` on $PATH, else where its own installers put it.
    Raises NotFoundError where there is none, UsageError for a file that cannot be run."""
    if named is not None:
        path = Path(os.path.expanduser(named))  # noqa: PTH111 - pathlib's raises for a person that is not there
        if not is_file(path):
            raise NotFoundError(f"{named} is no file; --client-path names the client's program.")
        if not os.access(path, os.X_OK):
            raise UsageError(f"{named} cannot be run; --client-path names the client's program.")
        return Client(path.absolute(), of_program(path, environ))
    found = shutil.which("claude", path=environ.get("PATH", ""))
    home = Path(environ.get("HOME") or "~").expanduser()
    places = [home / ".local" / "bin" / "claude", home / ".claude" / "local" / "claude"]
    for path in [Path(found)] if found else places:
        if is_file(path) and os.access(path, os.X_OK):
            return Client(path.absolute(), of_program(path, environ))
    raise NotFoundError(f"{MISSING} Install Claude Code, or name its program with --client-path.")


def insist_private(folder: Path = MANAGED) -> None:
    """Refuse where an administrator's settings reach into every run of the client, also into a private home. Raises
    UsageError."""
    files = [folder / "managed-settings.json", *sorted((folder / "managed-settings.d").glob("*.json"))]
    for path in files:
        try:
            value = read(path.read_bytes())[0] if is_file(path) else None
        except OSError:
            value = None
        reaching = [key for key in REACHING if value and value.get(key)]
        if reaching:
            raise UsageError(
                f"{path} sets {', '.join(reaching)} for every run of the client on this machine, also for one in a "
                "private home, so that it cannot be kept from other hosts and programs. It was not started."
            )
