"""The conversation: one `Inbound` in, replies queued in the same transaction. Knows no platform and no law."""

from collections.abc import Callable, Mapping
from datetime import datetime

from bot import (
    absence,
    alarm,
    asking,
    assessing,
    attended,
    blocking,
    confirming,
    contradicting,
    erasing,
    exhibits,
    handing,
    leaving,
    moving,
    opening,
    people,
    pictures,
    reminding,
    sharing,
    writing,
)
from bot.messages import Inbound, MediaKind, Reply
from bot.state import State
from bot.step import QUESTION_PREFIX, Step, pop, push
from bot.talk import KEYS, Means, Talk
from cases.case import ABSENCE, Case, Consent, Reminder, Turn
from cases.exhibits import is_link
from flows import contacts
from nlp import pasted
from nlp.language import OTHER_SCRIPTS, language_of
from nlp.understand import fold, small_talk, understand

STEPS: Mapping[str, Step] = {
    "phone_safe": opening.PHONE_SAFE,
    "consent": opening.CONSENT,
    "word": opening.WORD,
    "resume": leaving.RESUME,
    "paused": leaving.PAUSED,
    "alert_check": alarm.CHECK,
    "whose_words": confirming.WHOSE_WORDS,
    "showing": confirming.SHOWING,
    "confirm_labels": confirming.CONFIRM_LABELS,
    "ask_label": confirming.ASK_LABEL,
    "breather": asking.BREATHER,
    "picture_shown": pictures.PICTURE_SHOWN,
    "check_reading": pictures.CHECK_READING,
    "assessment": assessing.ASSESSMENT,
    "contradiction": contradicting.CONTRADICTION,
    "letters": writing.LETTERS,
    "handing": handing.HANDING,
    "reminder_day": reminding.REMINDER_DAY,
    "reminder_step": reminding.REMINDER_STEP,
    "reminder_hour": reminding.REMINDER_HOUR,
    "follow_up": reminding.FOLLOW_UP,
    "court": reminding.COURT,
    "sharing": sharing.SHARING,
    "erase": erasing.ERASE,
    "erase_again": erasing.ERASE_AGAIN,
    "erase_one": erasing.ERASE_ONE,
}
ALWAYS_HERS = frozenset({"urgent", "leave", "erase", "privacy"})  # whoever answers
ERASING = frozenset({"erase", "erase_again", "erase_one"})
ABOUT_EXHIBITS = frozenset({"showing", "confirm_labels", "ask_label", "whose_words", "picture_shown", "check_reading"})
PASTED_FROM = 400  # characters: nobody types so much as an answer; ask whose words they are
UNREADABLE = {
    MediaKind.VOICE: "conversation.voice",
    MediaKind.VIDEO_NOTE: "conversation.voice",
    MediaKind.AUDIO: "conversation.voice",
    MediaKind.STICKER: "conversation.sticker",
    MediaKind.LOCATION: "conversation.location",
    MediaKind.CONTACT: "conversation.unsupported",
    MediaKind.POLL: "conversation.unsupported",
}


def answer(means: Means, turn: Turn, inbound: Inbound) -> list[Reply]:
    """Handle one inbound inside its transaction; the replies are queued in it and returned.

    Args:
        means: law, texts, classifier, detector, configuration.
        turn: the open transaction on the conversation.
        inbound: what came in.

    Returns:
        What is to be said, in order; empty when she leaves.
    """
    state = State.from_json(turn.case.state)
    _notice_loss(state, turn.case)
    talk = Talk(means, turn, inbound, state, inbound.at)
    if inbound.message_id:
        turn.note_message(inbound.message_id, inbound.at)
    if inbound.text and not inbound.origin:
        turn.transcribe("person", inbound.text, inbound.at)
    turn.answer_reminders()
    _converse(talk)
    sharing.withdraw_from_minor(talk)
    talk.state.last_at = inbound.at
    reminding.put_off_warning(talk)
    attended.stand(talk)
    talk.state.held_facts, talk.state.held_exhibits = len(turn.case.facts), len(turn.case.exhibits)
    if talk.state.step != "gone":
        turn.save_state(talk.state.to_json())
    return talk.replies


def ring(means: Means, turn: Turn, reminder: Reminder, now: datetime) -> None:
    """Say a reminder that is due, in its own transaction.

    Args:
        means: texts and configuration.
        turn: the open transaction on the conversation.
        reminder: which one.
        now: instant (UTC).
    """
    nothing = Inbound(turn.case.channel, turn.case.chat, "", now)
    talk = Talk(means, turn, nothing, State.from_json(turn.case.state), now)
    (absence if reminder.topic == ABSENCE else reminding).ring(talk, reminder)
    turn.save_state(talk.state.to_json())


def fetched(means: Means, turn: Turn, found: pictures.Fetched | int, now: datetime) -> None:
    """Take what a file gave, in its own transaction.

    Args:
        means: texts and configuration.
        turn: the open transaction on the conversation.
        found: what was found out, or the position of an exhibit whose file could not be fetched.
        now: instant (UTC).
    """
    nothing = Inbound(turn.case.channel, turn.case.chat, "", now)
    talk = Talk(means, turn, nothing, State.from_json(turn.case.state), now)
    if talk.state.dull:
        return
    if isinstance(found, int):
        pictures.take_failure(talk, found)
    else:
        pictures.take_fetched(talk, found)
    talk.state.held_exhibits = len(turn.case.exhibits)
    turn.save_state(talk.state.to_json())


def _notice_loss(state: State, case: Case) -> None:
    """What lived in memory only is gone when the process has ended: what depends on it begins again."""
    if case.consent is Consent.YES:
        return
    if len(case.exhibits) < state.held_exhibits:
        state.lost += state.held_exhibits - len(case.exhibits)
        state.shown = state.confirmed = 0
        state.doubts = []
        state.steps = [step for step in state.steps if step not in ABOUT_EXHIBITS]
    if len(case.facts) < state.held_facts:
        state.asked = [fact for fact in state.asked if fact in case.facts]
        state.steps = [step for step in state.steps if step in ("phone_safe", "consent")]


def _converse(talk: Talk) -> None:
    alarm.listen(talk)
    if talk.inbound.moved:
        moving.arrive(talk)
    elif talk.state.dull:
        _stay_dull(talk)
    elif blocking.is_blocked(talk):
        _stay_blocked(talk)
    elif not talk.state.steps:
        _open(talk)
    elif talk.inbound.moved is False:
        talk.say("moving.unknown")
        _step(talk).prompt(talk)
    elif talk.case.taken_name is not None and not _is_for_the_program(talk):
        attended.listen_only(talk)
    elif leaving.was_away(talk) and not _is_key(talk):
        _welcome_back(talk)
    else:
        _go_on(talk)


def _stay_blocked(talk: Talk) -> None:
    """What is always hers is obeyed without going on with the questions."""
    if leaving.was_away(talk) and talk.state.own_word and not _is_key(talk):
        _welcome_back(talk)
    elif talk.inbound.origin:
        blocking.stay_quiet(talk)
    elif leaving.is_word(talk):
        leaving.leave(talk)
    elif _command(talk) in ALWAYS_HERS and not (_command(talk) == "erase" and talk.state.step in ERASING):
        COMMANDS[_command(talk)](talk)
    elif talk.state.step in ERASING and _step(talk).take(talk):
        if talk.state.step in ERASING:
            _step(talk).prompt(talk)
        elif not talk.state.steps:
            asking.line_up(talk)  # what she comes back to when the pause is over
    else:
        blocking.stay_quiet(talk)


def _stay_dull(talk: Talk) -> None:
    if leaving.is_word(talk):
        leaving.come_back(talk)
    else:
        leaving.answer_dully(talk, urgent=_command(talk) == "urgent")


def _is_key(talk: Talk) -> bool:
    return _command(talk) in ("urgent", "leave", "remind", "remind_later", "remind_stop") or leaving.is_word(talk)


def _is_for_the_program(talk: Talk) -> bool:
    """Leaving, erasing, urgent help and privacy stay hers while a person answers."""
    held_by_another = talk.state.own_word and leaving.was_away(talk)
    erases = talk.state.step in ERASING
    return _command(talk) in ALWAYS_HERS or leaving.is_word(talk) or erases or held_by_another


def _open(talk: Talk) -> None:
    """The very first message. What it shows or asks is handled too: nothing is lost."""
    talk.state.language = _language(talk)
    opening.begin(talk)
    if talk.inbound.text and not talk.inbound.origin and not (_command(talk) or small_talk(talk.inbound.text)):
        talk.turn.hold(talk.inbound.text)
    if exhibits.is_new_gesture(talk.inbound):
        _take_gesture(talk)
    elif _command(talk) in COMMANDS and _command(talk) not in ("skip", "back"):
        COMMANDS[_command(talk)](talk)


def _language(talk: Talk) -> str:
    wanted = (talk.inbound.language or "").partition("-")[0].lower()
    return wanted if wanted in talk.knowledge.texts.languages else talk.means.config.conversation.language


def _welcome_back(talk: Talk) -> None:
    """After a long silence only the step is shown; what she sent is kept and handled when she goes on."""
    if talk.state.own_word:
        talk.state.dull = True
        leaving.answer_dully(talk)
        return
    if exhibits.is_new_gesture(talk.inbound):
        _take_gesture(talk)
        return
    if _command(talk) == "remind_now":
        push(talk, "follow_up")
    if talk.inbound.text and not talk.after_alert and not _command(talk):
        talk.turn.hold(talk.inbound.text)
    leaving.offer_resume(talk)


def _go_on(talk: Talk) -> None:
    before = list(talk.state.steps), len(talk.replies)
    alarm.let_go(talk)
    sharing.let_go(talk)
    if exhibits.is_new_gesture(talk.inbound):
        _take_gesture(talk)
        return
    if not (_take_paste(talk) or _chat(talk) or _obey(talk) or _take(talk)):
        _not_understood(talk)
    if talk.after_alert:
        if not talk.state.steps:
            asking.line_up(talk)
        alarm.check_understanding(talk)
    _settle(talk, *before)


def _settle(talk: Talk, steps: list[str], said: int) -> None:
    """End the turn on something that waits for her: the step that has the floor, or the next question."""
    if talk.state.dull or talk.state.step == "gone":
        return
    if talk.state.step == "paused":
        if not talk.replies[said:]:
            _step(talk).prompt(talk)
        return
    contradicting.drop_stale(talk)
    if not talk.state.steps:
        asking.ask_next(talk)
    if _waits_already(talk, said) and steps == talk.state.steps:
        return
    if not (talk.replies[said:] and talk.replies[-1].buttons):
        _step(talk).prompt(talk)


def _waits_already(talk: Talk, said: int) -> bool:
    return any(reply.buttons for reply in talk.replies[said:])


def _step(talk: Talk) -> Step:
    return _step_named(talk.state.step)


def _step_named(name: str) -> Step:
    return asking.QUESTION if name.startswith(QUESTION_PREFIX) else STEPS[name]


def _command(talk: Talk) -> str:
    """What she wants the bot to do, by key, slash command or in words; "" when it is something else."""
    if talk.inbound.choice in COMMANDS:
        return talk.inbound.choice or ""
    if talk.inbound.choice is not None or not talk.inbound.text:
        return ""
    text = talk.inbound.text.strip()
    if text.startswith("/"):
        return SLASH.get(text[1:].split("@")[0].split()[0].lower() if len(text) > 1 else "", "unknown")
    return _key_by_label(talk, text) or understand(None, text, talk.now.date()).command or ""


def _key_by_label(talk: Talk, text: str) -> str:
    """Where a platform shows no buttons, typing the words of a key is pressing it."""
    return next((key for key in KEYS if fold(text) == fold(talk.words(f"buttons.{key}"))), "")


def _obey(talk: Talk) -> bool:
    if talk.state.step != "word" and leaving.is_word(talk):
        leaving.leave(talk)
        return True
    if opening.take_language(talk):
        _step(talk).prompt(talk)
        return True
    command = _command(talk)
    if command in ("erase", "human", "pause") and _step(talk) in (erasing.ERASE, erasing.ERASE_AGAIN):
        return False
    if command not in COMMANDS:
        return False
    talk.state.misses = 0
    COMMANDS[command](talk)
    return True


def _take(talk: Talk) -> bool:
    """Offer what came in to the step that has the floor, then to the ones underneath."""
    if talk.inbound.edited:
        talk.say("conversation.edited")
        return True
    for name in reversed(talk.state.steps):
        if _step_named(name).take(talk):
            talk.state.misses = 0
            return True
    return talk.inbound.choice is not None and _take_old_button(talk)


def _take_old_button(talk: Talk) -> bool:
    """A button of an earlier message: it corrects that answer, or nothing is lost and the present step comes back."""
    if not asking.change_answer(talk, talk.inbound.choice or ""):
        talk.say("conversation.old_button")
    return True


def _take_paste(talk: Talk) -> bool:
    """A pasted conversation and a bare link are kept at once."""
    if talk.inbound.edited:
        return False
    messages = pasted.split(talk.inbound.text)
    if is_link(talk.inbound.text):
        exhibits.add_words(talk, talk.inbound.text.strip())
        push(talk, "showing")
        exhibits.report(talk)
        return True
    if messages:
        exhibits.add_pasted(talk, messages)
        push(talk, "showing")
        exhibits.report(talk)
        return True
    return False


def _chat(talk: Talk) -> bool:
    """A greeting, thanks, or "are you a person?": answered as what it is, then the question comes back."""
    kind = small_talk(talk.inbound.text) if talk.inbound.text and talk.state.step != "word" else ""
    if kind == "thanks":
        talk.say("conversation.thanks")
        if talk.state.step == "assessment":
            sharing.offer(talk)
    elif kind == "machine":
        talk.say("conversation.am_i_human", talk.rows("human"))
        _step(talk).prompt(talk)
    elif kind == "plea" and not talk.after_alert:
        talk.say("conversation.plea", (), **contacts.values(talk.knowledge, talk.now, talk.state.language))
    elif kind == "secret":
        talk.say("conversation.secret")
    return kind not in ("", "feeling")


def _take_gesture(talk: Talk) -> None:
    """Forwards and files: kept at once, answered once for the whole gesture."""
    kinds = {media.kind for media in talk.inbound.media}
    if not talk.inbound.origin and kinds and kinds <= set(UNREADABLE):
        talk.say(UNREADABLE[next(iter(kinds))])
        _step(talk).prompt(talk)
        return
    before = len(talk.case.exhibits)
    if talk.inbound.origin:
        exhibits.add_forwarded(talk)
    else:
        exhibits.add_media(talk)
    if talk.state.step not in ("showing", "picture_shown"):
        push(talk, "showing")
    pictures.look_at(talk, list(talk.case.exhibits[before:]))
    if talk.state.step == "picture_shown":
        _step(talk).prompt(talk)
    else:
        exhibits.report(talk)


def _says_what_it_reads(talk: Talk) -> bool:
    """Words in another script are no mistake of hers either: what is read here, a person, the numbers."""
    if language_of(talk.inbound.text) not in OTHER_SCRIPTS:
        return False
    numbers = contacts.values(talk.knowledge, talk.now, talk.state.language)
    talk.say("conversation.not_my_language", talk.rows("human"), **numbers)
    _step(talk).prompt(talk)
    return True


def _hears_feeling(talk: Talk) -> bool:
    """Fear told in the middle of a question is no mistake of hers: one warm sentence, then the question again."""
    if small_talk(talk.inbound.text) != "feeling":
        return False
    talk.say("conversation.feeling")
    return True


def _not_understood(talk: Talk) -> None:
    """Twice not understood: buttons and a person, never a dead end."""
    if talk.after_alert or _hears_feeling(talk) or _says_what_it_reads(talk):
        return
    if talk.inbound.unsupported:
        talk.say("conversation.unsupported")
        return
    if talk.inbound.text.startswith("/"):
        talk.say("conversation.unknown_command")
        talk.say("conversation.help")
        return
    if talk.state.step.startswith(QUESTION_PREFIX) and asking.volunteer(talk):
        return
    reading = talk.means.classifier.read([talk.inbound.text])[0] if talk.inbound.text else None
    if reading and (reading.labels or len(talk.inbound.text) > PASTED_FROM):
        confirming.ask_whose(talk)
        return
    talk.state.misses += 1
    if talk.state.misses >= asking.IN_A_ROW and talk.state.step in ABOUT_EXHIBITS:
        _step(talk).skip(talk)
    if talk.state.misses > asking.IN_A_ROW and talk.state.step.startswith(QUESTION_PREFIX):
        talk.state.misses = 0
        talk.say("conversation.moving_on")
        pop(talk, talk.state.step)
        return
    talk.say("conversation.unclear" if talk.state.misses < asking.IN_A_ROW else "conversation.unclear_twice")


def _skip(talk: Talk) -> None:
    _step(talk).skip(talk)


def _why(talk: Talk) -> None:
    name = talk.state.step
    if name.startswith(QUESTION_PREFIX):
        talk.say(asking.current(talk).why)
    else:
        talk.say(_step(talk).why)


def _restart(talk: Talk) -> None:
    for fact in list(talk.case.facts):
        talk.turn.drop_fact(fact)
    talk.state.steps, talk.state.asked, talk.state.told = [], [], ""
    pictures.forget(talk)
    talk.say("conversation.restarted")


def _go_on_after_pause(talk: Talk) -> None:
    pop(talk, "paused")
    pop(talk, "resume")


def _tell_privacy(talk: Talk) -> None:
    talk.say("conversation.privacy")
    if talk.case.teaches:
        sharing.show(talk)


COMMANDS: Mapping[str, Callable[[Talk], None]] = {
    "urgent": alarm.show_urgent,
    "skip": _skip,
    "leave": leaving.leave,
    "back": asking.go_back,
    "why": _why,
    "erase": erasing.ask,
    "human": people.ask_for_person,
    "pause": leaving.pause,
    "resume": _go_on_after_pause,
    "restart": _restart,
    "help": lambda talk: talk.say("conversation.help"),
    "language": opening.ask_language,
    "privacy": _tell_privacy,
    "assessment": assessing.tell,
    "letters": writing.offer,
    "dossier": handing.offer,
    "remind": reminding.offer,
    "remind_now": reminding.follow_up,
    "remind_later": reminding.later,
    "remind_stop": reminding.stop,
    "move": moving.offer,
    "change_word": opening.ask_for_word,
    "sharing": sharing.show,
    "sharing_stop": sharing.stop,
}
SLASH: Mapping[str, str] = {
    **{name: name for name in COMMANDS},
    "start": "resume",
    "urgence": "urgent",
    "passer": "skip",
    "retour": "back",
    "pourquoi": "why",
    "quitter": "leave",
    "stop": "leave",
    "effacer": "erase",
    "humain": "human",
    "reprendre": "resume",
    "recommencer": "restart",
    "aide": "help",
    "code": "move",
    "bilan": "assessment",
    "courrier": "letters",
    "file": "dossier",
    "rappel": "remind",
    "langue": "language",
    "mot": "change_word",
    "word": "change_word",
    "confidentialite": "privacy",
    "partager": "sharing",
    "share": "sharing",
    "retirer": "sharing_stop",
    "withdraw": "sharing_stop",
}
