"""The data section of a study: which images, and how they are divided."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


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

    @property
    def fewest_public(self) -> int:
        """Photos that each public person has, at least."""
        return self.public_min_images or 1
