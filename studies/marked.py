"""Documents whose tables are written from results, between ``<!-- numbers -->`` and ``<!-- /numbers -->``."""


def filled(text: str, mark: str, words: str) -> str:
    """A document with other words between the marks of a name, which must be there once each."""
    before, rest = text.split(f"<!-- {mark} -->\n")
    _, after = rest.split(f"<!-- /{mark} -->")
    return f"{before}<!-- {mark} -->\n{words}\n<!-- /{mark} -->{after}"
