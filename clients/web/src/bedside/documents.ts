/** What the ledger answers at a bedside, as far as it is shown. */

import type { Moment } from "../core/clock";
import type { Commitment, Coi, ContainerId, Label, Method, Party } from "../core/events/types";

/** A row of `POST /v1/patients/match`. */
export interface Therapy {
  coi: Coi;
  version: number;
  product: string;
  protocol: string;
  open: boolean;
}

export interface Gate {
  name: string;
  passed: boolean;
  overridden: boolean;
  detail: string;
  proof: { position: number }[];
}

/** `POST /v1/chains/{coi}/infusion-check`. */
export interface InfusionCheck {
  verdict: "go" | "stop";
  chain_version: number;
  as_of_position: number;
  gates: Gate[];
}

/** `GET /v1/containers/{id}`. */
export interface Bag {
  container: ContainerId;
  chain: Coi;
  status: string;
  bag: number | null;
  of: number | null;
  component: string | null;
  left_ul: number;
  volume_ul: number;
  window: { closes_at: string | null; ends_at: string | null; state: "open" | "closed" | "unbounded" } | null;
  authorisation: { site: string; signer: string; position: number } | null;
  dose_given_ul: number | null;
  expires_at: string | null;
}

/** A row of `overrides` in `GET /v1/chains/{coi}`. */
export interface Override {
  statement_id: string;
  container: ContainerId;
  site: string;
  gates: string[];
  reason: string;
  signer: string;
  confirmed_by: string | null;
}

export interface Chain {
  version: number;
  containers: Bag[];
  overrides: Override[];
}

/** `GET /v1/labels/{link}`, which needs no session. */
export interface LabelCheck {
  genuine: boolean;
  current: boolean;
  status: string | null;
  contact: string | null;
}

/** What was read on the wristband: commitments only, the values are gone. */
export interface Wristband {
  patient: Commitment[];
  at: Moment; // when it was read
  method: Method;
  reason: string | null;
}

/** What was read from the bag. `label`: the serial, where the code carries one. */
export interface Read {
  container: ContainerId;
  label: Label | null;
  link: string | null; // the part of the link that everybody may ask about
  method: Method;
  reason: string | null;
}

/** All that the two checks and the authorisation of one bag are about. `coi` null: not matched. */
export interface Visit {
  here: Party;
  wristband: Wristband;
  coi: Coi;
  matched: boolean; // false: without a network; only what happens can be recorded
  read: Read;
}
