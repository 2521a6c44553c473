"""The four traits of a protection as a sentence."""

from masquerade.audit.results import Arm

_WORDS = {
    "deterministic": ("the same photo gives the same answer", "the same photo gives other answers"),
    "linear": ("linear", "not linear"),
    "same_map": ("one map for all photos", "other maps for other photos"),
    "keeps_inner_products": ("inner products are kept", "inner products are not kept"),
}


def traits_of(arm: Arm) -> str:
    """What a protection does to photos, and whether that was measured; empty where nobody says."""
    if arm.traits is None:
        return ""
    said = [yes if getattr(arm.traits, name) else no for name, (yes, no) in _WORDS.items()]
    how = "Measured on the black box" if arm.traits.numbers else "Declared, not measured"
    return f"{how}: {'; '.join(said)}."
