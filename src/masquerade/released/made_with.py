"""What a data set was made with, as far as it may change a last bit."""

from importlib.metadata import version
from typing import final

from pydantic import BaseModel, ConfigDict


@final
class MadeWith(BaseModel):
    """Versions of libraries, and the processor's instructions that they used; nothing that tells owners apart.

    Args:
        torch: Version of PyTorch.
        numpy: Version of NumPy.
        pillow: Version of Pillow.
        jpeg: The decoder of JPEG, and its version.
        processor: The instructions that PyTorch chose, such as "AVX2".
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    torch: str
    numpy: str
    pillow: str
    jpeg: str
    processor: str


def here() -> MadeWith:
    """What data sets are made with on this machine."""
    import torch  # here, since whoever verifies needs neither
    from PIL import features

    return MadeWith(
        torch=str(torch.__version__),
        numpy=version("numpy"),
        pillow=version("pillow"),
        jpeg=f"libjpeg-turbo {features.version('libjpeg_turbo') or 'unknown'}",
        processor=torch.backends.cpu.get_cpu_capability(),
    )
