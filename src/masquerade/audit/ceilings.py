"""What attacks reach without protection, and the grades that follow from it."""

from masquerade.audit.grade import grade, strongest
from masquerade.audit.results import Arm, Leak


def with_ceilings(arms: list[Arm]) -> list[Arm]:
    """Fill in what each attack reaches on the unprotected arm, and grade again.

    An attack is judged by the most that any attack reaches there in its metric: one that is weak without
    protection too does not become the strongest by being as weak with it.
    """
    free = next((arm for arm in arms if not arm.protected), None)
    if free is None:
        return arms
    reached = [(leak.attack, leak.headline) for leak in free.leaks if leak.headline is not None]
    ceilings = {attack: measured.value for attack, measured in reached}
    bounds = {m.metric: max(n.value for _, n in reached if n.metric == m.metric) for _, m in reached}
    done = []
    for arm in arms:
        leaks = [leak.model_copy(update={"ceiling": ceilings.get(leak.attack)}) for leak in arm.leaks]
        judged = [leak.model_copy(update={"ceiling": _bound(leak, bounds)}) for leak in leaks]
        worst = strongest(judged)
        change = {
            "leaks": leaks,
            "grade": grade(judged, arm.protected),
            "strongest": worst.attack if worst else "",
        }
        done.append(arm.model_copy(update=change))
    return done


def _bound(leak: Leak, bounds: dict[str, float]) -> float | None:
    return None if leak.headline is None else bounds.get(leak.headline.metric)
