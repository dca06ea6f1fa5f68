"""Laws of labels: what is drawn is what is read, whatever it says."""

from __future__ import annotations

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from ledger.errors import Malformed, UnbrokenError
from ledger.labels import base45
from ledger.labels.content import Content
from ledger.labels.credential import Credential, from_text, sign_credential, to_text, verify_credential
from ledger.labels.drawing import draw
from ledger.labels.link import check_digest, make_link, parse_link
from ledger.labels.symbols import ALPHANUMERIC, qr_code
from ledger.labels.templates import RESOLUTIONS, TEMPLATES, load_template
from tests.labels_credentials import CREDENTIAL, CREDENTIAL_TEXT, KEY, ORIGIN, VKEY
from tests.labels_sample import dots, ink, of_png, of_svg, of_zpl, texts

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
hosts = st.from_regex(r"[a-z][a-z0-9-]{0,8}[a-z0-9]\.example", fullmatch=True)
containers = st.none() | st.from_regex(r"[A-Z0-9][A-Z0-9-]{3,15}", fullmatch=True)
serials = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-", min_size=1, max_size=11)
checks = st.text(CROCKFORD, min_size=16, max_size=16)
words = st.text("ABC abcäé°≤1234567890-/,.", min_size=1, max_size=12).map(str.strip).filter(bool)
dins = st.from_regex(r"A9999[0-9]{8}", fullmatch=True)
DATAMATRIX = "=+04000=A99992112345600=<A9999V00"


@st.composite
def contents(build: st.DrawFn) -> Content:
    """Short enough for every template; each member there or not yet known."""
    container, serial = build(containers), build(serials)
    known = {
        name: build(st.none() | words)
        for name in ("product_name", "product_code", "division", "bag", "bags", "volume", "storage", "site")
    }
    return Content(
        link=make_link(build(hosts), container, serial, build(checks)),
        serial=serial,
        container=container,
        coi="CHA99992100" + build(st.text("A0123456789", min_size=4, max_size=4)),
        din=build(st.none() | dins),
        datamatrix=build(st.none() | st.just(DATAMATRIX)),
        autologous=build(st.booleans()),
        biohazard=build(st.booleans()),
        quarantine=build(st.booleans()),
        **known,
    )


@given(contents(), st.sampled_from(TEMPLATES), st.sampled_from(RESOLUTIONS[:2]))
@settings(max_examples=60)
def test_whatever_is_drawn_gives_back_its_link_or_says_what_does_not_fit(
    content: Content, name: str, dpi: int
) -> None:
    try:
        picture = draw(content, load_template(name), dpi)
    except Malformed as refused:
        event(refused.code)
        return
    seen = of_png(picture.png(), picture)
    expected = {f"QRCode:{content.link}"} | {f"DataMatrix:{content.datamatrix}"} - {"DataMatrix:None"}
    assert texts(seen) == expected
    assert (ink(seen) == dots(picture)).all()


@given(contents(), st.booleans())
@settings(max_examples=15)
def test_all_formats_agree_whatever_is_drawn(content: Content, compress: bool) -> None:
    try:
        picture = draw(content, load_template("vial"), 203)
    except UnbrokenError:
        return
    assert (ink(of_svg(picture.svg(), picture)) == dots(picture)).all()
    assert (ink(of_zpl(picture.zpl(compress), picture)) == dots(picture)).all()


@given(hosts, containers, serials, checks)
def test_a_link_is_read_as_it_was_made(host: str, container: str | None, serial: str, check: str) -> None:
    link = make_link(host, container, serial, check)
    assert parse_link(link) == parse_link(link.lower()) == (container, serial, check)
    assert parse_link(link[link.index("/B/") :]) == parse_link(parse_link(link).part) == parse_link(link)
    assert ALPHANUMERIC.issuperset(link)


@given(st.text(max_size=60))
def test_any_text_is_a_link_in_its_one_form_or_refused(text: str) -> None:
    try:
        found = parse_link(text)
    except Malformed:
        return
    else:
        assert text.upper().endswith(found.part)


@given(serials, checks, checks)
def test_a_digest_tells_checks_apart(serial: str, one: str, other: str) -> None:
    assert (check_digest(serial, one) == check_digest(serial, other)) == (one == other)


@given(st.binary(max_size=80))
def test_base45_gives_back_every_text(data: bytes) -> None:
    assert base45.decode(base45.encode(data)) == data


@given(st.text(base45.ALPHABET, max_size=40))
def test_base45_reads_only_what_it_writes(text: str) -> None:
    try:
        data = base45.decode(text)
    except ValueError:
        return
    assert base45.encode(data) == text


@given(
    st.builds(
        Credential,
        origin=st.just(ORIGIN),
        issued_s=st.integers(0, 2**53 - 1),
        container=st.just("A999921123456-01"),
        serial=serials,
        position=st.integers(0, 2**40),
        statement=st.binary(min_size=32, max_size=32),
        size=st.integers(2**40 + 1, 2**53 - 1),
        root=st.binary(min_size=32, max_size=32),
    )
)
def test_every_credential_that_is_signed_verifies_from_its_text(credential: Credential) -> None:
    text = to_text(sign_credential(KEY, credential))
    assert verify_credential(from_text(text), VKEY) == credential


@given(st.integers(0, len(CREDENTIAL_TEXT) - 1), st.sampled_from(base45.ALPHABET))
def test_no_character_of_a_credential_can_be_another(at: int, character: str) -> None:
    changed = CREDENTIAL_TEXT[:at] + character + CREDENTIAL_TEXT[at + 1 :]
    if changed == CREDENTIAL_TEXT:
        assert verify_credential(from_text(changed), VKEY) == CREDENTIAL
        return
    with pytest.raises(UnbrokenError):
        verify_credential(from_text(changed), VKEY)


@given(st.binary(max_size=200))
def test_any_bytes_are_no_credential(raw: bytes) -> None:
    with pytest.raises(UnbrokenError):
        verify_credential(b"\xd2" + raw, VKEY)


@given(st.text("".join(sorted(ALPHANUMERIC)), min_size=1, max_size=120))
@settings(max_examples=25)
def test_every_alphanumeric_text_has_a_symbol_with_three_finders(text: str) -> None:
    matrix = qr_code(text)
    assert (matrix.size - 17) % 4 == 0
    finder = bytes([1, 1, 1, 1, 1, 1, 1])
    assert matrix.row(0)[:7] == matrix.row(0)[-7:] == matrix.row(matrix.size - 1)[:7] == finder
