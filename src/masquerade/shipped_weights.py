"""Files of weights that come with the package: of format 1, without checksums, so that their SHA-256 stand here."""

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from masquerade.errors import ModelError

PACKAGE: Final = Path(__file__).parent
SHA256: Final = {
    "crafting/weights/amortiser-1.safetensors": "2807064691037d7acc1affc6d23788d5e66cbf50b07739a9ab76b33ff0771a50",
    "crafting/weights/answers-1.safetensors": "47f899ac4fb27db423b557e795f78c9967fc79df31f74c663b257948b8694c51",
    "crafting/weights/crafter-1.safetensors": "37ab03a11bd2081c4f31bfca942d494e6f507600c1e27532bf7c0e485fbc23c9",
    "crafting/weights/faces-1.safetensors": "097c2cc645e40c814fff88b6eb0af622036fc5e4353ede415b860181798e26b9",
    "crafting/weights/faces-style.safetensors": "35b7420fb4e2709e7155589ec80de38c9365c6071e47988446f5ea57550ff68b",
    "crafting/weights/split-1.safetensors": "23dc30bfc8e39f9d4edc3085e97644cc0c5fe547b6c1a142ffac7fb7edc5a9f8",
    "encoders/weights/resnet-public.safetensors": "68419c9134a540f88b088ba9c1a53e87d60692f74137ca8faf61eccccd4af78e",
    "encoders/weights/sface-tokens.safetensors": "2a4a5f5eb44dcc2d84f65523decb5815755555f9687430011eda8c88f43dce13",
    "encoders/weights/vit-small.safetensors": "3af1f430c5ebe9c38dba324bd4152a9ffe35704caa97fe8b43cffb56bf0133dc",
    "masknets/weights/felt-1.safetensors": "4e1460874990abaed37377fe8c742ad16c1aa2766f5d901b4f605f64c43e89a5",
    "masknets/weights/hypernet-1.safetensors": "8039ddcf76e257a206bc4477c6aa22842e459e161bdb701da06fd64f78822ec4",
    "masknets/weights/one-pass-1.safetensors": "664d623618a79966bac3b7ab3e02ec59b1d9660d6c38974b182acb62f7c3429d",
}


@cache
def shipped_weights(name: str) -> Path:
    """The path of a file in ``SHA256``, if it is as it was shipped.

    Raises:
        ModelError: If it is missing or another one.
    """
    path = PACKAGE / name
    try:
        digest = sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise _broken(path, error.strerror) from None
    if digest != SHA256[name]:
        raise _broken(path, "its SHA-256 is another")
    return path


def _broken(path: Path, why: str | None) -> ModelError:
    return ModelError(
        "a file of the package is damaged", value=why, place=path, remedy="Install masquerade again."
    )
