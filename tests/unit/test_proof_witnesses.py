"""Witness policies: the page's own example, each rule of it, and what a file must not say."""

from __future__ import annotations

import itertools

import pytest

from ledger.errors import Malformed, ProofInvalid
from ledger.proof.checkpoint import log_vkey, with_lines
from ledger.proof.cosignature import cosign
from ledger.proof.note import COSIGNATURE, VerifierKey, parse_note, vkey_of
from ledger.proof.witnesses import MAX_GROUPS, MAX_WITNESSES, parse_logs, parse_policy
from tests.witness_stage import LOG, TIME, History, key

KEYS = {name: key(20 + number) for number, name in enumerate(("X1", "X2", "X3", "Y1", "Y2", "Y3"))}
VKEYS = {name: vkey_of(f"{name}.example", one.public, COSIGNATURE) for name, one in KEYS.items()}
LINES = "".join(f"witness {name} {vkey}\n" for name, vkey in VKEYS.items())
EXAMPLE = f"""log {LOG}

{LINES}
group X-witnesses 2 X1 X2 X3
group Y-witnesses any Y1 Y2 Y3
group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""  # "Example policy", with keys of our own
SIGNED = History([b"a", b"b", b"c"]).signed(3)


def cosigned(*names: str) -> bytes:
    text = parse_note(SIGNED).text
    return with_lines(SIGNED, (cosign(text, VKEYS[name], KEYS[name], TIME) for name in names))


def test_the_pages_example_is_met_by_two_x_and_one_y_and_by_nothing_less() -> None:
    policy, met = parse_policy(EXAMPLE.encode()), 0
    for count in range(7):
        for names in itertools.combinations(KEYS, count):
            expected = sum(name[0] == "X" for name in names) >= 2 and any(name[0] == "Y" for name in names)
            assert policy.met_by(names) == expected, names
            met += expected
    assert met == 28  # 4 choices of two X or more, 7 of one Y or more


def test_cosigners_are_those_whose_lines_verify_with_their_times() -> None:
    policy = parse_policy(EXAMPLE.encode())
    assert policy.cosigners(parse_note(cosigned("X2", "Y1"))) == {"X2": TIME, "Y1": TIME}
    assert policy.cosigners(parse_note(SIGNED)) == {}


def test_a_witness_that_the_policy_does_not_name_counts_for_nothing() -> None:
    policy = parse_policy(f"witness X1 {VKEYS['X1']}\nquorum X1\n".encode())
    assert policy.cosigners(parse_note(cosigned("X2", "X3"))) == {}


@pytest.mark.parametrize("twice", [True, False])
def test_a_line_under_a_known_key_that_fails_or_repeats_spoils_the_note(twice: bool) -> None:
    policy, data = parse_policy(EXAMPLE.encode()), cosigned("X1", "X1") if twice else cosigned("X1")
    forged = data if twice else data.replace(b"\n3\n", b"\n2\n")
    with pytest.raises(ProofInvalid, match="no_signature" if twice else "bad_cosignature"):
        policy.cosigners(parse_note(forged))


def test_blanks_comments_urls_and_a_missing_last_newline_are_let_pass() -> None:
    blank = f"# ours\n\n \t \n  log\t{LOG}   https://ledger.example \n\t# more\n"
    policy = parse_policy(f"{blank}witness\tX {VKEYS['X1']} https://w\nquorum X".encode())
    assert (policy.logs[0].url, policy.witnesses["X"].url, policy.quorum) == (
        "https://ledger.example", "https://w", "X")  # fmt: skip


def test_a_name_in_any_letters_is_a_name_and_a_kelvin_sign_is_no_k() -> None:
    named = f"witness K {VKEYS['X1']}\nwitness \N{KELVIN SIGN} {VKEYS['X2']}\n"
    policy = parse_policy(f"{named}group both all K \N{KELVIN SIGN}\nquorum both\n".encode())
    assert not policy.met_by(["K"])
    assert policy.met_by(["K", "\N{KELVIN SIGN}"])


def test_a_name_that_is_no_utf_8_is_a_name_too() -> None:
    assert parse_policy(
        f"witness \x00 {VKEYS['X1']}\nquorum \x00\n".encode().replace(b"\0", b"\xff")
    ).witnesses


def test_quorum_none_asks_for_nobody() -> None:
    assert parse_policy(b"quorum none\n").met_by(())


def test_a_log_is_known_by_its_name_and_key_whatever_the_kind_of_signature() -> None:
    policy = parse_policy(f"log {LOG}\nquorum none\n".encode())
    assert policy.knows_log(LOG.as_type(COSIGNATURE))
    assert not policy.knows_log(log_vkey("other.example", key(1).public))
    assert not policy.knows_log(log_vkey(LOG.name, key(3).public))
    assert parse_policy(b"quorum none\n").knows_log(LOG)


ONE = f"witness A {VKEYS['X1']}\n"
WRONG = {
    "no quorum": ONE,
    "two quorums": f"{ONE}quorum A\nquorum A\n",
    "a quorum of two names": f"{ONE}quorum A A\n",
    "a quorum of nobody known": f"{ONE}quorum B\n",
    "a quorum before its witness": f"quorum A\n{ONE}",
    "a word that is none": f"{ONE}quorum A\nlogs x\n",
    "a witness without a key": "witness A\nquorum none\n",
    "a witness with too much": f"{ONE[:-1]} https://w more\nquorum none\n",
    "a key that is none": "witness A vkey\nquorum none\n",
    "a log's kind of key for a witness": f"witness A {LOG}\nquorum A\n",
    "the name none": f"witness none {VKEYS['X1']}\nquorum none\n",
    "one name twice": f"{ONE}witness A {VKEYS['X2']}\nquorum A\n",
    "one key twice": f"{ONE}witness B {VKEYS['X1']}\nquorum A\n",
    "one key under two names": f"{ONE}witness B {vkey_of('b', KEYS['X1'].public, COSIGNATURE)}\nquorum A\n",
    "one log twice": f"log {LOG}\nlog {LOG}\nquorum none\n",
    "one log in two kinds": f"log {LOG}\nlog {LOG.as_type(COSIGNATURE)}\nquorum none\n",
    "a group of nobody": f"{ONE}group G all\nquorum G\n",
    "a group of nobody known": f"{ONE}group G all B\nquorum G\n",
    "a group of itself": f"{ONE}group G all G\nquorum G\n",
    "a member none": f"{ONE}group G any none\nquorum G\n",
    "a member twice": f"{ONE}group G any A A\nquorum G\n",
    "a member of two groups": f"{ONE}group G any A\ngroup H any A\nquorum G\n",
    "a threshold of 0": f"{ONE}group G 0 A\nquorum G\n",
    "a threshold beyond the members": f"{ONE}group G 2 A\nquorum G\n",
    "a threshold with a zero before it": f"{ONE}group G 01 A\nquorum G\n",
    "a threshold in other digits": f"{ONE}group G \u0661 A\nquorum G\n",
    "a threshold in words": f"{ONE}group G one A\nquorum G\n",
    "a carriage return": f"{ONE}quorum A\r\n",
    "a null byte": f"{ONE}quorum A\n#\0\n",
    "a delete": f"{ONE}quorum A\n#\x7f\n",
    "too long": f"{ONE}quorum A\n" + "#" * 70_000,
    "too many groups": f"{ONE}group G0 all A\n"
    + "".join(f"group G{n + 1} all G{n}\n" for n in range(MAX_GROUPS)) + "quorum none\n",
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_file_that_the_page_does_not_allow_is_refused(case: str) -> None:
    with pytest.raises(Malformed, match="malformed_policy"):
        parse_policy(WRONG[case].encode())


def test_the_refusal_names_the_line() -> None:
    with pytest.raises(Malformed, match="line 3: the name 'A' is taken"):
        parse_policy(f"\n{ONE}witness A {VKEYS['X2']}\nquorum A\n".encode())


def test_as_many_witnesses_as_have_room_in_a_note_are_read() -> None:
    def named(count: int) -> bytes:
        vkeys = [vkey_of(f"w{n}", key(100 + n).public, COSIGNATURE) for n in range(count)]
        return ("".join(f"witness w{n} {vkey}\n" for n, vkey in enumerate(vkeys)) + "quorum none\n").encode()

    assert len(parse_policy(named(MAX_WITNESSES)).witnesses) == MAX_WITNESSES
    with pytest.raises(Malformed, match="more than"):
        parse_policy(named(MAX_WITNESSES + 1))


def test_a_witness_list_of_logs_holds_logs_alone() -> None:
    assert [str(one.vkey) for one in parse_logs(f"# one\nlog {LOG}\n".encode())] == [str(LOG)]
    assert parse_logs(b"") == ()
    for text in (ONE, "quorum none\n", f"log {LOG}\nquorum none\n"):
        with pytest.raises(Malformed, match="malformed_policy"):
            parse_logs(text.encode())


def test_a_verifier_key_is_the_same_again() -> None:
    assert all(str(VerifierKey.parse(str(vkey))) == str(vkey) for vkey in VKEYS.values())
