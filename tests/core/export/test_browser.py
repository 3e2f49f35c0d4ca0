"""The HTML page in a real browser: nothing in it runs, nothing is loaded, and it fits a telephone.

Each check is first made on a page that does what the export must not do, so that silence means something.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tools import hostile
from unbrick.export import Level, What, html
from unbrick.opening import Choices, examine, open_word
from unbrick.scanning.scan import finish

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed here; the parser tests hold anyway")

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
    "--hide-scrollbars", "--no-proxy-server", "--virtual-time-budget=3000",
)

Browse = Callable[..., str]


@pytest.fixture
def browse(tmp_path: Path) -> Browse:
    """What the browser makes of a page: its elements after everything that could run has run."""

    def run(page: str, *flags: str) -> str:
        path = tmp_path / "page.html"
        path.write_text(page, encoding="utf-8")
        command = [str(BROWSER), *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", *flags, path.as_uri()]
        done = subprocess.run(command, capture_output=True, timeout=120, check=True)
        return done.stdout.decode("utf-8", "replace")

    return run


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """The address of a server, and the paths that it was asked for."""
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", paths
    server.shutdown()
    server.server_close()
    thread.join()


def page_of(folder: Path, address: str) -> str:
    texts = tuple(text.replace(hostile.ADDRESS, address) for text in hostile.TEXTS)
    path = hostile.write(folder, texts, name="<script>document.title='OWNED'</script>")
    data = path.read_bytes().replace(hostile.ADDRESS.encode(), address.encode())
    path.write_bytes(data)
    with open_word(str(path), Choices(surroundings=False), folder) as opened:
        file = io.BytesIO()
        finish(html.write(opened.format, finish(examine(opened)), What(True, Level.FULL), file))  # type: ignore[arg-type]
        return file.getvalue().decode()


def title(dom: str) -> str:
    found = re.search(r"<title>(.*?)</title>", dom, re.DOTALL)
    return found[1] if found else ""


def test_nothing_runs_and_nothing_is_loaded(tmp_path: Path, browse: Browse, asked: tuple[str, list[str]]) -> None:
    address, paths = asked
    raw = "\n".join(hostile.TEXTS[:2]) + f"<img src={address}/image>"
    assert title(browse(f"<!doctype html><title>x</title>{raw}", "--dump-dom")) == "OWNED"
    assert paths == ["/image"], "the browser does ask where it may"
    paths.clear()
    dom = browse(page_of(tmp_path, address).replace("<details", "<details open"), "--dump-dom")
    assert title(dom).startswith("Session ")
    assert paths == []
    assert dom.rstrip().endswith("</html>") and "<footer>" in dom
    assert len(re.findall(r"<img\b", dom)) == 1
    assert not re.findall(r"<(?:script|iframe|svg|link|base|object|embed)\b", dom)


def test_the_policy_holds_by_itself(tmp_path: Path, browse: Browse, asked: tuple[str, list[str]]) -> None:
    """As if escaping had failed: markup of a transcript stands in the page, and still nothing acts."""
    address, paths = asked
    page = page_of(tmp_path, address)
    broken = page.replace("<main>", "<main>" + "".join(hostile.TEXTS[:2]).replace("x", f"{address}/image") + (
        f"<link rel=stylesheet href={address}/style><style>@import '{address}/import'</style>"
        f"<iframe src={address}/frame></iframe><object data={address}/object></object>"
    ))
    dom = browse(broken, "--dump-dom")
    assert "OWNED" in dom and title(dom).startswith("Session ")
    assert paths == []


@pytest.mark.parametrize("width", [360, 1400])
def test_the_page_is_no_wider_than_the_screen(tmp_path: Path, browse: Browse, width: int) -> None:
    """Measured by a script put into a copy whose policy lets it run."""
    page = page_of(tmp_path, hostile.ADDRESS).replace("<details", "<details open")
    policy = re.search(r'<meta http-equiv="Content-Security-Policy"[^>]*>', page)
    assert policy is not None
    measure = "<script>document.title = document.documentElement.scrollWidth + '/' + innerWidth</script>"
    measured = page.replace(policy[0], "").replace("</body>", f"{measure}</body>")
    # Chromium opens no window below 500 pixels: a frame of the width stands for the screen.
    frame = tmp_path / "frame.html"
    frame.write_text(measured, encoding="utf-8")
    outer = (
        "<!doctype html><title>x</title>"
        f"<iframe id=f style='width:{width}px;height:800px;border:0' src=frame.html></iframe>"
        "<script>f.onload = () => { try { document.title = f.contentDocument.title } catch (e) { document.title = e } }"
        "</script>"
    )
    found = title(browse(outer, "--dump-dom", "--allow-file-access-from-files", "--window-size=1600,1000"))
    wide, screen = map(int, found.split("/"))
    assert screen == width and wide <= width
