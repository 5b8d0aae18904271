"""Leaving at once, staying dull until her word comes, and coming back to the step, never to the content."""

from datetime import timedelta

from bot.asking import question_number
from bot.step import Step, pop, push
from bot.talk import Talk
from flows import contacts
from nlp.understand import fold


def is_word(talk: Talk) -> bool:
    """Whether she wrote her safe word, alone, with accents or not."""
    return fold(talk.inbound.text) == fold(talk.state.word or talk.means.config.conversation.word)


def leave(talk: Talk) -> None:
    """Both sides of the thread go as far as the platform allows; nothing queued is sent; nothing is said."""
    talk.turn.drop_queued()
    talk.replies.clear()
    talk.turn.say("wipe", {})
    talk.state.dull = True
    talk.state.warn_hour = 0


def answer_dully(talk: Talk, *, urgent: bool = False) -> None:
    """What anybody else who holds the phone may read. A crisis still gets its numbers, and nothing of the case."""
    if urgent or talk.after_alert:
        talk.say_words(talk.words("conversation.dull_danger", **contacts.values(talk.knowledge, talk.now)))
    else:
        talk.say("conversation.dull")


def come_back(talk: Talk) -> None:
    """Her word came: the step, never the content."""
    talk.state.dull = False
    talk.say("conversation.returned")
    talk.say(f"conversation.left_{talk.able.wiping}", wiped_hours=talk.able.hours)
    offer_resume(talk)


def was_away(talk: Talk) -> bool:
    """Whether she comes back after a long silence or a pause."""
    if talk.state.step == "paused":
        return True
    idle = timedelta(hours=talk.means.config.conversation.resume_after_hours)
    return talk.state.last_at is not None and talk.now - talk.state.last_at > idle


def offer_resume(talk: Talk) -> None:
    """Ask whether to go on; shows where one stopped, nothing else."""
    pop(talk, "paused")
    push(talk, "resume")
    RESUME.prompt(talk)


def pause(talk: Talk) -> None:
    """Stop for now; whatever comes next is met by `offer_resume`."""
    push(talk, "paused")
    if talk.case.consent != "yes":
        talk.say("conversation.paused_no_consent")
    else:
        talk.say("conversation.paused", () if talk.state.cautious else talk.rows("remind"))


def _ask_resume(talk: Talk) -> None:
    buttons = talk.rows("go_on", "restart", "erase")
    number = question_number(talk)
    if number:
        talk.say("conversation.resume", buttons, number=number)
    else:
        talk.say("conversation.resume_plain", buttons)


def _take_resume(talk: Talk) -> bool:
    choice = talk.inbound.choice
    if choice == "go_on" or (choice is None and talk.inbound.text):
        pop(talk, "resume")
        return choice == "go_on"
    return False


RESUME = Step(_ask_resume, _take_resume, lambda talk: pop(talk, "resume"), "conversation.consent_why")
PAUSED = Step(offer_resume, lambda _: False, lambda talk: pop(talk, "paused"), "conversation.consent_why")
