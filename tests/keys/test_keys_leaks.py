"""Whatever fails, and wherever, no traceback with locals shows a key or a passphrase."""

import base64
import errno
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from io import StringIO
from pathlib import Path
from types import FrameType

import pytest
from rich.console import Console
from rich.traceback import Traceback

import masquerade.keys
from masquerade.errors import MasqueradeError
from masquerade.keys import Key, KeyStream, describe
from masquerade.keys.opaque import Secret
from masquerade.keys.passphrase import CHEAPEST

# Kept in globals, because a traceback shows the locals of the test as well.
CANARY = bytes((7 * i + 129) % 256 for i in range(32))
PASSPHRASE = "canary phrase of the owner"  # noqa: S105
KEY = Key.from_secret(CANARY)
ROOM = str(Path(masquerade.keys.__file__).parent)
FOLDER: dict[str, Path] = {}
CARELESS: dict[str, object] = {"canary": CANARY}


def windows(length: int = 8) -> list[bytes]:
    return [CANARY[i : i + length] for i in range(len(CANARY) - length + 1)]


NEEDLES = {
    *(
        form
        for part in windows()
        for form in (part.hex(), part.hex().upper(), part.hex(" "), repr(part)[2:-1])
    ),
    *(", ".join(map(str, part)) for part in windows()),
    *(" ".join(f"{number:3}" for number in part) for part in windows()),
    *(base64.b64encode(CANARY[i:])[:12].decode() for i in range(20)),
    *(base64.urlsafe_b64encode(CANARY[i:])[:12].decode() for i in range(20)),
    *(str(int.from_bytes(CANARY, order)) for order in ("little", "big")),
}


def shown(error: BaseException) -> str:
    return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


def leaks(text: str) -> list[str]:
    return sorted(needle for needle in NEEDLES if needle in text)


class InjectedError(Exception):
    pass


class Injector:
    """Raises at the n-th line that is run inside the room, counting from 0."""

    def __init__(self) -> None:
        # An envelope's constructor and the sharp door are handed raw bytes: there they are an argument.
        self.excepted = {Secret.__init__.__code__, Key.from_secret.__code__}

    def run(self, operation: Callable[[], object], n: int) -> None:
        self.left, before = n, sys.gettrace()
        sys.settrace(self.enter)
        try:
            operation()
        finally:
            sys.settrace(before)

    def enter(self, frame: FrameType, event: str, argument: object) -> Callable[..., object] | None:
        inside = frame.f_code.co_filename.startswith(ROOM) and frame.f_code not in self.excepted
        return self.step if inside else None

    def step(self, frame: FrameType, event: str, argument: object) -> Callable[..., object]:
        if event == "line":
            self.left -= 1
            if self.left < 0:
                raise InjectedError
        return self.step


OPERATIONS = {
    "Key.generate": Key.generate,
    "Key.from_secret": lambda: Key.from_secret(CANARY),
    "Key.fingerprint": lambda: KEY.fingerprint,
    "Key.derive": lambda: KEY.derive("a"),
    "Key.stream": lambda: KEY.stream("a"),
    "Key.authenticate": lambda: KEY.authenticate("a", b"data"),
    "Key.box": lambda: KEY.box("a"),
    "Key.signer": lambda: KEY.signer("a").sign(b"data"),
    "Key.require": lambda: KEY.require("0" * 32, "place"),
    "Key.locked": lambda: KEY.locked("phrase", cost=CHEAPEST),
    "Key.unlocked": lambda: Key.unlocked(KEY.locked("phrase", cost=CHEAPEST), "phrase", "place"),
    "Key.save": lambda: KEY.save(FOLDER["is"] / "new.key", overwrite=True),
    "Key.save, sealed": lambda: KEY.save(FOLDER["is"] / "new.key", "phrase", overwrite=True, cost=CHEAPEST),
    "Key.load": lambda: Key.load(FOLDER["is"] / "plain.key"),
    "Key.load, sealed": lambda: Key.load(FOLDER["is"] / "sealed.key", PASSPHRASE),
    "Key.load, damaged": lambda: Key.load(FOLDER["is"] / "damaged.key"),
    "Key.load, malformed": lambda: Key.load(FOLDER["is"] / "malformed.key"),
    "KeyFile": lambda: masquerade.keys.KeyFile(FOLDER["is"] / "plain.key").load(),
    "describe": lambda: describe(FOLDER["is"] / "plain.key"),
    "KeyStream.integers": lambda: KEY.stream("a").integers(10, 3),
    "KeyStream.permutation": lambda: KEY.stream("a").permutation(5),
    "KeyStream.uniform": lambda: KEY.stream("a").uniform(3),
    "KeyStream.normal": lambda: KEY.stream("a").normal(3),
    "KeyStream.orthogonal": lambda: KEY.stream("a").orthogonal(2, 2),
    "KeyStream.fields": lambda: KEY.stream("a").fields([bytes(16)], 3),
    "KeyStream.purpose": lambda: KEY.stream("a").purpose,
    "rounded_digest": lambda: masquerade.keys.rounded_digest([KEY.stream("a").orthogonal(2, 2)]),
    "derivation_seconds": lambda: masquerade.keys.derivation_seconds(2, 2),
    "PassphraseCost": lambda: masquerade.keys.PassphraseCost(8, 1, 1),
}


@pytest.fixture(scope="module", autouse=True)
def _key_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder = tmp_path_factory.mktemp("keys")
    FOLDER["is"] = folder
    KEY.save(folder / "plain.key")
    KEY.save(folder / "sealed.key", PASSPHRASE, cost=CHEAPEST)
    text = (folder / "plain.key").read_bytes()
    for name, content in {
        "damaged": text[:-1],
        "malformed": resigned(text.replace(b"none\n", b"odd\n")),
    }.items():
        (folder / f"{name}.key").touch(0o600)
        (folder / f"{name}.key").write_bytes(content)
    yield
    del FOLDER["is"]


def resigned(text: bytes) -> bytes:
    lines = text[: text.index(b"check: ")]
    return lines + f"check: {sha256(lines).hexdigest()}\n".encode()


def test_every_public_name_is_tried() -> None:
    public = {name for name in masquerade.keys.__all__ if name not in ("Key", "KeyStream", "KeyFacts")}
    public |= {f"Key.{name}" for name in dir(Key) if not name.startswith("_")}
    public |= {f"KeyStream.{name}" for name in dir(KeyStream) if not name.startswith("_")}
    assert public - {"RFC_9106_LOW_MEMORY", "Key.reveal"} == {name.split(",")[0] for name in OPERATIONS}


# An error between opening a file and entering its block leaves the file to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("name", OPERATIONS)
def test_an_error_at_any_line_shows_no_key(name: str) -> None:
    with ThreadPoolExecutor(1) as thread:  # a thread of its own, whose state no other test sees
        assert thread.submit(leaking_lines, OPERATIONS[name]).result() == []


def leaking_lines(operation: Callable[[], object]) -> list[int]:
    """Let the first line fail, the second, and so on until the operation ends by itself.

    Nothing longer than a number is kept, because what is kept here would be shown by the next traceback.
    """
    n, leaking = 0, []
    injector = Injector()
    while True:
        try:
            injector.run(operation, n)
        except InjectedError as error:
            leaking += [n] * bool(leaks(shown(error)))
            n += 1
        except MasqueradeError as error:
            return leaking + [n] * bool(leaks(shown(error)))
        else:
            return leaking


def test_the_injection_finds_a_careless_line() -> None:
    exec(compile("def f():\n a = 1\n b = canary.hex()\n return a", f"{ROOM}/careless.py", "exec"), CARELESS)  # noqa: S102
    assert leaking_lines(CARELESS["f"]) == [2]


def test_the_search_finds_a_careless_function() -> None:
    def careless() -> None:
        text = f"secret: {CANARY.hex()}"
        raise InjectedError(len(text))

    with pytest.raises(InjectedError) as caught:
        careless()
    assert leaks(shown(caught.value))


@pytest.mark.parametrize("form", [repr, bytes.hex, base64.b64encode, list, lambda raw: raw[5:15]])
def test_the_search_knows_the_forms_of_a_secret(form: Callable[[bytes], object]) -> None:
    assert leaks(str(form(CANARY)))


def refuse(*arguments: object, **options: object) -> None:
    del arguments, options
    raise OSError(errno.ENOSPC, "No space left on device")


FAILURES = {
    "wrong passphrase": lambda: Key.load(FOLDER["is"] / "sealed.key", PASSPHRASE + "!"),
    "needless passphrase": lambda: Key.load(FOLDER["is"] / "plain.key", PASSPHRASE),
    "missing file": lambda: Key.load(FOLDER["is"] / "missing.key", PASSPHRASE),
    "folder": lambda: Key.load(FOLDER["is"], PASSPHRASE),
    "name taken": lambda: KEY.save(FOLDER["is"] / "plain.key", PASSPHRASE, cost=CHEAPEST),
    "no folder": lambda: KEY.save(FOLDER["is"] / "missing" / "new.key", PASSPHRASE, cost=CHEAPEST),
    "cost": lambda: KEY.save(
        FOLDER["is"] / "new.key", PASSPHRASE, cost=masquerade.keys.PassphraseCost(1, 1, 1)
    ),
    "disk full": lambda: KEY.save(FOLDER["is"] / "new.key", PASSPHRASE, overwrite=True, cost=CHEAPEST),
    "short key": lambda: Key.from_secret(CANARY[:31]),
    "no envelope": lambda: Key(CANARY),
}


@pytest.mark.parametrize("name", FAILURES)
def test_errors_show_neither_key_nor_passphrase(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if name == "disk full":
        monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(MasqueradeError) as caught:
        FAILURES[name]()
    console = Console(width=400, record=True, file=StringIO())
    error = caught.value
    console.print(Traceback.from_exception(type(error), error, error.__traceback__, show_locals=True))
    for text in (shown(error), console.export_text(), repr(error), repr(vars(error))):
        assert not leaks(text)
        assert PASSPHRASE not in text


def test_saving_is_the_only_way_out(tmp_path: Path) -> None:
    KEY.save(tmp_path / "a.key")
    assert leaks((tmp_path / "a.key").read_text())
    KEY.save(tmp_path / "b.key", PASSPHRASE, cost=CHEAPEST)
    assert not leaks((tmp_path / "b.key").read_text())
    for operation in set(OPERATIONS) - {"Key.load, damaged", "Key.load, malformed", "Key.require"}:
        assert not leaks(repr(OPERATIONS[operation]()))
