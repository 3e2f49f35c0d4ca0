"""Every sample, its repaired copy and its cuts on real clients: accepted, and with every message that was promised.

Needs the clients: ``UNBRICK_CLIENTS="2.1.139=/path/claude,2.1.329=/path/claude"`` (docs/proof.md). Each session is
saved as a new one by the code that `--as-session` runs. UNBRICK_EVERY_CUT=1 tries all safe points instead of three.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tools.proofs import GOOD, SAMPLES, VERSIONS, Bench, folders, prove
from tools.realclient import clients

CLIENTS = clients()
SMOKE = (
    # What the project began with: a call without its result, a compaction that timed out, a turn that nobody takes.
    "crash-mid-tool", "failed-compaction", "role-system-with-flag",
    # One of each family.
    "torn-and-glued", "null-parent-in-the-middle", "bare-boundary", "text-before-result", "broken-image", "healthy",
)
KNOWN = {
    ("role-system-without-flag", "2.1.139"): (
        "what refuses it is a switch of the service that no file shows but the recorded error, which a cut takes along"
    ),
}
"""Samples whose cuts are refused although unbrick says otherwise, and why."""

pytestmark = pytest.mark.skipif(
    not CLIENTS, reason="NO REAL CLIENT: set UNBRICK_CLIENTS=2.1.139=/path/claude,2.1.329=/path/claude to prove this"
)


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the clients did, shared between tests: equal bytes are resumed once."""
    return tmp_path_factory.mktemp("observed")


def hold(folder: Path, version: str, kept: Path) -> None:
    """Prove a sample on a client."""
    row = prove(folder, Bench(version, CLIENTS[version], kept), every=bool(os.environ.get("UNBRICK_EVERY_CUT")))
    said = [one for one in row.said if not (one.startswith("cut") and (row.sample, version) in KNOWN)]
    assert not said
    assert row.after in GOOD or row.hopeless
    assert row.messages[1] >= row.messages[0] or row.before == "healed"


@pytest.mark.parametrize("version", [one for one in VERSIONS if one in CLIENTS])
@pytest.mark.parametrize("name", SMOKE)
def test_smoke(name: str, version: str, kept: Path) -> None:
    hold(SAMPLES / name, version, kept)


@pytest.mark.parametrize("version", [one for one in VERSIONS if one in CLIENTS])
@pytest.mark.parametrize("folder", [one for one in folders() if one.name not in SMOKE], ids=lambda path: path.name)
def test_every_other_sample(folder: Path, version: str, kept: Path) -> None:
    hold(folder, version, kept)
