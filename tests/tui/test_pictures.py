"""The pictures of the documentation show the program as it is, and load nothing from elsewhere."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"


def _make() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_pictures", PICTURES / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MAKE = _make()


def words(svg: str) -> list[str]:
    """What is written in a picture; how it is drawn is the library's business."""
    return re.findall(r"<text[^>]*>(.*?)</text>", svg)


@pytest.mark.parametrize("name", MAKE.PICTURES)
async def test_a_picture_is_current(name: str) -> None:
    kept = (PICTURES / f"{name}.svg").read_text(encoding="utf-8")
    assert words(await MAKE.draw(name)) == words(kept), "run: python docs/pictures/make.py, and look at them"


@pytest.mark.parametrize("path", sorted(PICTURES.glob("*.svg")), ids=lambda path: path.stem)
def test_a_picture_loads_nothing_and_differs_only_with_the_program(path: Path) -> None:
    svg = path.read_text(encoding="utf-8")
    assert "http" not in re.sub(r"xmlns=\"[^\"]*\"|<!--.*?-->", "", svg)
    assert not re.search(r"@font-face|@import|<image|<script|terminal-\d{3}", svg)
    assert path.stem in MAKE.PICTURES
