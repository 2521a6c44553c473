"""Consent to a protection that is not known to hold, asked for in Python as the commands do."""

from masquerade.errors import UsageError
from masquerade.recipes import Recipe
from masquerade.recipes.measured import verdict_on


def require_consent(recipe: Recipe, accept_broken: bool) -> None:
    """Pass if no attack of ours breaks the recipe, or it was accepted all the same.

    Raises:
        UsageError: If attacks break it, or none ran, and it was not accepted; the message says which and how far.
        MasqueradeError: If its networks cannot be opened.
    """
    verdict = verdict_on(recipe)
    if verdict.asks and not accept_broken:
        raise UsageError(
            "the protection is not known to hold",
            value=recipe.name,
            remedy=f"{verdict} {recipe.advice} To go on all the same, pass accept_broken=True.",
        )
