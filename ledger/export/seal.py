"""A digital signature in a PDF: PAdES baseline B-B (ETSI EN 319 142-1), with a certificate of X.509.

It says who gave the file out. What the file says is proved by the log, not by this.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, SimpleSigner, sign_pdf
from pyhanko.sign.fields import SigSeedSubFilter

from ledger.errors import Malformed

if TYPE_CHECKING:
    from pathlib import Path

FIELD = "UnbrokenReport"


class Seal:
    """One certificate with its key, from a PKCS #12 file."""

    def __init__(self, path: Path, passphrase: bytes) -> None:
        """Raises `Malformed` (`bad_certificate`)."""
        signer = SimpleSigner.load_pkcs12(str(path), passphrase=passphrase)  # type: ignore[no-untyped-call]
        if signer is None:
            raise Malformed("bad_certificate", f"{path} is no PKCS #12 file that this passphrase opens")
        self._signer = signer

    @property
    def name(self) -> str:
        """Whose it is, as the certificate says."""
        certificate = self._signer.signing_cert
        assert certificate is not None
        named = certificate.subject.native
        return str(named.get("common_name") or certificate.subject.human_friendly)

    def sign(self, pdf: bytes) -> bytes:
        """The same file with a signature behind it; its own bytes stay as they are."""
        metadata = PdfSignatureMetadata(
            field_name=FIELD, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES
        )
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        signed = sign_pdf(writer, metadata, signer=self._signer)
        return bytes(signed.getbuffer())
