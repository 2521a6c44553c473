"""Networks that an audit trains, kept beside its pieces: attacks of one arm share them, also from other processes."""

from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import final

from safetensors.torch import load_file, save_file

from masquerade.audit.alone import alone
from masquerade.networks import Network, build
from masquerade.training import Settings


@final
class KeptNetworks:
    """Trained networks by what they were trained on.

    Args:
        folder: Where they outlast the process; None keeps none.
        of: All that determines the arm and its repetition; empty keeps none.
    """

    def __init__(self, folder: Path | None, of: str) -> None:
        self._folder = folder if of else None
        self._of = of

    def network(
        self,
        what: str,
        settings: Settings,
        shape: Sequence[int],
        classes: int,
        train: Callable[[], Network],
    ) -> Network:
        """The network that ``train`` gives, in evaluation mode: read back, or trained and kept.

        Args:
            what: Which of the arm's networks.
            settings: What it is trained by.
            shape: Channels, height and width of its images.
            classes: How many it tells apart.
            train: Trains it.
        """
        if self._folder is None:
            return train()
        digest = sha256(f"{what} {self._of}".encode()).hexdigest()[:24]
        path = self._folder / f"model-{digest}.safetensors"
        with alone(path):
            if not path.exists():
                trained = train()
                draft = path.with_suffix(".part")
                save_file({name: value.contiguous() for name, value in trained.state_dict().items()}, draft)
                draft.replace(path)
                return trained
        channels, height, width = shape
        network = build(settings.network, (channels, height, width), classes, **dict(settings.options))
        network.load_state_dict(load_file(path))
        return network.eval()
