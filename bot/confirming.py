"""What she has the last word on: whose words these are, and whether a label is right."""

from dataclasses import replace

from bot import asking, exhibits
from bot.messages import Button
from bot.step import Step, pop, push
from bot.talk import Talk
from cases.case import Exhibit
from nlp.understand import understand

MOST_DOUBTS = 3  # after a raid she is not made to judge three hundred messages


def ask_whose(talk: Talk) -> None:
    """Keep the words aside and ask whose they are."""
    talk.turn.hold(talk.inbound.text)
    push(talk, "whose_words")


def _prompt_whose(talk: Talk) -> None:
    talk.say("conversation.whose_words", talk.rows("their_words", "my_words"))


def _take_whose(talk: Talk) -> bool:
    if talk.inbound.choice not in ("their_words", "my_words"):
        return False
    held = talk.case.held or ""
    pop(talk, "whose_words")
    talk.turn.hold(None)
    if talk.inbound.choice == "their_words" and held:
        exhibits.add_words(talk, held)
        exhibits.report(talk)
        push(talk, "showing")
    else:
        talk.say("conversation.free_telling")
    return True


def _skip_whose(talk: Talk) -> None:
    pop(talk, "whose_words")
    talk.turn.hold(None)


def _take_showing(talk: Talk) -> bool:
    """She sends more, or says that is all; then she is asked whether the labels are right."""
    said = understand(None, talk.inbound.text, talk.now.date()).command if talk.inbound.text else None
    if talk.inbound.choice != "done" and said != "no":
        return False
    _close_showing(talk)
    return True


def _close_showing(talk: Talk) -> None:
    for step in ("showing", "confirm_labels", "ask_label"):  # what an earlier gesture left to ask is asked again below
        pop(talk, step)
    fresh = _unconfirmed(talk)
    exhibits.explain(talk, fresh)
    talk.state.shown = len(talk.case.exhibits)
    talk.state.doubts = [f"{exhibit.position}:{label}" for exhibit in fresh for label in exhibit.unsure][:MOST_DOUBTS]
    if any(exhibit.labels for exhibit in fresh):
        push(talk, "confirm_labels")
    elif talk.state.doubts:
        push(talk, "ask_label")
    else:
        _close(talk)


def _close(talk: Talk) -> None:
    talk.state.confirmed = len(talk.case.exhibits)
    asking.drop_known(talk)


def _unconfirmed(talk: Talk) -> list[Exhibit]:
    return [exhibit for exhibit in talk.case.exhibits if exhibit.position > talk.state.confirmed]


def _named(talk: Talk, label: str) -> str:
    return talk.words(f"labels.{label}")


def _prompt_labels(talk: Talk) -> None:
    """All labels at once, each with its messages: one tap confirms them."""
    found: dict[str, list[int]] = {}
    for exhibit in _unconfirmed(talk):
        for label in exhibit.labels:
            found.setdefault(label, []).append(exhibit.position)
    named = [f"{_named(talk, label)} ({_positions(talk, positions)})" for label, positions in found.items()]
    talk.say("conversation.confirm_labels", talk.rows("yes", "correct", "unsure"), labels=", ".join(named))


def _positions(talk: Talk, positions: list[int]) -> str:
    few = 3
    if len(positions) > few:
        return talk.words("labels.in_many", count=len(positions))
    numbers = ", ".join(str(position) for position in positions)
    return talk.words("labels.in_one" if len(positions) == 1 else "labels.in_few", numbers=numbers)


def _take_labels(talk: Talk) -> bool:
    choice = talk.inbound.choice
    if choice is None and talk.inbound.text:
        said = understand(None, talk.inbound.text, talk.now.date())
        choice = "unsure" if said.unknown else {"yes": "yes", "no": "correct"}.get(said.command or "")
    match choice:
        case "yes":
            for exhibit in _unconfirmed(talk):
                if exhibit.labels:
                    talk.turn.replace_exhibit(exhibit)  # unchanged: the custody log says that she confirmed it
            talk.say("conversation.labels_kept")
            _settle_labels(talk)
        case "unsure":
            _settle_labels(talk)
        case "correct":
            _say_which(talk)
        case str() if choice.startswith("wrong:"):
            _refuse(talk, choice.removeprefix("wrong:"))
        case _:
            return False
    return True


def _say_which(talk: Talk) -> None:
    labels = sorted({label for exhibit in _unconfirmed(talk) for label in exhibit.labels})
    rows = [(Button(f"wrong:{label}", _named(talk, label)),) for label in labels]
    talk.say("conversation.which_wrong", [*rows, (talk.button("unsure"),)])


def _refuse(talk: Talk, label: str) -> None:
    for exhibit in _unconfirmed(talk):
        if label in exhibit.labels:
            kept = tuple(other for other in exhibit.labels if other != label)
            talk.turn.replace_exhibit(replace(exhibit, labels=kept, refused=(*exhibit.refused, label)))
    talk.say("conversation.labels_corrected")
    if not any(exhibit.labels for exhibit in _unconfirmed(talk)):
        _settle_labels(talk)


def _settle_labels(talk: Talk) -> None:
    pop(talk, "confirm_labels")
    if talk.state.doubts:
        push(talk, "ask_label")
    else:
        _close(talk)


def forget(talk: Talk, position: int) -> None:
    """Nothing is asked any more about an exhibit that was erased."""
    talk.state.doubts = [doubt for doubt in talk.state.doubts if not doubt.startswith(f"{position}:")]
    if not talk.state.doubts:
        pop(talk, "ask_label")
    if not any(exhibit.labels for exhibit in _unconfirmed(talk)):
        pop(talk, "confirm_labels")


def _doubt(talk: Talk) -> tuple[int, str]:
    position, _, label = talk.state.doubts[0].partition(":")
    return int(position), label


def _prompt_doubt(talk: Talk) -> None:
    position, label = _doubt(talk)
    buttons = ((talk.button("yes"), talk.button("no")), (talk.button("unsure"),))
    talk.say("conversation.ask_label", buttons, position=position, label=_named(talk, label))


def _take_doubt(talk: Talk) -> bool:
    choice = talk.inbound.choice
    if choice is None and talk.inbound.text:
        said = understand(None, talk.inbound.text, talk.now.date())
        choice = "unsure" if said.unknown else said.command
    if choice not in ("yes", "no", "unsure"):
        return False
    position, label = _doubt(talk)
    exhibit = talk.case.exhibits[position - 1]
    left = tuple(other for other in exhibit.unsure if other != label)
    if choice == "yes":
        exhibit = replace(exhibit, unsure=left, labels=(*exhibit.labels, label))
    elif choice == "no":
        exhibit = replace(exhibit, unsure=left, refused=(*exhibit.refused, label))
    if choice != "unsure":
        talk.turn.replace_exhibit(exhibit)
    _next_doubt(talk)
    return True


def _next_doubt(talk: Talk) -> None:
    talk.state.doubts = talk.state.doubts[1:]
    if not talk.state.doubts:
        pop(talk, "ask_label")
        _close(talk)


WHOSE_WORDS = Step(_prompt_whose, _take_whose, _skip_whose, "conversation.whose_words_why")
SHOWING = Step(exhibits.report, _take_showing, _close_showing, "conversation.confirm_labels_why")
CONFIRM_LABELS = Step(_prompt_labels, _take_labels, _settle_labels, "conversation.confirm_labels_why")
ASK_LABEL = Step(_prompt_doubt, _take_doubt, _next_doubt, "conversation.confirm_labels_why")
