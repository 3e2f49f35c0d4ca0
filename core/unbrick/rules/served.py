"""Rules about tools that the API itself runs (searches, an advisor), whose call and result stand in one reply."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from unbrick.answers import in_project
from unbrick.edit import DropBlock
from unbrick.finding import Advice, Affect, Finding, Fix, Rule, Severity
from unbrick.printable import shell
from unbrick.rules import toolfix
from unbrick.rules.parts import Broken, broken, counted, lossy, recorded_error, refusal, remark, safe, sent, set_block
from unbrick.rules.servedfix import Place, as_words, halves, intrudes, mend, tool
from unbrick.session import Call
from unbrick.situation import Situation
from unbrick.thread import Outcome

ADVISOR = "advisor"
PARTED = (
    r"unexpected `?tool_use_id`? found in `?(?!tool_result)\w+_tool_result"
    r"|without a corresponding `?\w+_tool_result"
)
FOREIGN = r"server_tool_use\.id: String should match pattern"
UNREADABLE = r"Advisor tool result content could not be processed"


def parted_server_call(situation: Situation) -> Iterator[Finding]:
    """A call of a tool that the API itself runs, and its result, do not stand in one reply.

    A search or an advisor's answer belongs to the reply that asked for it. It happens when something is written
    between the two (a renaming, #63507), when they hang on different branches, or when a compaction took one of them
    (#60523, #95074, #53365). The API refuses a result without its call. Clients from 2.1.80 on leave out a call without
    its result, not the other way round; from 2.1.90 on they send nothing of an advisor that is switched off.

    Halves that are both in the file are put together again. Otherwise what is left is kept as text, or taken out.
    """
    name = "parted-server-call"
    seen: set[str] = set()
    for what in broken(situation, "T010"):
        ref = what.violation.ref or ""
        if ref in seen:
            continue
        seen.add(ref)
        fixes = () if what.row is None or what.block is None else tuple(mend(situation, ref))
        yield refusal(situation, name, what, _parted(situation, ref), fixes)
    error = recorded_error(situation, PARTED)
    for ref, call in halves(situation).items():
        places = [place for place in (*call.uses, *call.results) if place[0] in situation.loaded]
        if ref in seen or not places or not toolfix.server(call) or any(sent(situation, *place) for place in places):
            continue
        if _together(situation, call):
            continue
        fixes = tuple(mend(situation, ref))
        said = _parted(situation, ref)
        if error is not None and ref in error.text:
            yield Finding(
                "T010", name, Severity.ERROR, said, situation.at(places[0][0]), *places[0], api_error=error.text,
                fixes=fixes, outcome=Outcome.REFUSED, advice=_without_advisor(situation, call),
            )
        else:
            said += "; this client leaves it out"
            yield remark(situation, "T010", name, Severity.INFO, said, *places[0], fixes)


def _without_advisor(situation: Situation, call: Call) -> tuple[Advice, ...]:
    if tool(situation, call) != ADVISOR:
        return ()
    bundle = situation.bundle
    command = f"CLAUDE_CODE_DISABLE_ADVISOR_TOOL=1 claude --resume {shell(bundle.resume_id)}"
    text = "Switch the advisor off for this run: from 2.1.90 on the client then sends nothing of it."
    return (Advice(text, in_project(bundle, command)),)


def _parted(situation: Situation, ref: str) -> str:
    """What a person reads of halves that are not together."""
    call = halves(situation).get(ref) or Call(ref, (), ())
    name = tool(situation, call)
    if not call.results:
        return f"a call of {name}, a tool of the API's own, has no result ({ref})"
    if not call.uses:
        return f"a result of {name}, a tool of the API's own, has no call ({ref})"
    if any(row in situation.loaded for row, _block in call.uses) == any(
        row in situation.loaded for row, _block in call.results
    ):
        return f"a call of {name} and its result do not stand in one reply ({ref})"
    left, lost = ("call", "result") if any(row in situation.loaded for row, _block in call.uses) else ("result", "call")
    place = situation.place((call.results if lost == "result" else call.uses)[0][0])
    return f"the {lost} that belongs to a {left} of {name} ({ref}), {place}, is not loaded"


def _together(situation: Situation, call: Call) -> bool:
    """Whether a call and its result are loaded, with no prompt between them."""
    uses = [situation.loaded[row] for row, _block in call.uses if row in situation.loaded]
    results = [situation.loaded[row] for row, _block in call.results if row in situation.loaded]
    if not uses or not results:
        return False
    between = situation.thread.rows[min(uses) + 1 : max(results)]
    return min(uses) <= max(results) and not any(intrudes(situation, row) for row in between)


def foreign_server_call(situation: Situation) -> Iterator[Finding]:
    """Another maker's model called a tool of its own endpoint, under an id that the API does not accept.

    Models behind gateways (GLM's web search, for one) write such calls as if the API had run them, but with ids of
    their own; the API wants them to begin with `srvtoolu_` and to come with results that only it can write. It is found
    out when the session goes on with the first-party API. Clients from 2.1.280 on leave out calls whose result is
    an ordinary one.

    Call and result are kept as text, which the API takes.
    """
    seen: set[str | None] = set()
    for what in broken(situation, "T011"):
        ref = what.violation.ref
        if ref in seen:
            continue
        seen.add(ref)
        said = f"the call {ref!r} of another endpoint's own tool has an id that the API does not accept"
        yield refusal(situation, "foreign-server-call", what, said, tuple(_foreign(situation, what)))


def _foreign(situation: Situation, what: Broken) -> Iterator[Fix]:
    if what.row is None or what.block is None:
        return
    ref = what.violation.ref or ""
    call = halves(situation).get(ref) or Call(ref, ((what.row, what.block),), ())
    ordinary = situation.session.calls.get(ref)
    places = [*call.uses, *call.results, *(ordinary.results if ordinary else ())]
    loaded = list(dict.fromkeys(place for place in places if place[0] in situation.loaded))
    edits = [
        set_block(situation, *place, {"type": "text", "text": as_words(situation, call, place) or "[no words]"})
        for place in loaded
    ]
    yield safe("as-text", "Keep the call and its result as text", *edits)


def unreadable_advice(situation: Situation) -> Iterator[Finding]:
    """What an advisor said is sealed, and the API cannot open it any more.

    An advisor's answer is stored as the API sealed it. Once the seal is no longer valid, every prompt fails, and so
    does `/compact` (#49994). The API does not say which answer it is, and no file shows it, so this is found where
    the client recorded the refusal. Clients from 2.1.117 on leave such an answer out.

    Answers in plain words are kept as text; sealed ones are taken out with their calls.
    """
    error = recorded_error(situation, UNREADABLE)
    if error is None:
        return
    places: list[tuple[Call, Place]] = [
        (call, place) for call in halves(situation).values() if tool(situation, call) == ADVISOR
        for place in (*call.uses, *call.results) if place[0] in situation.loaded
    ]
    if not places:
        return
    severity = ADVICE.severity(situation.target, situation.size)
    row, block = places[0][1]
    yield Finding(
        "C021", "unreadable-advice", severity,
        f"{counted(len(places), 'block')} of an advisor's, of which the API cannot read one any more",
        situation.at(row), row, block, api_error=error.text,
        fixes=tuple(_opened(situation, places)), outcome=Outcome.REFUSED if severity is Severity.ERROR else None,
        advice=_without_advisor(situation, places[0][0]),
    )


def _opened(situation: Situation, places: Sequence[tuple[Call, Place]]) -> Iterator[Fix]:
    texts = [(place, as_words(situation, call, place)) for call, place in places]
    sealed = sum(1 for _place, words in texts if not words)
    edits = [
        DropBlock(situation.at(row), block) if not words
        else set_block(situation, row, block, {"type": "text", "text": words})
        for (row, block), words in sorted(texts, reverse=True)
    ]
    if sealed:
        yield lossy("as-text", "Keep what can be read as text", f"drops {counted(sealed, 'sealed answer')}", *edits)
    else:
        yield safe("as-text", "Keep what it says, as text", *edits)


RULES: tuple[Rule[Situation], ...] = (
    Rule("T010", "parted-server-call", parted_server_call, PARTED, (Affect(Severity.ERROR, Outcome.REFUSED),)),
    Rule("T011", "foreign-server-call", foreign_server_call, FOREIGN, (Affect(Severity.ERROR, Outcome.REFUSED),)),
)
ADVICE: Rule[Situation] = Rule("C021", "unreadable-advice", unreadable_advice, UNREADABLE, (
    Affect(Severity.ERROR, Outcome.REFUSED, until="2.1.117"), Affect(Severity.INFO, since="2.1.117"),
))
