"""Letters: she chooses one, gets it as a file filled with her answers, and is told what to mind before sending it."""

from bot.exhibits import assessed
from bot.messages import Button, Document
from bot.step import Step, pop, push
from bot.talk import Talk
from cases.messages import to_messages
from flows import letters
from flows.assessment import Assessment

PREFIX = "letter:"
FILE_NAME = "courrier.txt"  # neutral: a name is read over a shoulder
LANGUAGE_OF_AUTHORITIES = "fr"


def offer(talk: Talk) -> None:
    """Show the letters that are of use in her case."""
    if letters.suited(talk.knowledge, _found(talk).facts):
        push(talk, "letters")
        _prompt(talk)
    else:
        talk.say("letter_names.none")


def _found(talk: Talk) -> Assessment:
    return assessed(talk)


def _prompt(talk: Talk) -> None:
    suited = letters.suited(talk.knowledge, _found(talk).facts)
    rows = [(Button(PREFIX + letter.id, talk.words(f"letter_names.{letter.id}")),) for letter in suited]
    talk.say("letter_names.ask", [*rows, (talk.button("back_to_assessment"),)])


def _take(talk: Talk) -> bool:
    pressed = talk.inbound.choice or ""
    if pressed == "back_to_assessment":
        pop(talk, "letters")
        return True
    letter = talk.knowledge.letters.get(pressed.removeprefix(PREFIX)) if pressed.startswith(PREFIX) else None
    if letter is None:
        return False
    messages = to_messages(talk.case.exhibits)
    words = letters.fill(letter, _found(talk), messages, talk.knowledge, LANGUAGE_OF_AUTHORITIES)
    document = Document(FILE_NAME, "text/plain; charset=utf-8", words.encode())
    talk.say_words(talk.words("letter_names.sent"), document=document)
    if letter.may_reach_author:
        talk.say("letter_names.may_reach_author")
    talk.say("letter_names.phone")
    return True


def _skip(talk: Talk) -> None:
    pop(talk, "letters")


LETTERS = Step(_prompt, _take, _skip, "letter_names.why")
