"""Faults at every system call of a command: the process killed, or the call refused, at each call in turn that touches
the session's folder.

    PYTHONPATH=core:tui:tests python -m tools.faults [--only in-place] [--error ENOSPC] [--states]

Linux only, by strace's fault injection. After each fault the original is the old file or the new one, whole; what
replaced it has a backup; nobody reads a traceback; and the next command works and leaves no temporary file behind.

Calls are counted in a run without faults. A save also looks through /proc for clients, so that other processes which
come and go shift the count: where a fault has hit a call elsewhere, it is injected again, and at last told of as such.
Under `unshare --pid --fork --mount-proc` there are no others.

A kill leaves what the calls before it have made: with `--states` there is one for each state of the disk, not one for
each call that reads.

All runs on one core: strace and what it traces wait for one another, three times as long where that is across cores.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import signal
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
TOLD = ROOT / "sample_sessions" / "amplifier" / "killed-while-tools-ran"
"""A session whose metadata count its turns, and so change with a cut."""
SESSION = "11111111-2222-4333-8444-555555555555"
PROJECT = ".claude/projects/-home-dev-shop"
"""Where a session stands with files beside it."""
TOKEN, HIDDEN = b"ghp" + b"_9fQz7Lk2Vb8Xw3Rt6Yp1Nc5Md4Hs0Gj2Ka7E", b"[redacted]"
SPOKEN = re.compile(rb"Find out why|failing test|(?<=/home/)user")
"""What the token takes the place of, in the samples' texts and metadata."""
BESIDE = {"subagents/agent-1.jsonl": b"{}\n" * 9, "tool-results/one.txt": b"what a tool said: %b\n" % TOKEN}
BACKUP, TEMPORARY = ".unbrick-backup", ".unbrick-tmp"
CALLS = (
    "openat", "open", "read", "pread64", "write", "pwrite64", "writev", "fsync", "fdatasync", "rename", "renameat",
    "renameat2", "link", "linkat", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "symlink", "fchmod", "chmod",
    "fchown", "ftruncate", "copy_file_range", "sendfile", "flock", "fcntl", "fstat", "newfstatat", "statx", "lstat",
    "stat", "lseek", "getdents64", "close", "readlink", "access", "faccessat", "faccessat2", "dup",
    "fchmodat", "utimensat",
)
CHANGES = re.compile(
    r"(?:\d+\s+)?(?:(?:p?writev?(?:64)?|rename\w*|link(?:at)?|unlink(?:at)?|mkdir(?:at)?|rmdir|symlink|f?ch(?:mod|own)\w*"
    r"|ftruncate|copy_file_range|sendfile|utimensat)\(|open(?:at)?\(.*O_(?:CREAT|TRUNC))"
)
"""How strace tells of a call that changes what is on the disk."""
ERRORS = ("ENOSPC", "EIO", "EACCES", "EDQUOT", "EROFS", "ENOENT", "EINTR")
ENDED = ("getdents64", "ENOENT")
"""To the C library the end of a folder that somebody has removed: no fault for a program to see."""
STRACE = ("strace", "-y", "-s", "16")
FAST = ("-f", "--seccomp-bpf")
"""Stops at the traced calls alone; with these strace injects no signals."""
Files = dict[str, bytes]
STEP = re.compile(r"^(?:\d+\s+)?(\w+)\((?:AT_FDCWD<[^>]*>)?")
TRIES = 5
MISSED = "hit a call elsewhere"
CHANCE = re.compile(r"[0-9a-f]{8}|[0-9]+")
SOUND: set[bytes] = set()
"""Hashes of what a fault left where the next command did as it must: that sees nothing else of the fault."""


class Call(NamedTuple):
    """A system call: its name, which one of that name, how many before it have changed something on the disk."""

    name: str
    which: int
    changes: int


class Job(NamedTuple):
    """A command, the folder it works in (copied fresh each time), the file it is about; whether it may replace it."""

    name: str
    folder: Path
    file: str
    arguments: tuple[str, ...]
    replaces: bool
    where: str = "s"


JOBS = (
    Job("in-place", SAMPLE, "session.jsonl", ("repair", "{file}", "--in-place"), True),
    Job("copy", SAMPLE, "session.jsonl", ("repair", "{file}", "-o", "{folder}/copy.jsonl"), False),
    Job("as-session", SAMPLE, "session.jsonl", ("repair", "{file}", "--as-session"), False),
    Job("truncate", SAMPLE, "session.jsonl", ("truncate", "{file}", "--last-safe", "--in-place"), True),
    Job("beside", SAMPLE, f"{SESSION}.jsonl", ("repair", "{file}", "--as-session"), False, PROJECT),
    Job("redact", SAMPLE, "session.jsonl", ("redact", "{file}", "--all", "--in-place"), True),
    Job("redact-beside", SAMPLE, f"{SESSION}.jsonl", ("redact", "{file}", "--all", "--as-session"), False, PROJECT),
    Job("restore", SAMPLE, "session.jsonl", ("restore", "{file}"), True),
    Job("amplifier", AMPLIFIER, "transcript.jsonl", ("repair", "{file}", "--in-place"), True),
    Job("amplifier-cut", TOLD, "transcript.jsonl", ("truncate", "{file}", "--last-safe", "--in-place"), True),
    Job("amplifier-redact", TOLD, "transcript.jsonl", ("redact", "{file}", "--all", "--in-place"), True),
    Job("amplifier-restore", TOLD, "transcript.jsonl", ("restore", "{file}"), True),
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
    folder = where / job.where
    shutil.copytree(job.folder, folder)
    path = folder / job.file
    if job.arguments[0] == "redact":
        for one in folder.glob("*.json*"):
            one.write_bytes(SPOKEN.sub(TOKEN, one.read_bytes()))
    if job.where == PROJECT:
        (folder / "session.jsonl").rename(path)
        for name, data in BESIDE.items():
            file = folder / SESSION / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
    if job.arguments[0] == "restore":
        saving = ["truncate", str(path), "--last-safe"] if job.folder is TOLD else ["repair", str(path)]
        run([*saving, "--in-place", "--no-surroundings"], where, [])
    return path


def files(folder: Path) -> dict[str, bytes]:
    """What stands in a folder and those in it, by relative path."""
    return {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


def run(arguments: Sequence[str], where: Path, before: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """`unbrick` with these arguments, under another command."""
    return subprocess.run(
        [*before, sys.executable, "-m", "unbrick_tui", *arguments], env=environment(where), cwd=where, check=False,
        capture_output=True, text=True, timeout=120, errors="replace",
    )


def command(job: Job, path: Path) -> list[str]:
    """The job's arguments for a transcript."""
    said = [word.format(file=path, folder=path.parent) for word in job.arguments]
    return said if job.arguments[0] == "restore" else [*said, "--no-surroundings"]


def steps(job: Job, where: Path) -> list[Call]:
    """The calls that touch the session's folder, in a run without faults."""
    path = lay(job, where)
    log = where / "log"
    tracer = [*STRACE, *FAST, "-e", f"trace={','.join(CALLS)}", "-o", str(log)]
    done = run(command(job, path), where, tracer)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{job.name}: {done.stderr}")
    counted: Counter[str] = Counter()
    found, changes = [], 0
    for line in log.read_text(errors="replace").splitlines():
        match = STEP.match(line)
        if match is None:
            continue
        counted[match[1]] += 1
        if touches(line, path.parent):
            found.append(Call(match[1], counted[match[1]], changes))
        changes += CHANGES.match(line) is not None
    return found


def touches(line: str, folder: Path) -> bool:
    """Whether a line of strace's tells of a call that has to do with a folder."""
    return str(folder) in STEP.sub("", line)


def faults(found: Sequence[Call], errors: Sequence[str], *, states: bool = False) -> Iterator[tuple[str, int, str]]:
    """Every fault to inject: the process killed at each call, or in each state of the disk, and each call refused, in
    one of the ways in turn."""
    changes = -1
    for index, call in enumerate(found):
        error = errors[index % len(errors)]
        if not states or call.changes > changes:
            yield call.name, call.which, "signal=KILL"
        changes = call.changes
        yield call.name, call.which, f"error={'EIO' if call.name == 'close' or (call.name, error) == ENDED else error}"


def wrong(job: Job, path: Path, old: Files, new: Files, done: subprocess.CompletedProcess[str], killed: bool) -> str:
    """What is not as it must be after a fault; empty for nothing."""
    now = files(path.parent)
    said = done.stderr + done.stdout
    backups = [data for name, data in now.items() if name.endswith(BACKUP)]
    for name, data in old.items():
        if now.get(name) not in ((data, new.get(name, data)) if job.replaces else (data,)):
            return f"{name} is neither as it was nor as it is to be"
        if now[name] != data and data not in backups:
            return f"{name} was replaced, and there is no backup"
    made = [name for name in now.keys() - old.keys() if name.endswith(".jsonl") and not name.startswith(".")]
    for name in made:
        if not any(now[name].count(b"\n") == data.count(b"\n") for data in (*old.values(), *new.values())):
            return f"{name} is not whole"
        redacts = job.arguments[0] == "redact"
        if redacts and "/" not in name and TOKEN in now[name]:
            return f"{name} holds what was redacted"
        if job.where == PROJECT and "/" not in name and not all(
            now.get(f"{name.removesuffix('.jsonl')}/{one}") == (data.replace(TOKEN, HIDDEN) if redacts else data)
            for one, data in BESIDE.items()
        ):
            return f"{name} has not all that belongs to it"
    if "Traceback" in said or "unbrick itself failed" in said:
        return f"a bug was shown: {said.strip()[-300:]}"
    if not killed and done.returncode not in (0, 1) and not done.stderr.strip():
        return f"it ended with {done.returncode} and said nothing"
    if not killed and done.returncode not in (0, 1, 2, 3):
        return f"it ended with {done.returncode}: {done.stderr.strip()[-200:]}"
    return ""


def inject(job: Job, fault: tuple[str, int, str], new: Files) -> tuple[str, int]:
    """One fault: what was wrong after it, and the exit status."""
    for _try in range(TRIES):
        with tempfile.TemporaryDirectory() as name:
            found = _injected(job, fault, new, Path(name))
        if found[0] != MISSED:
            break
    return found


def _injected(job: Job, fault: tuple[str, int, str], new: Files, where: Path) -> tuple[str, int]:
    call, which, how = fault
    path = lay(job, where)
    old = files(path.parent)
    log = where / "log"
    killed = "KILL" in how
    tracer = [*STRACE, *(() if killed else FAST), "-o", str(log), "-e", f"trace={call}"]
    done = run(command(job, path), where, [*tracer, "-e", f"inject={call}:{how}:when={which}"])
    lines = [line for line in log.read_text(errors="replace").splitlines() if STEP.match(line)]
    hit = lines[-1:] if killed else [line for line in lines if "INJECTED" in line]
    if not any(touches(line, path.parent) for line in hit) or killed != (done.returncode == -signal.SIGKILL):
        return MISSED, done.returncode
    found = wrong(job, path, old, new, done, killed)
    log.unlink()
    state = _state(where)
    if not found and state not in SOUND:
        after = run(["repair", str(path), "-o", str(path.parent / "after.jsonl"), "--no-surroundings"], where, [])
        if after.returncode not in (0, 1):
            found = f"the next command fails: {after.stderr.strip()[-200:]}"
        left = [one.name for one in path.parent.rglob(f"*{TEMPORARY}")]
        if left and after.returncode == 0 and (path.parent / "after.jsonl").exists():
            found = found or f"{left[0]} is left behind"
            found = found or _bare(path.parent)
        if not found:
            SOUND.add(state)
    return found, done.returncode


def _state(where: Path) -> bytes:
    """A hash of what a job has left, whatever the names of temporary files and backups."""
    standing = []
    for one in where.rglob("*"):
        status = one.lstat()
        name = CHANCE.sub("", str(one.relative_to(where)))
        standing.append((name, status.st_mode, status.st_nlink, one.read_bytes() if one.is_file() else b""))
    return hashlib.sha256(repr(sorted(standing)).encode()).digest()


def _bare(folder: Path) -> str:
    """What a folder of a session that has no transcript is called; empty for none."""
    bare = [one.name for one in folder.iterdir() if one.is_dir() and not one.with_suffix(".jsonl").exists()]
    return f"{bare[0]} has no transcript" if bare and folder.parent.name == "projects" else ""


def outcome(job: Job) -> tuple[Files, list[Call]]:
    """The files after a run without faults, and its calls."""
    with tempfile.TemporaryDirectory() as name:
        found = steps(job, Path(name))
        return files(Path(name) / job.where), found


def main() -> int:
    """Inject every fault into every job; how many were not survived."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=[job.name for job in JOBS], action="append")
    parser.add_argument("--error", choices=ERRORS)
    parser.add_argument("--every", type=int, default=1, help="take one fault in so many")
    parser.add_argument("--states", action="store_true", help="kill once in each state of the disk")
    given = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-1:])
    total = 0
    for job in JOBS:
        if given.only and job.name not in given.only:
            continue
        new, found = outcome(job)
        counted: Counter[str] = Counter()
        listed = [*faults(found, (given.error,) if given.error else ERRORS, states=given.states)][:: given.every]
        for fault in listed:
            bad, status = inject(job, fault, new)
            counted[MISSED if bad == MISSED else "NOT SURVIVED" if bad else "survived"] += 1
            counted[f"ended with {status}"] += 1
            if bad:
                print(f"{job.name}: {fault[0]} {fault[1]} {fault[2]}: {bad}", flush=True)
        total += counted["NOT SURVIVED"]
        print(f"{job.name}: {len(found)} calls, {len(listed)} faults; {dict(counted)}", flush=True)
    return int(total > 0)


if __name__ == "__main__":
    sys.exit(main())
