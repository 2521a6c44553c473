"""``masquerade.sklearn``: a protection as a step of a scikit-learn pipeline."""

from os import PathLike
from typing import Any, Self, final

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from masquerade.api.arrays import Scale
from masquerade.api.keyed import KeyedProtection
from masquerade.api.protection import Protection
from masquerade.errors import UsageError
from masquerade.keys import Key, KeyFile


@final
class Protector(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Disguises photos under a key; there is nothing to fit.

    It can be cloned, pickled and sent to joblib's workers: it holds the path and the fingerprint of the key, never the
    key itself.

    Args:
        name: A protection's name, or a ``Protection``.
        key: The owner's key, as a ``KeyFile`` or the path of one.
        accept_broken: Go on although attacks break the protection, or none ran.
        scale: Of floating photos, what black and white are: "0-255" or "0-1".
        layout: The axes, such as "NHWC", where a shape can be read in two ways.
        flatten: Whether to give rows ``(n, features)``, as most classifiers of scikit-learn want them.
    """

    def __init__(
        self,
        name: str | Protection,
        *,
        key: KeyFile | str | PathLike[str] | None = None,
        accept_broken: bool = False,
        scale: Scale | None = None,
        layout: str | None = None,
        flatten: bool = False,
    ) -> None:
        # scikit-learn clones by these attributes, which must be the very objects that were given
        self.name = name
        self.key = key
        self.accept_broken = accept_broken
        self.scale = scale
        self.layout = layout
        self.flatten = flatten

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ANN401 - arrays of several libraries
        """Derive the secrets from the key; photos and labels are not looked at.

        Raises:
            UsageError: If there is no key file, or attacks break the protection and that was not accepted.
            KeyFileError: If the key file cannot be used; ``WrongKey`` if it holds another key by now.
        """
        del X, y
        if self.key is None or isinstance(self.key, Key):
            raise UsageError(
                "no key that can be cloned"
                if self.key is None
                else "a key in memory, which cannot be cloned",
                place="key",
                remedy="Save it, and give masquerade.KeyFile(path).",
            )
        protection = self.name if isinstance(self.name, Protection) else Protection(self.name)
        self.keyed_: KeyedProtection = protection.keyed(self.key, accept_broken=self.accept_broken)
        return self

    def transform(self, X: Any) -> Any:  # noqa: ANN401 - as above
        """Disguise photos; see ``KeyedProtection``.

        Args:
            X: Photos in any container that ``KeyedProtection`` takes.

        Returns:
            The disguised photos in the same container; with ``flatten`` a float32 array ``(n, features)``.

        Raises:
            UsageError: If these are no photos of the protection's shape.
            sklearn.exceptions.NotFittedError: If ``fit`` was not called.
        """
        from sklearn.utils.validation import check_is_fitted

        check_is_fitted(self)
        found = self.keyed_(X, scale=self.scale, layout=self.layout)
        return np.stack([np.asarray(each).ravel() for each in found]) if self.flatten else found
