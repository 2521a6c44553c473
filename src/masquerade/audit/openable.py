"""Whether everything that a study names can be opened, before hours are spent on its first arms."""

from masquerade.audit.named_files import named_files
from masquerade.audit.study import Resolved
from masquerade.audit.trial import disguise_held, disguise_of
from masquerade.errors import StudyError, UsageError


def require_openable(study: Resolved) -> None:
    """Open the networks of every protection, let them go, and look for the files that attacks name.

    Args:
        study: The study at its profile.

    Raises:
        StudyError: If a network or a file is missing; it names the arm or the attack.
    """
    for arm in study.arms:
        try:
            disguise_of(arm)
        except UsageError as error:
            raise _missing(error, f"arm {arm.name}") from error
    for attack in study.attacks:
        try:
            named_files(attack.options)
            if attack.fresh is not None:
                disguise_held(attack.fresh)
        except UsageError as error:
            raise _missing(error, f"attack {attack.title}") from error


def _missing(error: UsageError, place: str) -> StudyError:
    return StudyError(
        error.problem,
        value=error.value,
        place=place,
        remedy="`make studies/models` trains those of masquerade's own studies; of others, name the file.",
    )
