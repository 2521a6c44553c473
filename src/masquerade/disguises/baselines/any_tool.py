"""Somebody else's tool, of which only the pictures are known, or which can be asked and not looked into."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import final

from torch import Tensor

from masquerade.disguises.base import Disguise, Keyed, Shape
from masquerade.errors import NotApplicable
from masquerade.keys import Key
from masquerade.promises import THE_PERSON

Ask = Callable[[Tensor], Tensor]
"""Photos ``(n, c, h, w)`` of 0 to 255 to what a tool makes of them, float32 of the same shape."""


@final
@dataclass(frozen=True)
class AnyTool(Disguise):
    """A tool that gives a picture for a picture; it promises nothing to whoever holds the photo itself.

    Args:
        known: By what it is known: "pictures" that it made, or also by its "answers".
    """

    known: str = "pictures"

    keyed_by_secret = False
    promises = THE_PERSON
    per_image = True
    restorable = False

    @property
    def takes_long(self) -> bool:
        """True: nobody's tool is asked for hundreds of photos to measure traits."""
        return True

    def asking(self, ask: Ask) -> "AnyTool":
        """The same tool, which can be asked."""
        tool = AnyTool("answers")
        object.__setattr__(tool, "_ask", ask)
        return tool

    @property
    def ask(self) -> Ask | None:
        """The tool, or None where only pictures are left of it."""
        found: Ask | None = self.__dict__.get(
            "_ask"
        )  # kept on the tool asked: a function on the class would be a method
        return found

    def keyed(self, key: Key, shape: Shape) -> Keyed:
        """The tool at work; nothing of the key goes into it."""
        del key
        return KeyedTool(shape, self.ask)


@final
class KeyedTool(Keyed):
    """A tool at work; it holds no secret.

    Args:
        shape: Channels, height and width of the photos.
        ask: The tool, or None where only pictures are left of it.
    """

    def __init__(self, shape: Shape, ask: Ask | None) -> None:
        super().__init__(shape)
        self._ask = ask

    def disguise(self, images: Tensor, nonces: list[bytes] | None) -> Tensor:
        """What the tool makes of photos.

        Raises:
            NotApplicable: If it cannot be asked.
        """
        del nonces
        if self._ask is None:
            raise NotApplicable(
                "only what the tool made is here, and not the tool",
                remedy="Give the tool too: --command, or --protection.",
            )
        return self._ask(images).float()

    def digest(self) -> bytes:
        """Of nothing: it has no secret numbers."""
        return sha256(b"any tool").digest()
