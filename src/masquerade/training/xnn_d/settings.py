"""What decides how XNN-d is trained: its noise, its two stages, its recogniser."""

from typing import final

from pydantic import Field

from masquerade.encoders.noise_encoder import NoiseOptions
from masquerade.training.presets import PAPER_RECNET, preset
from masquerade.training.settings import Settings
from masquerade.training.settings_base import ReadSettings


@final
class XNNDSettings(ReadSettings):
    """How to train an XNN-d pair of generator and recogniser. The paper gives none of the numbers here.

    Args:
        recogniser: Network and training of the teacher, the student and the recogniser that noise is
            trained against.
        noise: Size, mixing weight and bound of the noise encoder.
        adversarial_steps: Batches of stage 1.
        noise_learning_rate: Rate of the noise encoder (AdamW).
        critic_learning_rate: Rate of the recogniser that it is trained against (AdamW).
        temperature: Of the distillation.
        label_weight: Share of the labels' cross-entropy in the distillation, 0 to 1.
    """

    settings_of = "XNN-d"

    recogniser: Settings = preset("laptop-recnet")
    noise: NoiseOptions = NoiseOptions()
    adversarial_steps: int = Field(300, ge=0, le=10_000_000)
    noise_learning_rate: float = Field(1e-3, gt=0, le=10)
    critic_learning_rate: float = Field(1e-3, gt=0, le=10)
    temperature: float = Field(4.0, gt=0, le=100)
    label_weight: float = Field(0.5, ge=0, le=1)


PAPER = XNNDSettings(
    recogniser=PAPER_RECNET,
    noise=NoiseOptions(width=768, depth=5, heads=12, pixels=True),
    adversarial_steps=20_000,
)
"""XNN-d as section 6.1 has it, with what it leaves open settled here: mixture, bound, lengths, temperature."""
