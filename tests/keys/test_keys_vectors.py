"""The golden vectors: masquerade and a second implementation both agree with the committed files."""

import importlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from masquerade import errors
from masquerade.keys import Key

FOLDER = Path(__file__).parents[1] / "vectors" / "keys"
KEY_FILES = json.loads((FOLDER / "key_files.json").read_text())


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module


def test_masquerade_still_gives_the_vectors(programs: Callable[[str], ModuleType], tmp_path: Path) -> None:
    programs("generate").write_all(tmp_path)
    names = sorted(path.name for path in FOLDER.glob("*.json"))
    assert names == sorted(path.name for path in tmp_path.iterdir())
    for name in names:
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes(), name


def test_the_standard_library_alone_gives_the_vectors() -> None:
    ran = subprocess.run([sys.executable, "-I", "-S", FOLDER / "verify.py"], capture_output=True, text=True)
    assert (ran.returncode, ran.stdout) == (0, "all vectors agree\n"), ran.stdout + ran.stderr


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_the_verifier_notices_a_changed_vector(
    programs: Callable[[str], ModuleType], tmp_path: Path, path: Path
) -> None:
    vectors = json.loads(path.read_text())
    changed = vectors[-1]
    if "draws" in changed:
        changed["draws"][-1]["is"] = changed["draws"][-1]["is"][:-1]
    elif path.stem == "key_files":
        changed["expected"] = "WrongPassphrase"
    else:
        last = list(changed)[-1]
        changed[last] = changed[last][:-1] + ("0" if changed[last][-1] != "0" else "1")
    (tmp_path / path.name).write_text(json.dumps(vectors))
    assert programs("verify").disagreements(tmp_path) == [f"{path.name}[{len(vectors) - 1}]"]


def test_there_are_enough_key_files() -> None:
    assert len(KEY_FILES) >= 30
    assert len({vector["name"] for vector in KEY_FILES}) == len(KEY_FILES)


@pytest.mark.parametrize("vector", KEY_FILES, ids=lambda vector: vector["name"])
def test_key_files_open_or_fail_as_expected(tmp_path: Path, vector: dict[str, str]) -> None:
    path = tmp_path / "owner.key"
    path.touch(0o600)
    path.write_bytes(vector["text"].encode("latin-1"))
    if len(vector["expected"]) == 32:
        assert Key.load(path, vector["passphrase"]).fingerprint == vector["expected"]
        return
    with pytest.raises(errors.MasqueradeError) as caught:
        Key.load(path, vector["passphrase"])
    assert type(caught.value).__name__ == vector["expected"]
