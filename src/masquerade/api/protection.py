"""``Protection``: a way to disguise photos, by name and parameters, and what attacks made of it."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any, final

from masquerade.api.consent import require_consent
from masquerade.api.keyed import KeyedProtection
from masquerade.api.owners_key import OwnersKey, key_file
from masquerade.data.resize import check_target
from masquerade.disguises import Disguise
from masquerade.errors import UsageError
from masquerade.keys import Key
from masquerade.recipes import Recipe, recipe
from masquerade.recipes.changing import with_parameters
from masquerade.recipes.measured import verdict_on
from masquerade.released.verdict import Verdict
from masquerade.traits import Traits


@final
class Protection:
    """A protection for photos, by its name; public, as all but the key is.

    Args:
        name: As ``list_protections`` has it; or a disguise of your own.
        size: Height and width of the photos in pixels; by itself those that the protection is made for, and 32 by 32
            for a disguise of your own.
        encoder: Name or file of another public encoder than its own.
        params: Parameters that differ from its own, such as ``level`` of its noise.

    Raises:
        UsageError: If there is no such protection or parameter, or it has no encoder to replace.
    """

    def __init__(
        self,
        name: str | Disguise,
        *,
        size: tuple[int, int] | None = None,
        encoder: str | PathLike[str] | None = None,
        **params: Any,  # noqa: ANN401 - the disguise checks them
    ) -> None:
        self._made_with = {"size": size, "encoder": encoder, **params}
        self._given = name
        found = recipe(name) if isinstance(name, str) else _of_disguise(name)
        self._recipe = with_parameters(_with_encoder(_with_size(found, size), encoder), params)

    @property
    def name(self) -> str:
        """What it is called."""
        return self._recipe.name

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of the photos that it takes."""
        return self._recipe.shape

    @property
    def recipe(self) -> Recipe:
        """The same with what trains on it, as commands use it."""
        return self._recipe

    @cached_property
    def disguise(self) -> Disguise:
        """The disguise of photos, its public networks opened.

        Raises:
            MasqueradeError: If a network cannot be opened; the message says what is missing.
        """
        return self._recipe.whole()

    @property
    def traits(self) -> Traits | None:
        """What it does to photos, as it declares; None where that is left to measurement."""
        return self.disguise.traits

    @property
    def restorable(self) -> bool:
        """Whether the owner can undo it, up to rounding."""
        return self.disguise.restorable

    def describe(self) -> dict[str, Any]:
        """All public parameters as plain data."""
        return self.disguise.describe()

    @cached_property
    def verdict(self) -> Verdict:
        """What attacks made of it in the committed results: ``grade``, ``strongest`` and the study.

        ``state`` is "measured" for exactly these parameters and this size, "stale" if others were measured, and "not
        measured" otherwise.
        """
        return verdict_on(self._recipe)

    def keyed(
        self,
        key: OwnersKey,
        shape: tuple[int, int, int] | None = None,
        *,
        accept_broken: bool = False,
    ) -> KeyedProtection:
        """What disguises photos under a key.

        Args:
            key: The owner's key; with a ``KeyFile``, or the path of a key file, the result can be sent to other
                processes.
            shape: Channels, height and width of the photos, if they differ from the protection's own.
            accept_broken: Go on although attacks break the protection, or none ran.

        Raises:
            UsageError: If attacks break it, or none ran, and that was not accepted; or the shape does not fit.
            KeyFileError: If the key file cannot be used.
        """
        wanted = self if shape is None or tuple(shape) == self.shape else self._of_shape(shape)
        require_consent(wanted.recipe, accept_broken)
        return KeyedProtection(wanted, key if isinstance(key, Key) else key_file(key))

    def _of_shape(self, shape: tuple[int, int, int]) -> "Protection":
        channels, height, width = shape
        if channels not in (1, 3):
            raise UsageError(
                "photos of another number of channels than one or three", value=tuple(shape), place="shape"
            )
        made = _again(self._given, {**self._made_with, "size": (height, width)})
        made._recipe = replace(made._recipe, mode="RGB" if channels == 3 else "L")
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (self._given, self._made_with, self._recipe.mode)

    def __repr__(self) -> str:
        said = [
            repr(self._given),
            *(f"{name}={value!r}" for name, value in self._made_with.items() if value is not None),
        ]
        return f"Protection({', '.join(said)})"


def _again(given: str | Disguise, made_with: Mapping[str, Any], mode: str | None = None) -> Protection:
    """The same protection, opened where it is used."""
    made = Protection(given, **made_with)
    if mode is not None and mode != made._recipe.mode:
        made._recipe = replace(made._recipe, mode="L" if mode == "L" else "RGB")
    return made


def _of_disguise(disguise: object) -> Recipe:
    if not isinstance(disguise, Disguise):
        raise UsageError(
            "not a protection",
            value=type(disguise).__name__,
            remedy="Give a name of list_protections(), or a disguise.",
        )
    name, title = type(disguise).__name__, (disguise.__doc__ or "").strip().split("\n")[0]
    advice = "No study here has measured it."
    return Recipe(name, title, disguise, 32, 32, "RGB", "resnet18", "laptop-resnet18", "its caller", advice)


def _with_size(found: Recipe, size: tuple[int, int] | None) -> Recipe:
    if size is None:
        return found
    try:
        height, width = map(int, size)
    except (TypeError, ValueError):
        raise UsageError(
            "not a size", value=repr(size)[:40], place="size", remedy="Give (height, width) in pixels."
        ) from None
    check_target(height, width, found.mode)
    return replace(found, height=height, width=width)


def _with_encoder(found: Recipe, encoder: str | PathLike[str] | None) -> Recipe:
    if encoder is None:
        return found
    if found.encoder is None:
        raise UsageError(
            "the protection disguises pixels, without an encoder",
            value=found.name,
            place="encoder",
            remedy="Choose one such as xnn, or leave the encoder out.",
        )
    return replace(found, encoder=Path(encoder) if Path(encoder).is_file() else str(encoder))
