"""Which sessions a live client has open, as far as the commands that started clients say."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from unbrick.formats.amplifier import places

pytestmark = pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="the system does not tell commands")


@pytest.fixture
def run() -> Iterator[subprocess.Popen[bytes]]:
    """Something that looks like `amplifier session resume 1234abcd-5`."""
    command = [sys.executable, "-c", "print(1, flush=True); input()", "amplifier", "resume", "1234abcd-5"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.communicate()


def test_a_session_named_in_the_command_is_open(run: subprocess.Popen[bytes]) -> None:
    assert places.living()["1234abcd-5"] == run.pid


def test_short_words_name_no_session(run: subprocess.Popen[bytes]) -> None:
    assert "resume" not in places.living()
