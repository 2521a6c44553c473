"""Which addresses are this machine's own."""

import ipaddress


def loopback(host: str) -> bool:
    """Whether an address, or ``localhost``, leads nowhere beyond this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
