"""A private home that a real client runs in, and nothing of it left behind."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import IO, Any, Self

from unbrick.formats.claude_code.config import project_name
from unbrick.proof.standin import StandIn

GRACE = 2.0
"""Seconds that a client is given to stop by itself."""
LOOK = 0.2
"""Seconds between two looks at whether somebody still waits for a client."""
PATIENCE = 20.0
"""Seconds in which a network of its own has to be there."""
SCRIPT = str(Path(__file__).with_name("alone.py"))
PRINTED = 1 << 20
"""Bytes of a client's output that are kept."""


class Home:
    """A private HOME, configuration folder and project folder, readable for this person alone, gone afterwards.

    `config` is the client's own state to begin with (`.claude.json`).
    """

    def __init__(self, project: str = "project", config: Mapping[str, Any] | None = None) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="unbrick-client-")).resolve()
        self.config = self.root / "home" / ".claude"
        self.cwd = self.root / project
        self.sessions = self.config / "projects" / project_name(str(self.cwd))
        try:
            for folder in (self.sessions, self.cwd, self.root / "tmp"):
                folder.mkdir(parents=True)
            (self.config / ".claude.json").write_text(json.dumps(dict(config or {})))
        except BaseException:
            self.remove()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()

    def remove(self) -> None:
        """Take the folder away with everything in it."""
        shutil.rmtree(self.root, ignore_errors=True)

    def lay(self, session_id: str, transcript: Iterable[bytes], side: Path | None = None) -> Path:
        """Write a transcript where the client looks, with a copy of its side folder; its path. Links in the side
        folder become files, so that nothing here leads outside."""
        path = self.sessions / f"{session_id}.jsonl"
        with path.open("wb") as file:
            file.writelines(transcript)
        if side is not None and side.is_dir():
            with contextlib.suppress(shutil.Error):
                shutil.copytree(side, self.sessions / session_id, ignore_dangling_symlinks=True)
        return path

    def environment(self, url: str, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """Environment of the client: nothing of this person's but the path of programs. Whatever it wants of another
        host goes to the stand-in, which refuses it."""
        elsewhere = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), url)
        return {
            "PATH": os.environ.get("PATH", ""), "HOME": str(self.root / "home"), "TERM": "dumb", "LANG": "C.UTF-8",
            "TMPDIR": str(self.root / "tmp"), "SHELL": "/bin/bash",
            "CLAUDE_CONFIG_DIR": str(self.config), "ANTHROPIC_BASE_URL": url, "ANTHROPIC_API_KEY": "sk-ant-made-up",
            "DISABLE_AUTOUPDATER": "1", "DISABLE_TELEMETRY": "1", "DISABLE_ERROR_REPORTING": "1",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "IS_SANDBOX": "1",
            **elsewhere, **{name.lower(): value for name, value in elsewhere.items()},
            "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1", **(extra or {}),
        }

    def run(
        self, client: Path, url: str, *arguments: str, extra: Mapping[str, str] | None = None, timeout: float = 60,
        alone: StandIn | None = None, stopped: Callable[[], bool] = lambda: False,
    ) -> tuple[int | None, str]:
        """Run a client in print mode; exit status (None when it had to be stopped) and what it printed. With a
        stand-in as `alone` it gets no network but that, where the system allows it. `stopped` is asked while it runs
        whether nobody waits for it any more.

        Raises OSError when it cannot be started. Whatever happens, nothing that it started goes on running.
        """
        command = [str(client), "-p", *arguments]
        with tempfile.TemporaryFile(dir=self.root) as out:
            process = self._start(command, self.environment(url, extra), out, alone)
            try:
                status = _waited(process, timeout, stopped)
            finally:
                self._end(process)
            out.seek(0)
            return status, out.read(PRINTED).decode("utf-8", "replace")

    def _start(
        self, command: list[str], environment: Mapping[str, str], out: IO[bytes], alone: StandIn | None
    ) -> subprocess.Popen[bytes]:
        def start(*arguments: str, keep: tuple[int, ...] = ()) -> subprocess.Popen[bytes]:
            return subprocess.Popen(
                arguments, cwd=self.cwd, env=dict(environment), stdin=subprocess.DEVNULL, stdout=out,
                stderr=subprocess.STDOUT, start_new_session=True, pass_fds=keep,
            )

        if alone is not None and sys.platform == "linux" and sys.executable:
            ours, theirs = socket.socketpair()
            with ours, theirs:
                number = theirs.fileno()
                process = start(sys.executable, "-I", SCRIPT, str(number), str(alone.port), *command, keep=(number,))
                theirs.close()
                try:
                    if _handed(ours, alone, command[0]):
                        return process
                except BaseException:
                    self._end(process)
                    raise
                self._end(process)
        return start(*command)

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        """End a process, its group, and whatever else runs in this home."""
        if process.poll() is None:
            _signal_group(process.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(GRACE)
        _signal_group(process.pid, signal.SIGKILL)
        process.wait()
        for pid in self._stragglers():
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)

    def _stragglers(self) -> list[int]:
        """Processes that were started in this home and left their group, where the system lets one see that."""
        mark = f"CLAUDE_CONFIG_DIR={self.config}\0".encode()
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if mark in (folder / "environ").read_bytes() and int(folder.name) != os.getpid():
                    found.append(int(folder.name))
        return found


def _waited(process: subprocess.Popen[bytes], timeout: float, stopped: Callable[[], bool]) -> int | None:
    """The exit status of a process, None when it took too long or nobody waits for it."""
    end = time.monotonic() + timeout
    while not stopped() and (left := end - time.monotonic()) > 0:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(min(left, LOOK))
    return None


def _signal_group(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _handed(ours: socket.socket, standin: StandIn, program: str) -> bool:
    """Whether a program now runs in a network of its own that the stand-in serves. Raises OSError when the program
    cannot be started there."""
    ours.settimeout(PATIENCE)
    try:
        said, handles, _, _ = socket.recv_fds(ours, 1, 1)
        if not said or not handles:
            return False
        standin.adopt(socket.socket(fileno=handles[0]))
        error = ours.recv(16)
    except TimeoutError:
        return False
    if error:
        raise OSError(int(error), os.strerror(int(error)), program)
    return True
