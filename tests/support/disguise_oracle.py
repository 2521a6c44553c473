"""Disguises the slow way: loops over images, channels, blocks and rows, straight from the paper's formulas.

Sharma and Chen, Disguised-Nets, sections 3.2 and 3.3. Of the package it uses the key's streams alone; the
names of their purposes and the order of draws are written down a second time here.
"""

import json
from collections.abc import Iterator, Mapping
from hashlib import blake2b, sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

import token_oracle
from masquerade.keys import Key, KeyStream

Images = NDArray[np.float64]


def disguised(description: Mapping[str, Any], key: Key, images: NDArray[np.uint8]) -> Images:
    """What the described disguise makes of images of whole grey levels."""
    nonces = [blake2b(image.tobytes(), digest_size=16).digest() for image in images]
    return _step(description, key, images.astype(np.float64), nonces)


def name_of(description: Mapping[str, Any]) -> str:
    """SHA-256 of a description with sorted names, whole numbers without a point."""

    def number(text: str) -> float:
        return int(float(text)) if float(text).is_integer() else float(text)

    written = json.loads(json.dumps(description), parse_float=number)
    return sha256(json.dumps(written, sort_keys=True).encode()).hexdigest()


def _step(description: Mapping[str, Any], key: Key, images: Images, nonces: list[bytes]) -> Images:
    given, key = {**description}, key.derive(f"disguise {name_of(description)}")
    match given.pop("kind"):
        case "Chain":
            for i, part in enumerate(given["parts"]):
                images = _step(part, key.derive(f"part {i}"), images, nonces)
            return images
        case "BlockPermutation":
            return permuted(images, key, *_sides(given["block"]))
        case "BlockMatrix":
            sides = _sides(given["block"])
            return multiplied(images, key, sides, given["variant"], given["matrix"], given["per_channel"])
        case "Noise":
            purpose = "noise on {}x{}x{}".format(*images.shape[1:])
            drawn = key.stream(purpose).fields(nonces, images[0].size)
            return images + given["level"] * drawn.reshape(images.shape)
        case "BlockNormalise":
            return normalised(images, *_sides(given["block"]), given["per_channel"], given["epsilon"])
        case "TokenMatrix":
            return token_oracle.token_matrix(given, key, images)
        case "TokenNetwork":
            return token_oracle.token_network(given, key, images)
        case "ManyKeys":
            return many_keys(given, key, images, nonces)
        case "InstaHide":
            return token_oracle.instahide(given, key, images, nonces)
        case "NeuraCrypt":
            return token_oracle.neuracrypt(given, key, images, nonces)
        case "Dauntless":
            return token_oracle.dauntless(given, key, images)
        case "TaskAugment":
            return token_oracle.task_augment(given, key, images, nonces)
    raise AssertionError(description)


def many_keys(given: Mapping[str, Any], key: Key, images: Images, nonces: list[bytes]) -> Images:
    """Each image under one of the keys, and which."""
    keys = given["keys"]
    chosen = token_oracle.choices(key, f"many-keys {keys}", nonces, keys)
    results = [
        _step(given["inner"], key.derive(f"key {j}"), images[i : i + 1], nonces[i : i + 1])[0]
        for i, j in enumerate(chosen)
    ]
    return token_oracle.stated(results, chosen, keys, given["told"])


def permuted(images: Images, key: Key, height: int, width: int) -> Images:
    """Section 3.2: place q of the result takes block pi[q]; blocks are numbered in reading order."""
    _, c, h, w = images.shape
    pi = key.stream(f"block-permutation {height}x{width} on {c}x{h}x{w}").permutation(
        h * w // height // width
    )
    result = np.empty_like(images)
    blocks = list(_blocks(h, w, height, width))
    for (rows, columns), source in zip(blocks, pi, strict=True):
        from_rows, from_columns = blocks[source]
        result[:, :, rows, columns] = images[:, :, from_rows, from_columns]
    return result


def multiplied(
    images: Images, key: Key, sides: tuple[int, int], variant: str, kind: str, per_channel: bool
) -> Images:
    """Section 3.3: each row of a block, or the vectorised block, times the block's own matrix."""
    _, c, h, w = images.shape
    groups = [[channel] for channel in range(c)] if per_channel else [list(range(c))]
    size = sides[1] if variant == "rows" else sides[0] * sides[1] * len(groups[0])
    layout = f"{sides[0]}x{sides[1]} on {c}x{h}x{w}"
    stream = key.stream(f"block-matrix {variant} {kind} {len(groups)} {layout}")
    blocks = list(_blocks(h, w, *sides))
    matrices = iter(_matrices(stream, kind, size, len(blocks) * len(groups)))
    result = np.empty_like(images)
    for rows, columns in blocks:
        for channels in groups:
            R = next(matrices)
            for i in range(len(images)):
                block = images[i][channels, rows, columns]
                if variant == "rows":
                    turned = np.array([[row @ R for row in channel] for channel in block])
                else:
                    turned = (block.flatten() @ R).reshape(block.shape)
                result[i][channels, rows, columns] = turned
    return result


def normalised(images: Images, height: int, width: int, per_channel: bool, epsilon: float) -> Images:
    """Mean zero and standard deviation 64, block by block."""
    result = np.empty_like(images)
    for i, image in enumerate(images):
        for rows, columns in _blocks(*image.shape[1:], height, width):
            for channels in [[0], [1], [2]][: len(image)] if per_channel else [list(range(len(image)))]:
                block = image[channels, rows, columns]
                scaled = 64 * (block - block.mean()) / np.sqrt(block.var() + epsilon)
                result[i][channels, rows, columns] = scaled
    return result


def _matrices(stream: KeyStream, kind: str, size: int, count: int) -> NDArray[np.float64]:
    match kind:
        case "gaussian":
            return stream.normal(count * size * size).reshape(count, size, size) / np.sqrt(size)
        case "uniform01":
            return stream.uniform(count * size * size).reshape(count, size, size)
    drawn = stream.orthogonal(size, count)
    for R in drawn if kind == "rotation" else []:
        if np.linalg.det(R) < 0:
            R[:, -1] = -R[:, -1]
    return drawn


def _blocks(h: int, w: int, height: int, width: int) -> Iterator[tuple[slice, slice]]:
    for y in range(0, h, height):
        for x in range(0, w, width):
            yield slice(y, y + height), slice(x, x + width)


def _sides(block: int | list[int] | tuple[int, int]) -> tuple[int, int]:
    return (block, block) if isinstance(block, int) else (block[0], block[1])
