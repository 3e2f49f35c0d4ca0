"""Sessions that calls handed work to: folders beside this one that name it as their parent, told by the result that
names them."""

from __future__ import annotations

from collections.abc import Sequence

from unbrick.bundle import Bundle
from unbrick.disk import is_file
from unbrick.entry import BlockKind
from unbrick.formats.amplifier import log, places
from unbrick.held import Handed
from unbrick.session import Session


def handed(bundle: Bundle, session: Session) -> Sequence[Handed]:
    """Every session that this one started, with the call that did, where a result names it."""
    if bundle.main.private:
        return ()
    children = [(folder, agent) for folder, agent in log.children(bundle) if is_file(folder / places.TRANSCRIPT)]
    refs = _named(session, [folder.name for folder, _agent in children]) if children else {}
    return tuple(
        Handed(folder / places.TRANSCRIPT, refs.get(folder.name, ""), agent) for folder, agent in children
    )


def _named(session: Session, names: Sequence[str]) -> dict[str, str]:
    """Names of sessions → the call whose result names them."""
    scan = session.scan
    found: dict[str, str] = {}
    for row, raw in enumerate(scan.view.raws()):
        for name in names:
            if name.encode() in raw:
                refs = (scan.block_ref[b] for b in scan.blocks(row) if scan.block_kind[b] == BlockKind.TOOL_RESULT)
                ref = scan.strings.text(next(refs, -1))
                if ref:
                    found.setdefault(name, ref)
    return found
