"""Replies made ready: words from data, filled with what the console knows."""

from flows.hours import next_opening
from review.visit import Visit

PREFIX = "replies."


def canned(visit: Visit, language: str) -> list[tuple[str, str]]:
    """Titles (in the reviewer's language) and words (in hers), in the order of the file."""
    texts, settings = visit.console.texts, visit.console.settings
    names = [key.split(".")[1] for key in texts.all(settings.language) if key.startswith(PREFIX)]
    opens = closed_until(visit)
    values = {
        "association": settings.association,
        "name": visit.account.shown,
        "opens": opens or visit.words("reply.soon"),
    }
    return [
        (
            visit.words(f"{PREFIX}{name}.title"),
            texts.get(f"{PREFIX}{name}.words", language, **values),
        )
        for name in dict.fromkeys(names)
    ]


def closed_until(visit: Visit) -> str:
    """When the team opens again; "" while it is open or when it has no hours."""
    settings = visit.console.settings
    here = visit.at.astimezone(settings.timezone)
    opens = next_opening(settings.team_hours, here)
    return "" if opens is None or opens <= here else opens.strftime("%d/%m %H:%M")
