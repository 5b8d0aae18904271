"""Case numbers: random, easy to say on the telephone, and saying nothing of the person."""

import secrets

LETTERS = "ACDEFGHJKLMNPQRTUVWXY34679"  # none that is taken for another when heard or read


def new_number() -> str:
    """A number such as `R-7KQF-93XD`: 26 to the power of 8, two hundred thousand million."""
    drawn = "".join(secrets.choice(LETTERS) for _ in range(8))
    return f"R-{drawn[:4]}-{drawn[4:]}"
