"""A protection under a key: photos in any container in, what may leave the owner in the same container out."""

from typing import TYPE_CHECKING, Any, Final, final

from masquerade.api.arrays import Scale, Taken, photos, values
from masquerade.disguises.base import Keyed
from masquerade.disguises.promised import promised_by
from masquerade.errors import SecretLeakRefused, UsageError
from masquerade.keys import Key, KeyFile
from masquerade.promises import THE_PERSON

if TYPE_CHECKING:
    from masquerade.api.protection import Protection

_SCALES: Final = {"0-255": 1.0, "0-1": 1 / 255}


@final
class KeyedProtection:
    """What ``Protection.keyed`` gives: it disguises photos.

    Made with a ``KeyFile`` it can be pickled and sent to other processes, which read the key themselves: its pickle
    holds path and fingerprint. Made with a ``Key`` it refuses.

    Args:
        protection: What to do to photos.
        key: The owner's key.

    Raises:
        UsageError: If the protection does not take photos of its shape.
        KeyFileError: If the key file cannot be used; ``WrongKey`` if it holds another key by now.
    """

    def __init__(self, protection: "Protection", key: Key | KeyFile) -> None:
        self._protection = protection
        self._key = key
        self._keyed: Keyed | None = None
        self._secret()

    @property
    def protection(self) -> "Protection":
        """The public half."""
        return self._protection

    @property
    def key_fingerprint(self) -> str:
        """The public name of the key, 32 hexadecimal digits."""
        return self._key.fingerprint

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of the photos that it takes."""
        return self._protection.shape

    @property
    def out_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of what it gives for each photo."""
        return self._secret().out_shape

    def __call__(
        self,
        X: Any,  # noqa: ANN401 - arrays of several libraries
        *,
        scale: Scale | None = None,
        layout: str | None = None,
    ) -> Any:  # noqa: ANN401 - as X
        """Disguise photos; the result may leave the owner.

        Args:
            X: A numpy array or a tensor of photos, ``(n, c, h, w)``, ``(n, h, w, c)``, grey ``(n, h, w)``, or one
                photo; a PIL image or a list of them; uint8, or floats.
            scale: Of floats, what black and white are: "0-255" or "0-1".
            layout: The axes, such as "NHWC", where a shape can be read in two ways.

        Returns:
            The same container of float32, in the same layout, neither clipped nor rescaled. PIL images come back as
            such from cloaks alone; other values than grey levels come as arrays ``(h, w, c)``.

        Raises:
            UsageError: If these are no photos of ``shape``, or their scale is not stated.
        """
        taken = photos(X, scale=scale, layout=layout, shape=self.shape)
        return self._back(taken, self._secret()(taken.images))

    def query(
        self,
        X: Any,  # noqa: ANN401 - as above
        *,
        scale: Scale | None = None,
        layout: str | None = None,
    ) -> Any:  # noqa: ANN401 - as X
        """What the owner shows to the trained model at recognition: for most protections, what ``__call__`` gives.

        Args:
            X: As in ``__call__``.
            scale: As in ``__call__``.
            layout: As in ``__call__``.

        Raises:
            UsageError: As ``__call__``.
        """
        taken = photos(X, scale=scale, layout=layout, shape=self.shape)
        return self._back(taken, self._secret().query(taken.images))

    def restore(
        self,
        Z: Any,  # noqa: ANN401 - as above
        *,
        scale: Scale = "0-255",
        layout: str | None = None,
    ) -> Any:  # noqa: ANN401 - as Z
        """Undo the disguise, up to rounding.

        Args:
            Z: Disguised images, as ``__call__`` gave them.
            scale: What black and white are to be in the result.
            layout: As in ``__call__``.

        Returns:
            The photos, float32, in the container and layout of ``Z``.

        Raises:
            UsageError: If the protection cannot be undone, or these are no images of ``out_shape``.
        """
        if scale not in _SCALES:
            raise UsageError("no such scale", value=scale, place="scale", remedy='Say "0-255" or "0-1".')
        taken = values(Z, self.out_shape, layout=layout)
        return taken.back(self._secret().restore(taken.images) * _SCALES[scale], photos=scale == "0-255")

    def _back(self, taken: Taken, made: Any) -> Any:  # noqa: ANN401 - as above
        cloak = promised_by(self._protection.disguise) == THE_PERSON and self.out_shape == self.shape
        return taken.back(made, photos=cloak)

    def _secret(self) -> Keyed:
        """The secret half, derived in each process where it is needed."""
        if self._keyed is None:
            key = self._key.load() if isinstance(self._key, KeyFile) else self._key
            self._keyed = self._protection.disguise.with_key(key, self.shape)
        return self._keyed

    def __reduce__(self) -> tuple[Any, ...]:
        if isinstance(self._key, Key):
            raise SecretLeakRefused(
                "what was keyed with a key in memory cannot be copied or sent to another process",
                value=repr(self._key),
                remedy="Save the key, and give masquerade.KeyFile(path) to keyed(): it carries no secret.",
            )
        return _again, (self._protection, self._key)

    def __repr__(self) -> str:
        return f"KeyedProtection({self._protection!r}, {self._key!r})"


def _again(protection: "Protection", key: KeyFile) -> KeyedProtection:
    """The same in another process, which reads the key at the first photo."""
    made = object.__new__(KeyedProtection)
    made._protection, made._key, made._keyed = protection, key, None
    return made
