"""Faults at every system call of a command: the process killed, or the call refused, at each call in turn that touches
the session's folder.

    PYTHONPATH=core:tui:tests python -m tools.faults [--only in-place] [--error ENOSPC]

Linux only, by strace's fault injection. After each fault the original is the old file or the new one, whole; what
replaced it has a backup; nobody reads a traceback; and the next command works and leaves no temporary file behind.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "sample_sessions" / "claude_code" / "missing-parent"
AMPLIFIER = ROOT / "sample_sessions" / "amplifier" / "no-content"
BACKUP, TEMPORARY = ".unbrick-backup", ".unbrick-tmp"
CALLS = (
    "openat", "open", "read", "pread64", "write", "pwrite64", "writev", "fsync", "fdatasync", "rename", "renameat",
    "renameat2", "link", "linkat", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "symlink", "fchmod", "chmod",
    "fchown", "ftruncate", "copy_file_range", "sendfile", "flock", "fcntl", "fstat", "newfstatat", "statx", "lstat",
    "stat", "lseek", "getdents64", "close", "readlink", "access", "faccessat", "faccessat2", "dup",
)
ERRORS = ("ENOSPC", "EIO", "EACCES", "EDQUOT", "EROFS", "ENOENT", "EINTR")
STEP = re.compile(r"^(?:\d+\s+)?(\w+)\(")


class Job(NamedTuple):
    """A command, the folder it works in (copied fresh each time), the file it is about; whether it may replace it."""

    name: str
    folder: Path
    file: str
    arguments: tuple[str, ...]
    replaces: bool


JOBS = (
    Job("in-place", SAMPLE, "session.jsonl", ("repair", "{file}", "--in-place"), True),
    Job("copy", SAMPLE, "session.jsonl", ("repair", "{file}", "-o", "{folder}/copy.jsonl"), False),
    Job("as-session", SAMPLE, "session.jsonl", ("repair", "{file}", "--as-session"), False),
    Job("truncate", SAMPLE, "session.jsonl", ("truncate", "{file}", "--last-safe", "--in-place"), True),
    Job("restore", SAMPLE, "session.jsonl", ("restore", "{file}"), True),
    Job("amplifier", AMPLIFIER, "transcript.jsonl", ("repair", "{file}", "--in-place"), True),
    Job("amplifier-session", AMPLIFIER, "transcript.jsonl", ("repair", "{file}", "--as-session"), False),
)


def environment(home: Path) -> dict[str, str]:
    """One in which nothing depends on chance or on the machine's own sessions."""
    path = os.pathsep.join(str(ROOT / part) for part in ("core", "tui"))
    return {
        "PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": path, "PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def lay(job: Job, where: Path) -> Path:
    """The session in a folder of its own, as the job needs it; its transcript."""
    folder = where / "s"
    shutil.copytree(job.folder, folder)
    path = folder / job.file
    if job.name == "restore":
        run(["repair", str(path), "--in-place", "--no-surroundings"], where, [])
    return path


def run(arguments: Sequence[str], where: Path, before: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """`unbrick` with these arguments, under another command."""
    return subprocess.run(
        [*before, sys.executable, "-m", "unbrick_tui", *arguments], env=environment(where), cwd=where, check=False,
        capture_output=True, text=True, timeout=120, errors="replace",
    )


def command(job: Job, path: Path) -> list[str]:
    """The job's arguments for a transcript."""
    said = [word.format(file=path, folder=path.parent) for word in job.arguments]
    return said if job.name == "restore" else [*said, "--no-surroundings"]


def steps(job: Job, where: Path) -> list[tuple[str, int]]:
    """(call, which one of its name) of the calls that touch the session's folder, in a run without faults."""
    path = lay(job, where)
    log = where / "log"
    tracer = ["strace", "-y", "-s", "16", "-e", f"trace={','.join(CALLS)}", "-o", str(log)]
    done = run(command(job, path), where, tracer)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{job.name}: {done.stderr}")
    counted: Counter[str] = Counter()
    found = []
    for line in log.read_text(errors="replace").splitlines():
        match = STEP.match(line)
        if match is None:
            continue
        counted[match[1]] += 1
        if str(path.parent) in line:
            found.append((match[1], counted[match[1]]))
    return found


def faults(job: Job, found: Sequence[tuple[str, int]], errors: Sequence[str]) -> Iterator[tuple[str, int, str]]:
    """Every fault to inject: each call killed, and each refused in one of the ways in turn."""
    for index, (call, which) in enumerate(found):
        yield call, which, "signal=KILL"
        for error in errors if len(errors) == 1 else {errors[index % len(errors)], "ENOSPC", "EIO"}:
            if call != "close" or error == "EIO":
                yield call, which, f"error={error}"


def wrong(job: Job, path: Path, old: bytes, new: bytes, done: subprocess.CompletedProcess[str], killed: bool) -> str:
    """What is not as it must be after a fault; empty for nothing."""
    now = path.read_bytes() if path.exists() else None
    said = done.stderr + done.stdout
    if now not in ((old, new) if job.replaces else (old,)):
        return "the original is neither the old file nor the new one"
    backups = sorted(path.parent.glob(f"*{BACKUP}"))
    if job.replaces and now == new and not any(one.read_bytes() == old for one in backups):
        return "it was replaced, and there is no backup"
    if "Traceback" in said or "unbrick itself failed" in said:
        return f"a bug was shown: {said.strip()[-300:]}"
    if not killed and done.returncode not in (0, 1) and not done.stderr.strip():
        return f"it ended with {done.returncode} and said nothing"
    if not killed and done.returncode not in (0, 1, 2, 3):
        return f"it ended with {done.returncode}: {done.stderr.strip()[-200:]}"
    copies = [one for one in path.parent.glob("copy*.jsonl") if one.stat().st_size == 0]
    return f"{copies[0].name} is empty" if copies else ""


def inject(job: Job, fault: tuple[str, int, str], old: bytes, new: bytes) -> tuple[str, int]:
    """One fault: what was wrong after it, and the exit status."""
    call, which, how = fault
    with tempfile.TemporaryDirectory() as name:
        where = Path(name)
        path = lay(job, where)
        tracer = ["strace", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:{how}:when={which}"]
        done = run(command(job, path), where, tracer)
        found = wrong(job, path, old, new, done, "KILL" in how)
        if not found:
            after = run(["repair", str(path), "-o", str(path.parent / "after.jsonl"), "--no-surroundings"], where, [])
            if after.returncode not in (0, 1):
                found = f"the next command fails: {after.stderr.strip()[-200:]}"
            left = [one.name for one in path.parent.glob(f"*{TEMPORARY}")]
            if left and after.returncode == 0 and (path.parent / "after.jsonl").exists():
                found = found or f"{left[0]} is left behind"
        return found, done.returncode


def outcome(job: Job) -> tuple[bytes, bytes, list[tuple[str, int]]]:
    """The old bytes, the new ones, and the calls of a run without faults."""
    with tempfile.TemporaryDirectory() as name:
        old = lay(job, Path(name)).read_bytes()
    with tempfile.TemporaryDirectory() as name:
        found = steps(job, Path(name))
        return old, (Path(name) / "s" / job.file).read_bytes(), found


def main() -> int:
    """Inject every fault into every job; how many were not survived."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=[job.name for job in JOBS])
    parser.add_argument("--error", choices=ERRORS)
    parser.add_argument("--every", type=int, default=1, help="take one fault in so many")
    given = parser.parse_args()
    total = 0
    for job in JOBS:
        if given.only not in (None, job.name):
            continue
        old, new, found = outcome(job)
        counted: Counter[str] = Counter()
        listed = list(faults(job, found, (given.error,) if given.error else ERRORS))[:: given.every]
        for fault in listed:
            bad, status = inject(job, fault, old, new)
            counted["survived" if not bad else "NOT SURVIVED"] += 1
            counted[f"ended with {status}"] += 1
            if bad:
                print(f"{job.name}: {fault[0]} {fault[1]} {fault[2]}: {bad}", flush=True)
        total += counted["NOT SURVIVED"]
        print(f"{job.name}: {len(found)} calls, {len(listed)} faults; {dict(counted)}", flush=True)
    return int(total > 0)


if __name__ == "__main__":
    sys.exit(main())
