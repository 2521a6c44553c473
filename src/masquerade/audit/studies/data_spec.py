"""The data section of a study: which images, and how they are divided."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

Task = Literal["classes", "unseen", "tracked", "private"]
"""What a study asks of its people; the last three are fields as well, with how many people it is asked of."""
_OTHERS: Final[tuple[Task, ...]] = ("unseen", "tracked", "private")
_READ_BY: Final[Mapping[str, tuple[Task, ...]]] = MappingProxyType(
    {
        "outsiders": ("classes",),
        "published": ("tracked",),
        "bystanders": ("tracked",),
        "bystander_min_images": ("tracked",),
        "public_most_images": ("tracked",),
    }
)
"""Fields that one task alone reads: said beside another, they tell of a mistake. Sizes of parts are passed over."""


class DataSpec(BaseModel):
    """Which images, and how they are divided.

    ``classes`` keeps the classes with most images as the private ones; the rest are outsiders (probed as
    out-of-training classes) and public people, disjoint; with ``public_min_images`` people with so many photos, but
    fewer than ``min_images``, are among the rest. ``train`` and ``test`` are image counts over all
    classes; without them a share of ``test_share`` of every class is held back.

    With ``unseen`` the question is whether people are recognised whom the model was never trained on: so many
    people are the test, by a fixed shuffle, and utility is leave-one-out rank-1 identification among them.
    People with ``public_min_images`` photos, but fewer than ``min_images``, are then the public ones.
    ``most_images`` bounds the photos a person.

    With ``tracked`` the question is whether cloaked photos teach a recogniser their people: so many users with
    ``min_images`` photos publish ``published`` of them each, cloaked, and are looked for on the others, by a
    tracker that knows so many ``bystanders`` (people with ``bystander_min_images`` photos) besides. The public
    people are those with ``public_min_images`` to ``public_most_images`` photos.

    With ``private`` the question is what protected features tell of so many people: those that CelebA's official
    partition holds back, elsewhere those with most photos. ``test_share`` of each one's photos (``most_images`` at
    most) are protected and attacked, the others are what they are known by; everybody else is public.

    ``auxiliary`` names further populations of public people; the first stands in where the study's own has
    nobody left.

    ``given`` is the digest of images that were given in memory (``source`` "arrays"): only Python can.

    ``task`` says which of these is asked; without it, the one of ``unseen``, ``tracked`` and ``private`` that is said,
    else ``classes``.

    With ``resolution`` photos are brought to so many rows and columns and made larger again, as if taken from afar.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: Literal["orl", "lfw", "celeba", "mnist", "cifar10", "folder", "arrays"]
    path: str | None = None
    height: int = Field(ge=8)
    width: int = Field(ge=8)
    resolution: int | None = Field(None, ge=8)
    mode: Literal["L", "RGB"]
    min_images: int = 1
    classes: int | None = None
    outsiders: int = 0
    train: int | None = None
    test: int | None = None
    test_share: float = 0.2
    public: int = 1000
    unseen: int = 0
    public_min_images: int | None = Field(None, ge=1)
    most_images: int | None = None
    private: int = Field(0, ge=0)
    tracked: int = Field(0, ge=0)
    published: int = Field(25, ge=1)
    bystanders: int = Field(50, ge=1)
    bystander_min_images: int = 10
    public_most_images: int | None = None
    auxiliary: list[Literal["celeba", "lfw"]] = []
    note: str = ""
    given: str = ""
    task: Task | None = None

    def contradictions(self) -> Iterator[str]:
        """What is said beside a task that does not read it, a sentence each."""
        asked = [name for name in _OTHERS if getattr(self, name)]
        if len(asked) > 1:
            yield f"{' and '.join(asked)} ask for different studies. Keep one of them"
            return
        task: Task = asked[0] if asked else "classes"
        if self.task not in (None, task):
            yield f"the task is {self.task}, but {f'the fields ask for {task}' if asked else 'not of how many people'}"
            return
        default = {name: field.default for name, field in type(self).model_fields.items()}
        for name, tasks in _READ_BY.items():
            if task not in tasks and getattr(self, name) != default[name]:
                yield f"{name}: not read where the task is {task}, but where it is {' or '.join(tasks)}"

    @property
    def fewest_public(self) -> int:
        """Photos that each public person has, at least."""
        return self.public_min_images or 1
