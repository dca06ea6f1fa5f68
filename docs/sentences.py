"""What the code cannot say of itself, for the reference pages: a gate, role or type without
its sentence here fails the generation."""

from __future__ import annotations

NAMED_TYPES = {
    "Timestamp": "UTC, with milliseconds: `2026-03-01T09:30:00.000Z`",
    "Hex32": "a SHA-256, a root, an HMAC or a key id, as 64 lower-case hex digits",
    "Name": "the name of a site, agent, organisation, department, product, lot or piece of equipment",
    "Code": "a word that programs compare: a reason, a field, a qualification",
    "Coi": "a chain of identity, scheme in front: `isbt128:CHA999926000001`",
    "ContainerId": "the identifier on a bag or vial",
    "Label": "a short text without personal data",
    "Country": "two letters, ISO 3166-1",
    "Credential": "the id of a passkey, as base64url without padding",
    "RelyingParty": "the domain that a passkey is bound to, such as `ledger.example`",
    "Reference": "what something was compared with: a code, or a digest",
    "Base64": "base64url without padding",
    "Role": "what a person or device may do at a site",
    "SiteKind": "what a site is",
    "Severity": "how bad a deviation is",
    "Condition": "how a container was handed over",
    "Method": "whether it was scanned or typed",
    "Phase": "the state in which a product's temperature is judged",
}
GATES = {
    "chain_open": "A therapy was ordered under this identity, and not closed.",
    "product_in_force": "The product version of the order may be given in the order's country "
    "(and, at release, in every country that the release names).",
    "site_in_force": "The site was onboarded and is not suspended.",
    "treatment_site": "The order plans the treatment at this site.",
    "consent": "The patient's consent is recorded, and not withdrawn since by the latest that anybody said.",
    "fitness_confirmed": "The latest word of a physician is that the patient is fit, and it has not run out.",
    "product_available": "Somebody at this site confirmed the doses, and each may still be used here.",
    "container_of_chain": "The container came to be in this therapy.",
    "patient_matched": "At least two identifiers are the ordered patient's, and none differs.",
    "checks_agree": "Two different people checked, each alone, and agree.",
    "label_valid": "Where label serials were issued for the container: one is in force on it, and both "
    "people read that one. None issued passes.",
    "released": "Quality released the container for this country and protocol.",
    "not_rejected": "Quality has not rejected the container, nor anything that it was made of.",
    "results_in_specification": "Every test that the product version requires for each country of the "
    "release has a result that counts, and all results are within limits, but for the tests that it names.",
    "identity_tested": "The latest identity test of the container matches; none is needed where the product "
    "version asks for none. A mismatch never passes.",
    "site_confirmed": "The manufacturing site confirmed the container, where the product asks for it.",
    "finished_product": "It was made or filled: starting material cannot be released.",
    "not_expired": "The expiry on record has not passed. No expiry on record passes.",
    "no_blocking_deviation": "No blocking deviation is open, nor was one disposed of as rejected, "
    "on the container, on what it was made of, or on the whole therapy.",
    "not_quarantined": "No quarantine holds the container, or what it was made of.",
    "temperature_in_limits": "Evidence keeps the container, and all that it was made of, within the "
    "limits of the product's profile, without gaps; where the profile requires it, evidence covers each "
    "leg with a carrier. Or Quality accepted, later, what does not. No profile passes.",
    "not_lost": "It was never reported lost, or was found since by the latest that anybody said.",
    "lots_in_force": "No lot that went into the container, into what it was made of, or into a batch of "
    "these, was recalled or is unknown.",
    "not_destroyed": "Nobody recorded that it was destroyed.",
    "labels_reconciled": "Every label for it and for what was made with it, or printed ahead of need where "
    "they were made, was applied, voided or destroyed.",
    "custody_here": "This site holds the container; it is not on its way elsewhere, and nobody elsewhere "
    "claims it.",
    "thaw_window": "The product's window after thaw, or after removal from storage where the product says "
    "so, is open in the worst case (ADR-0004).",
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
    "lot": "Lots of material",
    "equipment": "Equipment",
    "chain": "The therapy",
}

ROLES = {
    "administrator": "Enrols people, takes on sites, looks after keys, of their own organisation. Reads no "
    "therapy.",
    "coordinator": "Orders the therapy, plans its sites, records consent, links what was collected before.",
    "physician": "Finds the patient fit, prepares them, authorises, and answers for an override.",
    "apheresis": "Collects the cells and is their first holder.",
    "cell_lab": "Keeps, splits, freezes and tests cells.",
    "courier": "Carries. Reads a therapy only while they hold a bag of it or are about to.",
    "manufacturer": "Makes the dose.",
    "quality": "Releases, rejects, dispositions deviations, lifts quarantines, recalls lots.",
    "nurse": "Checks at the bedside, thaws, gives the dose.",
    "auditor": "Reads everything, of every organisation.",
    "device": "An instrument that signs by itself, such as a logger.",
}

INTROS = {
    "roles": """# Roles and qualifications

What each role may say. A role is held at a site; where it counts stands in [policy](policy.md), event
by event. A fact is recorded even where the role is missing. Everybody may also look after their own
keys, but for somebody who is only an auditor. Unless a line says otherwise, a role reads the therapies
that its site, or the product's sponsor, has a part in.
""",
    "coverage": """# What tests name

Every event, gate, role, finding and refusal, and how many tests name it: by a string, an identifier,
their own name, or a table of cases in their file. What a test does through a helper is not counted.
A number says that somebody thought of it, not that it is right. A word that no test names fails the
suite. `python -m docs.coverage` prints the numbers in full.
""",
    "events": """# Events

What a statement can say. Every event also has the members `type`, `v` (its version), `occurred_at`,
`seen`, `seq` and `prev`, and may have `esignature`: see [formats](../formats.md).
Decisions on a therapy also have `chain_version`, the number of entries that their signer saw. A member
marked *optional* is left out when there is nothing to say. Who may say what stands in [policy](policy.md).
""",
    "policy": """# Who may say what

A role counts at a site. For a **decision** the row is a condition: otherwise it is refused. A **fact**
is recorded anyway. By somebody with a part in the therapy it then raises a deviation, by anybody else
it is kept for review and changes nothing: see
[ADR-0003](../adr/0003-facts-without-standing-are-tagged-review.md).
Quality and administrator roles take effect with a second administrator's signature. The ledger itself
attests what a logger sent live, in one form alone, and needs no role for it: see
[ADR-0013](../adr/0013-the-ledger-attests-live-readings.md).
""",
    "epcis": """# EPCIS 2.0, event by event

How an entry about a container becomes an EPCIS event, and is read back from one. A business step with
`unbroken:` in front is a word of our own namespace, where the CBV has none. What has no standard place
stands in members of that namespace, under its own name. Left out: a patient's commitments, the bytes
of a passkey's assertion. [How to use it](../how-to/standards.md).
""",
    "fhir": """# FHIR R5, resource by resource

What a therapy's Bundle holds. The facts named here read back from it. Everything else that an entry
says stands in the signed statement that its Provenance carries. [How to use it](../how-to/standards.md).
""",
    "tables": """# Tables of events

What `unbroken export events` writes, one row an entry, as CSV or as Parquet. [How to use
it](../how-to/audit.md#in-your-own-tools).

CSV is RFC 4180: UTF-8, a header, CRLF, an empty cell for what is not there. Every name and code in a
valid event begins with a letter or a digit, so that no spreadsheet takes one for a formula. Where a text
breaks that (the envelope of an entry that is no valid event), it stands as a JSON string with its quotes:
whoever reads a cell that begins with `"` reads JSON, and has the text as it was. In such cells, in lists
and in payloads `;` is written as `\\u003b`, which is the same JSON, so that no other separator cuts there.
A payload in Parquet is the signed text, byte for byte. A payload that is no JSON object stands in CSV as
such a string too, one that is no UTF-8 as `base64url:` and its bytes. Read every column in as text: a
spreadsheet that guesses makes numbers of names such as `12E34` and `0012`, and a date of `MAR-1`. Rows go
out as they come, so that the table's memory does not grow with the log. What an audit on the way (`--in`)
keeps grows with the therapies, as `unbroken verify` does.
spreadsheet that guesses makes numbers of names such as `12E34` and `0012`, and a date of `MAR-1`.

Rows go out as they come, so that the table's memory does not grow with the log. What an audit on the way
(`--in`) keeps grows with the therapies, as `unbroken verify` does.
""",
    "findings": """# Findings

What the ledger finds wrong with a recorded statement. Each becomes a `DeviationRaised`, signed by the
ledger's event key, right behind the fact and in the same batch. A *blocking* one stops Quality's
release and the infusion of the containers that it names (of all, where it names none) until Quality
has dispositioned it.
""",
    "gates": """# Gates

What must hold before Quality releases, before doses are confirmed as available, before lymphodepletion
and before an infusion is authorised. The answer always lists every gate, passed, failed or overridden,
with a sentence and the entries that prove it. `POST /v1/chains/{coi}/release-check`,
`GET /v1/chains/{coi}/lymphodepletion-check` and `POST /v1/chains/{coi}/infusion-check` ask without
recording anything. Two people may override some
gates of an infusion for one bag in an emergency. The override covers what stood when it was made.
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
