"""Digests and near-duplicates."""

from dataclasses import replace

from cases.exhibits import digest, group_of, is_link
from tests.cases.test_store import an_exhibit


def test_the_digest_depends_on_what_she_gave_and_not_on_our_labels() -> None:
    exhibit = an_exhibit(1, "je te retrouverai")
    assert digest(replace(exhibit, labels=(), scores={})) == exhibit.digest
    assert digest(replace(exhibit, text="je te retrouverai.")) != exhibit.digest


def test_copies_with_small_changes_are_grouped() -> None:
    first = an_exhibit(1, "Dégage de là espèce de menteuse, on va te retrouver")
    assert group_of("degage de là espèce de menteuse !! on va te retrouver", [first]) == 1
    assert group_of("tu viens à la piscine demain avec nous ou pas", [first]) == 2
    assert group_of("ok", [an_exhibit(1, "ok")]) == 1
    assert group_of("", [first]) == 2


def test_a_link_is_one_address_and_nothing_else() -> None:
    assert is_link(" https://example.org/p/1 ")
    assert not is_link("regarde https://example.org/p/1")
