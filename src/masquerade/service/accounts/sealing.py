"""What the sealed secret of a MaskNet is bound to."""


def belongs(masknet: str, account: str) -> bytes:
    """It opens for this MaskNet of this account alone; while it is in stock, of no account."""
    return f"{masknet}/{account}".encode()
