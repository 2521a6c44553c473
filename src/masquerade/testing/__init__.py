"""Checks of a protection or an attack of one's own: the contract that those of this package keep to.

For a test suite elsewhere: ``check_protection(MyProtection())`` and ``check_attack(MyAttack())`` raise
``ContractBroken`` with what is wrong. ``PROTECTION_CHECKS`` are the same checks one by one, to parametrise over.
"""

from masquerade.errors import ContractBroken
from masquerade.measuring import Measured, measured_traits
from masquerade.testing.attack import AttackCase, check_attack, control_case
from masquerade.testing.protection import PROTECTION_CHECKS, check_protection
from masquerade.testing.protection_case import ProtectionCase

__all__ = [
    "PROTECTION_CHECKS",
    "AttackCase",
    "ContractBroken",
    "Measured",
    "ProtectionCase",
    "check_attack",
    "check_protection",
    "control_case",
    "measured_traits",
]
