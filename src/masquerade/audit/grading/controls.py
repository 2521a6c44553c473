"""The positive control of an attack at an arm's own size and noise: a target that it is known to break.

An attack that breaks its control on a thousand clean photos says nothing of two hundred noisy ones.
"""

from masquerade.attacks.base import Sight
from masquerade.attacks.structure import PICTURES
from masquerade.audit.run_attack import make_attack
from masquerade.audit.studies.study import ArmSpec, AttackSpec
from masquerade.audit.trial import disguise_of, protects
from masquerade.disguises import Chain, Disguise
from masquerade.recipes import recipe


def control_of(spec: AttackSpec, arm: ArmSpec, height: int) -> tuple[ArmSpec, AttackSpec]:
    """The target, with as many photos and as much noise as the arm has, and the attack as it is run there.

    Args:
        spec: The attack's section of the study; it asks for a control.
        arm: The arm that the control belongs to.
        height: Of the study's photos: larger ones are made as small as those that the control is known to fall at;
            not for attacks on pictures, whose control is the unprotected photo itself.
    """
    control = make_attack(spec).control
    name = spec.control if isinstance(spec.control, str) else control.recipe
    known = recipe(name)
    smaller = known.encoder is None and known.height < height and not make_attack(spec).reads & PICTURES
    target = ArmSpec(
        name=f"control {name}",
        title=name,
        recipe=name,
        side=known.height if smaller else None,
        encodings=control.encodings,
        photos=arm.photos,
    )
    needs = make_attack(spec).needs
    if Sight.MODEL not in needs and known.cloak is None:  # another model is minutes of training
        target = _noisy(target, arm)
    wanted = spec.model_copy(update={"fresh": None})
    if Sight.QUERY in needs:
        wanted = wanted.model_copy(update={"generic": False})  # whoever makes the control answers it
    # Where the control is no protection at all, it is the piece of the study's own unprotected arm.
    if protects(target) or control.metric not in (spec.metric, *spec.others):
        wanted = wanted.model_copy(update={"metric": control.metric, "others": []})
    return target, wanted


def _noisy(target: ArmSpec, arm: ArmSpec) -> ArmSpec:
    """The control with the arm's noise before or after its secret parts, as it stands in the arm."""
    front, kept = disguise_of(arm).public_prefix()
    encoder, secret = disguise_of(target).public_prefix()
    before, after = _around(kept.in_order())
    noise = [part.noise_level for part in (*before, *after) if part.noise_level is not None]
    if not noise or (front is None) != (encoder is None):
        return target
    parts = secret.in_order()
    whole = Chain((*(_in_blocks_of(part, parts) for part in before), *parts, *after))
    size = ", ".join(f"{level:g}" for level in noise)
    known = recipe(target.title)
    said = {
        "recipe": None,
        "disguise": whole.describe(),
        "encoder": known.encoder,
        "title": f"{known.name} with noise {size}",
    }
    return target.model_copy(update={**said, "name": f"control {said['title']}"})


def _around(steps: tuple[Disguise, ...]) -> tuple[list[Disguise], list[Disguise]]:
    """Noise before and after the secret parts, with the public steps that give it its scale; none without both."""
    secret = [i for i, part in enumerate(steps) if part.keyed_by_secret and part.noise_level is None]
    if not secret:
        return [], []
    before = list(steps[: secret[0]])
    after = [part for part in steps[secret[0] :] if part.noise_level is not None and part.keyed_by_secret]
    return (before if any(part.noise_level is not None for part in before) else []), after


def _in_blocks_of(part: Disguise, secret: tuple[Disguise, ...]) -> Disguise:
    """A public step in blocks of the control's size: attacks read one size."""
    sizes = {block for each in secret if (block := getattr(each, "block", None))}
    return part.in_blocks_of(sizes.pop()) if len(sizes) == 1 else part
