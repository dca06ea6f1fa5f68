"""The sentences, one template per event type, and the words for codes in them.

A placeholder is the name of one of the event's members, spoken by the function that `SPOKEN` in
`words.py` gives for it; `{who}` is the signer and `{subject}` the thing whose stream it
stands in. A member that is absent is silent, so an optional one brings its own comma or
bracket along.

To add an event: write its sentence here. A test walks the whole vocabulary and fails for
any type without one, and for a placeholder that is no member.
"""

from __future__ import annotations

SENTENCES: dict[str, str] = {
    "LogOpened": "{who} opened the log {origin}; its administrators are {administrators}",
    "RuleSetAdopted": "{who} put version {rule_set} of the rules into force",
    "CheckpointKeyAdded": "{who} added a second key, for ML-DSA-44, which signs every head from now on",
    "AppPublished": "{who} published version {version} of the app: {files} files, digest {digest}",
    "SiteOnboarded": "{who} took on {subject} of {organisation}: {site_kind} in {country}",
    "SiteSuspended": "{who} suspended {subject} ({reason})",
    "SiteResumed": "{who} let {subject} work again ({reason})",
    "SiteClosed": "{who} closed {subject} for good ({reason})",
    "AgentEnrolled": "{who} enrolled {subject} of {organisation} as {roles}, with a first key",
    "EnrolmentApproved": "{who} approved the enrolment of {subject} as second signer",
    "AgentRolesChanged": "{who} gave {subject} these roles in place of all they had: {roles} ({reason})",
    "QualificationGranted": "{who} confirmed that {subject} is qualified for {qualification}{expires_at}",
    "QualificationWithdrawn": "{who} withdrew the qualification of {subject} for {qualification} ({reason})",
    "KeyAdded": "{who} added a new signing key for {subject}",
    "KeyRetired": "{who} retired the signing key {kid} of {subject} ({reason})",
    "KeyRevoked": "{who} revoked the signing key {kid} of {subject} ({reason})",
    "PasskeyAdded": "{who} added a passkey for {subject}, to sign again with at {rp_id}",
    "PasskeyRevoked": "{who} revoked the passkey {credential} of {subject} ({reason})",
    "ProductVersionDefined": "{who} set version {version} of {subject}, {name}: to be given within"
    " {window_s} {window_starts}{complete_within_s}{infuse_within_s}{thaw_in_order}, in {countries}",
    "LotReceived": "{who} received {subject} at {site} of {organisation}: {material},"
    " the supplier's lot {supplier_lot}{expires_at}",
    "LotReleased": "{who} released {subject} for use",
    "LotRecalled": "{who} RECALLED {subject} ({reason})",
    "EquipmentRegistered": "{who} registered {subject} at {site} of {organisation}: {equipment_kind},"
    " model {model}, serial number {serial}",
    "EquipmentQualified": "{who} confirmed that {subject} is qualified{until}{hold_time_s}",
    "EquipmentCalibrated": "{who} confirmed that {subject} is calibrated{until}",
    "ShipperCharged": "{who} confirmed that {subject} was charged at {charged_at}",
    "EquipmentRetired": "{who} retired {subject} for good ({reason})",
    "TherapyOrdered": "{who} ordered {product} for {subject} under protocol {protocol},"
    " to be given at {sites}",
    "ConsentRecorded": "{who} recorded at {site} that {subject} consents (form {form})",
    "ConsentWithdrawn": "{who} recorded at {site} that {subject} WITHDREW their consent ({reason})",
    "ChainLinked": "{who} took {containers} of the provisional chain {provisional} into the therapy"
    " of {subject}",
    "PatientIdentified": "{who} {method} the patient's wristband at {site}: {outcome}",
    "CollectionCompleted": "{who} finished the collection at {at}: {containers}{ended_at}",
    "LabelIssued": "{who} issued {serials} at {at}{container}{replaces}",
    "LabelPrinted": "{who} printed label {serial} at {at} ({template}, {medium}, {dpi} dpi)",
    "LabelApplied": "{who} put label {serial} on bag {container} at {at}",
    "LabelScannedBack": "{who} read label {serial} back{container} at {at}: {outcome}{wrong_modules}",
    "LabelVoided": "{who} declared label {serial} VOID at {at} ({reason})",
    "LabelDestroyed": "{who} made away with {serials} at {at}: {fate}",
    "CustodyReleased": "{who} handed {containers} over from {giver} to {receiver}, {condition}{seal}{photos}",
    "CustodyAccepted": "{who} took {containers} over from {giver} for {receiver}, {condition}{seal}{release}"
    "{labels}{photos}",
    "CustodyRefused": "{who} REFUSED to take {containers} over from {giver} for {receiver} ({reason})"
    "{photos}",
    "ReceiptInspected": "{who} inspected {containers} in shipper {shipper} at {at}{seal}, {condition}:"
    " {received} of {expected} arrived, {outcome}{photos}",
    "Packed": "{who} packed {containers} into shipper {shipper} at {at}{seal}{logger}{phase}",
    "Unpacked": "{who} took {containers} out of shipper {shipper} at {at}{seal}",
    "SealChecked": "{who} checked the seal of shipper {shipper} with {containers} at {at}{seal}: {outcome}"
    "{photos}",
    "ShipperSwapped": "{who} moved {containers} from shipper {old_shipper} into shipper {shipper} at {at}"
    "{seal}{logger} ({reason})",
    "Stored": "{who} stored {containers} in {location}{place} at {at}",
    "Retrieved": "{who} took {containers} out of {location} at {at}",
    "TemperatureEvidenceAttached": "{who} attached {readings_centi_c} of logger {logger} for"
    " {containers} at {at}, {phase}{started_at}{device_signature}",
    "ManufacturingStarted": "{who} started manufacturing batch {batch} from {containers}"
    " on {platform} at {at}",
    "StepCompleted": "{who} completed step {step} of batch {batch} with {containers} at {at}",
    "MaterialConsumed": "{who} used {lots} for {containers} in batch {batch} at {at}{equipment}",
    "ManufacturingFailed": "{who} reported that batch {batch} FAILED at {at} ({reason}): {containers}",
    "ManufacturingRestarted": "{who} started again after batch {failed_batch}: batch {batch} from"
    " {containers} on {platform} at {at}",
    "ContainersDerived": "{who} {how} {parents} into {children} at {at}",
    "SampleTaken": "{who} took a sample of {of} at {at}: {sample}, {purpose}",
    "ResultReported": "{who} reported {test} of {containers} at {at}, from {sample}: {outcome}{value_milli}",
    "IdentityTested": "{who} compared the cells of {containers} with the patient's by {method} at {at}:"
    " {outcome}",
    "DeviationRaised": "{who} raised a deviation, {severity}: {code}{containers}{blocking}{photos}",
    "DeviationDispositioned": "{who} closed the deviation {deviation}: {disposition} ({reason})",
    "Quarantined": "{who} put {containers} into quarantine ({reason})",
    "QuarantineLifted": "{who} lifted the quarantine {quarantine} ({reason})",
    "ContainerDamaged": "{who} found {containers} DAMAGED at {at}: {damage}{photos}",
    "ContainerLost": "{who} reported {containers} LOST at {at}",
    "ContainerFound": "{who} found {containers} again at {at}, {condition}",
    "Returned": "{who} took {containers} back unused at {at} ({reason})",
    "Destroyed": "{who} DESTROYED {containers} at {at} by {method} ({reason})",
    "DestructionWitnessed": "{who} saw {containers} destroyed at {at}",
    "Released": "{who} released {containers} for patients in {countries} under protocol {protocols}",
    "PatientFitnessConfirmed": "{who} found the patient {outcome} at {site}{valid_until}",
    "AvailabilityConfirmed": "{who} confirmed that {containers} may be used at {site}",
    "LymphodepletionAuthorised": "{who} gave permission to start lymphodepletion at {site}",
    "LymphodepletionStarted": "{who} started lymphodepletion at {site}, regimen {regimen}",
    "EmergencyOverride": "{who} OVERRIDES {gates} for bag {container} at {site} ({reason});"
    " it counts once a second person confirms it",
    "OverrideConfirmed": "{who} confirmed the emergency override {override} as second person",
    "BatchConfirmed": "{who} confirmed for {site} that {containers} were made there as they should be",
    "ReleasedPendingResults": "{who} released {containers} WITHOUT WAITING for {outstanding}, for patients in"
    " {countries} under protocol {protocols}",
    "OutOfSpecificationRequested": "{who} asked for {containers} although OUT OF SPECIFICATION in {tests}"
    " ({reason})",
    "ReleasedOutOfSpecification": "{who} released {containers} although OUT OF SPECIFICATION in {tests}, as"
    " the physician asked in {request}, for patients in {countries} under protocol {protocols}",
    "Rejected": "{who} REJECTED {containers} ({reason})",
    "ThawStarted": "{who} began to thaw {containers} at {at}{labels}",
    "ThawCompleted": "{who} finished thawing {containers} at {at}",
    "InfusionChecked": "{who} checked bag {container}{component}{label} against the patient's wristband"
    " at {site} ({method})",
    "InfusionAuthorised": "{who} gave permission to infuse bag {container} at {site}",
    "InfusionStarted": "{who} started the infusion of bag {container} at {site}",
    "InfusionPaused": "{who} paused the infusion of bag {container} at {site} ({reason})",
    "InfusionResumed": "{who} went on with the infusion of bag {container} at {site}",
    "InfusionStopped": "{who} STOPPED the infusion of bag {container} at {site}: {dose_given_ul} given"
    " ({reason})",
    "InfusionCompleted": "{who} finished the infusion of bag {container} at {site}: {dose_given_ul} given",
    "TherapyClosed": "{who} closed the therapy of {subject} ({reason})",
    "Corrected": "{who} corrected {member} of the statement {corrects}: {right}, not {was} ({reason})",
    "LateStatementAttested": "{who} put on record, without authority of its own, what a revoked key"
    " had signed before ({reason})",
    "TherapyExportRequested": "{who} took the evidence about {subject} away ({reason})",
    "PersonalDataErased": "{who} decided at {site} that the keys to the patient's identifiers be destroyed"
    " ({basis}{overrides_retention}): {subject} is not to be named from here any more",
    "ExportRequested": "{who} took evidence away: the {scope}{which}{since}{until} ({reason})",
}

METHODS = {
    "passkey": "signed again with a passkey",
    "passphrase": "gave the key's passphrase again",
}
SITE_KINDS = {
    "care": "a treatment site",
    "manufacturing": "a manufacturing site",
    "franchise": "a franchised manufacturing site",
    "headquarters": "a headquarters",
    "testing": "a testing laboratory",
    "contract": "a contract manufacturer",
    "courier": "a courier",
    "training": "a training site",
}
CONDITIONS = {
    "intact": "in good condition",
    "damaged": "DAMAGED",
    "thawed": "THAWED",
    "unknown": "condition unknown",
}
DAMAGES = {
    "leak": "it leaks",
    "breakage": "it is broken",
    "label": "its label cannot be relied on",
    "other": "see the deviation",
}
DERIVED = {
    "split": "split",
    "pool": "pooled",
    "transform": "made",
    "fill": "filled",
}
OUTCOMES = {
    "match": "it matches",
    "mismatch": "IT DOES NOT MATCH",
    "intact": "it is intact",
    "broken": "IT IS BROKEN",
    "missing": "IT IS MISSING",
    "fit": "fit to go on",
    "unfit": "UNFIT",
    "pass": "it passes",
    "fail": "IT FAILS",
    "invalid": "the test is void",
    "inconclusive": "IT CANNOT BE SAID",
    "readable": "it reads well",
    "unreadable": "IT CANNOT BE READ",
    "wrong_content": "IT DOES NOT SAY WHAT IT SHOULD",
    "quarantine": "put into QUARANTINE",
}
SIGNATURES = {
    "valid": "",
    "absent": ", not signed by the logger",
    "failed": "; THE LOGGER'S SIGNATURE DOES NOT FIT",
}
PURPOSES = {
    "release": "for release testing",
    "identity": "for an identity test",
    "retained": "to be kept",
    "stability": "for stability testing",
}
FATES = {"destroyed": "destroyed", "returned_unused": "given back unused"}
BASES = {
    "no_longer_necessary": "no longer necessary, GDPR Article 17(1)(a)",
    "consent_withdrawn": "consent withdrawn, GDPR Article 17(1)(b)",
    "objection": "the patient objects, GDPR Article 17(1)(c)",
    "unlawful_processing": "processed unlawfully, GDPR Article 17(1)(d)",
    "legal_obligation": "the law asks for it, GDPR Article 17(1)(e)",
    "retention_ended": "the 30 years have ended, Regulation 1394/2007 Article 15(4)",
}
OVERRIDES = {
    "court_order": "; BEFORE THE 30 YEARS ENDED, by order of a court",
    "authority_order": "; BEFORE THE 30 YEARS ENDED, by order of the authority, GDPR Article 58(2)(g)",
    "entered_in_error": "; BEFORE THE 30 YEARS ENDED, entered in error, GDPR Article 5(1)(d)",
}
WINDOWS = {
    "thaw_started": "of the start of thawing",
    "thaw_completed": "of the end of thawing",
    "retrieved": "of its removal from frozen storage",
}
SUBJECTS = {
    "agent": "{}",
    "chain": "the patient of {}",
    "equipment": "equipment {}",
    "log": "the log {}",
    "lot": "lot {}",
    "product": "product {}",
    "shipment": "shipment {}",
    "site": "site {}",
    "tank": "tank {}",
}
