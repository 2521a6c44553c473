"""Why a photo may be turned away: a closed list, so that reports can be counted and compared."""

from enum import StrEnum


class Rejection(StrEnum):
    """The classes of ``PhotoRejected``; every photo that is not taken in has exactly one."""

    EMPTY_FILE = "empty-file"
    """No bytes at all."""
    TOO_LARGE_FILE = "too-large-file"
    """More than 20 MB (20,000,000 bytes)."""
    NOT_A_FILE = "not-a-file"
    """A folder, pipe, socket or device."""
    UNREADABLE = "unreadable"
    """The system refuses to open or read it, or it has gone."""
    NOT_AN_IMAGE = "not-an-image"
    """Begins like no image format that masquerade knows of."""
    UNSUPPORTED_FORMAT = "unsupported-format"
    """An image, but not a JPEG, PNG, WebP or BMP of a kind that photos come in."""
    TRUNCATED = "truncated"
    """Ends before its own structure says that it does."""
    DAMAGED = "damaged"
    """Contradicts its own format or checksums."""
    TOO_MANY_PIXELS = "too-many-pixels"
    """More than 25 megapixels, by its header."""
    SEVERAL_FRAMES = "several-frames"
    """An animation."""
    TOO_COSTLY = "too-costly"
    """Built so that decoding takes far longer than its size warrants."""
    DECODER_FAILURE = "decoder-failure"
    """The decoder failed in a way that tells nothing about the file, such as lack of memory."""
