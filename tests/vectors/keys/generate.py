"""Write the golden vectors of keys with masquerade itself: ``python tests/vectors/keys/generate.py``.

``verify.py`` recomputes them without masquerade. Vectors are added, never changed: a change would mean that
data disguised by an earlier release cannot be disguised again.
"""

import json
from pathlib import Path
from typing import Any

import key_files
import numpy as np

from masquerade.keys import Key, KeyStream, rounded_digest
from masquerade.keys.normals import quantile

HERE = Path(__file__).parent
SECRETS = [bytes(range(32)), bytes(32), bytes([255]) * 32]
NONCES = [bytes(16), bytes([255]) * 16, bytes(range(16)), bytes(range(15, -1, -1))]

DRAWS: dict[str, list[list[tuple[Any, ...]]]] = {
    "integers": [
        [("integers", below, 12)]
        for below in (1, 2, 3, 10, 255, 256, 2**31, 2**31 + 1, 3 * 2**30, 2**32 - 1, 2**32)
    ]
    + [[("integers", below, 12)] for below in (2**32 + 1, 2**40 + 7, 3 * 2**61, 2**62 + 1, 2**63 - 1, 2**63)],
    "permutations": [[("permutation", n)] for n in (0, 1, 2, 3, 16, 49, 300)],
    "uniform": [[("uniform", 24)]],
    "normals": [[("normal", 300)]],
    "orthogonal": [
        [("orthogonal", size, count)] for size, count in ((1, 6), (2, 5), (3, 3), (7, 2), (16, 1))
    ],
    "orthogonal_digests": [[("orthogonal_digest", 16, 3)], [("orthogonal_digest", 48, 1)]],
    "fields": [[("fields", NONCES, 20)]],
    "sequences": [
        [
            ("normal", 3),
            ("integers", 10, 5),
            ("permutation", 6),
            ("uniform", 3),
            ("orthogonal", 2, 2),
            ("normal", 1),
        ],
        [("integers", 2**31 + 1, 7), ("fields", NONCES[:1], 3), ("integers", 2**33, 3), ("integers", 7, 3)],
    ],
}


def write_all(folder: Path) -> None:
    files = {
        name: [_drawn(secret, name, draws) for secret in SECRETS for draws in cases]
        for name, cases in DRAWS.items()
    }
    for name, vectors in {
        **files,
        "derivation": _derivations(),
        "quantiles": _quantiles(),
        "key_files": key_files.vectors(),
    }.items():
        lines = ",\n".join(json.dumps(vector) for vector in vectors)
        (folder / f"{name}.json").write_text(f"[\n{lines}\n]\n")


def _drawn(secret: bytes, purpose: str, draws: list[tuple[Any, ...]]) -> dict[str, Any]:
    stream = Key.from_secret(secret).stream(f"vectors/{purpose}")
    return {
        "secret": secret.hex(),
        "purpose": stream.purpose,
        "draws": [_draw(stream, *draw) for draw in draws],
    }


def _draw(stream: KeyStream, kind: str, *arguments: object) -> dict[str, Any]:
    if kind == "orthogonal_digest":
        return {
            "kind": kind,
            "arguments": arguments,
            "is": rounded_digest([stream.orthogonal(*arguments)]).hex(),
        }
    numbers = getattr(stream, kind)(*arguments).ravel().tolist()
    if kind == "fields":
        arguments = ([nonce.hex() for nonce in arguments[0]], arguments[1])
    written = [number.hex() if isinstance(number, float) else number for number in numbers]
    return {"kind": kind, "arguments": arguments, "is": written}


def _derivations() -> list[dict[str, Any]]:
    vectors = []
    for secret in SECRETS:
        for path in ([], ["a"], ["a", "b"], ["person/17 ~"], ["p" * 200]):
            key = Key.from_secret(secret)
            for purpose in path:
                key = key.derive(purpose)
            code = key.authenticate("vectors", b"what is signed")
            vectors.append(
                {"secret": secret.hex(), "path": path, "fingerprint": key.fingerprint, "authenticate": code}
            )
    return vectors


def _quantiles() -> list[dict[str, str]]:
    """Among them tails that few draws reach, and the seams between the parts of the recipe."""
    small = [
        2.0**-53,
        3 * 2.0**-53,
        1e-15,
        1e-12,
        1.3887943864964021e-11,
        1.4e-11,
        1e-6,
        0.01,
        0.074,
        0.075,
        0.076,
        0.3,
    ]
    p = np.array([*small, *(1.0 - np.array(small)), 0.5 - 2.0**-53, 0.5 + 2.0**-53])
    return [{"p": a.hex(), "is": b.hex()} for a, b in zip(p.tolist(), quantile(p).tolist(), strict=True)]


if __name__ == "__main__":
    write_all(HERE)
