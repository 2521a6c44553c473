"""Every exception that masquerade raises on purpose.

::

    MasqueradeError
    ├── UsageError                what was asked for cannot be done as asked; a ValueError  (exit code 1)
    │   ├── UnknownName           no recipe, network or preset of that name; a LookupError
    │   └── DeadFeatures          a training ended in a network that sees no difference between photos
    ├── TrainingDiverged          a loss or a weight became infinite; a RuntimeError (exit code 4)
    ├── KeyFileError              a key file cannot be used                          (exit code 4)
    │   ├── CorruptKey            not a key file, damaged, or cut short
    │   ├── UnsupportedKeyVersion a key file of a newer format
    │   ├── ExposedKey            others than the owner can read the file
    │   ├── KeyCostRefused        its passphrase parameters ask for too much memory or time
    │   └── WrongPassphrase       intact, but the passphrase does not open it
    ├── WrongKey                  a sound key, but not the one this data was made with
    ├── DerivationMismatch        this platform derives other numbers from the key
    ├── SecretLeakRefused         somebody tried to copy, pickle or serialise a secret
    ├── PhotoRejected             one photo cannot be taken in; carries a ``Rejection``
    ├── ReleasedError             a released data set cannot be used
    │   ├── DamagedRelease        shards are damaged, missing, swapped or foreign
    │   ├── UnsupportedRelease    a newer format, or not a released data set
    │   ├── SourceChanged         the photos are not those that the job was started with
    │   ├── JobBusy               another process is writing the same data set
    │   └── WriteFailed           the disk is full or failing; the job can be resumed
    ├── ModelError                a model file cannot be used
    ├── SealedError               a sealed gallery, probe or answer cannot be used
    │   ├── RefusedParameters     parameters of a ring that are not known to be hard
    │   ├── DamagedCiphertext     a probe, an answer or a public key is damaged or cut short
    │   ├── ForeignCiphertext     made under another key, or for another state of the gallery
    │   ├── OtherRecogniser       vectors of another recogniser than the gallery's
    │   ├── EmptyGallery          nobody is in the gallery
    │   ├── PeopleAlike           two people whom the recogniser does not tell apart
    │   └── WrongAnswer           the canaries say that an answer is not the gallery's
    ├── CraftingError             features cannot be crafted from these numbers
    │   └── SeriesDiverged        the series for the inverse Hessian product grows instead of converging
    ├── NotMeasurable             a metric does not fit this guess, or there is too little data for it
    ├── StudyError                a study file is wrong, or its data are missing
    │   ├── UnknownInStudy        a study names an attack, a metric or a study that is not there; a LookupError
    │   └── MissingNetworks       a study names files of networks that are not here
    ├── AuditStopped              a process of an audit was killed; it can be gone on with
    ├── ServiceError              the provider's service does not do what a request asks
    │   ├── BadRequest            the request is not one that the service understands       (HTTP 400)
    │   ├── NotKnown              no such account, code or token; or it is not the caller's; a LookupError (401, 404)
    │   ├── QuotaReached          the account's share of MaskNets is used up                 (409)
    │   ├── TooMuch               too many requests, or too large or too slow a one          (408, 413, 429)
    │   ├── OutOfOrder            the service cannot write, or is not ready: nothing was done (503)
    │   └── ForeignMaskNet        a provider's answer is damaged, or meant for somebody else
    ├── ConditionMet              an audit found what `Report.fail_if` was told must not be     (exit code 3)
    ├── ContractBroken            a protection or attack does not keep to what all must keep to
    └── AttackError               an attack cannot run on what it was shown
        ├── MissingSight          the view lacks something that the attack needs
        ├── NotApplicable         the attack does not concern this disguise
        └── UnreadStructure       the attack would concern it, but cannot read how it is built
"""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import ClassVar


class MasqueradeError(Exception):
    """Base of all: a problem, the value and place it concerns, and a remedy.

    Args:
        problem: What is wrong, in a clause that ends without a full stop.
        value: The offending value, never a secret.
        place: The file, field or argument in which it stands.
        remedy: What the reader can do about it, as a sentence.

    Attributes:
        exit_code: Of the command that ends with it, as ``masquerade.cli.exit_codes`` has them.
    """

    exit_code: ClassVar[int] = 4

    def __init__(self, problem: str, *, value: object = None, place: object = None, remedy: str = "") -> None:
        self.problem = problem
        self.value = value
        self.place = place
        self.remedy = remedy
        where = "" if place is None else f" in {place}"
        what = "" if value is None else f": {value}"
        super().__init__(f"{problem}{what}{where}." + (f" {remedy}" if remedy else ""))


class UsageError(MasqueradeError, ValueError):
    """What was asked for cannot be done as asked."""

    exit_code = 1


class UnknownName(UsageError, LookupError):
    """There is no recipe, network or preset of that name."""


class DeadFeatures(UsageError):
    """A training ended in a network that sees no difference between photos."""


class TrainingDiverged(MasqueradeError, RuntimeError):
    """A training ran away: its loss or a weight is not a finite number."""


class KeyFileError(MasqueradeError):
    """A key file cannot be used."""


class CorruptKey(KeyFileError):
    """Not a key file, damaged, or cut short."""


class UnsupportedKeyVersion(KeyFileError):
    """A key file of a format that this version does not know."""


class ExposedKey(KeyFileError):
    """Others than the owner can read the key file."""


class KeyCostRefused(KeyFileError):
    """The key file's passphrase parameters ask for more memory or time than is sane."""


class WrongPassphrase(KeyFileError):
    """The key file is intact, but the passphrase does not open it."""


class WrongKey(MasqueradeError):
    """A sound key, but not the one that this data set or model was made with."""


class DerivationMismatch(MasqueradeError):
    """This platform derives other numbers from the key than the one that disguised the data."""


class SecretLeakRefused(MasqueradeError, TypeError):
    """Somebody tried to copy, pickle or serialise a secret."""


class PhotoRejected(MasqueradeError):
    """One photo cannot be taken in; ``rejection`` is its class from the closed list."""

    def __init__(self, rejection: str, *, place: object, detail: str = "", remedy: str = "") -> None:
        self.rejection = rejection
        super().__init__(rejection, value=detail or None, place=place, remedy=remedy)


class ReleasedError(MasqueradeError):
    """A released data set cannot be used."""


class DamagedRelease(ReleasedError):
    """Shards are damaged, missing, swapped or foreign."""


class UnsupportedRelease(ReleasedError):
    """Not a released data set, or one of a newer format."""


class SourceChanged(ReleasedError):
    """The photos are not those that the interrupted job was started with."""


class JobBusy(ReleasedError):
    """Another process is writing the same data set."""


class WriteFailed(ReleasedError):
    """The disk is full or failing; nothing half-written stands under its final name, and the job can be resumed."""


class ModelError(MasqueradeError):
    """A model file cannot be used."""


class SealedError(MasqueradeError):
    """A sealed gallery, a probe or an answer cannot be used."""


class RefusedParameters(SealedError):
    """Parameters of a ring that are not known to be hard: above the table for 128 bits."""


class DamagedCiphertext(SealedError):
    """A probe, an answer or a public key is damaged or cut short."""


class ForeignCiphertext(SealedError):
    """Made under another key, or for another gallery or another state of it."""


class OtherRecogniser(SealedError):
    """Vectors of another recogniser than the gallery's: their scores mean nothing."""


class EmptyGallery(SealedError):
    """Nobody is in the gallery."""


class PeopleAlike(SealedError):
    """Two people whose faces the recogniser does not tell apart."""


class WrongAnswer(SealedError):
    """The canaries say that an answer was not computed from the whole gallery and one probe."""


class CraftingError(MasqueradeError):
    """Features cannot be crafted from these numbers: they are not finite, or do not fit together."""


class SeriesDiverged(CraftingError):
    """The series for the inverse Hessian product grows instead of converging."""


class NotMeasurable(MasqueradeError):
    """A metric does not fit this guess, or there is too little data to measure it."""


class StudyError(MasqueradeError):
    """A study file is wrong, or the data it names are missing."""

    exit_code = 1


class UnknownInStudy(StudyError, LookupError):
    """There is no attack, metric or study of that name."""


class MissingNetworks(StudyError):
    """A study is sound, but names files of networks that are not here."""

    exit_code = 4


class AuditStopped(MasqueradeError):
    """A process of an audit was killed; what was finished is kept, and the same command goes on."""


class ServiceError(MasqueradeError):
    """The provider's service does not do what a request asks.

    Args:
        problem: As in ``MasqueradeError``.
        code: A word for programs.
        value: As in ``MasqueradeError``.
        place: As in ``MasqueradeError``.
        remedy: As in ``MasqueradeError``.
        wait: Seconds after which it may be asked again, if that helps.
    """

    status: ClassVar[int] = 500
    exit_code = 1

    def __init__(
        self,
        problem: str,
        *,
        code: str,
        value: object = None,
        place: object = None,
        remedy: str = "",
        wait: int | None = None,
    ) -> None:
        self.code = code
        self.wait = wait
        super().__init__(problem, value=value, place=place, remedy=remedy)


class BadRequest(ServiceError):
    """The request is not one that the service understands."""

    status = 400


class NotKnown(ServiceError, LookupError):
    """No such thing, or it is not the caller's: nobody learns which of the two."""

    status = 404


class QuotaReached(ServiceError):
    """The account's share of MaskNets is used up for now, or for good."""

    status = 409


class TooMuch(ServiceError):
    """Too many requests, or too large or too slow a one."""

    status = 429


class OutOfOrder(ServiceError):
    """The service cannot write, or is not ready: nothing was done, and the request may be repeated."""

    status = 503
    exit_code = 4


class ForeignMaskNet(ServiceError):
    """A provider's answer is damaged, signed by somebody else, or meant for another account."""

    status = 502
    exit_code = 4


class ConditionMet(MasqueradeError):
    """An audit found what must not be, or cannot rule it out."""

    exit_code = 3


class ContractBroken(MasqueradeError, AssertionError):
    """A protection or an attack does not keep to what all of its kind must keep to."""


class AttackError(MasqueradeError):
    """An attack cannot run on what it was shown."""


class MissingSight(AttackError):
    """The view lacks something that the attack needs."""


class NotApplicable(AttackError):
    """The attack does not concern this disguise: a jigsaw where nothing is permuted, for instance."""


class UnreadStructure(AttackError):
    """The attack cannot read how the disguise is built: a kind that it does not know, or one that occurs twice.

    That says nothing of the protection, so that it counts as evidence that is missing.
    """


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The start of a remedy that offers the known name closest to a wrong one; empty if none is close."""
    close = get_close_matches(name, list(known), 1, cutoff=0.4)
    return f"Did you mean {close[0]}? " if close else ""
