"""The prediction against real clients of any version: damaged sessions, and sessions that the client writes now.

Needs the clients: ``UNBRICK_CLIENTS="2.1.139=/path/claude,2.1.329=/path/claude"`` (docs/proof.md). One test per
client and kind of session; what differs is said in full.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.compare import SOURCES, judged
from tools.realclient import clients

CLIENTS = clients()
pytestmark = pytest.mark.skipif(
    not CLIENTS, reason="NO REAL CLIENT: set UNBRICK_CLIENTS=2.1.139=/path/claude,2.1.329=/path/claude to prove this"
)


@pytest.mark.parametrize("version", CLIENTS)
@pytest.mark.parametrize("source", ["mutations", "fresh"])
def test_the_request_is_what_the_client_sends(version: str, source: str, tmp_path: Path) -> None:
    cases = list(SOURCES[source](version, tmp_path))
    found = judged(version, CLIENTS[version], cases, tmp_path)
    assert not {
        case.name: differing for case, differing in zip(cases, found, strict=True)
        if differing
    }
