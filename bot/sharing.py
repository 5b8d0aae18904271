"""May her messages teach the program? Asked apart, once, at a calm moment; no unless she agrees; taken back at will."""

from bot.exhibits import everything_known
from bot.step import Step, pop, push
from bot.talk import Talk
from cases.case import Consent
from nlp.understand import understand

MINOR = ("under_15", "15_17")
DANGERS = ("death", "violence", "sexual_violence")  # announced to her: not the moment
ANSWERS = {"yes": "sharing_yes", "no": "sharing_no"}  # what she may say instead of pressing


def offer(talk: Talk) -> None:
    """Ask once, if this is somebody who may be asked and nothing presses."""
    if not talk.state.sharing_asked and not talk.case.teaches and _is_calm(talk) and _may_agree(talk):
        talk.state.sharing_asked = True
        push(talk, "sharing")


def show(talk: Talk) -> None:
    """She asks about it herself: what she said, and the way to change it."""
    if talk.case.teaches:
        talk.say("sharing.given", talk.rows("sharing_stop"))
    elif _may_agree(talk):
        talk.state.sharing_asked = True
        push(talk, "sharing")
        _ask(talk)
    else:
        talk.say("sharing.not_given")


def stop(talk: Talk) -> None:
    """She takes it back, whoever wrote it down."""
    pop(talk, "sharing")
    talk.turn.agree_to_training(None)
    talk.say("sharing.stopped")


def let_go(talk: Talk) -> None:
    """She was asked and goes on with something else, or danger came up: that is a no, and it is not asked again."""
    if talk.state.step == "sharing" and (
        talk.after_alert or _meant(talk) not in (*ANSWERS.values(), "why", "skip", "sharing_stop")
    ):
        pop(talk, "sharing")


def withdraw_from_minor(talk: Talk) -> None:
    """Somebody under 18 does not teach the program, whatever was agreed before this was known."""
    if talk.case.teaches and _is_minor(talk):
        talk.turn.agree_to_training(None)


def _is_calm(talk: Talk) -> bool:
    facts = everything_known(talk)
    kind, together = facts.get("threat_kind"), facts.get("lives_with_author")
    pressed = talk.after_alert or talk.case.waiting_since is not None or talk.case.taken_name is not None
    danger = (kind is not None and kind.value in DANGERS) or (together is not None and together.value is True)
    return not (pressed or danger or talk.state.cautious or talk.state.dull)


def _may_agree(talk: Talk) -> bool:
    """An adult who speaks of herself, never in alarm, whose case is kept and holds words to learn from."""
    facts = everything_known(talk)
    age, reporter = facts.get("victim_age_band"), facts.get("reporter")
    adult = age is not None and age.value == "adult"
    herself = reporter is not None and reporter.value == "victim"
    words = any(exhibit.text for exhibit in talk.case.exhibits)
    return talk.case.consent is Consent.YES and adult and herself and words and not talk.case.alerts


def _is_minor(talk: Talk) -> bool:
    age = everything_known(talk).get("victim_age_band")
    told = any(alert.alert == "minor_disclosed" for alert in talk.case.alerts)
    return told or (age is not None and age.value in MINOR)


def _ask(talk: Talk) -> None:
    talk.say("sharing.ask", talk.rows("sharing_no", "sharing_yes", "why"))


def _meant(talk: Talk) -> str:
    if talk.inbound.choice is not None or not talk.inbound.text or talk.inbound.origin:
        return talk.inbound.choice or ""
    said = understand(None, talk.inbound.text, talk.now.date()).command or ""
    return ANSWERS.get(said, said)


def _take(talk: Talk) -> bool:
    match _meant(talk):
        case "sharing_yes":
            talk.turn.agree_to_training(talk.words("sharing.ask"))
            talk.say("sharing.thanks")
        case "sharing_no":
            talk.say("sharing.no")
        case _:
            return False
    pop(talk, "sharing")
    return True


SHARING = Step(_ask, _take, lambda talk: pop(talk, "sharing"), "sharing.why")
