"""Safety first: alerts from her own words, and the urgent contacts from any state."""

from bot.exhibits import everything_known
from bot.step import Step, pop, push
from bot.talk import Talk
from cases.case import AlertRecord
from flows import contacts
from nlp import pasted
from nlp.reading import Alert
from nlp.understand import understand

SAID_ONCE = frozenset({"minor_disclosed", "minor_concerned"})  # a state, not a danger of this minute
FEW_WORDS = 3  # an answer this short is read by the reviewed phrases only: "14" is an answer
MOST_CARDS = 2  # a frightened person reads two messages, not five
ANSWERS = {"yes": "alert_right", "no": "alert_wrong"}  # what she may say instead of pressing
ABOUT_THE_CHECK = frozenset({*ANSWERS.values(), "why", "skip"})  # anything else is something else


def listen(talk: Talk) -> bool:
    """Read her own words before anything else; on an alert say the contacts at once. True when one was raised."""
    if not talk.inbound.text or talk.inbound.origin:
        return False
    alerts, perhaps = _heard(talk)
    known = {(alert.alert, alert.severity) for alert in talk.case.alerts}
    for alert in alerts:
        talk.turn.add_alert(AlertRecord(alert.alert, alert.severity, talk.now))
    talk.after_alert = bool(alerts)
    if not talk.state.dull:
        for alert in alerts[:MOST_CARDS]:
            if alert.alert not in SAID_ONCE or (alert.alert, alert.severity) not in known:
                say_card(talk, alert)
        if perhaps and not alerts:
            _say_perhaps(talk)
    return talk.after_alert


def _say_perhaps(talk: Talk) -> None:
    """Doubt is not silence: the numbers, once in a conversation, and nothing asked."""
    if not talk.state.perhaps_said:
        talk.state.perhaps_said = True
        talk.say_words(talk.words("safety.perhaps", **contacts.values(talk.knowledge, talk.now, talk.state.language)))


def _heard(talk: Talk) -> tuple[list[Alert], bool]:
    """Alerts of her own words, and whether there may be one that is not sure.

    What she pastes is the harasser's: the model alone does not alarm on such words. A reviewed phrase always does. A
    wish to die that only the model hears is set aside for a plain threat or insult alone, never for words that could be
    hers.
    """
    text = talk.inbound.text
    if pasted.split(text):
        return [], False
    reading = talk.means.detector.read(text)
    alerts, perhaps = list(reading.alerts), bool(reading.perhaps)
    if all(alert.plain for alert in alerts) and not perhaps:
        return alerts, False
    if len(text.split()) <= FEW_WORDS:
        return [alert for alert in alerts if alert.plain], False
    labels = talk.means.classifier.read([text])[0].labels
    theirs = bool(labels) and not {"threat", "insult"}.isdisjoint(labels)
    kept = [alert for alert in alerts if alert.plain or not (theirs or (labels and alert.alert != "suicide_risk"))]
    return kept, perhaps and not labels


def say_card(talk: Talk, alert: Alert | AlertRecord) -> None:
    """The contacts of an alert."""
    values = contacts.values(talk.knowledge, talk.now, talk.state.language)
    talk.say_words(talk.words(f"safety.alert_{alert.alert}_{alert.severity}", **values))


def check_understanding(talk: Talk) -> None:
    """After the contacts, once for each kind of alert: did I understand?"""
    raised = [alert.alert for alert in talk.case.alerts if alert.at == talk.now]
    if any(name not in talk.state.checked for name in raised):
        talk.state.checked = sorted({*talk.state.checked, *raised})
        push(talk, "alert_check")


def _ask(talk: Talk) -> None:
    talk.say("safety.alert_check", talk.rows("alert_right", "alert_wrong"))


def _take(talk: Talk) -> bool:
    choice = _meant(talk)
    if choice not in ANSWERS.values():
        return False
    pop(talk, "alert_check")
    talk.say("safety.alert_thanks" if choice == "alert_right" else "safety.alert_wrong")
    return True


def let_go(talk: Talk) -> None:
    """She was asked once and goes on with something else: an alert never blocks the conversation."""
    if talk.state.step == "alert_check" and _meant(talk) not in ABOUT_THE_CHECK:
        pop(talk, "alert_check")


def _meant(talk: Talk) -> str:
    """The button she pressed, or the one that her words stand for; "" when they stand for none."""
    if talk.inbound.choice is not None:
        return talk.inbound.choice
    said = understand(None, talk.inbound.text, talk.now.date()).command or "" if talk.inbound.text else ""
    return ANSWERS.get(said, said)


def show_urgent(talk: Talk) -> None:
    """Emergency contacts, those open now first, in as many messages as they need."""
    lines = contacts.emergency_lines(talk.knowledge, talk.now, talk.state.language, everything_known(talk))
    for words in contacts.in_messages([talk.words("safety.urgent_intro"), *lines]):
        talk.say_words(words)


CHECK = Step(_ask, _take, lambda talk: pop(talk, "alert_check"), "safety.alert_check")
