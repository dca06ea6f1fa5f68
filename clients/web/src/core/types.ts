/** What the core hands to the screens. Times are epoch milliseconds unless they are texts. */
import type { Json, JsonObject } from "./canonical";
import type { Problem } from "./problem";

export type AlgName = "Ed25519" | "ES256";

/** Who signs here, and the one log that is believed. `logKey`: C2SP verifier key; `kid`: hex. */
export interface Profile {
  agent: string;
  origin: string;
  logKey: string;
  kid: string;
  alg: AlgName;
}

/** What the administrator shows, and what the person enters, to finish an enrolment. */
export interface Enrolment {
  agent: string;
  origin: string;
  logKey: string;
}

/** What an administrator needs to enrol a key. `spki` goes into `AgentEnrolled.key` or `KeyAdded.key`. */
export interface EnrolmentRequest {
  name: string;
  alg: AlgName;
  kid: string; // hex, the SHA-256 of the SubjectPublicKeyInfo
  spki: string; // base64url, as the events carry it
  fingerprint: string[]; // the first 16 bytes of the kid in eight groups of four hex digits
  text: string; // "UBE1:" + base45, for a QR code in alphanumeric mode
}

/** What an administrator needs to add a passkey: as `EnrolmentRequest`, and what `PasskeyAdded` carries. */
export interface PasskeyRequest {
  name: string;
  credential: string; // its id, base64url
  spki: string; // base64url
  rpId: string; // the domain that it is bound to
  kid: string;
  fingerprint: string[];
  text: string; // "UBP1:" + base45
}

/** A passkey as the ledger tells it, a row of `GET /v1/agents/{agent}`. `position`: where `status` began;
 * `added_position`: the entry that enrolled it. */
export interface Passkey {
  credential: string;
  kid: string | null;
  rp_id: string;
  status: "active" | "revoked";
  position: number;
  added_position: number;
}

/** Who a session belongs to, what they may do where, and when it ends. */
export interface SessionSeen {
  agent: string;
  organisation: string;
  roles: Record<string, string[]>; // site -> roles
  expires_at: string;
  label_host?: string | null; // that links of labels name; none: the host of this page
}

/** `queued` → `sent` → `accepted` or `refused`; nothing is ever deleted. */
export type State = "queued" | "sent" | "accepted" | "refused";

/** An RFC 9457 problem as it was answered. */
export interface ProblemDocument {
  status: number;
  code: string;
  title: string;
  detail: string;
  [extra: string]: Json;
}

/** A deviation that the ledger raised because of the statement. */
export interface Raised {
  position: number;
  statement_id: string;
  code: string;
  severity: string;
  blocking: boolean;
}

/** The log has the statement, durably and provably: its receipt was verified here. */
export interface Answer {
  position: number;
  statement_id: string;
  log_size: number;
  recorded_at: string;
  deviations: Raised[];
}

/** A statement in the outbox. `number` is its place in the order of sending. */
export interface Held {
  number: number;
  id: string; // hex
  kid: string; // hex
  seq: number;
  type: string;
  stream: string;
  made_at: string;
  state: State;
  raw: Uint8Array;
  fields: JsonObject; // the payload that was signed
  agent: string; // who signed
  mine: boolean; // false: carried for another device
  again?: string; // refused: the statement that was signed instead, hex
  checked?: true; // carried: its signature fits a key that an entry of the log gave to its signer
  answer: Answer | null;
  receipt: Uint8Array | null;
  problem: ProblemDocument | null; // why it was refused
  acknowledged: boolean; // the person has read why; it stays kept
}
export type OutboxItem = Held;

/** `asOf`: when the ledger said so, by this device's clock. `device`: kept from an earlier answer. */
export interface Reading<T> {
  value: T;
  asOf: number;
  tick?: number; // the same moment by the clock that only runs (`clock.ts`); of this page's life only
  from: "ledger" | "device";
  why?: Problem; // why the ledger did not answer now
}

export type Query = Record<string, string | number | boolean | null | undefined>;

/** A WebAuthn assertion, each member base64url. */
export interface Assertion {
  credential: string;
  authenticator_data: string;
  client_data: string;
  signature: string;
}

/**
 * The signer is asked again: by the key's passphrase, or by a passkey, whose challenge (32
 * bytes) is the SHA-256 of the canonical payload without `assertion`.
 */
export type ESignature =
  | { meaning: string; passphrase: string }
  | { meaning: string; passkey: (challenge: Uint8Array<ArrayBuffer>) => Promise<Assertion> };

/** An entry that the log's key proves, here, to stand at `position` in its tree of `logSize`. */
export interface ProvedEntry {
  position: number;
  logSize: number;
  raw: Uint8Array;
  receipt: Uint8Array;
  statementId: string; // hex
  signer: string;
  kid: string; // hex
  alg: AlgName;
  stream: string;
  fields: JsonObject;
  timeS: number; // when the log signed the receipt, as it says
  proof: string[]; // hex, from the leaf's sibling up
  root: string; // hex
}

/** A label that may not be used any more, as the ledger last told this device. */
export interface VoidedLabel {
  serial: string;
  [more: string]: Json;
}
