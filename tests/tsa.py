"""A time-stamp authority of the tests' own: honest, and in every way wrong that a test asks for."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DER = serialization.Encoding.DER
DAY = timedelta(days=1)
Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
CHOSEN: dict[str, Callable[[], hashes.HashAlgorithm]] = {
    "md5": hashes.MD5,
    "sha1": hashes.SHA1,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
Signed = Callable[[dict[str, Any]], None]


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def certificate(
    subject: str,
    key: Private,
    issuer: str,
    by: Private,
    since: datetime,
    until: datetime,
    usages: tuple[x509.ObjectIdentifier, ...] | None = (ExtendedKeyUsageOID.TIME_STAMPING,),
    critical: bool = True,
) -> x509.Certificate:
    """`usages` None: a root."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(named(subject))
        .issuer_name(named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=usages is None, path_length=None), critical=True)
    )
    if usages:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=critical)
    return builder.sign(by, hashes.SHA256())


def by_sha1(one: x509.Certificate, by: Private) -> x509.Certificate:
    """The certificate, signed as nobody should any more. `by`: an RSA key."""
    assert isinstance(by, rsa.RSAPrivateKey)
    loaded = asn1.Certificate.load(one.public_bytes(DER))
    for named_in in (loaded, loaded["tbs_certificate"]):
        field_name = "signature_algorithm" if named_in is loaded else "signature"
        named_in[field_name] = {"algorithm": "sha1_rsa"}
    signed = by.sign(loaded["tbs_certificate"].dump(force=True), padding.PKCS1v15(), hashes.SHA1())
    loaded["signature_value"] = signed
    return x509.load_der_x509_certificate(loaded.dump(force=True))


@dataclass
class Authority:
    """One authority. `now`: what its clock says; `altered` may change what it signs. `signs_with`: another
    hash than `hash_name`, of the imprint; `between`: certificates above its own, in the token."""

    root: x509.Certificate
    leaf: x509.Certificate
    key: Private
    hash_name: str = "sha256"
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    altered: Signed = lambda _: None
    asked: list[bytes] = field(default_factory=list)
    signs_with: str | None = None
    between: tuple[x509.Certificate, ...] = ()

    @property
    def digest(self) -> str:
        return self.signs_with or self.hash_name

    @property
    def pem(self) -> bytes:
        return self.root.public_bytes(serialization.Encoding.PEM)

    def answer(self, request: bytes) -> bytes:
        """A TimeStampResp."""
        self.asked.append(request)
        wanted = tsp.TimeStampReq.load(request, strict=True)
        told: dict[str, Any] = {
            "version": "v1",
            "policy": "1.3.6.1.4.1.99999.1",
            "message_imprint": wanted["message_imprint"],
            "serial_number": len(self.asked),
            "gen_time": self.now(),
            "accuracy": {"seconds": 1},
        }
        if wanted["nonce"].native is not None:
            told["nonce"] = wanted["nonce"].native
        self.altered(told)
        status = {"status": "granted"}
        return tsp.TimeStampResp({"status": status, "time_stamp_token": self._token(told)}).dump()

    def stamp(self, message: bytes) -> bytes:
        """A token over the bytes, asked for by nobody."""
        hashed = {"hash_algorithm": {"algorithm": self.hash_name},
                  "hashed_message": hashlib.new(self.hash_name, message).digest()}  # fmt: skip
        request = tsp.TimeStampReq({"version": "v1", "message_imprint": hashed, "cert_req": True})
        return tsp.TimeStampResp.load(self.answer(request.dump()))["time_stamp_token"].dump()

    def _token(self, told: dict[str, Any]) -> cms.ContentInfo:
        info = tsp.TSTInfo(told).dump()
        leaf = asn1.Certificate.load(self.leaf.public_bytes(DER))
        attributes = self._attributes(info, leaf)
        signer = {
            "version": "v1",
            "sid": {"issuer": leaf.issuer, "serial_number": leaf.serial_number},
            "digest_algorithm": {"algorithm": self.digest},
            "signed_attrs": attributes,
            "signature_algorithm": {"algorithm": self._algorithm()},
            "signature": self._sign(attributes.dump()),
        }
        signer["sid"] = cms.SignerIdentifier("issuer_and_serial_number", signer["sid"])
        signed = {
            "version": "v3",
            "digest_algorithms": [{"algorithm": self.digest}],
            "encap_content_info": {"content_type": "tst_info", "content": core.ParsableOctetString(info)},
            "certificates": [leaf, *(asn1.Certificate.load(one.public_bytes(DER)) for one in self.between)],
            "signer_infos": [signer],
        }
        return cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(signed)})

    def _attributes(self, info: bytes, leaf: asn1.Certificate) -> cms.CMSAttributes:
        ess = {"hash_algorithm": {"algorithm": "sha256"}, "cert_hash": hashlib.sha256(leaf.dump()).digest()}
        return cms.CMSAttributes([
            cms.CMSAttribute({"type": "content_type", "values": ["tst_info"]}),
            cms.CMSAttribute({"type": "message_digest",
                              "values": [hashlib.new(self.digest, info).digest()]}),
            cms.CMSAttribute({"type": "signing_certificate_v2",
                              "values": [tsp.SigningCertificateV2({"certs": [tsp.ESSCertIDv2(ess)]})]}),
        ])  # fmt: skip

    def _algorithm(self) -> str:
        return f"{self.digest}_{'rsa' if isinstance(self.key, rsa.RSAPrivateKey) else 'ecdsa'}"

    def _sign(self, data: bytes) -> bytes:
        chosen = CHOSEN[self.digest]()
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(data, padding.PKCS1v15(), chosen)
        return self.key.sign(data, ec.ECDSA(chosen))


assert algos  # its module fills the tables that the names above are looked up in


def authority(
    name: str = "Test TSA",
    hash_name: str = "sha256",
    elliptic: bool = False,
    since: datetime | None = None,
    until: datetime | None = None,
    root: tuple[x509.Certificate, Private] | None = None,
    **how: Any,
) -> Authority:
    """`how`: of its certificate, see `certificate`."""
    now = datetime.now(UTC)
    since, until = since or now - DAY, until or now + 365 * DAY
    above, signer = root or root_of(f"{name} root", since, until + 3650 * DAY, elliptic)
    key = _key(elliptic)
    issuer = above.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
    leaf = certificate(name, key, str(issuer), signer, since, until, **how)
    return Authority(above, leaf, key, hash_name)


def root_of(
    name: str, since: datetime, until: datetime, elliptic: bool = False
) -> tuple[x509.Certificate, Private]:
    key = _key(elliptic)
    return certificate(name, key, name, key, since, until, None), key


def _key(elliptic: bool) -> Private:
    return ec.generate_private_key(ec.SECP384R1()) if elliptic else rsa.generate_private_key(65537, 2048)


@contextmanager
def served(answer: Callable[[bytes], tuple[int, str, bytes]]) -> Iterator[str]:
    """A real HTTP server on the loopback: what it answers to a request's body, at the URL given."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status, kind, content = answer(body)
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Quietly."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/tsa"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
