"""The first minute: what this is, whether the phone is safe, and her consent before anything is kept."""

from bot import asking
from bot.messages import Button
from bot.step import Step, pop, push
from bot.talk import Talk
from cases.case import Consent
from flows.facts import Fact, Source
from nlp.understand import fold, understand

WORD_LENGTH = range(3, 31)
LANGUAGE_PREFIX = "language:"


def begin(talk: Talk) -> None:
    """Say what this is, then ask whether the phone is safe."""
    talk.state.steps = ["consent", "phone_safe"]
    talk.say("conversation.notice")
    talk.say("conversation.notice_keep")
    place = f"conversation.notice_{talk.inbound.channel}"
    if talk.knowledge.texts.has(place):
        talk.say(place)
    _ask_phone_safe(talk)


def _ask_phone_safe(talk: Talk) -> None:
    buttons = (
        (talk.button("phone_safe_yes", "phone_safe:yes"), talk.button("phone_safe_no", "phone_safe:no")),
        (talk.button("unsure", "phone_safe:unsure"),),
        _other_languages(talk),
    )
    talk.say("conversation.phone_safe", buttons)


def _other_languages(talk: Talk) -> tuple[Button, ...]:
    """One button for each other language, named in that language."""
    texts = talk.knowledge.texts
    others = [language for language in texts.languages if language != talk.state.language]
    return tuple(Button(LANGUAGE_PREFIX + code, texts.get("conversation.language_name", code)) for code in others)


def ask_language(talk: Talk) -> None:
    """Offer the other languages; the texts change at once."""
    talk.say("conversation.language", [_other_languages(talk)])


def take_language(talk: Talk) -> bool:
    """A button of a language: everything said from now on is in that language."""
    before, prefix, code = (talk.inbound.choice or "").partition(LANGUAGE_PREFIX)
    if before or not prefix or code not in talk.knowledge.texts.languages:
        return False
    talk.state.language = code
    talk.say("conversation.language_taken")
    return True


def _take_phone_safe(talk: Talk) -> bool:
    answer = talk.inbound.choice or _spoken(talk)
    if answer not in ("phone_safe:yes", "phone_safe:no", "phone_safe:unsure"):
        return False
    _go_past_phone_safe(talk, cautious=answer != "phone_safe:yes")
    return True


def _spoken(talk: Talk) -> str:
    """Yes, no or unsure in her own words, as the button's id."""
    said = understand(None, talk.inbound.text, talk.now.date())
    if said.unknown:
        return "phone_safe:unsure"
    return f"phone_safe:{said.command}" if said.command in ("yes", "no") else ""


def _go_past_phone_safe(talk: Talk, *, cautious: bool) -> None:
    talk.state.cautious = cautious
    talk.turn.put_fact(Fact("phone_safe", "unsure" if cautious else "yes", Source.ANSWER))
    pop(talk, "phone_safe")
    if cautious:
        talk.say("conversation.first_step_secret")
    talk.say(word_key(talk), talk.rows("change_word"))
    CONSENT.prompt(talk)


def word_key(talk: Talk) -> str:
    """The text on leaving that is true here."""
    return "conversation.word_none" if talk.able.wiping == "none" else "conversation.word"


def _skip_phone_safe(talk: Talk) -> None:
    _go_past_phone_safe(talk, cautious=True)


def _ask_consent(talk: Talk) -> None:
    buttons = ((talk.button("consent_yes", "consent:yes"),), (talk.button("consent_no", "consent:no"),))
    talk.say("conversation.consent", buttons)


def _take_consent(talk: Talk) -> bool:
    choice = talk.inbound.choice
    if choice is None:
        said = understand(None, talk.inbound.text, talk.now.date()).command
        choice = f"consent:{said}"
    if choice not in ("consent:yes", "consent:no"):
        return False
    _settle_consent(talk, Consent(choice.removeprefix("consent:")))
    return True


def _settle_consent(talk: Talk, consent: Consent) -> None:
    pop(talk, "consent")
    talk.turn.set_consent(consent)
    talk.say(f"conversation.consent_{consent}")
    if talk.state.lost:
        talk.say("conversation.consent_lost")
        talk.state.lost = 0
    asking.take_first_words(talk)


def _skip_consent(talk: Talk) -> None:
    """Not saying yes is no."""
    _settle_consent(talk, Consent.NO)


def _ask_word(talk: Talk) -> None:
    talk.say("conversation.word_ask", talk.rows("keep_word"))


def _take_word(talk: Talk) -> bool:
    if talk.inbound.choice == "keep_word":
        pop(talk, "word")
        return True
    word = fold(talk.inbound.text)
    if not word or talk.inbound.choice:
        return False
    if len(word) not in WORD_LENGTH or " " in word or understand(None, word, talk.now.date()).command:
        talk.say("conversation.word_too_plain")
        return True
    talk.state.word, talk.state.own_word = word, True
    pop(talk, "word")
    talk.say("conversation.word_kept")
    return True


def ask_for_word(talk: Talk) -> None:
    """Let her choose the word that leaves and comes back."""
    push(talk, "word")
    _ask_word(talk)


PHONE_SAFE = Step(_ask_phone_safe, _take_phone_safe, _skip_phone_safe, "conversation.phone_safe_why")
CONSENT = Step(_ask_consent, _take_consent, _skip_consent, "conversation.consent_why")
WORD = Step(_ask_word, _take_word, lambda talk: pop(talk, "word"), "conversation.word_why")
