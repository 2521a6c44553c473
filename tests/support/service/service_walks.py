"""A job killed at each of its statements in turn, from the same database each time."""

from collections.abc import Callable
from itertools import count

from masquerade.service.provider import Provider
from service_examples import provider
from service_kept import Kept
from service_processes import processes


def killed_everywhere(
    address: str, job: Callable[..., None], given: object, require: Callable[[Provider], None]
) -> int:
    """Run ``job(address, given, point)`` killed at point 0, 1, ... until it comes through; gives the number of points.

    ``require`` sees a provider on what each left.
    """
    kept = Kept(address)
    for point in count():
        kept.put_back()
        killed = processes().Process(target=job, args=(address, given, point))
        killed.start()
        killed.join()
        psp = provider(address)
        require(psp)
        psp.close()
        if killed.exitcode == 0:
            return point
        assert killed.exitcode == -9
    raise AssertionError("unreachable")
