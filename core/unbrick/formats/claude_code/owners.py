"""Which process has a session open: `<config>/sessions/<pid>.json` (claude-code-format.md §8.4).

Observed on 2.1.139 and 2.1.329: `procStart` is field 22 of `/proc/<pid>/stat`, `pidDomain` names machine and pid
namespace, and a client that is killed leaves its file behind.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from unbrick.bundle import Bundle
from unbrick.record import read

GRACE_MS = 60_000
"""So much later than its registration a process must have started to be another one under the same number."""


def owner(bundle: Bundle) -> int | None:
    """Process id of a live client that has the session open; None for a dead one, or a recycled process id."""
    if bundle.main.private or bundle.home is None:
        return None
    found = living(bundle.home)
    return found.get(bundle.session_id, found.get(bundle.path.parent.parent.name))


def living(home: Path) -> dict[str, int]:
    """The ids of the sessions that live clients have open, and the process ids."""
    try:
        files = sorted((home / "sessions").glob("*.json"), reverse=True)
    except OSError:
        return {}
    found: dict[str, int] = {}
    for file in files:
        entry = _read(file)
        name, pid = entry.get("sessionId"), str(entry.get("pid", file.stem))
        number = int(pid) if pid.isdecimal() else 0
        if isinstance(name, str) and number > 0 and alive(number, entry):
            found[name] = number
    return found


def _read(file: Path) -> Mapping[str, Any]:
    try:
        return read(file.read_bytes())[0] or {}
    except OSError:
        return {}


DAY_MS = 86_400_000
"""So long a process of another machine or container counts as alive after its last sign."""


def alive(pid: int, entry: Mapping[str, Any]) -> bool:
    """Whether a process lives and is the one that registered. Where that cannot be told, it counts as alive."""
    domain = _domain()
    if domain and str(entry.get("pidDomain", domain)) != domain:
        signs = [entry.get(key) for key in ("updatedAt", "startedAt")]
        last = max((sign for sign in signs if isinstance(sign, int | float)), default=0)
        return time.time() * 1000 - last < DAY_MS
    if pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except PermissionError:
        pass
    except (OSError, OverflowError):
        return False
    state, ticks = _process(pid)
    if state in ("Z", "X"):
        return False
    if ticks is None:
        return True
    recorded = entry.get("procStart")
    if isinstance(recorded, int | str) and str(recorded).isdecimal():
        return int(recorded) == ticks
    started, registered = _start_ms(ticks), entry.get("startedAt")
    if started is None or not isinstance(registered, int | float):
        return True
    return started <= registered + GRACE_MS


def _domain() -> str | None:
    """This machine and pid namespace, as the client names them; None where it names them otherwise."""
    try:
        machine = Path("/etc/machine-id").read_text().strip()
        return f"linux:{machine}:{os.readlink('/proc/self/ns/pid')}"  # noqa: PTH115 - a name, not a path
    except OSError:
        return None


def _process(pid: int) -> tuple[str | None, int | None]:
    """State letter of a process, and when it started in clock ticks since boot; None where the system does not say."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
        fields = stat[stat.rindex(b")") + 2 :].split()
        return fields[0].decode(), int(fields[19])
    except (OSError, ValueError, IndexError):
        return None, None


def _start_ms(ticks: int) -> float | None:
    try:
        lines = Path("/proc/stat").read_text().splitlines()
        boot = next(int(line.split()[1]) for line in lines if line.startswith("btime"))
        return (boot + ticks / os.sysconf("SC_CLK_TCK")) * 1000
    except (OSError, ValueError, StopIteration, IndexError):
        return None
