"""Several records with one id (L004)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise

from unbrick.edit import Adopt, Edit, Relink, Salvage
from unbrick.entry import Flag
from unbrick.finding import Affect, Finding, Fix, Rule, Safety, Severity
from unbrick.rules.breaks import breaks, broken_link, hang_behind
from unbrick.rules.chainfix import MISSING, descendants, fresh, history, restoring, true_parent
from unbrick.session import Standing
from unbrick.situation import Situation
from unbrick.thread import Outcome
from unbrick.weighing import measure


def duplicate_uuid(situation: Situation) -> Iterator[Finding]:
    """Two different records carry the same id.

    The later one takes the place of the earlier one, which is then not sent; where the chain runs through both, old
    clients hang and later ones lose what stands before. The same line written twice is common and harmless, and is
    not reported (anthropics/claude-code#40487; most duplicates come from a client that wrote its history again). A copy
    that names another parent may cut off what the first one follows: that is offered, with what it contains.
    """
    session = situation.session
    replaced = {loss.row: loss for loss in situation.thread.losses if loss.before == loss.row and loss.messages}
    told = False
    for rows in session.duplicates.values():
        last = rows[-1]
        hidden = [row for row in rows[:-1] if row in replaced]
        for row, following in pairwise([*hidden, last]):
            told = True
            yield Finding(
                "L004", "duplicate-uuid", Severity.ERROR,
                f"{situation.place(last)} carries the same id ({str(session.uuid(row))[:8]}…) and takes its place: "
                "this message is not sent",
                situation.at(row), row, fixes=tuple(_tell_apart(situation, row, following)),
            )
    for found in breaks(situation, "L004"):
        if told and not found.hurts:
            continue
        if session.parent_row[found.row] == MISSING:
            what = "its parent is not in the file: the record before it carries the id of another one"
            near = {-1 if found.before is None else found.before}
        else:
            what = "two records with one id make its parents go round in a circle"
            near = descendants(session, found.row).union(session.ancestors(found.row))
        twins = next((rows for rows in session.duplicates.values() if not near.isdisjoint(rows)), None)
        fixes = () if twins is None else _repeated(situation, found.before) or tuple(
            _tell_apart(situation, twins[0], twins[-1])
        )
        yield broken_link(situation, "duplicate-uuid", found, what, fixes or hang_behind(situation, found))
    yield from _other_parents(situation)


def _other_parents(situation: Situation) -> Iterator[Finding]:
    """A copy that hangs elsewhere than the record it repeats, so that what the record hung on is not loaded."""
    session, thread = situation.session, situation.thread
    for rows in session.duplicates.values():
        last = rows[-1]
        if last not in situation.loaded or session.parent_row[last] < 0:
            continue
        for row in rows[:-1]:
            parent = session.parent_row[row]
            if parent < 0 or parent == session.parent_row[last] or parent in situation.loaded:
                continue
            lost = [
                other for other in history(situation, parent)
                if thread.standing[other] in (Standing.LOST, Standing.UNDECIDED)
            ]
            if measure.messages(session, lost):
                title = f"Hang it where {situation.place(row)} hangs, which it repeats"
                edit = Relink(situation.at(last), session.uuid(parent))
                yield Finding(
                    "L004", "duplicate-uuid", Severity.WARNING,
                    f"it repeats {situation.place(row)} with another parent, and "
                    f"{measure.counted(measure.messages(session, lost), 'message')} that this one follows are not "
                    "loaded",
                    situation.at(last), last,
                    fixes=(restoring(situation, "as-first", title, (edit,), lost, certain=False, hung=(last, parent)),),
                )
                break


def _repeated(situation: Situation, row: int | None) -> tuple[Fix, ...]:
    """Drop the lines in front of a break that repeat earlier ones in one go, where there are several: without one of
    them alone, the break would stay."""
    session, rows = situation.session, []
    raw = session.scan.view.raw
    while row is not None and row >= 0:
        first = session.duplicates.get(session.scan.uuid[row], (row,))[0]
        if first == row or raw(first).strip() != raw(row).strip():
            break
        rows.append(row)
        row -= 1
    if len(rows) < 2:
        return ()
    edits = tuple(Salvage(situation.at(one), ()) for one in reversed(rows))
    return (Fix("drop", f"Drop {len(rows)} repeated lines", Safety.SAFE, edits, brings=situation.lost),)


def _tell_apart(situation: Situation, row: int, last: int) -> Iterator[Fix]:
    """Give one of two records its own id back: the one that the record behind it still names. Of many with one id
    each is told apart from the next, so that all can be mended at once."""
    session, scan = situation.session, situation.session.scan
    if session.scan.view.raw(row).strip() == session.scan.view.raw(last).strip():
        repeated = (Salvage(situation.at(last), ()),)
        yield Fix("drop", "Drop the repeated line", Safety.SAFE, repeated, brings=situation.lost)
        return
    for twin in (last, row):
        behind = next(
            (other for other in range(twin + 1, len(session))
             if scan.flags[other] & Flag.LINK and not scan.flags[other] & Flag.SIDECHAIN), None,
        )
        if behind is not None and session.parent_row[behind] == MISSING:
            named = scan.strings.text(scan.parent[behind])
            yield Fix(
                "rename", f"Give {situation.place(twin)} its own id back, which {situation.place(behind)} still names",
                Safety.SAFE, (Adopt(situation.at(twin), uuid=named),), brings=situation.lost,
            )
            return
    name = fresh(f"{session.uuid(last) or ''} {last}")
    edits: list[Edit] = [Adopt(situation.at(last), uuid=name)]
    rows = session.duplicates[scan.uuid[last]]
    behind = _follower(situation, last, rows)
    if behind is not None:
        edits.append(Relink(situation.at(behind), name))
    place = rows.index(last)
    if session.parent_row[last] == MISSING:
        before = true_parent(situation, last)
        if before is not None:
            edits.append(Relink(situation.at(last), session.uuid(before)))
    elif session.parent_row[last] == rows[-1] and place > 1:
        # It names the shared id: the nearest record before it that carried that, which gets another one as well.
        edits.append(Relink(situation.at(last), fresh(f"{session.uuid(last) or ''} {rows[place - 1]}")))
    title = f"Give {situation.place(last)} an id of its own"
    yield Fix("rename", title, Safety.SAFE, tuple(edits), brings=situation.lost)


def _follower(situation: Situation, row: int, twins: list[int]) -> int | None:
    """The first record that hangs on the id of several, between one of them and the next."""
    children = situation.once(_children, twins[-1])
    place = bisect_right(children, row)
    following = bisect_right(twins, row)
    end = twins[following] if following < len(twins) else len(situation.session)
    return children[place] if place < len(children) and children[place] < end else None


def _children(situation: Situation, row: int) -> list[int]:
    session = situation.session
    return [child for child in session.children.get(row, ()) if not session.has(child, Flag.SIDECHAIN)]


DUPLICATE_UUID: Rule[Situation] = Rule(
    "L004", "duplicate-uuid", duplicate_uuid, None,
    (Affect(Severity.ERROR, Outcome.HANG, until="2.1.30"), Affect(Severity.ERROR, since="2.1.30")),
)
