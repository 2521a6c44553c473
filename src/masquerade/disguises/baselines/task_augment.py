"""TaskAugment: a photo and an instance of another task, together through a secret network (Xiao and Devadas)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, final

import torch
from torch import Tensor
from torch.nn import functional

from masquerade.blocks import BlockGrid
from masquerade.disguises.base import Disguise, Keyed, Shape
from masquerade.disguises.block_size import grid_of
from masquerade.disguises.checks import require_count, require_one_of
from masquerade.disguises.random_network import Layer, secrets_of, through, uniform_layers
from masquerade.disguises.token_rows import in_parts, maps_of, patches_of
from masquerade.errors import UsageError
from masquerade.keys import Key, KeyStream, rounded_digest
from masquerade.traits import Traits

TargetForm = Literal["product", "factored"]

TARGET_FORMS: Final = ("product", "factored")
INSTANCES_EACH: Final = 32
"""Instances of each class of the other task, where the owner gives none."""
_CENTRE, _SCALE = 127.5, 64.0
_PART: Final = 16


@final
@dataclass(frozen=True)
class TaskAugment(Disguise):
    """Each patch beside the same patch of an instance of another task, through a secret random network.

    The paper's new task has c c' classes and inputs (x, x'), obfuscated by a random network; here by one that
    works patch by patch, as suits a vision transformer. Which instance a photo meets follows from the key and
    the photo's content, in training and at recognition alike. Photos enter as ``(x - 127.5) / 64``.

    The owner may give the other task by ``with_task`` of the keyed disguise. By itself it is to tell secret
    patterns of random patches apart, under noise, both from the key.

    Args:
        classes: Classes of the other task where the owner gives none, 2 to 1000.
        width: Numbers of a token that comes out, and of hidden layers.
        depth: Layers of the network, with ReLU between them.
        patch: Side of the patches in pixels.
        form: ``"product"``: targets over c c' classes, ``class c' + other class``, as in the paper.
            ``"factored"``: over c + c', half of the share on each, for many classes.

    Raises:
        UsageError: If a parameter is none of these.
    """

    classes: int = 10
    width: int = 256
    depth: int = 2
    patch: int = 16
    form: TargetForm = "product"

    keyed_by_secret = True
    per_image = True
    restorable = False

    @property
    def traits(self) -> Traits:
        """A partner is so much noise to one linear layer; behind ReLU another partner is another map."""
        return Traits(True, linear=self.depth == 1, same_map=self.depth == 1, keeps_inner_products=False)

    def __post_init__(self) -> None:
        require_count("number of classes", self.classes, 2, 1000, "TaskAugment")
        require_count("width", self.width, 1, 4096, "TaskAugment")
        require_count("depth", self.depth, 1, 16, "TaskAugment")
        require_count("patch", self.patch, 1, 256, "TaskAugment")
        require_one_of("form", self.form, TARGET_FORMS, "TaskAugment")

    def keyed(self, key: Key, shape: Shape) -> "KeyedTaskAugment":
        """Draw the layers, first to last; patterns and the choice of partners are other uses."""
        grid = grid_of(self.patch, shape)
        place = f"on {'x'.join(map(str, shape))}"
        stream = key.stream(f"task-augment {self.depth} {self.width} {self.patch} {place}")
        widths = [2 * grid.numbers, *[self.width] * self.depth]
        other = _patterns(key.stream(f"task-augment patterns {self.classes} {place}"), grid, self.classes)
        choices = key.stream(f"task-augment partners {place}")
        return KeyedTaskAugment(grid, uniform_layers(stream, widths, "relu"), other, choices, self.form)


@final
@dataclass(frozen=True, eq=False, repr=False)
class OtherTask:
    """What photos are put beside.

    Args:
        images: ``(m, c, h, w)``, 0 to 255.
        labels: int64 ``(m,)``, from 0 to below ``classes``.
        classes: Number of classes.
    """

    images: Tensor
    labels: Tensor
    classes: int


@final
class KeyedTaskAugment(Keyed):
    """A secret network on patches of pairs, and a source of partners.

    Args:
        grid: The photos' patches.
        layers: The layers as drawn.
        other: The other task.
        choices: Where the choice of partners comes from.
        form: What targets are over.
    """

    def __init__(
        self, grid: BlockGrid, layers: Sequence[Layer], other: OtherTask, choices: KeyStream, form: TargetForm
    ) -> None:
        super().__init__((grid.channels, grid.height, grid.width))
        self._grid = grid
        self._drawn = tuple(layers)
        self._layers = [layer.single() for layer in layers]
        self._other = other
        self._choices = choices
        self._form = form

    def with_task(self, images: Tensor, labels: Tensor) -> "KeyedTaskAugment":
        """The same with the owner's other task.

        Args:
            images: Its instances ``(m, c, h, w)``, 0 to 255, of the photos' shape.
            labels: Its classes, int64 ``(m,)``, from 0.

        Raises:
            UsageError: If shapes do not fit, there is no instance, or a label is negative.
        """
        checked = self._checked(images, self.shape)
        if labels.shape != (len(checked),) or not len(labels) or int(labels.min()) < 0:
            raise UsageError(
                "labels that do not fit the other task",
                value=f"{len(checked)} images, labels of shape {tuple(labels.shape)}",
                remedy="Give one label for each image, counted from 0.",
            )
        other = OtherTask(checked, labels.long(), int(labels.max()) + 1)
        return KeyedTaskAugment(self._grid, self._drawn, other, self._choices, self._form)

    @property
    def out_shape(self) -> Shape:
        """A token for each patch."""
        return (self._layers[-1].weight.shape[1], self._grid.rows, self._grid.columns)

    @property
    def needs_nonces(self) -> bool:
        """A photo's partner follows from its content."""
        return True

    def disguise(self, images: Tensor, nonces: list[bytes] | None) -> Tensor:
        """Put each photo beside its partner and run the network on the patches."""
        partners = self._partners(nonces)
        pairs = torch.arange(len(images))
        return in_parts(pairs, lambda rows: self._maps(images[rows], partners[rows]), self.out_shape, _PART)

    def mixed(self, images: Tensor, nonces: list[bytes] | None, classes: Tensor) -> Tensor:
        """Shares ``(n, c)`` as shares over the product ``(n, c c')``, or of both tasks ``(n, c + c')``."""
        del images
        labels = self._other.labels[self._partners(nonces)]
        others = functional.one_hot(labels, self._other.classes).to(classes.dtype)
        if self._form == "factored":
            return torch.cat([classes, others], 1) / 2
        return (classes[:, :, None] * others[:, None, :]).flatten(1)

    def marginal(self, shares: Tensor) -> Tensor:
        """Shares of the photo's own classes ``(n, c)``, from shares over what ``targets`` is over."""
        c = self._other.classes
        if self._form == "product":
            return shares.reshape(len(shares), -1, c).sum(2)
        own = shares[:, :-c]
        return own / own.sum(1, keepdim=True)

    def digest(self) -> bytes:
        """SHA-256 over the numbers as drawn, and the partner fields of one fixed nonce, rounded."""
        return rounded_digest([*secrets_of(self._drawn), self._choices.fields([bytes(16)], 64)])

    def _partners(self, nonces: list[bytes] | None) -> Tensor:
        fields = torch.from_numpy(self._choices.fields(nonces or [], 1)[:, 0])
        return (fields.double() * len(self._other.labels)).long()

    def _maps(self, images: Tensor, partners: Tensor) -> Tensor:
        both = torch.cat([images.float(), self._other.images[partners].float()], 1)
        patches = (patches_of(both, self._both) - _CENTRE) / _SCALE
        return maps_of(through(self._layers, patches), self._grid.rows, self._grid.columns)

    @property
    def _both(self) -> BlockGrid:
        grid = self._grid
        return BlockGrid(2 * grid.channels, grid.height, grid.width, grid.block_height, grid.block_width)


def _patterns(stream: KeyStream, grid: BlockGrid, classes: int) -> OtherTask:
    """Instances of secret patterns: a brightness for each patch and channel, with noise of half its range."""
    shape = (grid.channels, grid.rows, grid.columns)
    per_image = grid.channels * grid.count
    labels = torch.arange(classes).repeat_interleave(INSTANCES_EACH)
    patterns = torch.from_numpy(stream.uniform(classes * per_image)).view(-1, *shape)
    noise = torch.from_numpy(stream.uniform(len(labels) * per_image)).view(-1, *shape)
    levels = (255 * (2 * patterns[labels] + noise) / 3).round().to(torch.uint8)
    images = levels.repeat_interleave(grid.block_height, 2).repeat_interleave(grid.block_width, 3)
    return OtherTask(images, labels, classes)
