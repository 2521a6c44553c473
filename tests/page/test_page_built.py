"""The built page is the build of the page's sources, and its numbers are those of the reports."""

import json
from hashlib import sha256
from pathlib import Path

from graphs.__main__ import GENERATOR, MEASURED, NETWORKS, PAGE
from graphs.measured import measured

import masquerade

BUILT = Path(masquerade.__file__).parent / "service" / "page"
SOURCES = ("index.html", "package-lock.json", "public", "src", "tsconfig.json", "vite.config.ts")


def test_the_built_page_is_the_build_of_the_sources() -> None:
    places = [PAGE / name for name in SOURCES]
    files = [file for place in places for file in ([place] if place.is_file() else place.rglob("*"))]
    names = sorted(file.relative_to(PAGE).as_posix() for file in files if file.is_file())
    lines = (f"{name}\0{sha256((PAGE / name).read_bytes()).hexdigest()}\n" for name in names)
    told = json.loads((BUILT / "sources.json").read_text("utf-8"))["sha256"]
    assert sha256("".join(lines).encode()).hexdigest() == told, "run: cd page && npm ci && npx vite build"


def test_what_the_page_tells_is_what_was_measured() -> None:
    assert json.loads(MEASURED.read_text("utf-8")) == measured()


def test_the_page_has_the_generator_of_the_command_line() -> None:
    assert (NETWORKS / "generator.safetensors").read_bytes() == GENERATOR.read_bytes()
    assert (BUILT / "networks" / "generator.safetensors").read_bytes() == GENERATOR.read_bytes()


def test_files_that_the_page_keeps_on_the_device_are_all_there() -> None:
    worker = (BUILT / "sw.js").read_text("utf-8")
    kept = json.loads(worker[worker.index("[") : worker.index("]") + 1])
    there = {f"./{file.relative_to(BUILT).as_posix()}" for file in BUILT.rglob("*") if file.is_file()}
    assert set(kept) == (there - {"./index.html", "./sources.json", "./sw.js"}) | {"./"}
