"""Invitations as links and QR codes, and the ways in which the command line takes them."""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from masquerade.cli.app import run
from masquerade.cli.commands.psp_service import open_provider
from masquerade.masknets import read_masknet
from masquerade.service.accounts.invitation_code import read_code
from masquerade.service.provider import Provider
from service_examples import provider
from service_live import listening

Live = tuple[Provider, str]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("live")
    psp = provider(f"sqlite:///{folder}/psp.db", min_distance=0, stock=4)
    assert psp.source.digest
    with listening(psp, folder) as port:
        yield psp, f"http://127.0.0.1:{port}"


@pytest.fixture
def operator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    open_provider("sqlite:///psp.db", Path("psp.key"), make=True).close()
    return tmp_path


def test_an_invitation_is_a_code_a_link_and_a_picture(
    operator: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    for name in ("card.svg", "card.PNG"):
        assert run(["psp", "invite", "--url", "https://psp.example/", "--qr", name]) == 0
        code, link = capsys.readouterr().out.split()
        assert link == f"https://psp.example/#{code}"
        assert read_code(link) == read_code(code)
        assert (operator / name).stat().st_mode & 0o777 == 0o600
    with Image.open(operator / "card.PNG") as picture:
        assert picture.size[0] == picture.size[1] > 200
    assert b"<svg" in (operator / "card.svg").read_bytes()


def test_a_terminal_shows_the_qr_code(
    operator: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert run(["psp", "invite", "--url", "https://psp.example"]) == 0
    shown = capsys.readouterr().out
    assert sum(shown.count(block) for block in "▀▄█") > 100


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--url", "http://psp.example"], "not the address"),
        (["--url", "psp.example"], "not the address"),
        (["--url", "https://psp.example", "--qr", "card.gif"], "PNG or SVG"),
        (["--url", "https://psp.example", "--qr", "psp.key"], "PNG or SVG"),
        (["--qr", "card.svg"], "Give --url"),
    ],
)
def test_what_cannot_be_done_makes_no_invitation(
    operator: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert run(["psp", "invite", *words]) == 1
    out, err = capsys.readouterr()
    assert said in err
    assert "#" not in out
    assert run(["psp", "invitations"]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("way", ["link", "stdin", "file", "variable", "argument"])
def test_every_way_to_give_a_code(
    live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    psp, url = live
    code, out = psp.invite(), tmp_path / "me.masknet"
    words = {"link": [f"{url}/#{code}"], "argument": [url, code.lower().replace("-", " ")]}.get(way, [url])
    (tmp_path / "code").write_text(f"{code}\n")
    if way == "stdin":
        monkeypatch.setattr(sys, "stdin", io.StringIO(f"{code}\n"))
    if way == "file":
        words += ["--code-file", str(tmp_path / "code")]
    if way == "variable":
        monkeypatch.setenv("MASQUERADE_INVITATION", f"{url}/#{code}")
    assert run(["masknet", "join", *words, "-o", str(out)]) == 0
    assert read_masknet(out)


def test_going_on_needs_no_code(live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    psp, url = live
    out, closed = tmp_path / "me.masknet", "http://127.0.0.1:1"
    monkeypatch.setattr(sys, "stdin", io.StringIO(psp.invite()))
    monkeypatch.setattr("masquerade.files.durable.os.link", lambda *_: _fail())
    assert run(["masknet", "join", url, "-o", str(out)]) == 4
    monkeypatch.undo()
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert run(["masknet", "join", f"{url}/", "-o", str(out)]) == 0
    assert read_masknet(out)
    assert run(["masknet", "join", closed, "-o", str(tmp_path / "other.masknet")]) != 0


def _fail() -> None:
    raise OSError(5, "the disk failed")


def test_a_slip_is_told_and_nothing_is_written(
    live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("7K3QH-0MX25-PABC6-YCGQC-M1VR8\n"))
    assert run(["masknet", "join", live[1], "-o", str(tmp_path / "me.masknet")]) == 1
    assert "a slip in the second group" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
