"""``import masquerade``: every public name is there, and nothing heavy is loaded before one is asked for."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import masquerade as mq

STUB = Path(mq.__file__).with_suffix(".pyi")


@pytest.mark.parametrize("name", mq.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    found = getattr(mq, name)
    assert name in dir(mq)
    assert name == "__version__" or found.__doc__


def told(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_the_import_loads_neither_torch_nor_numpy() -> None:
    heavy = "[name for name in ('torch', 'numpy', 'PIL', 'sklearn') if name in sys.modules]"
    assert told(f"import sys, masquerade; print({heavy})") == "[]"


@pytest.mark.parametrize(
    "asked",
    ["", "; mq.list_protections(); mq.list_attacks(); mq.list_metrics()", "; mq.Key.generate()", "; dir(mq)"],
)
def test_what_needs_no_torch_takes_little_time(asked: str) -> None:
    begun = "import sys, time; before = time.process_time(); import masquerade as mq"
    ended = "; print(time.process_time() - before, 'torch' in sys.modules)"
    seconds, torch = told(begun + asked + ended).split()
    assert torch == "False"
    assert float(seconds) < 0.3 * (1 if not asked else 2)  # a busy machine may take twice as long


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'encrypt'"):
        _ = mq.encrypt


def test_type_checkers_are_told_the_same_names_from_the_same_places() -> None:
    said = {
        alias.asname: (node.module, alias.name)
        for node in ast.parse(STUB.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert set(said) | {"__version__"} == set(mq.__all__)
    for name, (module, original) in said.items():
        assert original == name
        assert f"{module}.{name}" in (mq._MODULES.get(name), f"{mq._WHERE.get(name)}.{name}")


def test_everything_is_asked_for_by_star_too() -> None:
    names: dict[str, object] = {}
    exec("from masquerade import *", names)  # noqa: S102
    assert set(mq.__all__) <= set(names)
