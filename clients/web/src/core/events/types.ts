// Made from the schema by docs/web_events.py. Change the schema, then run: make docs

export type Base64 = string;
export type Code = string;
export type Coi = string;
export type ContainerId = string;
export type Country = string;
export type Credential = string;
export type Din = string;
export type DinCheck = string;
export type Division = string;
export type Hex32 = string;
export type Label = string;
export type Name = string;
export type ProductCode = string;
export type Reference = string;
export type RelyingParty = string;
export type Timestamp = string;
export type Vkey = string;
export type Zone = string;
export type Condition = "intact" | "damaged" | "thawed" | "unknown";
export type Method = "scan" | "typed";
export type Phase = "fresh" | "frozen" | "thawed";
export type Role = "administrator" | "coordinator" | "physician" | "apheresis" | "cell_lab" | "courier" | "manufacturer" | "quality" | "nurse" | "auditor" | "device";
export type Severity = "review" | "minor" | "major" | "critical";
export type SiteKind = "care" | "manufacturing" | "franchise" | "headquarters" | "testing" | "contract" | "courier" | "training";

/** A root administrator named by genesis. `key` is base64url SubjectPublicKeyInfo DER. */
export interface Administrator {
  agent: Name;
  organisation: Name;
  key: Base64;
}

/** What a passkey answered, each as base64url of its bytes (WebAuthn Level 2, section 5.2.2). */
export interface Assertion {
  credential: Credential;
  authenticator_data: Base64;
  client_data: Base64;
  signature: Base64;
}

/** Containers of one therapy among those that a shipment or a tank carries. */
export interface Carried {
  coi: Coi;
  containers: ContainerId[];
}

/** A patient identifier, as an HMAC-SHA-256 under a per-field key that stays in the vault. */
export interface Commitment {
  field: Code;
  commitment: Hex32;
}

/** How much of a parent went into a derivation. */
export interface Drawn {
  container: ContainerId;
  volume_ul: number;
}

/** The signer was asked again, at `signed_at`, and what their signature means. `passphrase`: for the key's own passphrase, as the device says. `passkey`: the assertion proves it; its challenge is the SHA-256 of the canonical payload without `assertion`. */
export interface ESignature {
  meaning: Code;
  method: "passphrase" | "passkey";
  signed_at: Timestamp;
  assertion?: Assertion | null | undefined;
}

/** A container of a provisional chain, restated: who holds it, and the label in force on it. */
export interface LinkedContainer {
  container: ContainerId;
  din?: Din | null | undefined;
  din_check?: DinCheck | null | undefined;
  product_code?: ProductCode | null | undefined;
  division?: Division | null | undefined;
  volume_ul: number;
  expires_at?: Timestamp | null | undefined;
  bag?: number | null | undefined;
  of?: number | null | undefined;
  component?: Code | null | undefined;
  inside?: ContainerId | null | undefined;
  at: Party;
  label?: Label | null | undefined;
}

/** A container that comes to be. `bag` n of `of` m makes an ordered set of doses. */
export interface NewContainer {
  container: ContainerId;
  din?: Din | null | undefined;
  din_check?: DinCheck | null | undefined;
  product_code?: ProductCode | null | undefined;
  division?: Division | null | undefined;
  volume_ul: number;
  expires_at?: Timestamp | null | undefined;
  bag?: number | null | undefined;
  of?: number | null | undefined;
  component?: Code | null | undefined;
  inside?: ContainerId | null | undefined;
}

/** Who can hold a bag: a department of a site. The person acting for it is the signer. */
export interface Party {
  site: Name;
  department: Name;
}

/** The sites with a planned relation to this therapy. */
export interface PlannedSites {
  collection: Name;
  manufacturing: Name[];
  treatment: Name;
  couriers: Name[];
}

export interface ProductRef {
  product: Name;
  version: number;
}

/** How a logger's own file was read: with the file, whoever checks gets the same readings. `zone` is the logger's clock's, east of UTC; what follows is what a person had to say because the file left it open. `mapping` is the SHA-256 of the mapping for a file of no known format. */
export interface ReadAs {
  format: Code;
  zone: Zone;
  unit?: "C" | "F" | null | undefined;
  decimal?: "point" | "comma" | null | undefined;
  date_order?: "ymd" | "dmy" | "mdy" | null | undefined;
  channel?: Label | null | undefined;
  mapping?: Hex32 | null | undefined;
}

/** The label that a new one replaces, and why. */
export interface Reprint {
  serial: Label;
  reason: Code;
}

export interface RoleAtSite {
  role: Role;
  site: Name;
}

/** The newest checkpoint that the signing device held: tree size and root. */
export interface Seen {
  size: number;
  root: Hex32;
}

/** What a product must meet to be released for a country. */
export interface Specification {
  country: Country;
  tests: SpecifiedTest[];
}

/** A test and its limits, both included. Without limits, the laboratory says pass or fail. Not `required`: it need not be done, but once it is done it must pass. */
export interface SpecifiedTest {
  test: Code;
  unit?: Code | null | undefined;
  min_milli?: number | null | undefined;
  max_milli?: number | null | undefined;
  required: boolean;
  may_be_pending: boolean;
}

/** What a product bears in one phase. Either edge of the band may be open. Time outside the band: one event at most `longest_excursion_s`, all together at most `cumulative_excursion_s`, at most `excursions` of them; zero in any of these forbids all. Readings further apart than `largest_gap_s` leave a gap. `required`: without evidence of every leg with a carrier, nothing is released or infused. `out_of_storage_s`: how long a container may be out of its storage in all, before it is thawed. */
export interface TemperatureProfile {
  phase: Phase;
  low_centi_c?: number | null | undefined;
  high_centi_c?: number | null | undefined;
  longest_excursion_s: number;
  cumulative_excursion_s: number;
  excursions?: number | null | undefined;
  largest_gap_s: number;
  required?: boolean | undefined;
  out_of_storage_s?: number | null | undefined;
}

/** Entry 0: what this log is, its keys, and the administrators of two organisations. */
export interface LogOpened {
  type: "LogOpened";
  origin: string;
  format: number;
  log_key: string;
  event_key: Base64;
  administrators: Administrator[];
  continues?: Seen | null | undefined;
}

/** From this position on, entries are judged by this version of the rules. */
export interface RuleSetAdopted {
  type: "RuleSetAdopted";
  rule_set: number;
}

/** From the head that covers this on, every head is signed by this key too, beside the log's own. `vkey`: a C2SP verifier key for ML-DSA-44 (c2sp.org/tlog-cosignature, type 0x06), under the log's name. */
export interface CheckpointKeyAdded {
  type: "CheckpointKeyAdded";
  vkey: Vkey;
}

/** From this position on, people should be served this build of the app. `digest` is the SHA-256 of the build's `files.json`, which names each of its `files` files with the SHA-256 of what is in it. */
export interface AppPublished {
  type: "AppPublished";
  version: Label;
  digest: Hex32;
  files: number;
}

export interface SiteOnboarded {
  type: "SiteOnboarded";
  organisation: Name;
  site_kind: SiteKind;
  country: Country;
}

export interface SiteSuspended {
  type: "SiteSuspended";
  reason: Code;
}

export interface SiteResumed {
  type: "SiteResumed";
  reason: Code;
}

/** For good: a closed site is never resumed. */
export interface SiteClosed {
  type: "SiteClosed";
  reason: Code;
}

/** A person or device, its first key, and what it may do where. Quality and administrator roles count only after a second signer's `EnrolmentApproved`. */
export interface AgentEnrolled {
  type: "AgentEnrolled";
  organisation: Name;
  roles: RoleAtSite[];
  key: Base64;
}

/** The second signature under an enrolment or a change of roles, by another administrator. `enrolment` is the statement id of the `AgentEnrolled` or `AgentRolesChanged`. */
export interface EnrolmentApproved {
  type: "EnrolmentApproved";
  enrolment: Hex32;
}

/** These roles in place of all that they had; none: they have left. Quality and administrator roles that are new count only after a second signer's `EnrolmentApproved`; those that they keep go on. */
export interface AgentRolesChanged {
  type: "AgentRolesChanged";
  roles: RoleAtSite[];
  reason: Code;
}

export interface QualificationGranted {
  type: "QualificationGranted";
  qualification: Code;
  expires_at: Timestamp;
}

export interface QualificationWithdrawn {
  type: "QualificationWithdrawn";
  qualification: Code;
  reason: Code;
}

export interface KeyAdded {
  type: "KeyAdded";
  key: Base64;
}

/** The key may still record late facts, never decisions. */
export interface KeyRetired {
  type: "KeyRetired";
  kid: Hex32;
  reason: Code;
}

/** Nothing signed with the key is accepted from this position on. */
export interface KeyRevoked {
  type: "KeyRevoked";
  kid: Hex32;
  reason: Code;
}

/** A passkey of this person, the second component of their e-signatures. It signs no statement. `key` is base64url SubjectPublicKeyInfo DER, `rp_id` the domain that the passkey is bound to. */
export interface PasskeyAdded {
  type: "PasskeyAdded";
  credential: Credential;
  key: Base64;
  rp_id: RelyingParty;
}

/** No e-signature with the passkey counts from this position on. */
export interface PasskeyRevoked {
  type: "PasskeyRevoked";
  credential: Credential;
  reason: Code;
}

/** One version of a product's rules: window, limits, where it may be given. */
export interface ProductVersionDefined {
  type: "ProductVersionDefined";
  version: number;
  name: Label;
  window_starts: "thaw_started" | "thaw_completed" | "retrieved";
  window_s: number;
  claim_limit_s: number;
  countries: Country[];
  sites: Name[];
  temperature?: TemperatureProfile[] | null | undefined;
  specifications?: Specification[] | null | undefined;
  required_checks?: ("identity_test" | "site_confirmation" | "esignature" | "passkey")[] | null | undefined;
  components?: Code[] | null | undefined;
  complete_within_s?: number | null | undefined;
  infuse_within_s?: number | null | undefined;
  thaw_in_order?: boolean | null | undefined;
}

/** `material` is a code (vector, media, cytokine), `supplier_lot` the supplier's own number. */
export interface LotReceived {
  type: "LotReceived";
  organisation: Name;
  site: Name;
  material: Code;
  supplier_lot: Label;
  expires_at?: Timestamp | null | undefined;
}

/** Quality lets the lot be used. */
export interface LotReleased {
  type: "LotReleased";
}

/** For good: nothing that it went into is released or infused from this position on. */
export interface LotRecalled {
  type: "LotRecalled";
  reason: Code;
}

/** From now on statements that name it are judged by its qualification and calibration. */
export interface EquipmentRegistered {
  type: "EquipmentRegistered";
  organisation: Name;
  site: Name;
  equipment_kind: "shipper" | "logger" | "platform" | "tank" | "other";
  model: Label;
  serial: Label;
}

/** `hold_time_s`: of a shipper, how long it keeps cold from its charge. None: as before, if ever. */
export interface EquipmentQualified {
  type: "EquipmentQualified";
  until: Timestamp;
  hold_time_s?: number | null | undefined;
}

export interface EquipmentCalibrated {
  type: "EquipmentCalibrated";
  until: Timestamp;
}

/** It was filled up, with liquid nitrogen as a rule: its hold time runs from `charged_at`. */
export interface ShipperCharged {
  type: "ShipperCharged";
  charged_at: Timestamp;
}

/** For good. */
export interface EquipmentRetired {
  type: "EquipmentRetired";
  reason: Code;
}

/** Opens the chain of identity. */
export interface TherapyOrdered {
  type: "TherapyOrdered";
  product: ProductRef;
  protocol: Label;
  country: Country;
  sites: PlannedSites;
  patient: Commitment[];
}

/** The patient agreed. `form` is the version of the consent form, never the form itself. */
export interface ConsentRecorded {
  type: "ConsentRecorded";
  site: Name;
  form: Label;
}

export interface ConsentWithdrawn {
  type: "ConsentWithdrawn";
  site: Name;
  reason: Code;
}

/** Takes the containers of a provisional chain, restated, into this therapy. */
export interface ChainLinked {
  type: "ChainLinked";
  provisional: Coi;
  containers: LinkedContainer[];
}

export interface PatientIdentified {
  type: "PatientIdentified";
  site: Name;
  patient: Commitment[];
  method: Method;
  typed_reason?: Code | null | undefined;
  outcome: "match" | "mismatch";
}

export interface CollectionCompleted {
  type: "CollectionCompleted";
  at: Party;
  containers: NewContainer[];
  ended_at: Timestamp;
}

/** Drawn, one serial each; without a container ahead of need, for when the network is down. `checks`, parallel to `serials`, commits to the check in each label's link: SHA-256 of `unbroken label check v1`, serial and check, parted by line feeds. Who has only the log cannot make the link; who reads the link off a bag can show that it was issued. A reprint takes effect when somebody else than its issuer applies it. */
export interface LabelIssued {
  type: "LabelIssued";
  at: Party;
  serials: Label[];
  container?: ContainerId | null | undefined;
  replaces?: Reprint | null | undefined;
  checks?: Hex32[] | null | undefined;
}

/** A printer or a file took it. `digest`: SHA-256 of the one-bit picture, row by row. */
export interface LabelPrinted {
  type: "LabelPrinted";
  at: Party;
  serial: Label;
  template: Code;
  medium: "zpl" | "pdf" | "png" | "svg";
  dpi: number;
  digest: Hex32;
}

export interface LabelApplied {
  type: "LabelApplied";
  at: Party;
  serial: Label;
  container: ContainerId;
}

/** Read after it was printed, or off its container, as a scanner at the bedside will read it. Without a container: a label printed ahead of need. `wrong_modules` of `modules` differ from what was printed; that is no print-quality grade of ISO/IEC 15415. */
export interface LabelScannedBack {
  type: "LabelScannedBack";
  at: Party;
  serial: Label;
  container?: ContainerId | null | undefined;
  outcome: "readable" | "unreadable" | "wrong_content";
  wrong_modules?: number | null | undefined;
  modules?: number | null | undefined;
}

/** It must never be used again; read later, it stops the container. */
export interface LabelVoided {
  type: "LabelVoided";
  at: Party;
  serial: Label;
  reason: Code;
}

/** It is gone: destroyed, or given back unused to whoever keeps the blanks. */
export interface LabelDestroyed {
  type: "LabelDestroyed";
  at: Party;
  serials: Label[];
  fate: "destroyed" | "returned_unused";
}

export interface CustodyReleased {
  type: "CustodyReleased";
  containers: ContainerId[];
  therapies?: Carried[] | null | undefined;
  giver: Party;
  receiver: Party;
  condition: Condition;
  seal?: Label | null | undefined;
  photos?: Hex32[] | null | undefined;
}

/** `release` names the release's statement id; without it the custody is claimed. */
export interface CustodyAccepted {
  type: "CustodyAccepted";
  containers: ContainerId[];
  therapies?: Carried[] | null | undefined;
  giver: Party;
  receiver: Party;
  release: Hex32 | null;
  condition: Condition;
  seal?: Label | null | undefined;
  labels?: Label[] | null | undefined;
  photos?: Hex32[] | null | undefined;
}

/** The receiver does not take them: the giver keeps them, and the release waits no longer. */
export interface CustodyRefused {
  type: "CustodyRefused";
  containers: ContainerId[];
  therapies?: Carried[] | null | undefined;
  giver: Party;
  receiver: Party;
  release: Hex32;
  reason: Code;
  photos?: Hex32[] | null | undefined;
}

/** What arrived, as it was looked at; into quarantine if it was not as it should be. */
export interface ReceiptInspected {
  type: "ReceiptInspected";
  containers: ContainerId[];
  therapies?: Carried[] | null | undefined;
  at: Party;
  shipper: Label;
  seal?: Label | null | undefined;
  condition: Condition;
  expected: number;
  received: number;
  outcome: "accepted" | "quarantine";
  photos?: Hex32[] | null | undefined;
}

/** `phase`: in which a logger that goes along measures them; where it is absent, the log says it. */
export interface Packed {
  type: "Packed";
  containers: ContainerId[];
  therapies?: Carried[] | null | undefined;
  at: Party;
  shipper: Label;
  seal?: Label | null | undefined;
  logger?: Label | null | undefined;
  phase?: Phase | null | undefined;
}

export interface Unpacked {
  type: "Unpacked";
  containers: ContainerId[];
  therapies?: Carried[] | null | undefined;
  at: Party;
  shipper: Label;
  seal?: Label | null | undefined;
}

/** On the road or on arrival; the shipper stays shut. */
export interface SealChecked {
  type: "SealChecked";
  containers: ContainerId[];
  therapies?: Carried[] | null | undefined;
  at: Party;
  shipper: Label;
  seal?: Label | null | undefined;
  outcome: "intact" | "broken" | "missing";
  photos?: Hex32[] | null | undefined;
}

/** On the road, out of one shipper into another. */
export interface ShipperSwapped {
  type: "ShipperSwapped";
  containers: ContainerId[];
  therapies?: Carried[] | null | undefined;
  at: Party;
  old_shipper: Label;
  old_seal?: Label | null | undefined;
  shipper: Label;
  seal?: Label | null | undefined;
  logger?: Label | null | undefined;
  reason: Code;
}

/** `location` names the freezer, tank or shelf, `place` where in it. */
export interface Stored {
  type: "Stored";
  containers: ContainerId[];
  therapies?: Carried[] | null | undefined;
  at: Party;
  location: Label;
  place?: Label | null | undefined;
}

export interface Retrieved {
  type: "Retrieved";
  containers: ContainerId[];
  therapies?: Carried[] | null | undefined;
  at: Party;
  location: Label;
}

/** The readings of one logger that was with these containers, and how far it can be trusted. Readings begin at `started_at` and follow each other every `interval_s`; null is no reading. `calibrated_until` null: nobody knows. `raw` is the SHA-256 of the logger's own file. */
export interface TemperatureEvidenceAttached {
  type: "TemperatureEvidenceAttached";
  containers: ContainerId[];
  therapies?: Carried[] | null | undefined;
  at: Party;
  phase: Phase;
  logger: Label;
  range_low_centi_c: number;
  range_high_centi_c: number;
  calibrated_until: Timestamp | null;
  started_at: Timestamp;
  interval_s: number;
  readings_centi_c: (number | null)[];
  raw: Hex32;
  device_signature: "valid" | "absent" | "failed";
  read_as?: ReadAs | null | undefined;
}

export interface ManufacturingStarted {
  type: "ManufacturingStarted";
  at: Party;
  batch: Label;
  platform: Label;
  containers: ContainerId[];
}

/** A step of the master batch record that an audit must see: `step` is its code there. */
export interface StepCompleted {
  type: "StepCompleted";
  at: Party;
  batch: Label;
  step: Code;
  containers: ContainerId[];
}

/** Which lots went into these containers, in this batch, with which equipment. */
export interface MaterialConsumed {
  type: "MaterialConsumed";
  at: Party;
  batch: Label;
  containers: ContainerId[];
  lots: Name[];
  equipment?: Name[] | null | undefined;
}

export interface ManufacturingFailed {
  type: "ManufacturingFailed";
  at: Party;
  batch: Label;
  containers: ContainerId[];
  reason: Code;
}

/** The same therapy, another batch: what is left of the material, or a second collection. */
export interface ManufacturingRestarted {
  type: "ManufacturingRestarted";
  at: Party;
  failed_batch: Label;
  batch: Label;
  platform: Label;
  containers: ContainerId[];
}

/** Parents to children. A child never mixes two chains. */
export interface ContainersDerived {
  type: "ContainersDerived";
  at: Party;
  how: "split" | "pool" | "transform" | "fill";
  parents: Drawn[];
  children: NewContainer[];
}

/** A part of a container becomes a sample, with a custody of its own. It is never a dose. */
export interface SampleTaken {
  type: "SampleTaken";
  at: Party;
  of: Drawn;
  sample: NewContainer;
  purpose: "release" | "identity" | "retained" | "stability";
}

/** One test of a sample, and the containers that it speaks for. The latest one counts. `outcome` is what the laboratory says; the ledger compares `value_milli` with the limits itself. */
export interface ResultReported {
  type: "ResultReported";
  at: Party;
  sample: ContainerId;
  containers: ContainerId[];
  test: Code;
  unit?: Code | null | undefined;
  value_milli?: number | null | undefined;
  outcome: "pass" | "fail" | "invalid";
  certificate?: Hex32 | null | undefined;
}

/** The cells were compared with the patient's: `reference` says with what (a code or a digest). */
export interface IdentityTested {
  type: "IdentityTested";
  at: Party;
  containers: ContainerId[];
  method: Code;
  reference: Reference;
  outcome: "match" | "mismatch" | "inconclusive";
}

/** By anyone, or by the ledger itself where a fact breaks a rule (`cause` names the fact). */
export interface DeviationRaised {
  type: "DeviationRaised";
  code: Code;
  severity: Severity;
  blocking: boolean;
  containers: ContainerId[];
  cause: Hex32 | null;
  photos?: Hex32[] | null | undefined;
}

export interface DeviationDispositioned {
  type: "DeviationDispositioned";
  deviation: Hex32;
  disposition: "accepted" | "rejected" | "corrected";
  reason: Code;
}

/** These containers, and all that is made of them, wait until Quality lifts it. */
export interface Quarantined {
  type: "Quarantined";
  containers: ContainerId[];
  reason: Code;
}

/** `quarantine` is the statement id of the `Quarantined` that ends. */
export interface QuarantineLifted {
  type: "QuarantineLifted";
  quarantine: Hex32;
  reason: Code;
}

export interface ContainerDamaged {
  type: "ContainerDamaged";
  at: Party;
  containers: ContainerId[];
  damage: "leak" | "breakage" | "label" | "other";
  photos?: Hex32[] | null | undefined;
}

/** They are not where they should be. */
export interface ContainerLost {
  type: "ContainerLost";
  containers: ContainerId[];
  therapies?: Carried[] | null | undefined;
  at: Party;
}

/** What was lost is here again; whether it may still be used is Quality's to say. */
export interface ContainerFound {
  type: "ContainerFound";
  containers: ContainerId[];
  therapies?: Carried[] | null | undefined;
  at: Party;
  condition: Condition;
}

/** The manufacturing site's own confirmation that these containers were made under GMP. */
export interface BatchConfirmed {
  type: "BatchConfirmed";
  site: Name;
  containers: ContainerId[];
  confirmation: Hex32;
}

/** They came back unused; whether they may still be used is Quality's to say. */
export interface Returned {
  type: "Returned";
  at: Party;
  containers: ContainerId[];
  reason: Code;
}

/** It takes a second person's `DestructionWitnessed` to be complete. */
export interface Destroyed {
  type: "Destroyed";
  at: Party;
  containers: ContainerId[];
  method: Code;
  reason: Code;
}

/** `destruction` is the statement id of the `Destroyed` that this person saw. */
export interface DestructionWitnessed {
  type: "DestructionWitnessed";
  at: Party;
  containers: ContainerId[];
  destruction: Hex32;
}

/** Quality's release of finished containers for named countries and protocols. */
export interface Released {
  type: "Released";
  site: Name;
  containers: ContainerId[];
  certificate: Hex32;
  countries: Country[];
  protocols: Label[];
}

/** The latest one counts: fit until `valid_until`, or unfit until somebody finds otherwise. */
export interface PatientFitnessConfirmed {
  type: "PatientFitnessConfirmed";
  site: Name;
  outcome: "fit" | "unfit";
  valid_until: Timestamp;
}

/** These doses are at the treatment site and may be used. The latest one counts. */
export interface AvailabilityConfirmed {
  type: "AvailabilityConfirmed";
  site: Name;
  containers: ContainerId[];
}

export interface LymphodepletionAuthorised {
  type: "LymphodepletionAuthorised";
  site: Name;
}

/** From here on the patient depends on the dose. `regimen` is its code in the protocol. */
export interface LymphodepletionStarted {
  type: "LymphodepletionStarted";
  site: Name;
  regimen: Code;
}

/** Passes the named gates for one bag, once a second person confirms it; never identity. */
export interface EmergencyOverride {
  type: "EmergencyOverride";
  site: Name;
  container: ContainerId;
  gates: Code[];
  reason: Code;
}

/** The second person. `override` is the statement id of the `EmergencyOverride`. */
export interface OverrideConfirmed {
  type: "OverrideConfirmed";
  override: Hex32;
}

/** Quality's release before the `outstanding` tests have results. */
export interface ReleasedPendingResults {
  type: "ReleasedPendingResults";
  site: Name;
  containers: ContainerId[];
  certificate: Hex32;
  countries: Country[];
  protocols: Label[];
  outstanding: Code[];
}

/** The physician asks for these containers although these tests are out of specification. */
export interface OutOfSpecificationRequested {
  type: "OutOfSpecificationRequested";
  site: Name;
  containers: ContainerId[];
  tests: Code[];
  reason: Code;
}

/** Quality's release although `tests` are out of specification. `request` is the statement id of the physician's request. */
export interface ReleasedOutOfSpecification {
  type: "ReleasedOutOfSpecification";
  site: Name;
  containers: ContainerId[];
  certificate: Hex32;
  countries: Country[];
  protocols: Label[];
  request: Hex32;
  tests: Code[];
}

/** Quality forbids the use of these containers, and of all that is made of them, for good. */
export interface Rejected {
  type: "Rejected";
  containers: ContainerId[];
  reason: Code;
}

export interface ThawStarted {
  type: "ThawStarted";
  at: Party;
  containers: ContainerId[];
  labels?: Label[] | null | undefined;
}

export interface ThawCompleted {
  type: "ThawCompleted";
  at: Party;
  containers: ContainerId[];
}

/** One of two blind bedside checks: what this person read on wristband and bag. */
export interface InfusionChecked {
  type: "InfusionChecked";
  site: Name;
  container: ContainerId;
  patient: Commitment[];
  method: Method;
  typed_reason?: Code | null | undefined;
  label?: Label | null | undefined;
  component?: Code | null | undefined;
}

export interface InfusionAuthorised {
  type: "InfusionAuthorised";
  site: Name;
  container: ContainerId;
}

export interface InfusionStarted {
  type: "InfusionStarted";
  site: Name;
  container: ContainerId;
}

export interface InfusionPaused {
  type: "InfusionPaused";
  site: Name;
  container: ContainerId;
  reason: Code;
}

export interface InfusionResumed {
  type: "InfusionResumed";
  site: Name;
  container: ContainerId;
}

/** It ended before the bag was empty. */
export interface InfusionStopped {
  type: "InfusionStopped";
  site: Name;
  container: ContainerId;
  dose_given_ul: number;
  reason: Code;
}

export interface InfusionCompleted {
  type: "InfusionCompleted";
  site: Name;
  container: ContainerId;
  dose_given_ul: number;
}

/** Nothing more is decided in this therapy but what is still open for Quality. */
export interface TherapyClosed {
  type: "TherapyClosed";
  reason: Code;
}

/** A member of an earlier entry of this therapy was wrong. That entry stays as it is. `corrects` is its statement id; `member` the path, such as `containers.0.expires_at`. */
export interface Corrected {
  type: "Corrected";
  corrects: Hex32;
  member: Label;
  was: Label;
  right: Label;
  reason: Code;
}

/** What a revoked key signed and could not send, entered without authority of its own. */
export interface LateStatementAttested {
  type: "LateStatementAttested";
  statement: Base64;
  reason: Code;
}

/** The signer takes the evidence of this therapy away. `chain_version` is exactly how many entries it has: who leaves one out of what was given contradicts this statement. */
export interface TherapyExportRequested {
  type: "TherapyExportRequested";
  reason: Code;
}

/** The signer takes away the evidence of the whole log, of all that a lot reached, or of what happened at a site and was recorded from `since` on, before `until`. */
export interface ExportRequested {
  type: "ExportRequested";
  scope: "log" | "lot" | "site";
  which?: Name | null | undefined;
  since?: Timestamp | null | undefined;
  until?: Timestamp | null | undefined;
  reason: Code;
}

/** Quality of the treatment or collection site has the keys to this patient's identifiers destroyed. `overrides_retention`: what stands above the duty to keep them, while it runs. */
export interface PersonalDataErased {
  type: "PersonalDataErased";
  site: Name;
  basis: "no_longer_necessary" | "consent_withdrawn" | "objection" | "unlawful_processing" | "legal_obligation" | "retention_ended";
  overrides_retention?: "court_order" | "authority_order" | "entered_in_error" | null | undefined;
}

export type Fact =
  | ConsentRecorded
  | ConsentWithdrawn
  | PatientIdentified
  | CollectionCompleted
  | LabelIssued
  | LabelPrinted
  | LabelApplied
  | LabelScannedBack
  | LabelVoided
  | LabelDestroyed
  | CustodyReleased
  | CustodyAccepted
  | CustodyRefused
  | ReceiptInspected
  | Packed
  | Unpacked
  | SealChecked
  | ShipperSwapped
  | Stored
  | Retrieved
  | TemperatureEvidenceAttached
  | ManufacturingStarted
  | StepCompleted
  | MaterialConsumed
  | ManufacturingFailed
  | ManufacturingRestarted
  | ContainersDerived
  | SampleTaken
  | ResultReported
  | IdentityTested
  | DeviationRaised
  | Quarantined
  | ContainerDamaged
  | ContainerLost
  | ContainerFound
  | Returned
  | Destroyed
  | DestructionWitnessed
  | LymphodepletionStarted
  | ThawStarted
  | ThawCompleted
  | InfusionStarted
  | InfusionPaused
  | InfusionResumed
  | InfusionStopped
  | InfusionCompleted
  | Corrected;
export type Decision =
  | LogOpened
  | RuleSetAdopted
  | CheckpointKeyAdded
  | AppPublished
  | SiteOnboarded
  | SiteSuspended
  | SiteResumed
  | SiteClosed
  | AgentEnrolled
  | EnrolmentApproved
  | AgentRolesChanged
  | QualificationGranted
  | QualificationWithdrawn
  | KeyAdded
  | KeyRetired
  | KeyRevoked
  | PasskeyAdded
  | PasskeyRevoked
  | ProductVersionDefined
  | LotReceived
  | LotReleased
  | LotRecalled
  | EquipmentRegistered
  | EquipmentQualified
  | EquipmentCalibrated
  | ShipperCharged
  | EquipmentRetired
  | TherapyOrdered
  | ChainLinked
  | DeviationDispositioned
  | QuarantineLifted
  | BatchConfirmed
  | Released
  | PatientFitnessConfirmed
  | AvailabilityConfirmed
  | LymphodepletionAuthorised
  | EmergencyOverride
  | OverrideConfirmed
  | ReleasedPendingResults
  | OutOfSpecificationRequested
  | ReleasedOutOfSpecification
  | Rejected
  | InfusionChecked
  | InfusionAuthorised
  | TherapyClosed
  | LateStatementAttested
  | TherapyExportRequested
  | ExportRequested
  | PersonalDataErased;
/** Decisions that name the chain version which their signer saw. */
export type ChainDecision =
  | ChainLinked
  | DeviationDispositioned
  | QuarantineLifted
  | BatchConfirmed
  | Released
  | PatientFitnessConfirmed
  | AvailabilityConfirmed
  | LymphodepletionAuthorised
  | EmergencyOverride
  | OverrideConfirmed
  | ReleasedPendingResults
  | OutOfSpecificationRequested
  | ReleasedOutOfSpecification
  | Rejected
  | InfusionChecked
  | InfusionAuthorised
  | TherapyClosed
  | LateStatementAttested
  | TherapyExportRequested
  | PersonalDataErased;
