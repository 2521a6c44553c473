"""The ring that vectors are encrypted in, and the table that says which rings are hard enough."""

from functools import cache
from typing import TYPE_CHECKING, Annotated, Final, final

from pydantic import BaseModel, ConfigDict, Field

from masquerade.errors import RefusedParameters
from masquerade.sealed.library import seal_library

if TYPE_CHECKING:
    import seal

MOST_BITS: Final = {1024: 27, 2048: 54, 4096: 109, 8192: 218, 16384: 438, 32768: 881}
"""Most bits of all primes together at 128 bits of classical security, by degree, secrets of -1, 0 and 1.

Table 1 of the Homomorphic Encryption Standard (Albrecht et al. 2018), which SEAL follows.
"""
_LEAST_PRIMES: Final = 3
"""One that answers come in, one for a product, one for switching keys."""

Bits = Annotated[int, Field(ge=16, le=60)]


@final
class Parameters(BaseModel):
    """Parameters of BGV.

    Args:
        degree: Numbers ``n`` of a polynomial, and of a plaintext.
        prime_bits: Bits of each prime of the modulus; the last is for switching keys alone.
        plain_bits: Bits of the prime that scores are exact below.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    degree: int
    prime_bits: tuple[Bits, ...]
    plain_bits: Bits

    def require_hard(self) -> None:
        """Pass if the table allows them.

        Raises:
            RefusedParameters: If their primes have more bits than 128 bits of security allow, or they are none of BGV.
        """
        bits, most = sum(self.prime_bits), MOST_BITS.get(self.degree)
        if most is None:
            raise RefusedParameters(
                "the table of hard rings has no such degree",
                value=self.degree,
                remedy=f"It has {', '.join(map(str, MOST_BITS))}.",
            )
        if bits > most:
            raise RefusedParameters(
                "encryption parameters below 128 bits of security",
                value=f"a modulus of {bits} bits at degree {self.degree}, at most {most}",
                remedy="Take fewer or smaller primes, or a larger degree.",
            )
        if len(self.prime_bits) < _LEAST_PRIMES:
            raise RefusedParameters(
                "too few primes", value=len(self.prime_bits), remedy=f"Give {_LEAST_PRIMES} or more."
            )


STANDARD: Final = Parameters(degree=4096, prime_bits=(36, 36, 37), plain_bits=18)
"""109 bits, the most that degree 4,096 takes: one product of two ciphertexts, and room for all sums."""


@cache
def context(parameters: Parameters) -> "seal.SEALContext":
    """SEAL's context, which asks SEAL's own copy of the table again.

    Raises:
        RefusedParameters: If the table, or SEAL, refuses them.
        UsageError: If SEAL is not installed.
    """
    parameters.require_hard()
    seal = seal_library()
    made = seal.EncryptionParameters(seal.scheme_type.bgv)
    made.set_poly_modulus_degree(parameters.degree)
    try:
        made.set_plain_modulus(seal.PlainModulus.Batching(parameters.degree, parameters.plain_bits))
        made.set_coeff_modulus(seal.CoeffModulus.Create(parameters.degree, list(parameters.prime_bits)))
        found = seal.SEALContext(made, True, seal.sec_level_type.tc128)
    except (RuntimeError, ValueError) as error:
        raise RefusedParameters("SEAL finds no such primes", value=error) from None
    if not found.parameters_set():
        raise RefusedParameters("SEAL refuses the encryption parameters", value=found.parameter_error_name())
    return found
