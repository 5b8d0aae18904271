"""Questions and answers: one question at a time, by button or in her own words, found by the goal-directed engine."""

import re

from bot import assessing, contradicting
from bot.exhibits import everything_known
from bot.messages import Button
from bot.step import QUESTION_PREFIX, Step, pop, push
from bot.talk import Talk
from bot.telling import open_what_is_told
from cases.messages import to_messages
from flows import contacts, interview
from flows.derive import SITUATION_OF
from flows.facts import Fact, FactKind, Source, Value, chosen_in, from_json
from flows.questions import Choice, Question, value_of
from nlp.safety import own_age
from nlp.understand import fold, understand

IN_A_ROW = 2  # after as many passed questions a pause or a person is offered
EARLY_ADVICE_AFTER = "situation"
A_SENTENCE = 5  # words from which the classifier may read what she tells
VOLUNTEERED = ("victim_age_band", "author_relationship")
VOLUNTEERED_WITH = {  # facts told unasked, and the words without which a number or a day would be guessed
    "acts_count": re.compile(r"\bfois\b|\btimes\b"),
    "authors_count": re.compile(r"\b(personnes?|people|auteurs?|comptes?|accounts?)\b"),
    "last_act_on": re.compile(r"\b(hier|aujourd.?hui|ce (matin|soir|mois)|semaine|yesterday|today|this week)\b"),
    "demand_kind": re.compile(r"\bargent\b|\beuros\b|\bmoney\b"),
    "author_age_band": re.compile(r"\b(adulte|majeure?|mineure?|ado|adult|teenager)\b"),
}
TELLING = re.compile(r"\b(il|elle|ils|elles|on|mon ex|he|she|they)\b.*\b(m|me|ma|mon|mes|moi|my)\b")
MINOR = ("under_15", "15_17")


def question_number(talk: Talk) -> int:
    """Which question she is at, from 1; 0 when none is being asked."""
    waits = any(step.startswith(QUESTION_PREFIX) for step in talk.state.steps)
    return len(talk.state.asked) if waits else 0


def ask_next(talk: Talk) -> None:
    """Ask what decides most among the offences still open, or give the assessment when nothing does."""
    question = line_up(talk)
    if question is None:
        if not contradicting.raise_next(talk):
            assessing.tell(talk)
        return
    before = talk.knowledge.questions.get(talk.state.asked[-2]) if len(talk.state.asked) > 1 else None
    if question.sensitivity == "intimate" and (before is None or before.sensitivity != "intimate"):
        talk.say("conversation.intimate_ahead")
    _prompt(talk)


def line_up(talk: Talk) -> Question | None:
    """Let the next question wait for her without asking it yet; None when nothing is left to ask."""
    question = interview.next_question(
        talk.case.facts, to_messages(talk.case.exhibits), talk.state.asked, talk.knowledge, talk.now.date()
    )
    if question is not None:
        talk.state.asked.append(question.fact)
        push(talk, QUESTION_PREFIX + question.fact)
    return question


def take_first_words(talk: Talk) -> None:
    """What she told before any question: what happens, and her age when she said it."""
    told = talk.case.held
    if told is None:
        return
    talk.turn.hold(None)
    situation = read_situation(talk, told)
    if situation:
        talk.turn.put_fact(Fact("situation", situation, Source.ANSWER))
        talk.say("conversation.free_telling")
        talk.state.asked.append("situation")  # what was understood is shown, and she adds what is missing
        push(talk, QUESTION_PREFIX + "situation")
    _take_first_age(talk, told)


def _take_first_age(talk: Talk, told: str) -> None:
    """Her age as she said it, or the school class by which the detector knew that she is under 18."""
    age = own_age(told)
    disclosed = any(alert.alert == "minor_disclosed" for alert in talk.case.alerts)
    if age is None and not disclosed:
        return
    said = str(age) if age is not None else told
    band = understand(talk.knowledge.facts["victim_age_band"], said, talk.now.date()).value
    if band is not None:
        talk.turn.put_fact(Fact("victim_age_band", str(band), Source.ANSWER))


def read_situation(talk: Talk, told: str) -> frozenset[str]:
    """What happens, in her own words: the words of the lexicon, else what the classifier reads in a whole sentence."""
    said = understand(talk.knowledge.facts["situation"], told, talk.now.date()).value
    if isinstance(said, list):
        return frozenset(said)
    if len(told.split()) < A_SENTENCE:
        return frozenset()
    labels = talk.means.classifier.read([told])[0].labels
    return frozenset(SITUATION_OF[label] for label in labels)


def volunteer(talk: Talk) -> bool:
    """She answers a question that was not asked yet: kept, and the present question comes back."""
    noted = False
    if _tells(talk):
        return True
    if len(talk.inbound.text.split()) > A_SENTENCE:
        return False  # a whole sentence may be somebody else's words
    said = talk.inbound.text.lower()
    for name in (*VOLUNTEERED, *(name for name, words in VOLUNTEERED_WITH.items() if words.search(said))):
        if name in talk.case.facts or name == current(talk).fact:
            continue
        fact = talk.knowledge.facts[name]
        value = understand(fact, talk.inbound.text, talk.now.date()).value
        if value is not None:
            talk.turn.put_fact(Fact(name, from_json(fact, value), Source.ANSWER))
            noted = True
    if noted:
        talk.say("conversation.noted")
    return noted


def _tells(talk: Talk) -> bool:
    """A sentence about somebody who does something to her, told in the middle of a question: it opens what it names.

    "Il a mis un traceur dans ma voiture" is her telling; "je sais où tu habites" is not.
    """
    return bool(TELLING.search(fold(talk.inbound.text))) and open_what_is_told(talk)


def drop_known(talk: Talk) -> None:
    """A question that what she showed has answered meanwhile is not asked again."""
    waiting = [step for step in talk.state.steps if step.startswith(QUESTION_PREFIX)]
    if waiting and waiting[-1].removeprefix(QUESTION_PREFIX) in everything_known(talk):
        pop(talk, waiting[-1])


def current(talk: Talk) -> Question:
    """The question that waits for an answer, whatever stands above it."""
    waiting = [step for step in talk.state.steps if step.startswith(QUESTION_PREFIX)]
    return talk.knowledge.questions[waiting[-1].removeprefix(QUESTION_PREFIX)]


def _prompt(talk: Talk) -> None:
    question = current(talk)
    words = talk.words(question.ask)
    chosen = _chosen(talk, question)
    if chosen:
        words = talk.words("conversation.chosen", chosen=_name_all(talk, question, chosen))
    number = question_number(talk)
    if number > 1:
        words = f"{talk.words('conversation.progress', number=number, at_most=interview.MOST_QUESTIONS)} {words}"
    if _takes_several(talk, question):
        words = f"{words} {talk.words('conversation.choose_several', finish=talk.words('buttons.finish_choices'))}"
    talk.say_words(words, _buttons(talk, question))


def _buttons(talk: Talk, question: Question) -> list[tuple[Button, ...]]:
    chosen = _chosen(talk, question)
    choices = [choice for choice in question.choices if choice.id not in chosen]
    rows = [(Button(f"a:{question.fact}:{choice.id}", talk.words(choice.text)),) for choice in choices]
    if chosen:
        rows.insert(0, (Button(f"a:{question.fact}:", talk.words("buttons.finish_choices")),))
    return [*rows, (talk.button("back"), talk.button("why"))]


def _takes_several(talk: Talk, question: Question) -> bool:
    return talk.knowledge.facts[question.fact].kind is FactKind.SEVERAL


def _chosen(talk: Talk, question: Question) -> frozenset[str]:
    """What she has chosen so far of a question with several answers."""
    return chosen_in(talk.case.facts, question.fact)


def _name_all(talk: Talk, question: Question, chosen: frozenset[str]) -> str:
    """What she has chosen, in the words of the buttons."""
    return ", ".join(talk.words(choice.text).lower() for choice in question.choices if choice.value in chosen)


def _take(talk: Talk) -> bool:
    question = current(talk)
    if talk.inbound.choice is not None:
        return _take_button(talk, question, talk.inbound.choice)
    return bool(talk.inbound.text) and _take_words(talk, question)


def _take_button(talk: Talk, question: Question, pressed: str) -> bool:
    fact, _, answer = pressed.removeprefix("a:").partition(":")
    if not pressed.startswith("a:") or fact != question.fact:
        return False
    if not answer:
        _finish(talk)
        return True
    choice = question.choice(answer)
    if choice is None:
        return False
    _record_choice(talk, question, choice)
    return True


def _record_choice(talk: Talk, question: Question, choice: Choice) -> None:
    if choice.value is None:
        _finish(talk)
    elif _takes_several(talk, question) and not choice.alone:
        chosen = _chosen(talk, question) | {str(choice.value)}
        talk.turn.put_fact(Fact(question.fact, chosen, Source.ANSWER))
        talk.say("conversation.chosen", _buttons(talk, question), chosen=_name_all(talk, question, chosen))
        talk.state.misses = 0
    else:
        _record(talk, question, value_of(choice, talk.knowledge.facts[question.fact], talk.now.date()))


def _take_words(talk: Talk, question: Question) -> bool:
    said = understand(talk.knowledge.facts[question.fact], talk.inbound.text, talk.now.date())
    situation = read_situation(talk, talk.inbound.text) if question.fact == "situation" else frozenset()
    if said.unknown:
        _finish(talk)
    elif situation:
        _record(talk, question, situation)
    elif said.value is not None:
        _record(talk, question, from_json(talk.knowledge.facts[question.fact], said.value))
    else:
        return False
    return True


def _record(talk: Talk, question: Question, value: Value) -> None:
    talk.turn.put_fact(Fact(question.fact, value, Source.ANSWER))
    _finish(talk)


def _finish(talk: Talk) -> None:
    """The question is answered, or she does not know: unknown never becomes no."""
    question = current(talk)
    pop(talk, QUESTION_PREFIX + question.fact)
    talk.state.skips_in_row = talk.state.misses = 0
    if question.fact == "reporter":
        fact = talk.case.facts.get("reporter")
        if fact is not None and fact.value == "parent_or_helper":
            talk.say("conversation.reporter_parent")
    age = talk.case.facts.get(question.fact)
    if question.fact == "victim_age_band" and age is not None and age.value in MINOR:
        talk.say_words(talk.words("safety.minor_first", **contacts.values(talk.knowledge, talk.now)))
    if question.fact == EARLY_ADVICE_AFTER:
        talk.say("conversation.first_step")


def _skip(talk: Talk) -> None:
    pop(talk, QUESTION_PREFIX + current(talk).fact)
    talk.state.skips_in_row += 1
    if talk.state.skips_in_row >= IN_A_ROW:
        talk.state.skips_in_row = 0
        push(talk, "breather")


def go_back(talk: Talk) -> None:
    """Return to the question before; its answer is forgotten until she gives it again."""
    waiting = talk.state.step.removeprefix(QUESTION_PREFIX) if talk.state.step.startswith(QUESTION_PREFIX) else None
    asked = [fact for fact in talk.state.asked if fact != waiting]
    if not asked:
        talk.say("conversation.nothing_before")
        return
    if waiting:
        pop(talk, QUESTION_PREFIX + waiting)
    previous = asked[-1]
    talk.state.asked = asked
    talk.turn.drop_fact(previous)
    talk.state.steps = [step for step in talk.state.steps if step not in ("assessment", "breather")]
    push(talk, QUESTION_PREFIX + previous)
    talk.say("conversation.went_back")


def change_answer(talk: Talk, pressed: str) -> bool:
    """A button of an earlier question: it corrects that answer. False when it is not one of ours."""
    fact, _, answer = pressed.removeprefix("a:").partition(":")
    question = talk.knowledge.questions.get(fact)
    if not pressed.startswith("a:") or question is None or fact not in talk.state.asked:
        return False
    choice = question.choice(answer)
    if choice is None or choice.value is None:
        return False
    kind = talk.knowledge.facts[fact]
    value = value_of(choice, kind, talk.now.date())
    if isinstance(value, frozenset):
        value |= _chosen(talk, question)
    talk.turn.put_fact(Fact(fact, value, Source.ANSWER))
    talk.say("conversation.changed")
    return True


def _ask_breather(talk: Talk) -> None:
    talk.say("conversation.skipped_twice", talk.rows("pause", "human", "assessment", "stay"))


def _take_breather(talk: Talk) -> bool:
    if talk.inbound.choice != "stay":
        return False
    pop(talk, "breather")
    return True


def _skip_breather(talk: Talk) -> None:
    pop(talk, "breather")
    assessing.tell(talk)


QUESTION = Step(_prompt, _take, _skip, "")
BREATHER = Step(_ask_breather, _take_breather, _skip_breather, "conversation.skipped_twice")
