"""numpy is imported without threads, and nobody else is kept from having some."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from unbrick.scanning import unthreaded

TASKS = Path("/proc/self/task")


@pytest.mark.parametrize("said", [None, "3"], ids=["nothing said", "a number of threads said"])
def test_the_environment_stays_as_it_was(said: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if said is None:
        monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    else:
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", said)
    importlib.reload(unthreaded)
    assert os.environ.get("OPENBLAS_NUM_THREADS") == said


@pytest.mark.skipif(not TASKS.exists(), reason="this system does not list the threads of a process")
def test_the_import_starts_no_threads() -> None:
    script = f"import os; from unbrick.scanning.unthreaded import np; print(len(os.listdir({str(TASKS)!r})))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout.strip() == "1"
