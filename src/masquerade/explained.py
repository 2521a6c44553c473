"""Settings that say in their own words what is wrong with them, where pydantic would wrap the words up."""

from typing import Any, Self

from pydantic import BaseModel, ValidationError

from masquerade.errors import UsageError


class Explained(BaseModel):
    """A model whose own checks raise a ``UsageError`` that comes out as it is.

    A ``UsageError`` is a ``ValueError``, and pydantic makes a ``ValidationError`` of any of those.
    """

    def __init__(self, **fields: Any) -> None:  # noqa: ANN401 - pydantic checks them
        try:
            super().__init__(**fields)
        except ValidationError as error:
            raise own_words(error) or error from None

    @classmethod
    def model_validate(cls, obj: Any, **how: Any) -> Self:  # noqa: ANN401 - as pydantic has it
        """As pydantic's.

        Raises:
            UsageError: If a check of the model's own says so.
            ValidationError: If a field is unknown, missing or out of its range.
        """
        try:
            return super().model_validate(obj, **how)
        except ValidationError as error:
            raise own_words(error) or error from None


def own_words(error: ValidationError) -> UsageError | None:
    """The error that a check of ours raised first, if one did."""
    said = (each.get("ctx", {}).get("error") for each in error.errors(include_url=False))
    return next((words for words in said if isinstance(words, UsageError)), None)
