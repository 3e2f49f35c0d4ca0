"""Records of another session, and ids that are none of the client's (L016, L017)."""

from __future__ import annotations

from collections.abc import Iterator

from unbrick import words
from unbrick.edit import DropRecords, Rename, SetLeaf
from unbrick.entry import Flag, Kind
from unbrick.finding import Affect, Finding, Fix, Rule, Safety, Severity
from unbrick.rules.chainfix import TALK, fresh
from unbrick.scanning.ones import below_zero, table, without
from unbrick.situation import Situation
from unbrick.weighing import measure

SPELLED = 36
"""Characters of a uuid as clients spell it."""
_ODD = table(lambda length: length not in (0, SPELLED))


def foreign_records(situation: Situation) -> Iterator[Finding]:
    """Records of another session stand among those of this one.

    Two sessions wrote into one file, or a tool joined them (anthropics/claude-code#26964: 23 to 77 % of the lines;
    #29342). Records that name another session are normal where this one was resumed, forked or copied from it, and are
    not meant: a foreign conversation begins anew, behind the beginning of this one, and nothing of this one hangs on
    it. Where it ends the file, the client resumes it instead of this one.
    """
    session, thread = situation.session, situation.thread
    if not any(session.kind(row) in TALK for row in thread.foreign):
        return
    rows = sorted(thread.foreign)
    count = measure.counted(measure.messages(session, rows), "message")
    sent = measure.messages(session, (row for row in rows if row in situation.loaded))
    goes = words.drops((sent, "message of another session", "messages of another session"))
    drop = Fix(
        "drop", "Take the records of the other session out", Safety.LOSSY,
        (DropRecords(tuple(situation.at(row) for row in rows)),),
        goes if sent else f"{words.KEEPS} of this session",
    )
    if thread.leaf in thread.foreign:
        own = next(
            (row for row in range(len(session) - 1, -1, -1) if session.kind(row) in TALK and row not in thread.foreign
             and not session.has(row, Flag.SIDECHAIN | Flag.NO_UUID | Flag.API_ERROR)), None,
        )
        fixes = (drop,) if own is None else (Fix(
            "leaf", f"Make {situation.place(own)} the end", Safety.SAFE, (SetLeaf(session.uuid(own) or ""),),
            "keeps everything; the other session's records stay in the file", situation.lost,
        ), drop)
        yield Finding(
            "L016", "foreign-records", Severity.ERROR,
            f"the client resumes the conversation of another session, of which {count} were mixed in",
            situation.at(rows[0]), rows[0], fixes=fixes,
        )
        return
    yield Finding(
        "L016", "foreign-records", Severity.INFO,
        f"{count} of another session stand among those of this one; this client does not load them",
        situation.at(rows[0]), rows[0], fixes=(drop,),
    )


def foreign_ids(situation: Situation) -> Iterator[Finding]:
    """Records carry ids that are no uuids.

    They come from tools that convert sessions of other clients and keep their ids. Loading follows such ids like any
    other (run on 2.1.175 to 2.1.329), but parts of the client ask for a uuid: a session of 2.1.179 did not open for
    minutes (heiervang/unleash#418), and a fork or an import elsewhere refuses them. Fresh ids mend it, in every place
    that names one.
    """
    scan, rows = situation.session.scan, situation.session.row_of.rows
    # Asked of all strings at once: the ids of records are those that a row belongs to.
    if 1 not in without(scan.strings.lengths().translate(_ODD), below_zero(rows)):
        return
    odd = [
        row for row, name in enumerate(scan.strings.texts(scan.uuid))
        if name is not None and len(name) != SPELLED
        and scan.flags[row] & Flag.LINK and scan.kind[row] != Kind.PROGRESS
    ]
    if not odd:
        return
    names = dict.fromkeys(scan.strings.text(scan.uuid[row]) or "" for row in odd)
    edit = Rename(tuple((name, fresh(name)) for name in names))
    yield Finding(
        "L017", "foreign-ids", Severity.INFO,
        f"{measure.counted(len(odd), 'record')} carry ids that are no uuids, as other programs write them",
        situation.at(odd[0]), odd[0],
        fixes=(Fix("rename", "Give each a uuid, wherever its id is named", Safety.SAFE, (edit,)),),
    )


FOREIGN_RECORDS: Rule[Situation] = Rule(
    "L016", "foreign-records", foreign_records, None, (Affect(Severity.ERROR),),
)

FOREIGN_IDS: Rule[Situation] = Rule("L017", "foreign-ids", foreign_ids)
