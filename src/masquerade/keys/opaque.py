"""Objects that hold a secret and refuse to hand it on."""

from abc import ABC, abstractmethod
from typing import NoReturn, final

from masquerade.errors import SecretLeakRefused


class Opaque(ABC):
    """Base of everything that holds secret bytes: no copy, no pickle, no text but its ``repr``.

    A subclass declares ``__slots__``, so that there is no ``__dict__`` to look into, and a ``repr`` that
    shows public facts alone. What it does not cover: a debugger, or code that reads private slots.
    """

    __slots__ = ()

    def _refuse(self, *_: object) -> NoReturn:
        raise SecretLeakRefused(
            "a secret cannot be copied, pickled or serialised",
            value=type(self).__name__,
            remedy="Save the key to a key file, and pass masquerade.KeyFile(path) instead: it carries no secret, and "
            "is loaded where it is used.",
        )

    @abstractmethod
    def __repr__(self) -> str:
        """Public facts alone."""

    @final
    def __copy__(self) -> NoReturn:
        self._refuse()

    @final
    def __deepcopy__(self, memo: object) -> NoReturn:
        del memo
        self._refuse()

    @final
    def __getstate__(self) -> NoReturn:
        self._refuse()

    @final
    def __setstate__(self, state: object) -> NoReturn:
        del state
        self._refuse()

    @final
    def __reduce__(self) -> NoReturn:
        self._refuse()

    @final
    def __reduce_ex__(self, protocol: object) -> NoReturn:
        del protocol
        self._refuse()

    @final
    def __str__(self) -> str:
        return repr(self)

    @final
    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)


@final
class Secret(Opaque):
    """Secret bytes in an envelope that tracebacks and logs print as ``Secret(...)``.

    Frames keep the envelope in their locals and open it only inside an expression, so a traceback that
    shows locals shows no secret.

    Args:
        raw: The bytes.
    """

    __slots__ = ("_raw",)

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def reveal(self) -> bytes:
        """The bytes; for use within one expression, never to be kept in a variable."""
        return self._raw

    def __len__(self) -> int:
        return len(self._raw)

    def __repr__(self) -> str:
        return "Secret(...)"
