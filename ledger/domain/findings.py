"""What the ledger finds wrong with a recorded statement: one table, one sentence each.

A finding becomes a `DeviationRaised`, signed by the ledger, in the same batch. *Blocking*
means that release and infusion of the affected containers wait for Quality's disposition;
*critical* that a patient may be at risk, or that the evidence itself contradicts itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

MAX_NAMED = 200  # containers that one DeviationRaised can name; more than that: all of them


class Meaning(NamedTuple):
    severity: str
    blocking: bool
    sentence: str


FINDINGS: dict[str, Meaning] = {
    # the device, its key and its clock
    "sequence_gap": Meaning(
        "minor", False, "The signing key's numbering jumps: a statement may still be on the device."
    ),
    "unknown_checkpoint": Meaning(
        "critical", True, "The device saw a checkpoint that this log never had: there may be two histories."
    ),
    "clock_ahead": Meaning(
        "minor", False, "The device's clock is more than five minutes ahead of the ledger's."
    ),
    "clock_behind": Meaning(
        "minor", False, "It is said to have happened before a checkpoint that the device had already seen."
    ),
    "late_by_retired_key": Meaning(
        "review", False, "The key was retired before this arrived: it counts as a late statement."
    ),
    "revoked_passkey": Meaning(
        "minor", False, "The passkey of its e-signature was revoked before this arrived: that does not count."
    ),
    # the signer
    "unrelated_signer": Meaning(
        "review", False, "The signer has nothing to do with this therapy: nothing was changed."
    ),
    "chain_not_opened": Meaning(
        "review", False, "No therapy was ordered under this id: nothing was changed."
    ),
    "provisional_chain": Meaning(
        "minor", False, "The collection came before its order: it waits to be linked to one."
    ),
    "provisional_set_aside": Meaning(
        "review", False, "Facts stood under this id before the order: what belongs to it has to be linked."
    ),
    "chain_linked": Meaning(
        "review", False, "The chain was linked to a therapy: say it there; nothing was changed."
    ),
    "linked_with_faults": Meaning(
        "major", True, "The provisional chain has something open about the container: look there first."
    ),
    "role_not_permitted": Meaning(
        "major", True, "The signer has no role that covers this at the place where it happened."
    ),
    "not_qualified": Meaning("major", True, "The signer's qualification for this is missing or has run out."),
    # places
    "unknown_site": Meaning("major", True, "It names a site that was never onboarded."),
    "site_not_in_force": Meaning("major", True, "It happened at a site that is suspended or closed."),
    "site_not_planned": Meaning("major", True, "The order does not plan this step at this site."),
    "site_not_active_for_product": Meaning(
        "major", True, "The site is not active under this product's master file."
    ),
    # identity
    "patient_mismatch": Meaning(
        "critical", True, "What was read on the wristband is not the patient of the order."
    ),
    "identity_mismatch": Meaning(
        "critical", True, "At the bedside the patient or the bag was not the one of this therapy: stop."
    ),
    "container_not_in_chain": Meaning("major", True, "It names a container that this therapy does not have."),
    "container_known_elsewhere": Meaning(
        "critical", True, "It names a container that belongs to another patient's therapy."
    ),
    "container_reused": Meaning("major", True, "It makes a container that was made before in this therapy."),
    "container_used_up": Meaning(
        "critical", True, "It acts on a container that was emptied or infused before."
    ),
    "container_quarantined": Meaning(
        "critical", True, "It acts on a container that is in quarantine, or was made of one that is."
    ),
    "container_damaged": Meaning("major", True, "The container is damaged."),
    "container_lost": Meaning("major", True, "The container was not where it should be."),
    "container_expired": Meaning("major", True, "The container may have been used after its expiry."),
    "bag_numbers_wrong": Meaning("major", True, "Bag n of m does not make an ordered set."),
    "check_character_wrong": Meaning(
        "major", True, "The check character that was scanned is not the donation number's: one was misread."
    ),
    "typed_without_reason": Meaning("minor", False, "It was typed instead of scanned, and no reason given."),
    # consent and readiness
    "no_consent": Meaning(
        "major", True, "Something was done to the patient or their cells, and no consent is recorded."
    ),
    "consent_withdrawn": Meaning(
        "critical",
        True,
        "Something was done to the patient or their cells after they withdrew their consent.",
    ),
    "lymphodepletion_without_authorisation": Meaning(
        "critical", True, "Lymphodepletion was started without an authorisation that stands."
    ),
    "emergency_override": Meaning(
        "major", False, "Two people overrode gates for this bag in an emergency: Quality has to look."
    ),
    # labels
    "label_unknown": Meaning(
        "major", True, "A label was read whose serial this therapy never issued: it may be another patient's."
    ),
    "label_voided": Meaning("critical", True, "A label was used or read after it was voided or destroyed."),
    "label_on_other_container": Meaning(
        "critical", True, "A label was used on, or read from, another container than its own."
    ),
    "label_wrong_content": Meaning("critical", True, "A label does not say what it should."),
    "label_unreadable": Meaning("minor", False, "A label could not be read back."),
    "label_printed_twice": Meaning(
        "major", True, "The label was printed before: two copies may bear its one serial."
    ),
    "label_not_issued": Meaning(
        "minor", False, "It prints, or tries out, a label that this therapy never issued: nobody counts it."
    ),
    "label_serial_reused": Meaning("major", True, "A label serial was issued before: two labels bear it."),
    "unknown_label_ended": Meaning(
        "minor", False, "It voids, destroys or replaces a label whose serial this therapy never issued."
    ),
    "labels_unreconciled": Meaning(
        "major", True, "The therapy was closed while nobody knew where some of its labels are."
    ),
    "same_signer": Meaning("major", True, "It takes two people, and the same one signed both statements."),
    # custody
    "release_by_non_holder": Meaning(
        "major", True, "Somebody released a container that, as far as is known, they do not hold."
    ),
    "accepted_by_other_than_named": Meaning(
        "major", True, "Acceptance and release of the same hand-over name different parties."
    ),
    "accepted_not_offered": Meaning("major", True, "It accepts a container that the release does not list."),
    "claim_unanswered": Meaning(
        "major", True, "A claim of custody has waited for its release past the product's limit."
    ),
    "release_unanswered": Meaning(
        "minor", False, "A release has waited for its acceptance past the product's limit."
    ),
    "custody_refused": Meaning("major", True, "The receiver refused the container: Quality looks why."),
    "refusal_differs": Meaning(
        "minor", False, "The refusal names other parties or containers than the release: it moves nothing."
    ),
    "accepted_and_refused": Meaning(
        "critical", True, "The same release of the same container was both accepted and refused."
    ),
    "receipt_count_differs": Meaning(
        "major", True, "What arrived is not as many containers as were expected or are named."
    ),
    "shipper_swapped": Meaning(
        "major", True, "The container changed its shipper on the road: its temperature must be shown to hold."
    ),
    "parted_from_cassette": Meaning(
        "minor", False, "A bag and its cassette did not change hands together, though it was not thawed."
    ),
    "container_returned": Meaning(
        "major", True, "The container came back unused: whether it may still be used is Quality's to say."
    ),
    "container_destroyed": Meaning("critical", True, "It acts on a container that was destroyed before."),
    "destruction_unwitnessed": Meaning(
        "major", True, "The therapy was closed without a second person's word that it was destroyed."
    ),
    "witness_differs": Meaning(
        "major", True, "The witness names a container that the destruction does not name."
    ),
    "condition_not_intact": Meaning("major", True, "The container was not handed over intact."),
    "seal_differs": Meaning("major", True, "The seal that arrived is not the seal that left."),
    "seal_broken": Meaning("major", True, "The seal was broken or missing before it was to be opened."),
    "acted_without_custody": Meaning("major", True, "They acted on a container that they do not hold."),
    # temperature
    "temperature_excursion": Meaning(
        "major", True, "It was outside its band for longer, or more often, than its profile allows."
    ),
    "temperature_gap": Meaning(
        "major", True, "For some time no reading says how warm the container was: unknown, never in range."
    ),
    "temperature_not_judged": Meaning(
        "review", False, "The product has no temperature profile for this phase: the readings are only kept."
    ),
    "instrument_unfit": Meaning(
        "major",
        True,
        "The logger's range does not cover the band, its calibration is not known to have held, or its clock"
        " is ahead: it proves nothing.",
    ),
    "device_signature_failed": Meaning(
        "critical", True, "The logger's own signature does not fit its readings: they may have been altered."
    ),
    "loggers_disagree": Meaning(
        "minor", False, "One record was in the band while another was outside it: the worst counts."
    ),
    "hold_time_used_up": Meaning(
        "major",
        True,
        "The hold time of its shipper may have been used up while it was inside, or no charge of the shipper"
        " is recorded.",
    ),
    "out_of_storage_too_long": Meaning(
        "major", True, "It may have been out of storage for longer, in all, than its profile allows."
    ),
    # manufacture
    "manufacturing_failed": Meaning("major", True, "The batch failed: its containers wait for Quality."),
    "batch_reused": Meaning("major", True, "This therapy used the batch's name before."),
    "batch_unknown": Meaning("minor", False, "It names a batch that this therapy did not start."),
    "batch_not_failed": Meaning("major", True, "It starts again although the batch before has not failed."),
    "lot_unknown": Meaning("major", True, "It names a lot that nobody received: receive it, or stop."),
    "lot_not_released": Meaning("major", True, "It uses a lot that Quality has not released."),
    "lot_recalled": Meaning("critical", True, "It uses a lot that was recalled."),
    "lot_expired": Meaning("major", True, "The lot may have been used after its expiry."),
    "equipment_not_qualified": Meaning(
        "major", True, "The equipment's qualification or calibration is missing or has run out."
    ),
    "volume_exceeds_parent": Meaning("major", True, "More was taken out of a container than was in it."),
    # testing, and the record itself
    "result_without_sample": Meaning(
        "major", True, "The site that reports a result has, as far as is known, never held the sample."
    ),
    "result_out_of_specification": Meaning(
        "major", True, "A test failed, or its value is outside the limits for the country of treatment."
    ),
    "result_contradicts_value": Meaning(
        "major", True, "It is called passed, but its value is outside the limits, missing or in another unit."
    ),
    "identity_test_mismatch": Meaning("critical", True, "The cells tested are not this patient's."),
    "failed_after_infusion": Meaning(
        "critical", True, "A dose was infused and a test of it has failed: tell the physician at once."
    ),
    "correction_of_unknown": Meaning(
        "minor", False, "It corrects an entry that this therapy does not have, or not yet."
    ),
    "correction_matters": Meaning(
        "major", True, "It corrects something that gates rest on: Quality decides what follows."
    ),
    "correction_by_other": Meaning(
        "major", True, "It corrects what somebody else said, and its signer is not Quality."
    ),
    "chain_closed": Meaning("major", True, "The therapy was closed before this was recorded."),
    # the bedside
    "thaw_before_release": Meaning(
        "critical", True, "A dose was thawed that Quality has not released for this country and protocol."
    ),
    "repeated_step": Meaning("minor", False, "The step was recorded before: the earlier time counts."),
    "step_out_of_order": Meaning("minor", False, "The end was recorded, but no start."),
    "infusion_without_authorisation": Meaning(
        "critical", True, "An infusion was started without an authorisation that stands."
    ),
    "outside_thaw_window": Meaning(
        "critical", True, "The infusion may have started outside the product's window after thaw."
    ),
    "thawed_before_earlier_bag": Meaning(
        "major", False, "A bag was thawed before the bags ahead of it in its set were given."
    ),
    "completed_outside_window": Meaning(
        "critical", True, "The infusion may have ended later than the product's limit after thaw allows."
    ),
    "infusion_too_long": Meaning(
        "major", True, "The infusion may have taken longer than the product's limit for it."
    ),
    "infusion_stopped": Meaning("major", True, "The infusion was stopped before the bag was empty."),
    "dose_exceeds_volume": Meaning("major", True, "More was given than the bag held."),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """`containers` empty: the whole therapy is affected.

    `stream`: the therapy's, where the entry that it is about stands on a carrier's.
    """

    code: str
    severity: str
    blocking: bool
    containers: tuple[str, ...] = ()
    stream: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`standing` False: a fact by a signer who has nothing to do with this therapy.

    It is kept for review, and changes nothing: no custody, no version, no right to read.
    `apart`: of the therapies that a carrier holds, the streams of those where that is so.
    """

    findings: tuple[Finding, ...] = ()
    standing: bool = True
    apart: frozenset[str] = frozenset()

    def stands_in(self, stream: str) -> bool:
        return self.standing and stream not in self.apart

    provisional: bool = False  # of a chain without an order


CLEAN = Verdict()


class Found:
    """Collects what is wrong with one entry: each code once, with the containers it affects."""

    __slots__ = ("_codes",)

    def __init__(self) -> None:
        self._codes: dict[str, dict[str, None] | None] = {}

    def add(self, code: str, *containers: str) -> None:
        """Without containers the finding affects the whole therapy, whatever else names some."""
        named = self._codes.get(code, {})
        if named is None or not containers:
            self._codes[code] = None
        else:
            self._codes[code] = named | dict.fromkeys(containers)

    def verdict(self) -> Verdict:
        if not self._codes:
            return CLEAN
        return Verdict(tuple(finding(code, tuple(named or ())) for code, named in self._codes.items()))


def finding(code: str, containers: tuple[str, ...] = ()) -> Finding:
    """The finding with its code's severity; too many containers to name means all of them."""
    meaning = FINDINGS[code]
    named = containers if len(containers) <= MAX_NAMED else ()
    return Finding(code, meaning.severity, meaning.blocking, named)


def findings_markdown() -> str:
    """The reference table of `docs/`."""
    rows = ["| Code | Severity | Blocks | Meaning |", "|---|---|---|---|"]
    for code, (severity, blocking, sentence) in FINDINGS.items():
        rows.append(f"| `{code}` | {severity} | {'yes' if blocking else 'no'} | {sentence} |")
    return "\n".join(rows) + "\n"
