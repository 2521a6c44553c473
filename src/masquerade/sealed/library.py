"""Microsoft SEAL, which comes with an extra."""

from types import ModuleType

from masquerade.errors import UsageError
from masquerade.extras import how_to_install


def seal_library() -> ModuleType:
    """The module ``seal`` of the package seal-python.

    Raises:
        UsageError: If it is not installed.
    """
    try:
        import seal
    except ImportError:
        raise UsageError("SEAL is not installed", remedy=how_to_install("sealed")) from None
    found: ModuleType = seal
    return found
