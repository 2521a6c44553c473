"""What an audit found, as plain data: the JSON of a report, version 1.

Pictures are not part of it, since results may be published where the photos may not.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from masquerade.promises import Question

Grade = Literal["BROKEN", "WEAKENED", "NOT BROKEN BY THE ATTACKS RUN", "INCOMPLETE", "UNPROTECTED"]


class Plain(BaseModel):
    """Base of all: frozen, and no field that is not declared."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Run(Plain):
    """One repetition, with its own key and seed."""

    seed: int
    value: float
    low: float
    high: float


class Measurement(Plain):
    """A number over all repetitions: mean over people, 95 % interval, what a blind guess scores.

    ``low`` to ``high`` is for other people of the same kind; ``same_low`` to ``same_high`` for these people with
    other keys and splits, where that was measured.
    """

    metric: str
    value: float
    chance: float
    low: float
    high: float
    n: int
    identities: int
    runs: list[Run]
    same_low: float | None = None
    same_high: float | None = None


class ControlResult(Plain):
    """The attack on a target it is known to break; a run whose control fails proves nothing."""

    recipe: str
    metric: str
    value: float
    at_least: float
    passed: bool


class NegativeControl(Plain):
    """The same guesses held against a shuffled truth: where they score above chance, the score says nothing."""

    metric: str
    value: float
    chance: float
    low: float
    high: float
    passed: bool


class Leak(Plain):
    """One attack on one arm.

    ``status`` is "ran"; "incomplete" when the attack could not run or its control failed; "not applicable"
    when the attack does not concern this disguise (a jigsaw without blocks). ``ceiling`` is the same attack's
    score without protection, where measured. ``asks`` names the questions that its metrics answer, and ``reads`` the
    kinds of protections that it was made for; without any, it is made for whatever there is. ``had`` counts what it was
    shown, images or pairs by the name of a sight, and photos that it sent to be answered; empty where nobody counted.
    """

    attack: str
    title: str
    shows: list[str]
    had: dict[str, int] = {}
    status: Literal["ran", "incomplete", "not applicable"]
    reason: str = ""
    headline: Measurement | None = None
    others: list[Measurement] = []
    control: ControlResult | None = None
    negatives: list[NegativeControl] = []
    ceiling: float | None = None
    asks: list[Question] = []
    reads: list[str] = []
    seconds: float = 0.0


class CurvePoint(Plain):
    """One point of a curve."""

    x: float
    y: Measurement


class Curve(Plain):
    """An attack against its budget (pairs, images), or a figure of a paper."""

    figure: str
    series: str
    x_label: str
    y_label: str
    log_x: bool = False
    points: list[CurvePoint]


class PointMap(Plain):
    """Photos of a few people placed in the plane: across, up (0 to 1), and a number for the person."""

    figure: str
    title: str
    points: list[tuple[float, float, int]]


class Answer(Plain):
    """What attacks make of one question on one arm.

    ``promised`` says whether the protection means to leave it open; where it does not, the answer is a fact and no
    part of the arm's grade. ``leak`` is that of the strongest attack, by the lower end of its interval over chance;
    of an AUC below one half it is that of the same attack with its sign turned. ``reason`` says why nothing can be
    concluded.
    """

    question: Question
    promised: bool
    grade: Grade
    reason: str = ""
    strongest: str = ""
    leak: Measurement | None = None
    shows: list[str] = []


class MeasuredTraits(Plain):
    """What a protection does to photos (``masquerade.traits``); ``numbers`` behind it, none where it is declared."""

    deterministic: bool
    linear: bool
    same_map: bool
    keeps_inner_products: bool
    numbers: dict[str, float] = {}


class Arm(Plain):
    """One protection (or none) under test.

    ``promises`` names the questions that the protection means to leave open, and ``kinds`` the parts that attacks must
    read; reports from before they were stored have neither. ``grade``
    is the worst of the promised ``answers``, and ``strongest`` the attack that decides it.
    """

    name: str
    title: str
    protected: bool
    recipe: dict[str, Any]
    utility: Measurement | None = None
    beside: list[Measurement] = []
    """What a utility is to be compared with: nearest neighbours on the same features, and on pixels."""
    leaks: list[Leak] = []
    promises: list[Question] = []
    kinds: list[str] = []
    traits: MeasuredTraits | None = None
    answers: list[Answer] = []
    grade: Grade
    strongest: str = ""
    seconds: float = 0.0


class Reference(Plain):
    """What the protections are compared with: nothing released, or the task's answers alone.

    ``utility`` is None where it could not be measured, for a ``reason``. ``leak`` is what the task's answers tell of
    identity; None where nothing leaves the owner.
    """

    name: Literal["nothing released", "answers alone"]
    title: str
    utility: Measurement | None = None
    leak: Measurement | None = None
    reason: str = ""
    seconds: float = 0.0


class Claim(Plain):
    """A number of the paper beside ours."""

    what: str
    paper: str
    paper_value: float | None
    ours: Measurement
    note: str = ""


class DataFacts(Plain):
    """What was measured on; no names of people, but the paths of photos of one's own that were turned away."""

    name: str
    digest: str
    images: int
    people: int
    shape: tuple[int, int, int]
    note: str = ""
    rejected: list[str] = []


class Missed(Plain):
    """Pictures that a tool did not protect, of one kind: so many of those looked at, and the first paths."""

    kind: str
    what: str
    count: int
    of: int
    paths: list[str] = []


class FolderFacts(Plain):
    """Of an audit of two folders, or of a tool: how photos and pictures were paired, and what was not protected at all.

    ``pairs`` belong together, ``by`` path, content, position, rows or a command; ``read`` of them are in the audit.
    ``misfits`` are files without a partner, and ``rejected`` pairs that could not be read, by the photo's path, once.
    """

    pairs: int
    by: str
    read: int
    people: int
    named: bool
    misfits: list[str] = []
    missed: list[Missed] = []
    notes: list[str] = []


class Report(Plain):
    """All that an audit found.

    ``revisions`` are those of everything that made its numbers, ``commit`` the code that wrote it, and ``older`` the
    code that made pieces which were read back. ``stale`` says what has moved since, a line each: empty when a report
    is written, and filled in where reports are kept. ``date`` is the day in UTC on which it was written, as ISO 8601.
    """

    format: Literal["masquerade-report"] = "masquerade-report"
    version: Literal[1] = 1
    masquerade: str
    commit: str = ""
    older: list[str] = []
    revisions: dict[str, int] = {}
    date: str = ""
    stale: list[str] = []
    study: str
    title: str
    source: str
    profile: str
    digest: str
    data: DataFacts
    seeds: list[int]
    references: list[Reference] = []
    arms: list[Arm]
    curves: list[Curve] = []
    maps: list[PointMap] = []
    claims: list[Claim] = []
    folders: FolderFacts | None = None
    findings: list[str] = []
    not_tested: list[str] = []
    command: str
    machine: str
    seconds: float
