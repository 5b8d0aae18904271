"""Conversations as messaging applications copy them."""

from datetime import datetime

import pytest

from nlp.pasted import split


@pytest.mark.parametrize(
    "lines",
    [
        ["12/03/2026, 22:14 - Kevin: t'es où", "12/03/2026, 22:20 - Kevin: réponds"],
        ["12/03/2026 à 22:14 - Kevin: t'es où", "12/03/2026 à 22:20 - Kevin: réponds"],
        ["[12/03/2026 22:14:05] Kevin: t'es où", "[12/03/2026, 22:20:00] Kevin: réponds"],
        ["\u200e[12/03/2026 22:14:05] Kevin: t'es où", "[12/03/2026 22:20:00] Kevin: réponds"],
        ["Kevin, [12.03.2026 22:14]", "t'es où", "Kevin, [12.03.2026 22:20]", "réponds"],
    ],
)
def test_known_forms_are_split_with_author_and_date(lines: list[str]) -> None:
    messages = split("\n".join(lines))
    assert [message.text for message in messages] == ["t'es où", "réponds"]
    assert messages[0].author == "Kevin"
    assert messages[0].sent_at == datetime(2026, 3, 12, 22, 14)  # noqa: DTZ001 - local time as pasted


def test_a_message_over_several_lines_stays_one() -> None:
    messages = split("12/03/2026, 22:14 - K: un\ndeux\n12/03/2026, 22:15 - K: trois")
    assert [message.text for message in messages] == ["un\ndeux", "trois"]


def test_what_is_no_conversation_is_not_split() -> None:
    for text in ("bonjour", "il m'a écrit à 22:14", "rdv 12/03/2026, 22:14 - chez K: ok", ""):
        assert split(text) == []
