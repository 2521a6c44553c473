"""What the project must never promise, and what it must never contain."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from places import ROOT

SOURCES = sorted((ROOT / "src").rglob("*.py"))
TEXTS = sorted(
    path
    for pattern in (
        "*.md",
        "src/**/*.py",
        "src/**/*.j2",
        "src/**/*.toml",
        "docs/**/*.md",
    )
    for path in ROOT.glob(pattern)
)
PROMISES = re.compile(
    r"\b(irreversibl\w*|anonymous\w*|anonymi[sz]\w*|unbreakable|provably secure"
    r"|mathematically secure|cannot be reversed|gdpr|protected forever)\b",
    re.IGNORECASE,
)
ENCRYPTED = re.compile(r"\bencrypt(?:ed|s|ion)\b", re.IGNORECASE)
ASSUMPTION = "ring-LWE"
CIPHERTEXTS = (
    "src/masquerade/sealed/",
    "src/masquerade/owner/sealed/",
    "docs/guide/sealed.md",
    "docs/decisions/0025-sealed-gallery.md",
)
"""Where nothing but ciphertexts is spoken of, and the assumption stands at the top."""
SERIALISERS = {"pickle", "marshal", "dill", "shelve", "cloudpickle", "joblib"}


def test_there_is_something_to_look_at() -> None:
    assert len(SOURCES) > 100
    assert ROOT / "README.md" in TEXTS


@pytest.mark.parametrize(
    "promise", ["The photos are encrypted.", "fully ANONYMISED faces", "provably secure"]
)
def test_the_patterns_find_promises(promise: str) -> None:
    assert list(promises(promise))


def promises(text: str) -> Iterator[str]:
    """What a text promises that it must not: "encrypted" too, unless the paragraph names what that rests on."""
    yield from (found[0] for found in PROMISES.finditer(text))
    for paragraph in re.split(r"\n\s*\n", text):
        if ASSUMPTION not in paragraph:
            yield from (found[0] for found in ENCRYPTED.finditer(paragraph))


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_promise_that_no_disguise_can_keep(path: Path) -> None:
    name, text = str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
    if name.startswith(CIPHERTEXTS):
        text = ENCRYPTED.sub("", text)
    assert list(promises(text)) == [], name


@pytest.mark.parametrize("room", [ROOT / name for name in CIPHERTEXTS], ids=lambda path: path.name)
def test_who_speaks_of_ciphertexts_says_what_they_rest_on(room: Path) -> None:
    first = room / "__init__.py" if room.is_dir() else room
    assert ASSUMPTION in first.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_runs_what_it_reads(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=names):
                assert not {name.name.split(".")[0] for name in names} & SERIALISERS
            case ast.ImportFrom(module=str(module)):
                assert module.split(".")[0] not in SERIALISERS
            case ast.Call(func=ast.Name(id=name)):
                assert name not in {"eval", "exec", "compile", "__import__"}
            case ast.Call(func=ast.Attribute(value=ast.Name(id="torch"), attr=name)):
                assert name not in {"load", "save"}
            case ast.keyword(arg="allow_pickle", value=ast.Constant(value=value)):
                assert value is False


@pytest.mark.parametrize("room", ["keys", "disguises"])
def test_secret_randomness_comes_from_the_key_stream_only(room: str) -> None:
    for path in (ROOT / "src" / "masquerade" / room).rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"manual_seed|np\.random|torch\.rand|import random\b", text), path.name


@pytest.mark.parametrize(
    "path", [*SOURCES, *sorted((ROOT / "tests").rglob("*.py"))], ids=lambda path: str(path.relative_to(ROOT))
)
def test_files_stay_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
