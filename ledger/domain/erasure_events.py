"""What is said when a person's identifiers are to be destroyed, and with which right."""

from __future__ import annotations

from typing import Literal

from ledger.domain.parts import ChainDecision, Name

# GDPR Article 17(1)(a) to (e), in that order; and Regulation (EC) No 1394/2007 Article 15(4).
ErasureBasis = Literal[
    "no_longer_necessary",
    "consent_withdrawn",
    "objection",
    "unlawful_processing",
    "legal_obligation",
    "retention_ended",
]
# A court; GDPR Article 58(2)(g); GDPR Article 5(1)(d): it was never a patient of this therapy.
RetentionOverride = Literal["court_order", "authority_order", "entered_in_error"]


class PersonalDataErased(ChainDecision):
    """Quality of the treatment or collection site has the keys to this patient's identifiers
    destroyed. `overrides_retention`: what stands above the duty to keep them, while it runs."""

    type: Literal["PersonalDataErased"]
    v: Literal[1]
    site: Name
    basis: ErasureBasis
    overrides_retention: RetentionOverride | None = None
