"""Public feature extractors: photos in, feature maps out; they protect nothing by themselves."""

from masquerade.encoders.base import Encoder
from masquerade.encoders.card import Card
from masquerade.encoders.file import encoder_bytes, read_encoder
from masquerade.encoders.sface_network import SFace, load_sface
from masquerade.encoders.shipped import CUT, SHIPPED, open_encoder
from masquerade.encoders.vision_transformer import VisionTransformer, ViTOptions
from masquerade.encoders.vit import ViTEncoder

__all__ = [
    "CUT",
    "SHIPPED",
    "Card",
    "Encoder",
    "SFace",
    "ViTEncoder",
    "ViTOptions",
    "VisionTransformer",
    "encoder_bytes",
    "load_sface",
    "open_encoder",
    "read_encoder",
]
