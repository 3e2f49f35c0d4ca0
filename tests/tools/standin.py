"""The stand-in of the API that the project proves with; its rules share no code with `unbrick.api`."""

from __future__ import annotations

from unbrick.proof.api import Body, Message, refusal
from unbrick.proof.standin import Exchange as Sent
from unbrick.proof.standin import Reply, Script, StandIn, call, kind_of, text, thinking

__all__ = ["Body", "Message", "Reply", "Script", "Sent", "StandIn", "call", "kind_of", "refusal", "text", "thinking"]
