"""Whose rules a request has to keep: one contract for each API, chosen by the target."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from unbrick.api import chat, messages, responses
from unbrick.request import Request
from unbrick.situation import Violation
from unbrick.target import Target

Check = Callable[[Request, Target, bool], Iterator[Violation]]
"""Looks for what an API refuses in a request for a target; the last says that no prompt will follow."""


@dataclass(frozen=True)
class Contract:
    """What an API accepts. `name` is what a target's `api` says, `title` what a person calls it; each check looks for
    one kind of refusal and words it as that API does, under the code of the rule that explains it. A tool's name has up
    to `name_limit` characters, and none of `not_in_names`. `turns` says whether strict endpoints want roles to
    alternate, `images_anywhere` whether others than the user may show images.
    """

    name: str
    title: str
    checks: tuple[Check, ...]
    name_limit: int = chat.NAME_LIMIT
    not_in_names: str = r"[^a-zA-Z0-9_-]"
    turns: bool = True
    images_anywhere: bool = True


CONTRACTS = {
    contract.name: contract for contract in (
        Contract("anthropic", "Anthropic's Messages API", messages.CHECKS, 200, r"(?!)"),
        Contract("openai-chat", "OpenAI's Chat Completions API", chat.CHECKS, turns=False, images_anywhere=False),
        Contract("openai-responses", "OpenAI's Responses API", responses.CHECKS),
    )
}


def lint(request: Request, target: Target, complete: bool = False) -> Iterator[Violation]:
    """Everything in a request that the target's API refuses, in the order of the messages.

    `complete` says that no prompt will follow; only then is the end of the request judged.
    """
    found = [violation for check in CONTRACTS[target.api].checks for violation in check(request, target, complete)]
    found += (Violation(code, message, None, text) for message, (code, text, _row) in request.wrong.items())
    found.sort(key=lambda violation: (violation.message, -1 if violation.block is None else violation.block))
    yield from found
