"""What commands answer under ``--json``, one type each; docs/reference/cli.md is made of them."""

from typing import TypedDict


class KeyAnswer(TypedDict):
    """A key file that was made, locked or restored; ``records`` counts the files restored beside it."""

    fingerprint: str
    path: str
    records: int


class KeySummary(TypedDict):
    """What is known of a key file without opening it."""

    fingerprint: str
    created: str
    passphrase: bool


class FolderAnswer(TypedDict):
    """A released folder; after ``--dry-run``, what it would be. ``verdict`` is what our studies found of the recipe."""

    folder: str
    written: bool
    recipe: str
    verdict: str
    images: int
    people: int
    shards: int
    bytes: int
    rejected: list[dict[str, str]]


class NameAnswer(TypedDict):
    """The most probable person on a photo, or ``unknown``."""

    photo: str
    person: str
    probability: float


class MatchAnswer(TypedDict):
    """The most similar person of a gallery, or ``unknown``, for a photo."""

    photo: str
    person: str
    similarity: float


class RowMatchAnswer(TypedDict):
    """The most similar person of a gallery, or ``unknown``, for a row of a feature file."""

    row: int
    person: str
    similarity: float


class GalleryAnswer(TypedDict):
    """A gallery that was made."""

    gallery: str
    people: int
    photos: int


class VectorAnswer(TypedDict):
    """The recognition vector of a photo."""

    photo: str
    vector: list[float]


class VectorsFile(TypedDict):
    """A file of recognition vectors."""

    path: str
    vectors: int


class SealedGallery(TypedDict):
    """The two parts of a new sealed gallery."""

    public: str
    secret: str


class SealedPeople(TypedDict):
    """How many people and blocks a sealed gallery has now, and how many people this command enrolled."""

    people: int
    blocks: int
    enrolled: int
    without: list[str]


class PersonAnswer(TypedDict):
    """A person in a gallery."""

    person: str


class FileAnswer(TypedDict):
    """A file that was written."""

    path: str
    bytes: int


class OpenedAnswer(TypedDict):
    """Who an answer of a sealed gallery names, or ``unknown``."""

    answer: str
    person: str


class ModelAnswer(TypedDict):
    """A trained model: its accuracy on held-back images and what the commonest class would score; null without any."""

    path: str
    images: int
    classes: int
    held_back: int
    accuracy: float | None
    chance: float | None
    parameters: int
    device: str
    seconds: float


class AdviceAnswer(TypedDict):
    """One way that fits, with what it costs and leaves; ``measured_by`` names the results, empty if there are none.

    ``works`` is what it is good for; ``photo`` and ``person`` are what the strongest attack gets right of either
    question, empty where it was not measured; ``rests`` is what has to hold.
    """

    have: list[str]
    leaves: str
    enemy: list[str]
    way: str
    command: str
    grade: str
    works: str
    costs: str
    left: str
    photo: str
    person: str
    rests: str
    measured_by: str
    guide: str


class HomeAnswer(TypedDict):
    """A recogniser fitted at home: the public network behind it, and from how many photos its map was learnt."""

    path: str
    network: str
    features: str
    method: str
    source: str
    photos: int
    people: int
    seconds: float


class RecogniserAnswer(TypedDict):
    """A recogniser that has a name; ``brought``: its files come by `recogniser add`. Null: not measured."""

    name: str
    licence: str
    source: str
    sha256: str
    differentiable: bool
    brought: bool
    accuracy: float | None
    rank1: float | None
    tar: float | None


class RecogniserFilesAnswer(TypedDict):
    """Files of recognisers that were kept, and where."""

    folder: str
    files: list[str]


class NetworkAnswer(TypedDict):
    """A trained public network, and how many photos it was trained on."""

    path: str
    digest: str
    photos: int
    seconds: float


class DistilledAnswer(TypedDict):
    """XNN-d's two files; rank-1 identification among held-back people, null if there were too few."""

    generator: str
    recogniser: str
    photos: int
    people: int
    held_back: int
    clean: float | None
    obfuscated: float | None


class RowAnswer(TypedDict):
    """Which row of a feature file is which photo."""

    row: int
    photo: str


class CloakAnswer(TypedDict):
    """A folder of cloaked photos; ``ssim`` is of the face that changed most on each photo."""

    folder: str
    photos: int
    cloaked: int
    copied: int
    faces: int
    skipped: list[str]
    failed: list[dict[str, str]]
    ssim_median: float | None
    ssim_worst: float | None
    seconds: float
    seen: list[dict[str, str | int | bool]] | None


class JoinAnswer(TypedDict):
    """A MaskNet from a provider, and the file of the account."""

    masknet: str
    account: str


class LeaveAnswer(TypedDict):
    """An account that was deleted; ``notice`` is what the provider says of it, or empty."""

    account: str
    notice: str


class MaskNetAnswer(TypedDict):
    """A MaskNet made from a key; ``nearest`` is the distance to the closest other one, null for the first."""

    fingerprint: str
    path: str
    draws: int
    compared: int
    nearest: float | None


class CodeAnswer(TypedDict):
    """An invitation; ``link`` is empty without ``--url``."""

    code: str
    link: str


class InvitationAnswer(TypedDict):
    """An invitation as the operator sees it."""

    handle: str
    state: str
    created: str
    expires: str
    account: str | None
    note: str


class AccountAnswer(TypedDict):
    """An account as the operator sees it."""

    id: str
    state: str
    created: str
    issued: int
    replaced: str | None
    note: str


class TokenAnswer(TypedDict):
    """A token for the operator's endpoints."""

    token: str


class AccountChange(TypedDict):
    """An account or invitation, and what was done to it."""

    name: str
    change: str


class RestoredAnswer(TypedDict):
    """As of when a restored database is, and accounts closed again since; null if nothing says which."""

    made: str
    closed: dict[str, str] | None


class EntriesAnswer(TypedDict):
    """How many entries the audit trail has."""

    entries: int


class ArmAnswer(TypedDict):
    """The grade of one protection of a study, and the attack that decides it."""

    name: str
    title: str
    grade: str
    strongest: str


class StudyAnswer(TypedDict):
    """A study that was run; ``conditions`` are those of ``--fail-if``, in words."""

    study: str
    profile: str
    report: str
    arms: list[ArmAnswer]
    conditions: list[dict[str, str | bool]]


class StudyPlan(TypedDict):
    """What a study would run."""

    study: str
    profile: str
    data: str
    people: int
    arms: int
    attacks: int
    steps: int
    takes: str


class StudyName(TypedDict):
    """A study in reach."""

    name: str
    title: str


class ChangeAnswer(TypedDict):
    """One number or grade of two reports; ``apart`` says whether the intervals do not overlap."""

    arm: str
    what: str
    before: float | str | None
    after: float | str | None
    apart: bool


class ListedAnswer(TypedDict):
    """A name and a line on it; ``grade`` is of protections, empty of everything else."""

    name: str
    title: str
    grade: str


class VerifyAnswer(TypedDict):
    """Whether a released data set or a sealed gallery is sound, and what is wrong with it."""

    folder: str
    sound: bool
    findings: list[str]


class DoctorAnswer(TypedDict):
    """One part of this machine: ``ok``, ``note`` (an optional part is missing) or ``missing``; how to install it."""

    state: str
    part: str
    words: str
    extra: str
    install: str


class ReportAnswer(TypedDict):
    """A report that was written."""

    report: str
