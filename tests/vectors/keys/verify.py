"""Recompute the golden vectors without masquerade: Python's standard library alone, each recipe written out.

``python -I -S tests/vectors/keys/verify.py`` prints what does not agree, and ends with status 1 if anything
does not. Of key files under a passphrase it checks everything but the opening: the standard library has no
Argon2.
"""

import hashlib
import hmac
import json
import math
import re
import struct
import sys
from datetime import datetime
from pathlib import Path

MASK = 0xFFFFFFFF


def hkdf(secret: bytes, info: bytes, length: int = 32) -> bytes:
    """RFC 5869 with SHA-256 and no salt, for at most 32 bytes."""
    assert length <= 32
    extracted = hmac.new(bytes(32), secret, hashlib.sha256).digest()
    return hmac.new(extracted, info + b"\x01", hashlib.sha256).digest()[:length]


def derived(secret: bytes, use: str, purpose: str, length: int = 32) -> bytes:
    return hkdf(secret, f"masquerade/v1/{use}/{purpose}".encode("ascii"), length)


def quarter_round(x: list[int], a: int, b: int, c: int, d: int) -> None:
    for first, second, third, shift in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        x[first] = (x[first] + x[second]) & MASK
        mixed = x[third] ^ x[first]
        x[third] = ((mixed << shift) | (mixed >> (32 - shift))) & MASK


def chacha20_block(key: bytes, counter: int) -> bytes:
    """RFC 8439, section 2.3, nonce zero."""
    start = [0x61707865, 0x3320646E, 0x79622D32, 0x6B206574, *struct.unpack("<8I", key), counter, 0, 0, 0]
    x = list(start)
    for _ in range(10):
        for column in range(4):
            quarter_round(x, column, 4 + column, 8 + column, 12 + column)
        for column in range(4):
            quarter_round(x, column, 4 + (column + 1) % 4, 8 + (column + 2) % 4, 12 + (column + 3) % 4)
    return struct.pack("<16I", *((a + b) & MASK for a, b in zip(x, start, strict=True)))


class Stream:
    """The numbers of one key and purpose, one word at a time."""

    def __init__(self, secret: bytes, purpose: str) -> None:
        self.key = derived(secret, "stream", purpose)
        self.field_key = derived(secret, "field", purpose)
        self.blocks = 0
        self.rest = b""

    def word(self, size: int) -> int:
        while len(self.rest) < size:
            self.rest += chacha20_block(self.key, self.blocks)
            self.blocks += 1
        taken, self.rest = self.rest[:size], self.rest[size:]
        return int.from_bytes(taken, "little")

    def below(self, bound: int) -> int:
        size = 4 if bound <= 2**32 else 8
        while (word := self.word(size)) >= 256**size // bound * bound:
            pass
        return word % bound

    def integers(self, bound: int, count: int) -> list[int]:
        return [self.below(bound) for _ in range(count)]

    def permutation(self, n: int) -> list[int]:
        order = list(range(n))
        for i in reversed(range(1, n)):
            j = self.below(i + 1)
            order[i], order[j] = order[j], order[i]
        return order

    def uniform(self, count: int) -> list[float]:
        return [(self.word(8) >> 11) / 2**53 for _ in range(count)]

    def normal(self, count: int) -> list[float]:
        return [quantile(((self.word(8) >> 12) + 0.5) / 2**52) for _ in range(count)]

    def matrix(self, size: int) -> list[list[float]]:
        found: list[list[float]] = []
        for k in range(1, size + 1):
            found = grown(found, self.normal(k))
        return found

    def orthogonal(self, size: int, count: int) -> list[float]:
        return [number for _ in range(count) for row in self.matrix(size) for number in row]

    def orthogonal_digest(self, size: int, count: int) -> str:
        shape = struct.pack("<4q", 3, count, size, size)
        numbers = (round(number * 2**40) for number in self.orthogonal(size, count))
        return hashlib.sha256(shape + b"".join(struct.pack("<q", number) for number in numbers)).hexdigest()

    def fields(self, nonces: list[str], count: int) -> list[float]:
        numbers = []
        for nonce in nonces:
            key = hmac.new(self.field_key, bytes.fromhex(nonce), hashlib.sha256).digest()
            blocks = b"".join(chacha20_block(key, i) for i in range(count // 16 + 1))
            numbers += [(word >> 8) / 2**24 for word in struct.unpack(f"<{count}I", blocks[: 4 * count])]
        return numbers


def grown(inner: list[list[float]], x: list[float]) -> list[list[float]]:
    """From Q on O(k - 1) and k normal numbers to a matrix on O(k), by one Householder reflection."""
    length = math.sqrt(folded([a * a for a in x]))
    v = [a / length for a in x]
    w = [folded([v[i + 1] * row[j] for i, row in enumerate(inner)]) for j in range(len(inner))]
    scaled = [a / (1.0 + abs(v[0])) for a in w]
    sign = 1.0 if v[0] >= 0.0 else -1.0
    below = [
        [v[i + 1], *((v[i + 1] * scaled[j] - row[j]) * sign for j in range(len(row)))]
        for i, row in enumerate(inner)
    ]
    return [[v[0], *w], *below]


def folded(terms: list[float]) -> float:
    """The sum, the later half added onto the earlier until one term is left."""
    while len(terms) > 1:
        half = -(-len(terms) // 2)
        terms = [terms[i] + terms[i + half] if i + half < len(terms) else terms[i] for i in range(half)]
    return terms[0]


def logarithm(x: float) -> float:
    m, exponent = math.frexp(x)
    if m < 0.7071067811865476:
        m, exponent = 2.0 * m, exponent - 1
    s = (m - 1.0) / (m + 1.0)
    series = 0.0
    for odd in range(23, 0, -2):
        series = series * (s * s) + 1.0 / odd
    return exponent * 0.6931471805599453 + 2.0 * s * series


def horner(coefficients: str, x: float) -> float:
    value, *others = map(float, coefficients.split())
    for coefficient in others:
        value = value * x + coefficient
    return value


def quantile(p: float) -> float:
    """Wichura (1988), Algorithm AS 241, PPND16."""
    q = p - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        return horner(CENTRE_ABOVE, r) / horner(CENTRE_BELOW, r) * q
    r = math.sqrt(-logarithm(min(p, 1.0 - p)))
    if r <= 5.0:
        size = horner(TAIL_ABOVE, r - 1.6) / horner(TAIL_BELOW, r - 1.6)
    else:
        size = horner(FAR_ABOVE, r - 5.0) / horner(FAR_BELOW, r - 5.0)
    return math.copysign(size, q)


CENTRE_ABOVE = """2.5090809287301226727e3 3.3430575583588128105e4 6.7265770927008700853e4
4.5921953931549871457e4 1.3731693765509461125e4 1.9715909503065514427e3
1.3314166789178437745e2 3.3871328727963666080e0"""
CENTRE_BELOW = """5.2264952788528545610e3 2.8729085735721942674e4 3.9307895800092710610e4
2.1213794301586595867e4 5.3941960214247511077e3 6.8718700749205790830e2
4.2313330701600911252e1 1"""
TAIL_ABOVE = """7.7454501427834140764e-4 2.27238449892691845833e-2 2.41780725177450611770e-1
1.27045825245236838258e0 3.64784832476320460504e0 5.76949722146069140550e0 4.63033784615654529590e0
1.42343711074968357734e0"""
TAIL_BELOW = """1.05075007164441684324e-9 5.475938084995344946e-4 1.51986665636164571966e-2
1.48103976427480074590e-1 6.89767334985100004550e-1 1.67638483018380384940e0 2.05319162663775882187e0 1"""
FAR_ABOVE = """2.01033439929228813265e-7 2.71155556874348757815e-5 1.24266094738807843860e-3
2.65321895265761230930e-2 2.96560571828504891230e-1 1.78482653991729133580e0 5.46378491116411436990e0
6.65790464350110377720e0"""
FAR_BELOW = """2.04426310338993978564e-15 1.42151175831644588870e-7 1.84631831751005468180e-5
7.86869131145613259100e-4 1.48753612908506148525e-2 1.36929880922735805310e-1 5.99832206555887937690e-1 1"""


def key_file_result(content: bytes) -> str:
    """What comes of a key file: a fingerprint, an error, or "sealed" where only the passphrase can tell."""
    content = as_written(content)
    first = re.match(rb"masquerade-key/v([1-9]\d{0,8})\n", content)
    if not first:
        return "CorruptKey"
    if first[1] != b"1":
        return "UnsupportedKeyVersion"
    body, found, check = content.rpartition(b"check: ")
    if not found or check != hashlib.sha256(body).hexdigest().encode() + b"\n" or len(content) > 4096:
        return "CorruptKey"
    lines = body.decode("latin-1").split("\n")
    names = ["created: ", "fingerprint: ", "protection: ", "secret: "]
    if len(lines) != 6 or lines[5] or not all(map(str.startswith, lines[1:5], names)):
        return "CorruptKey"
    values = [line[len(name) :] for line, name in zip(lines[1:5], names, strict=True)]
    return checked(*values) if sound_time(values[0]) else "CorruptKey"


def as_written(content: bytes) -> bytes:
    """Without what editors and mail do to text: a mark at the start, CR LF on every line, empty lines at the end."""
    content = content.removeprefix(b"\xef\xbb\xbf")
    if not re.search(rb"(?<!\r)\n", content):
        content = content.replace(b"\r\n", b"\n")
    return re.sub(rb"\n+\Z", b"\n", content)


def sound_time(text: str) -> bool:
    try:
        moment = datetime(
            *map(int, re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z", text).groups())
        )
    except (AttributeError, ValueError):
        return False
    return moment.isoformat() + "Z" == text


def checked(_: str, fingerprint: str, protection: str, secret: str) -> str:
    digits = re.fullmatch(r"[0-9a-f]{64}|[0-9a-f]{96}", secret)
    if not digits or (len(secret) == 64) is not (protection == "none"):
        return "CorruptKey"
    if protection == "none":
        name = derived(bytes.fromhex(secret), "fingerprint", "key", 16).hex()
        return name if name == fingerprint else "CorruptKey"
    number = r"([1-9]\d*)"
    cost = re.fullmatch(
        rf"argon2id memory_kib={number} passes={number} lanes={number} salt=[0-9a-f]{{32}}", protection
    )
    if not cost:
        return "CorruptKey"
    memory, passes, lanes = map(int, cost.groups())
    if memory > 2**20 or passes > 16 or lanes > 16:
        return "KeyCostRefused"
    return "sealed" if memory >= 8 * lanes else "CorruptKey"


def key_file_agrees(vector: dict) -> bool:
    result = key_file_result(vector["text"].encode("latin-1"))
    if result == "sealed":
        return True
    if len(result) == 32 and vector["passphrase"] is not None:
        result = "UsageError"
    return result == vector["expected"]


def derivation_agrees(vector: dict) -> bool:
    secret = bytes.fromhex(vector["secret"])
    for purpose in vector["path"]:
        secret = derived(secret, "key", purpose)
    signing = derived(secret, "authenticate", "vectors")
    code = hmac.new(signing, b"what is signed", hashlib.sha256).hexdigest()
    fingerprint = derived(secret, "fingerprint", "key", 16).hex()
    return (code, fingerprint) == (vector["authenticate"], vector["fingerprint"])


def quantile_agrees(vector: dict) -> bool:
    return quantile(float.fromhex(vector["p"])).hex() == vector["is"]


def draws_agree(vector: dict) -> bool:
    stream = Stream(bytes.fromhex(vector["secret"]), vector["purpose"])
    for draw in vector["draws"]:
        drawn = getattr(stream, draw["kind"])(*draw["arguments"])
        if not isinstance(drawn, str):
            drawn = [number.hex() if isinstance(number, float) else number for number in drawn]
        if drawn != draw["is"]:
            return False
    return True


def disagreements(folder: Path) -> list[str]:
    """File and index of every vector that comes out otherwise."""
    agree = {"key_files": key_file_agrees, "derivation": derivation_agrees, "quantiles": quantile_agrees}
    return [
        f"{path.name}[{index}]"
        for path in sorted(folder.glob("*.json"))
        for index, vector in enumerate(json.loads(path.read_text()))
        if not agree.get(path.stem, draws_agree)(vector)
    ]


if __name__ == "__main__":
    found = disagreements(Path(__file__).parent)
    print("\n".join(found) or "all vectors agree")
    sys.exit(1 if found else 0)
