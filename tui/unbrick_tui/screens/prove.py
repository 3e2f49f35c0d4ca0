"""Resuming the session as it is edited now with the client on this machine, at no cost, before it is saved."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Static
from textual.worker import get_current_worker

from unbrick.errors import NotFoundError, UnbrickError
from unbrick.printable import printable, shell
from unbrick.proof.client import MISSING, Client, find, insist_private
from unbrick.proof.proving import Tried, attempt
from unbrick.proof.resuming import NEXT
from unbrick_tui import proving
from unbrick_tui.bindings import told
from unbrick_tui.driver import Done, Failed, drive
from unbrick_tui.prose import Passage
from unbrick_tui.text import count
from unbrick_tui.widgets.footer import Footer
from unbrick_tui.widgets.text_view import TextView
from unbrick_tui.working import work
from unbrick_tui.workspace import Workspace

PATIENCE = 120.0
"""Seconds that the client is given."""


class ProveScreen(Screen[None]):
    """Says what will be done; does it when told to; shows what came of it. Leaving ends the client."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "start", "start", key_display="enter", priority=True, id="prove.start"),
        Binding("escape,q", "leave", "back", key_display="esc", id="prove.back"),
    ]

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._workspace = workspace
        self._client: Client | None = None
        self._seconds = 0
        self._timer: Timer | None = None
        self._over = False

    def compose(self) -> ComposeResult:
        """Title, text, keys."""
        yield Static("Prove: resume it with the client on this machine", id="what", markup=False)
        yield TextView(ascii_=self._workspace.glyphs.ascii, id="text")
        yield Footer()

    def on_mount(self) -> None:
        """Look for a client that can be run."""
        self.query_one(TextView).focus()
        try:
            if self._workspace.format.name != proving.CLIENT:
                self._tell([("warn", f"Only {proving.CLIENT} can be run, and this is none of its sessions.")])
                return
            self._client = find(None, os.environ)
            insist_private()
        except NotFoundError:
            self._tell(self._without())
        except UnbrickError as error:
            self._client = None
            self._tell([("warn", str(error))])
        else:
            self._tell(self._before(self._client))
            self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There is nothing to start without a client."""
        return action != "start" or self._client is not None

    def _without(self) -> Iterator[Passage]:
        bundle = self._workspace.bundle
        yield "warn", f"{MISSING} Nothing can be resumed here."
        yield "plain", ""
        yield "plain", "Install Claude Code and press P again; or save it (w), and resume it where the client is."
        if not bundle.main.private:
            yield "plain", "If its program stands elsewhere, name it in a shell, to mend and resume the file:"
            yield "plain", f"    unbrick prove {printable(shell(str(bundle.path)))} --client-path PROGRAM"

    def _before(self, client: Client) -> Iterator[Passage]:
        edits = len(self._workspace.history.done)
        what = f"The session with its {count(edits, 'edit')}" if edits else "The session as it is"
        version = f" {client.version}" if client.version else ""
        yield "plain", f"{what} will be resumed by {proving.CLIENT}{version}, {printable(str(client.path))}."
        yield "plain", ""
        for line in (
            "It is a copy in a private folder; the original is only read, and the copy is gone afterwards.",
            "The client runs with a made-up key, without your settings, hooks, servers and credentials.",
            "It talks to a stand-in of the API on this machine: nothing is sent anywhere, nothing costs anything.",
            f"One prompt is typed, {NEXT}. No tool is run. It takes seconds, or at most {PATIENCE:.0f}.",
        ):
            yield "plain", f" - {line}"
        yield "plain", ""
        yield "key", self._keys(" enter starts it, esc goes back ")

    def _keys(self, sentence: str) -> str:
        return told(self, sentence, enter="prove.start", esc="prove.back")

    def _tell(self, passages: Iterator[Passage] | list[Passage]) -> None:
        self.query_one(TextView).say(passages)

    def action_start(self) -> None:
        """Run the client; a second time is as good as the first."""
        if self._client is None or (self._timer is not None and not self._over):
            return
        self._seconds, self._over = 0, False
        self._timer = self._timer or self.set_interval(1, self._tick)
        self._tick()
        self._run(self._client)

    def _tick(self) -> None:
        if not self._over:
            ends = self._keys("esc ends it")
            self._tell([("strong", f"The client is resuming it: {self._seconds} s"), ("plain", ends)])
            self._seconds += 1

    @work(thread=True, exclusive=True, group="proof", exit_on_error=False)
    def _run(self, client: Client) -> None:
        workspace, worker = self._workspace, get_current_worker()
        outline = workspace.outline
        assert outline is not None, "a proof waits for the first check"
        report = outline.report

        def run() -> Generator[int, None, Tried]:
            yield 0
            return attempt(
                workspace.bundle, workspace.patch, report, client, PATIENCE, lambda: worker.is_cancelled
            )

        drive(self, 0, "prove", run)

    @on(Done)
    def _done(self, event: Done) -> None:
        event.stop()
        self._over = True
        self._tell(self._after(event.result))

    @on(Failed)
    def _failed(self, event: Failed) -> None:
        event.stop()
        self._over = True
        self._tell([("bad", event.sentence)])

    def _after(self, tried: Tried) -> Iterator[Passage]:
        if tried.proven:
            said = "Proven: it resumes on this client, with everything that was promised."
            yield "good", said if not tried.crowded else "It resumes; its length is not proven."
        elif tried.predicted and not tried.missing:
            yield "warn", "Not resumed, as the verdict says."
        else:
            yield "bad", "Not proven: the client did something else than the verdict says."
        yield "plain", ""
        yield from (("plain", line) for line in proving.told(tried))
        yield "plain", ""
        again = self._keys("enter runs it once more, esc goes back.")
        yield "dim", f"The original was only read; the copy is gone again. {again}"

    def action_leave(self) -> None:
        """Back; a client that runs is ended."""
        self.workers.cancel_group(self, "proof")
        self.dismiss(None)
