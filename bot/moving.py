"""Moving a case to another channel with a code that works once. Nobody is ever linked across channels without it."""

import re
import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

from bot import pictures
from bot.leaving import offer_resume
from bot.messages import Inbound
from bot.talk import Talk
from cases.case import Consent, Store

SIGNS, GROUPS, LENGTH = "abcdefghjkmnpqrstuvwxyz23456789", 3, 4  # 59 bits: not to be guessed in a day
VALID = timedelta(hours=24)
CODE = re.compile(rf"[{SIGNS}]{{{LENGTH}}}(?:[ -][{SIGNS}]{{{LENGTH}}}){{{GROUPS - 1}}}")


def offer(talk: Talk) -> None:
    """Give a code; it is kept nowhere in clear, and a new one replaces the one before."""
    if talk.case.consent is not Consent.YES:
        talk.say("moving.nothing_kept")
        return
    code = "-".join("".join(secrets.choice(SIGNS) for _ in range(LENGTH)) for _ in range(GROUPS))
    talk.turn.offer_move(_digest(code), talk.now + VALID)
    talk.say("moving.how")
    talk.say_words(talk.words("moving.code", code=code), unwritten=True)


def claim(store: Store, inbound: Inbound, at: datetime) -> Inbound:
    """What she wrote, or, when it is a code, the arrival of her case in this conversation (`moved`)."""
    words = inbound.text.strip().lower()
    if inbound.origin or not CODE.fullmatch(words):
        return inbound
    return replace(inbound, text="", moved=store.move(_digest(words), inbound.channel, inbound.chat, at))


def arrive(talk: Talk) -> None:
    """The case is here: the step is shown, never the content. The code stands for her word."""
    talk.state.dull = False
    talk.say("moving.arrived")
    pictures.leave_behind(talk)
    offer_resume(talk)


def _digest(code: str) -> str:
    return sha256(code.replace(" ", "-").encode()).hexdigest()
