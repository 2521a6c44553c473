"""A study as plain data: what is measured, on what, by which attacks, with which seeds (a TOML file)."""

from hashlib import sha256
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, model_validator

from masquerade.attacks.base import Attack
from masquerade.audit.studies.data_spec import DataSpec as DataSpec
from masquerade.audit.studies.generic import fitted, generic_part
from masquerade.audit.studies.given import GivenArm
from masquerade.audit.studies.smaller import shorter, smaller_arm, smaller_attack
from masquerade.errors import StudyError

Profile = Literal["quick", "laptop", "paper"]


class Part(BaseModel):
    """Base of a study's parts: frozen, and a misspelt field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TrainingSpec(Part):
    """How the cloud trains: a preset, perhaps another network, and what differs from the preset."""

    preset: str
    network: str | None = None
    options: dict[str, Any] = {}
    change: dict[str, Any] = {}


class NoiseSpec(Part):
    """XNN-d: noise trained on the owner's training people, and a recogniser distilled to see through it.

    ``amount`` bounds the noise; 0 is the baseline of XNN's Table 4, normalised features and their recogniser.
    ``steps`` are the batches that the noise is trained for, ``change`` what else differs from ``XNNDSettings``.
    Network and training of the recogniser are those of the arm.
    """

    amount: float = Field(ge=0, le=100)
    steps: int = Field(300, ge=0)
    change: dict[str, Any] = {}


class ArmSpec(Part):
    """One protection under test: a recipe by name, or a disguise written out.

    ``encoder`` takes another public encoder than the recipe's, by name or file; one that is written out has
    none by itself. ``encoded_by`` is the cloud's: what left the owner goes through that encoder there. ``side``
    brings the photos to so many rows and columns first. ``encodings`` of each image are trained on, where a
    disguise mixes images anew each time. With ``trained_on`` "public" the recogniser is one of the public
    people's plain images, not trained further. ``noise`` makes it XNN-d, after the recipe's public encoder.

    ``photos`` bounds the test photos that are protected, spread over people: for protections that take seconds a
    photo. A second query of the same photos gets what the first got (``cached``, as `masquerade craft` does), or
    ``fresh`` randomness, or that in a ``shuffled`` order, as ``repeats`` says. ``protected`` says of a protection
    without a key that it claims to be one.

    With ``cloud_learns`` the cloud's half is trained anew, on protected features of so many public photos, and
    utility is that of the result: a task that is developed.
    """

    name: str
    title: str = ""
    recipe: str | None = None
    disguise: dict[str, Any] | None = None
    encoder: str | None = None
    encoded_by: str | None = None
    side: int | None = Field(None, ge=8)
    training: TrainingSpec | None = None
    attacks: list[str] | None = None
    encodings: int = Field(1, ge=1, le=100)
    trained_on: Literal["released", "public"] = "released"
    noise: NoiseSpec | None = None
    change: dict[str, Any] = {}
    photos: int | None = Field(None, ge=1)
    repeats: Literal["cached", "fresh", "shuffled"] = "cached"
    protected: bool | None = None
    cloud_learns: int | None = Field(None, ge=2)
    _given: GivenArm | None = PrivateAttr(None)

    @property
    def given(self) -> GivenArm | None:
        """What was given in memory for it, and stands in no file; None for an arm of a study file."""
        return self._given

    def with_given(self, given: GivenArm) -> "ArmSpec":
        """The same arm, by what is given in memory."""
        arm = self.model_copy()
        arm._given = given
        return arm

    @model_validator(mode="after")
    def _one_of(self) -> "ArmSpec":
        if (self.recipe is None) == (self.disguise is None):
            raise ValueError("an arm has either `recipe` or `disguise`")
        if self.change and self.recipe is None:
            raise ValueError("`change` changes a recipe; a disguise is written out whole")
        return self


class HeldSpec(Part):
    """Cloaks that an attacker holds: a recipe, and what is changed of it."""

    recipe: str
    change: dict[str, Any] = {}


class AttackSpec(Part):
    """One attack: its options, how many released images it gets, what it is shown beyond its needs.

    ``control`` is false to run no positive control, or the name of another recipe than the attack's own.
    ``auxiliary`` takes the public people from that population. The suspected originals are those of the
    released images among ``public`` people's photos; or these alone (``owner``: the gallery of XNN's paper);
    or ``shared`` of them among other photos of the same people and the public people's; or ``held``: among photos of
    the same people that were held back from the training. Named photos of the people come from the ``other`` part of
    the study's data, or are the ``rest`` of the set under attack, which the attacker does not get as released; so many
    ``decoys``, people who are not in it, are named beside them. Of each tracked user ``clean`` published photos are not
    cloaked. ``fresh`` gives an attacker cloaks of another recipe than the arm's under keys of its own: those of one
    hypernetwork, where users have several.
    """

    name: str
    label: str | None = None
    options: dict[str, Any] = {}
    shows: list[str] = []
    metric: str
    others: list[str] = []
    images: int | None = None
    pairs: int | None = None
    target: Literal["train", "test"] = "train"
    auxiliary: str | None = None
    candidates: Literal["public", "owner", "shared", "held"] = "public"
    gallery: Literal["other", "rest"] = "other"
    decoys: int = Field(0, ge=0)
    shared: int | None = None
    clean: int | None = None
    fresh: HeldSpec | None = None
    control: bool | str = True
    seeds: int | None = None
    generic: bool = False
    _given: Attack | None = PrivateAttr(None)

    @property
    def given(self) -> Attack | None:
        """The attack itself where it was given in memory; its options are then those of ``options``."""
        return self._given

    def with_given(self, given: Attack) -> "AttackSpec":
        """The same section, for an attack that no distribution need bring."""
        spec = self.model_copy()
        spec._given = given
        return spec

    @property
    def title(self) -> str:
        """What reports call it: the label, or the attack's name."""
        return self.label or self.name


class CurveSpec(Part):
    """An attack against its budget: pairs, released images (or those that are public too), known photos, queries.

    Against cloaks also over ``clean`` photos of each user, and over the ``masknets`` that the attacker holds; against
    features over the ``epochs`` that the attacker learns for, 0 and on. These two are options of the attack.
    """

    title: str
    attack: str
    over: Literal["pairs", "images", "shared", "clean", "masknets", "epochs", "gallery", "queries"]
    values: list[int]
    arms: list[str]
    seeds: int | None = Field(None, ge=1)


class PointSpec(Part):
    """One point of a figure: an arm at a place on the x axis; at its utility, if none is given."""

    series: str
    x: float | None = None
    arm: str


class FigureSpec(Part):
    """A figure of a paper: ``y`` is "utility", or the label of an attack, over the arms' x."""

    title: str
    x_label: str
    y: str
    log_x: bool = False
    points: list[PointSpec]


class MapSpec(Part):
    """A picture of the feature space: photos of some people of the test, as disguised or as recognised."""

    title: str
    arms: list[str]
    of: Literal["disguised", "recognised"] = "disguised"
    people: int = Field(10, ge=2, le=20)


class ClaimSpec(Part):
    """A number of the paper, to stand beside ours."""

    what: str
    paper: str
    value: float | None = None
    arm: str
    y: str = "utility"
    note: str = ""


class ProfileSpec(Part):
    """What a profile changes: seeds, training, sizes, and which arms are left out.

    ``data`` says fields of the study's data anew. ``photos`` bounds the photos that are protected of every arm, and
    ``epochs`` the passes of every training. ``change`` changes parameters of every recipe that has them. ``at_most``
    bounds options of every attack that has them: photos, epochs, steps, queries.
    """

    seeds: list[int] = Field([0], min_length=1)
    training: TrainingSpec | None = None
    images: int | None = None
    train: int | None = None
    test: int | None = None
    data: dict[str, Any] = {}
    photos: int | None = Field(None, ge=1)
    epochs: int | None = Field(None, ge=1)
    change: dict[str, Any] = {}
    at_most: dict[str, int] = {}
    without_arms: list[str] = []
    without_attacks: list[str] = []


class Study(Part):
    """A whole study; ``at`` resolves it for one profile. ``attacks_from`` names a file of shared attacks.

    Attacks that ask for no recipe run on every arm unless ``generic`` is false and ``without_generic`` says why.
    """

    name: str
    title: str
    source: str
    data: DataSpec
    training: TrainingSpec | None = None
    arms: list[ArmSpec]
    attacks_from: str | None = None
    attacks: list[AttackSpec] = []
    curves: list[CurveSpec] = []
    figures: list[FigureSpec] = []
    maps: list[MapSpec] = []
    claims: list[ClaimSpec] = []
    findings: list[str] = []
    not_tested: list[str] = []
    generic: bool = True
    without_generic: str = ""
    profiles: dict[Profile, ProfileSpec] = {}

    @model_validator(mode="after")
    def _names_resolve(self) -> "Study":
        arms = {arm.name for arm in self.arms}
        used = {name for curve in self.curves for name in curve.arms}
        used |= {point.arm for figure in self.figures for point in figure.points}
        used |= {claim.arm for claim in self.claims}
        used |= {name for drawn in self.maps for name in drawn.arms}
        if unknown := sorted(used - arms):
            raise ValueError(f"arms that are not defined: {', '.join(unknown)}")
        titles = [attack.title for attack in self.attacks]
        if len(set(titles)) < len(titles):
            raise ValueError("two attacks share a label; give one another `label`")
        if not self.generic and not self.without_generic:
            raise ValueError("`generic = false` wants a reason in `without_generic`")
        return self

    def at(self, profile: Profile | None = None) -> "Resolved":
        """This study at one profile.

        Args:
            profile: Which; by itself laptop if the study has it, else the first that it has. A study without any
                has laptop, with one repetition.

        Raises:
            StudyError: If the study has no such profile.
        """
        has = self.profiles or {"laptop": ProfileSpec()}
        chosen = profile or ("laptop" if "laptop" in has else next(iter(has)))
        if chosen not in has:
            raise StudyError(
                "the study has no such profile",
                value=chosen,
                place=self.name,
                remedy=f"Choose one of: {', '.join(has)}.",
            )
        return Resolved(self, chosen, has[chosen])


class Resolved:
    """A study at one profile: what is really run."""

    def __init__(self, study: Study, profile: Profile, change: ProfileSpec) -> None:
        self._change = change
        self.study = study
        self.profile: Profile = profile
        self.seeds = change.seeds
        self.training = shorter(change.training or study.training, change.epochs)
        self.arms = [smaller_arm(arm, change) for arm in study.arms if arm.name not in change.without_arms]
        self.attacks = [
            smaller_attack(attack, change.at_most)
            for attack in study.attacks
            if attack.title not in change.without_attacks
        ]
        sizes = {"train": change.train, "test": change.test}
        said = {**change.data, **{name: size for name, size in sizes.items() if size is not None}}
        self.data = _data({**study.data.model_dump(), **said}, f"{study.name}, profile {profile}")
        self.images = change.images
        self.curves = list(study.curves)
        attacks, curves = generic_part(self, change)
        self.attacks, self.curves = [*self.attacks, *attacks], [*self.curves, *curves]
        titles = {attack.title for attack in self.attacks}
        self.curves = [curve for curve in self.curves if curve.attack in titles]

    @property
    def digest(self) -> str:
        """SHA-256 of all that determines the numbers, 16 hexadecimal digits."""
        text = self.study.model_dump_json(
            exclude={"title", "findings", "not_tested", "claims", "profiles"}, exclude_defaults=True
        )
        text += self._change.model_dump_json(exclude_defaults=True)
        return sha256(text.encode()).hexdigest()[:16]

    @property
    def measured(self) -> set[str]:
        """Metrics and attacks of which there will be numbers, beside utility."""
        metrics = {metric for attack in self.attacks for metric in (attack.metric, *attack.others)}
        return metrics | {attack.title for attack in self.attacks}

    def attacks_on(self, arm: ArmSpec) -> list[AttackSpec]:
        """The attacks that an arm is put to."""
        own = [spec.title for spec in self.attacks] if arm.attacks is None else arm.attacks
        return [self.on(arm, spec) for spec in self.attacks if spec.generic or spec.title in own]

    def on(self, arm: ArmSpec, spec: AttackSpec) -> AttackSpec:
        """An attack as an arm gets it."""
        return fitted(spec, arm, bool(self.data.tracked))

    def seeds_of(self, attack: AttackSpec) -> list[int]:
        """The repetitions that an attack is run on."""
        return self.seeds[: attack.seeds]

    def seeds_along(self, curve: CurveSpec, attack: AttackSpec) -> list[int]:
        """The repetitions that a curve of an attack is drawn from."""
        return self.seeds_of(attack)[: curve.seeds]

    def images_for(self, attack: AttackSpec) -> int | None:
        """How many released images the attack gets; None for all."""
        limits = [limit for limit in (attack.images, self.images) if limit is not None]
        return min(limits) if limits else None


def _data(said: dict[str, Any], place: str) -> DataSpec:
    try:
        return DataSpec.model_validate(said)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise StudyError(
            "the profile says something wrong of the data",
            value=f"{'.'.join(map(str, first['loc']))}: {first['msg']}",
            place=place,
            remedy="docs/guide/studies.md lists every field.",
        ) from None
