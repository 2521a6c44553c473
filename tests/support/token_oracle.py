"""Disguises of tokens and the baselines the slow way: loops, written down a second time from their descriptions.

Of the package it uses the key's streams alone.
"""

from collections.abc import Mapping
from hashlib import blake2b
from math import pi
from typing import Any

import numpy as np
from numpy.typing import NDArray

from masquerade.keys import Key, KeyStream

Images = NDArray[np.float64]
Layer = tuple[Images, Images]


def token_matrix(given: Mapping[str, Any], key: Key, images: Images) -> Images:
    """XNN, section 3.1: each token, a row of d numbers, times one matrix."""
    n, d, h, w = images.shape
    stream = key.stream(f"token-matrix {given['matrix']} on {d}x{h}x{w}")
    if given["matrix"] == "orthogonal":
        M = stream.orthogonal(d, 1)[0]
    else:
        M = stream.normal(d * d).reshape(d, d) / np.sqrt(d)
        while np.linalg.cond(M) > given["largest_condition"] * d:
            M = stream.normal(d * d).reshape(d, d) / np.sqrt(d)
    result = np.empty_like(images)
    for i, y, x in np.ndindex(n, h, w):
        result[i, :, y, x] = images[i, :, y, x] @ M
    return result


def token_network(given: Mapping[str, Any], key: Key, images: Images) -> Images:
    """Tokens of length sqrt(d), then depth times matrix, bias and activation, then a matrix."""
    n, d, h, w = images.shape
    act, gain, width = given["act"], given["gain"], given["width"] or d
    stream = key.stream(f"token-network {given['depth']} {act} on {d}x{h}x{w}")
    layers, size = [], d
    for _ in range(given["depth"]):
        A = stream.normal(size * width).reshape(size, width) / np.sqrt(size) * gain
        layers.append((A, (2 * stream.uniform(width) - 1) * (pi if act == "cosine" else gain)))
        size = width
    last = stream.normal(size * width).reshape(size, width) / np.sqrt(size)
    bent = {"cosine": np.cos, "tanh": np.tanh, "leaky": lambda z: np.where(z > 0, z, 0.2 * z)}[act]
    result = np.empty((n, width, h, w))
    for i, y, x in np.ndindex(n, h, w):
        token = images[i, :, y, x] / np.sqrt(np.mean(images[i, :, y, x] ** 2))
        for A, b in layers:
            token = bent(token @ A + b)
        result[i, :, y, x] = token @ last
    return result


def choices(key: Key, purpose: str, nonces: list[bytes], below: int) -> list[int]:
    """A number from 0 to below - 1 for each image."""
    return [int(float(key.stream(purpose).fields([nonce], 1)[0, 0]) * below) for nonce in nonces]


def stated(results: list[Images], chosen: list[int], keys: int, told: str) -> Images:
    """Results of one image each under its key, and which key."""
    rows = []
    for result, j in zip(results, chosen, strict=True):
        c, h, w = result.shape
        full = np.zeros((c + keys if told == "planes" else c * keys, h, w))
        if told == "planes":
            full[:c], full[c + j] = result, 1
        else:
            full[j * c : (j + 1) * c] = result
        rows.append(full)
    return np.stack(rows)


def instahide(given: Mapping[str, Any], key: Key, images: Images, nonces: list[bytes]) -> Images:
    """Photos of one call, mixed inside it, each number with a sign."""
    k, n = given["k"], len(images)
    own = key.derive("instahide on {}x{}x{}".format(*images.shape[1:]))
    call = blake2b(b"".join(nonces), digest_size=16).digest()
    stream = own.stream(f"mixture {call.hex()}")
    partners = [list(range(n)), *(stream.permutation(n) for _ in range(k - 1))]
    weights: dict[int, Images] = {}
    while len(weights) < n:
        todo = [row for row in range(n) if row not in weights]
        drawn = np.abs(stream.normal(len(todo) * k)).reshape(-1, k)
        for row, lengths in zip(todo, drawn, strict=True):
            if max(lengths / lengths.sum()) <= given["ceiling"]:
                weights[row] = lengths / lengths.sum()
    result = np.zeros_like(images)
    for row in range(n):
        for place in range(k):
            result[row] += weights[row][place] * (images[partners[place][row]] - 127.5) / 64
        nonce = blake2b(call + row.to_bytes(8, "little"), digest_size=16).digest()
        signs = own.stream("signs").fields([nonce], images[0].size)[0]
        result[row] *= np.where(signs < 0.5, -1, 1).reshape(result[row].shape)
    return 64 * result + 127.5


def neuracrypt(given: Mapping[str, Any], key: Key, images: Images, nonces: list[bytes]) -> Images:
    """Patches through the network, each photo's in an order of its own."""
    n, c, h, w = images.shape
    depth, width, p = given["depth"], given["width"], given["patch"]
    rows, columns = h // p, w // p
    stream = key.stream(f"neuracrypt {depth} {width} {p} on {c}x{h}x{w}")
    layers = [_uniform(stream, c * p * p, width), *(_uniform(stream, width, width) for _ in range(depth))]
    positions = stream.normal(rows * columns * width).reshape(rows * columns, width)
    A, b = _uniform(stream, width, width)
    scales = _calibration(layers, _patches(_waves(c, h, w), p))
    result = np.empty((n, width, rows, columns))
    for i, nonce in enumerate(nonces):
        codes = []
        for patch, position in zip(_patches(images[i : i + 1], p)[0], positions, strict=True):
            code = patch
            for (W, v), (mean, deviation) in zip(layers, scales, strict=True):
                code = np.maximum(0, (code @ W + v - mean) / deviation)
            codes.append(np.maximum(0, code + position) @ A + b)
        field = key.stream(f"neuracrypt shuffle on {c}x{h}x{w}").fields([nonce], len(codes))[0]
        order = sorted(range(len(codes)), key=lambda place: field[place])
        for place, source in enumerate(order):
            result[i, :, place // columns, place % columns] = codes[source]
    return result


def dauntless(given: Mapping[str, Any], key: Key, images: Images) -> Images:
    """Photos as rows through layers with ReLU between them."""
    n, c, h, w = images.shape
    stream = key.stream(f"dauntless {given['depth']} {given['width']} on {c}x{h}x{w}")
    layers = _layers(stream, c * h * w, given["width"], given["depth"])
    rows = [_through(layers, (image.flatten() - 127.5) / 64) for image in images]
    return np.stack(rows).reshape(n, -1, 1, 1)


def task_augment(given: Mapping[str, Any], key: Key, images: Images, nonces: list[bytes]) -> Images:
    """Patches beside those of a partner of the other task, through layers with ReLU between them."""
    n, c, h, w = images.shape
    p, width, classes = given["patch"], given["width"], given["classes"]
    place = f"on {c}x{h}x{w}"
    rows, columns = h // p, w // p
    stream = key.stream(f"task-augment {given['depth']} {width} {p} {place}")
    layers = _layers(stream, 2 * c * p * p, width, given["depth"])
    drawn = key.stream(f"task-augment patterns {classes} {place}")
    patterns = drawn.uniform(classes * c * rows * columns).reshape(classes, c, rows, columns)
    noise = drawn.uniform(32 * classes * c * rows * columns).reshape(-1, c, rows, columns)
    chosen = choices(key, f"task-augment partners {place}", nonces, 32 * classes)
    result = np.empty((n, width, rows, columns))
    for i, partner in enumerate(chosen):
        levels = np.round(255 * (2 * patterns[partner // 32] + noise[partner]) / 3)
        both = np.concatenate([images[i], np.kron(levels, np.ones((p, p)))])
        for q, patch in enumerate(_patches(both[None], p)[0]):
            result[i, :, q // columns, q % columns] = _through(layers, patch)
    return result


def _patches(images: Images, p: int) -> Images:
    """Standardised patches in reading order, channel by channel, ``(n, t, c p p)``."""
    _, _, h, w = images.shape
    corners = [(y, x) for y in range(0, h, p) for x in range(0, w, p)]
    cut = [[image[:, y : y + p, x : x + p].flatten() for y, x in corners] for image in images]
    return (np.array(cut) - 127.5) / 64


def _uniform(stream: KeyStream, d_in: int, d_out: int) -> Layer:
    W = (2 * stream.uniform(d_in * d_out) - 1).reshape(d_in, d_out) / np.sqrt(d_in)
    return W, (2 * stream.uniform(d_out) - 1) / np.sqrt(d_in)


def _layers(stream: KeyStream, d_in: int, width: int, depth: int) -> list[Layer]:
    return [_uniform(stream, width if i else d_in, width) for i in range(depth)]


def _through(layers: list[Layer], row: Images) -> Images:
    for i, (W, b) in enumerate(layers):
        row = (np.maximum(0, row) if i else row) @ W + b
    return row


def _waves(c: int, h: int, w: int) -> Images:
    """The public calibration images."""
    waves = np.empty((64, c, h, w))
    for i, j, y, x in np.ndindex(waves.shape):
        spread = [(i + 1) * np.sqrt(k) % 1 for k in (2, 3, 5, 11)]
        along = y / h * np.sin(pi * spread[0]) + x / w * np.cos(pi * spread[0])
        phase = h / 4 * spread[1] ** 3 * along + spread[2] + 0.1 * j
        level = 64 + 128 * ((i + 64 * j + 1) * np.sqrt(7) % 1)
        waves[i, j, y, x] = level + 64 * spread[3] * np.cos(2 * pi * phase)
    return waves


def _calibration(layers: list[Layer], tokens: Images) -> list[tuple[Any, Any]]:
    """Mean and deviation of what enters each activation; the first layer keeps its own."""
    scales: list[tuple[Any, Any]] = []
    for i, (W, b) in enumerate(layers):
        numbers = tokens @ W + b
        scales.append((numbers.mean((0, 1)), numbers.std((0, 1))) if i else (0.0, 1.0))
        tokens = np.maximum(0, (numbers - scales[-1][0]) / scales[-1][1])
    return scales
