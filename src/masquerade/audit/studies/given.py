"""What an audit is given in memory, and no study file can say: a protection as an object, a release that was made."""

from dataclasses import dataclass
from typing import final

from torch import Tensor

from masquerade.attacks.base import FileTraces
from masquerade.disguises.base import Disguise
from masquerade.keys import Key
from masquerade.networks import Network


@final
@dataclass(frozen=True, eq=False)
class Released:
    """A release that was made, row by row of the scene that it is audited on.

    Args:
        key: The key that it was made under; None where a tool without one made it.
        train: Stored values of the scene's ``train``, float32 ``(n, *shape)``.
        test: Likewise of its ``test``.
        model: What was trained on it; None to train on ``train``.
        files: What the files of ``train`` tell, protected ones and photos; None where there are none.
    """

    key: Key | None
    train: Tensor
    test: Tensor
    model: Network | None = None
    files: tuple[FileTraces, FileTraces] | None = None

    def __repr__(self) -> str:
        return f"Released({len(self.train)} + {len(self.test)} images)"


@final
@dataclass(frozen=True, eq=False)
class GivenArm:
    """An arm's protection as an object.

    Args:
        disguise: The protection.
        released: What was really released under it; None to draw a key and release anew.
    """

    disguise: Disguise
    released: Released | None = None
