"""The recovery key is in k of n hands: any k give it back, and nothing less.

Method: all subsets of small sets; words of other sets, mistyped words, copies; what an error says.
"""

from itertools import combinations

import pytest

from contrefeu.base import OperatorError, StorageError
from contrefeu.custody import KeyPair, combine_shares, split_secret

SEED = bytes(range(32))
SHARES = split_secret(SEED, 3, 5)


@pytest.mark.req("C4")
def test_any_k_custodians_open_and_fewer_do_not():
    """Each subset of three, of four and all five; none of one or two, in any order."""
    for count in (3, 4, 5):
        for some in combinations(SHARES, count):
            assert combine_shares(some) == SEED
    for count in (0, 1, 2):
        for some in combinations(SHARES, count):
            with pytest.raises(StorageError) as refused:
                combine_shares(some)
            assert refused.value.exit_status == 14


@pytest.mark.parametrize(("threshold", "count"), [(1, 1), (2, 2), (2, 3), (5, 9), (16, 16)])
def test_other_numbers_of_custodians_work(threshold, count):
    """From one for a trial to the sixteen that SLIP-39 holds."""
    shares = split_secret(SEED, threshold, count)
    assert len(set(shares)) == count
    assert combine_shares(shares[-threshold:]) == SEED


@pytest.mark.parametrize(("threshold", "count"), [(0, 3), (4, 3), (1, 2), (2, 17), (-1, 1)])
def test_impossible_numbers_of_custodians_are_refused(threshold, count):
    """Said before anything is made."""
    with pytest.raises(OperatorError, match="not possible"):
        split_secret(SEED, threshold, count)


def test_copies_of_one_share_are_one_share():
    """Three times the same page, in capitals or with line ends, is one custodian."""
    with pytest.raises(StorageError, match="1 different ones were given, of 3"):
        combine_shares([SHARES[0], SHARES[0].upper(), f"\n{SHARES[0]} \n".replace(" ", "  ")])
    assert combine_shares([SHARES[0].upper(), *SHARES[1:3]]) == SEED


def test_words_of_another_set_are_refused():
    """A page of last year's set among this year's, needed or not, is refused and not quietly left out."""
    other = split_secret(SEED, 3, 5)
    for some in ([*SHARES[:2], other[2]], [*SHARES[:3], other[0]], [other[0], *SHARES[:4]]):
        with pytest.raises(StorageError, match="different sets"):
            combine_shares(some)


def test_every_mistyped_word_is_noticed():
    """Each word of a page exchanged for another: its checksum tells whose it is, and no other key comes out."""
    words = SHARES[0].split()
    for at in range(len(words)):
        wrong = " ".join([*words[:at], "academic" if words[at] != "academic" else "acid", *words[at + 1 :]])
        with pytest.raises(StorageError, match="number 2 of those given is mistyped"):
            combine_shares([SHARES[1], wrong, SHARES[2]])
    for nonsense in ("", "not a word of it", " ".join(words[:-1]), "é" * 300):
        with pytest.raises(StorageError):
            combine_shares([nonsense, *SHARES[1:3]])


def test_an_error_quotes_no_word_of_a_share():
    """An error is printed, logged and photographed: it says the same whatever words it was given."""

    def reports(shares: list[str]) -> list[str]:
        found = []
        for some in (shares[:1], [*shares[:2], split_secret(SEED, 3, 5)[0]], [f"{shares[0]} zzz", *shares[1:3]]):
            with pytest.raises(StorageError) as refused:
                combine_shares(some)
            assert refused.value.__cause__ is None
            found.append(refused.value.report())
        return found

    assert reports(SHARES) == reports(split_secret(bytes(32), 3, 5))
    assert len(set(reports(SHARES))) == 3


def test_shares_give_the_key_that_headers_name():
    """The seed that comes back makes the pair whose fingerprint stands in every header."""
    pair = KeyPair("recovery", SEED)
    assert KeyPair("recovery", combine_shares(SHARES[1:4])).fingerprint == pair.fingerprint
