"""``import masquerade``: every public name is there, and nothing heavy is loaded before one is asked for."""

import subprocess
import sys

import pytest

import masquerade as mq


@pytest.mark.parametrize("name", mq.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    found = getattr(mq, name)
    assert name in dir(mq)
    assert name == "__version__" or found.__doc__


def test_the_import_loads_neither_torch_nor_numpy() -> None:
    asked = (
        "import sys, masquerade; print([name for name in ('torch', 'numpy', 'PIL') if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'encrypt'"):
        _ = mq.encrypt
