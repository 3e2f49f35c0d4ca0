"""What the client loads of a session: the conversation, and what becomes of everything else."""

from __future__ import annotations

from array import array

from unbrick.entry import Flag, Kind
from unbrick.formats.claude_code import forms, words
from unbrick.formats.claude_code.behaviour import Where, behaviour
from unbrick.formats.claude_code.chain import Chain, Walker, recover
from unbrick.formats.claude_code.leaf import choose
from unbrick.formats.claude_code.loaded import Loaded, load
from unbrick.formats.claude_code.standing import stand
from unbrick.session import Session
from unbrick.target import Target
from unbrick.thread import Outcome, Thread

MALFORMED = "The client stops with a TypeError: it relies on message.content being a list."
MISSING_MEMBER = "The client stops with a TypeError: it relies on what an attachment should hold."
HANGS = "The client hangs: it follows the parents round in a circle."


def thread(session: Session, target: Target) -> Thread:
    """What a version of the client loads. Never raises.

    Where loading fails `rows` is what the client was loading when it crashed or hung, and empty where it found
    no conversation.
    """
    traits = behaviour(target.version)
    loaded = load(session, traits)
    walker = Walker(loaded)
    choice = choose(loaded, walker)
    result = Thread(array("i"))
    if choice.leaf is None or choice.chain is None:
        chain = Chain(array("i"))
        result.outcome, result.error = _none(loaded, choice.crash)
    else:
        chain = choice.chain
        # Large files are pruned to the plain parent walk, unless that walk is broken.
        pruned = loaded.large and traits.siblings is Where.SMALL and not chain.bridged
        if traits.siblings is not Where.NEVER and not pruned and not chain.hangs:
            recover(loaded, chain)
        result.rows = chain.rows
        result.leaf = choice.leaf
        result.boundary = chain.boundary
        result.bridged = chain.bridged
        kept = loaded.preserved.rows if loaded.preserved else ()
        result.recovered = frozenset(chain.recovered) | frozenset(kept).intersection(chain.rows)
        result.outcome, result.error = _outcome(loaded, chain, target)
    if loaded.error is not None:
        result.outcome, result.error = Outcome.CRASH, loaded.error
    stand(loaded, walker, chain, result)
    return result


def _none(loaded: Loaded, crash: str | None) -> tuple[Outcome, str | None]:
    if crash is not None:
        return Outcome.CRASH, crash
    if loaded.discarded >= 0 and loaded.traits.nothing_left_opens:
        return Outcome.EMPTY, None
    path = loaded.session.scan.view.source.path
    return Outcome.NOT_FOUND, words.NOT_FOUND.format(session_id=path.stem)


def _outcome(loaded: Loaded, chain: Chain, target: Target) -> tuple[Outcome, str | None]:
    scan = loaded.session.scan
    if chain.hangs:
        return Outcome.HANG, HANGS
    talk, malformed = scan.kinds(Kind.USER, Kind.ASSISTANT), scan.marked(Flag.MALFORMED)
    odd = [row for row in chain.rows if malformed[row]]
    if loaded.traits.malformed_crash and any(talk[row] for row in odd):
        return Outcome.CRASH, MALFORMED
    attachments = (row for row in odd if scan.kind[row] == Kind.ATTACHMENT)
    if any(forms.crashes(loaded.session.value(row), target.version) for row in attachments):
        return Outcome.CRASH, MISSING_MEMBER
    return (Outcome.ACCEPTED if any(talk[row] for row in chain.rows) else Outcome.EMPTY), None
