"""Settings that are read from plain data."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import ConfigDict, ValidationError

from masquerade.errors import UsageError
from masquerade.explained import Explained


class ReadSettings(Explained):
    """Settings that know what they are settings of."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    settings_of: ClassVar[str]
    """What messages call it."""

    @classmethod
    def read(cls, fields: Mapping[str, Any], place: object = None) -> Self:
        """Settings from plain data.

        Raises:
            UsageError: If a field is unknown, missing or out of its range.
        """
        try:
            return cls.model_validate(dict(fields))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise UsageError(
                f"setting of {cls.settings_of} cannot be used ({first['msg']})",
                value=".".join(str(part) for part in first["loc"]) or None,
                place=place,
                remedy=f"Settings are: {', '.join(cls.model_fields)}.",
            ) from None
