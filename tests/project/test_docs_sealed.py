"""The guide on sealed galleries runs as it stands there, and so does the example that serves one."""

import asyncio
import importlib.util
import re
import shlex
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import sealed_page

from masquerade.cli.app import run
from masquerade.data import builtin
from masquerade.owner.sealed.opening import Opener
from masquerade.sealed.probe import Camera
from places import ROOT
from sealed_owner_examples import new_gallery, photos_of, somebody, take_in

GUIDE = (ROOT / "docs" / "guide" / "sealed.md").read_text(encoding="utf-8")
SMALL = {"new": "--faces as-is", "enrol": "--strangers STRANGERS"}


def commands() -> list[list[str]]:
    return [
        shlex.split(line) for line in re.findall(r"^ {4}masquerade (.*?)(?: +#.*)?$", GUIDE, re.MULTILINE)
    ]


def test_the_commands_of_the_guide_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    builtin.write_folders(tmp_path / "all")
    for number, person in enumerate(sorted((tmp_path / "all").iterdir())[:8]):
        room, photos = ("PHOTOS", 4) if number < 4 else ("STRANGERS", 2)
        (tmp_path / room / person.name).mkdir(parents=True)
        for photo in sorted(person.iterdir())[:photos]:
            photo.rename(tmp_path / room / person.name / photo.name)
    (tmp_path / "all" / "s02" / "09.png").rename(tmp_path / "PHOTO")
    names = [command[1] if command[0] == "sealed" else command[0] for command in commands()]
    assert names == [
        "key", "new", "enrol", "verify", "probe", "match", "open", "people", "remove", "reseal"
    ]  # fmt: skip
    for name, command in zip(names, commands(), strict=True):
        words = [word.replace("NAME", "s02") for word in command]
        assert run([*words, *shlex.split(SMALL.get(name, ""))]) == 0, command
        if name == "open":
            assert capsys.readouterr().out.splitlines()[-1] == "ANSWER,s02"


def test_the_python_of_the_guide_names_a_person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = new_gallery(tmp_path)
    take_in(sealed, [somebody(n) for n in range(5)])
    sealed.folder.rename(tmp_path / "GALLERY")
    monkeypatch.chdir(tmp_path)
    cloud, owner = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    scope = {"vector": photos_of(3, 1)[0]}
    exec(compile(cloud + owner, "guide", "exec"), scope)  # noqa: S102 - it is our own page
    assert scope["name"] == "person 3"


def test_the_example_serves_a_gallery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = ROOT / "examples" / "sealed_fastapi.py"
    assert len(script.read_text(encoding="utf-8").splitlines()) <= 36
    sealed = new_gallery(tmp_path)
    take_in(sealed, [somebody(n) for n in range(5)])
    monkeypatch.setenv("GALLERY", str(sealed.public))
    spec = importlib.util.spec_from_file_location("sealed_fastapi", script)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    probe = Camera.load(sealed.public).probe(photos_of(2, 1)[0])

    async def answers(*bodies: bytes) -> list[httpx.Response]:
        transport = httpx.ASGITransport(module.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://cloud") as client:
            kind = {"Content-Type": "application/octet-stream"}
            return [await client.post("/match", content=body, headers=kind) for body in bodies]

    with ThreadPoolExecutor(1) as apart:  # this thread may have an event loop of another test's browser
        done = apart.submit(lambda: asyncio.run(answers(probe, probe[:-1], bytes(200_000))))
        whole, cut, large = done.result()
    assert [each.status_code for each in (whole, cut, large)] == [200, 400, 413]
    assert Opener(sealed.owned()).person(whole.content, probe) == "person 2"


def test_the_numbers_of_the_guide_are_those_that_were_measured() -> None:
    assert sealed_page.page(GUIDE) == GUIDE, "run python studies/sealed_page.py"
