"""What the code cannot say of itself, for the reference pages: a gate or type without its
sentence here fails the generation."""

from __future__ import annotations

NAMED_TYPES = {
    "Timestamp": "UTC, with milliseconds: `2026-03-01T09:30:00.000Z`",
    "Hex32": "a SHA-256, a root, an HMAC or a key id, as 64 lower-case hex digits",
    "Name": "the name of a site, agent, organisation, department or product",
    "Code": "a word that programs compare: a reason, a field, a qualification",
    "Coi": "a chain of identity, scheme in front: `isbt128:CHA999926000001`",
    "ContainerId": "the identifier on a bag or vial",
    "Label": "a short text without personal data",
    "Country": "two letters, ISO 3166-1",
    "Base64": "base64url without padding",
    "Role": "what a person or device may do at a site",
    "SiteKind": "what a site is",
    "Severity": "how bad a deviation is",
    "Condition": "how a container was handed over",
    "Method": "whether it was scanned or typed",
}
GATES = {
    "chain_open": "A therapy was ordered under this identity, and not closed.",
    "product_in_force": "The product version of the order may be given in the order's country "
    "(and, at release, in every country that the release names).",
    "site_in_force": "The site was onboarded and is not suspended.",
    "treatment_site": "The order plans the treatment at this site.",
    "container_of_chain": "The container came to be in this therapy.",
    "patient_matched": "At least two identifiers are the ordered patient's, and none differs.",
    "checks_agree": "Two different people checked, each alone, and agree.",
    "label_valid": "Where label serials were issued for the container: one is in force on it, and both "
    "people read that one. None issued passes.",
    "released": "Quality released the container for this country and protocol.",
    "finished_product": "It was made or filled: starting material cannot be released.",
    "not_expired": "The expiry on record has not passed. No expiry on record passes.",
    "no_blocking_deviation": "No blocking deviation is open, nor was one disposed of as rejected, "
    "on the container, on what it was made of, or on the whole therapy.",
    "not_quarantined": "No quarantine holds the container, or what it was made of.",
    "not_lost": "It was never reported lost, or was found since by the latest that anybody said.",
    "not_destroyed": "Nobody recorded that it was destroyed.",
    "labels_reconciled": "Every label for it and for what was made with it, or printed ahead of need where "
    "they were made, was applied, voided or destroyed.",
    "custody_here": "This site holds the container; it is not on its way elsewhere, and nobody elsewhere "
    "claims it.",
    "thaw_window": "The product's window after thaw is open in the worst case (ADR-0004).",
    "component_order": "Where the product gives its components one after another: the bags of the earlier "
    "ones were infused, or Quality rejected them.",
    "earlier_bags_finished": "Earlier bags of an ordered set were infused, or Quality rejected them.",
    "not_infused": "No infusion of it was recorded, and it is not used up.",
}
STREAMS = {
    "log": "The log itself",
    "site": "Sites",
    "agent": "People, devices and their keys",
    "product": "Products",
    "chain": "The therapy",
}

INTROS = {
    "events": """# Events

What a statement can say. Every event also has the members `type`, `v` (its version), `occurred_at`,
`seen`, `seq` and `prev`: see [formats](../formats.md). Decisions on a therapy also have
`chain_version`, the number of entries that their signer saw. A member marked *optional* is left out
when there is nothing to say. Who may say what stands in [policy](policy.md).
""",
    "policy": """# Who may say what

A role counts at a site. For a **decision** the row is a condition: otherwise it is refused. A **fact**
is recorded anyway. By somebody with a part in the therapy it then raises a deviation, by anybody else
it is kept for review and changes nothing: see
[ADR-0003](../adr/0003-facts-without-standing-are-tagged-review.md).
Quality and administrator roles take effect with a second administrator's signature.
""",
    "findings": """# Findings

What the ledger finds wrong with a recorded statement. Each becomes a `DeviationRaised`, signed by the
ledger's event key, right behind the fact and in the same batch. A *blocking* one stops Quality's
release and the infusion of the containers that it names (of all, where it names none) until Quality
has dispositioned it.
""",
    "gates": """# Gates

What must hold before Quality releases, and before an infusion is authorised. The answer always lists
every gate, passed or failed, with a sentence and the entries that prove it.
`POST /v1/chains/{coi}/infusion-check` asks the infusion's gates without recording anything.
""",
    "errors": """# Errors

Every way in which the ledger says no. HTTP answers are problems (RFC 9457) with these codes. A code's
meaning never changes. 4xx, except 429, is a verdict about what was sent: sending the same again is
useless. 429 and 5xx say nothing about it: the same bytes may be sent again.

A status is given where the ledger or its server raises the code by name.
""",
    "http": """# HTTP

The addresses of a server. It serves their full description, with examples, at `/openapi.json`.
A session is the token that `POST /v1/session` answers, sent as `Authorization: Bearer`. Problems are
RFC 9457 documents: see [errors](errors.md). Paths under `/log/` are those of c2sp.org/tlog-tiles.
""",
}
