"""What an error means whose cause is not in the file: the service, a limit, the account, a setting, the client.

Editing the transcript helps with none of these; each answer says so and what helps instead.
"""

from __future__ import annotations

from unbrick.answers import client, openai, service
from unbrick.answers.answer import CLIENT, RESUME, UPDATE, Answer, contents, in_project, listing, placing

__all__ = ("ANSWERS", "CLIENT", "RESUME", "UPDATE", "Answer", "answer_to", "contents", "in_project", "listing",
           "placing")

ANSWERS: tuple[Answer, ...] = (*client.ANSWERS, *openai.ANSWERS, *service.ANSWERS)


def answer_to(text: str) -> Answer | None:
    """The first answer whose pattern is found in an error text; a certain one before others."""
    found = [answer for answer in ANSWERS if answer.search.search(text)]
    return next((answer for answer in found if answer.certain), found[0] if found else None)
