/** What the ledger answers to Quality, as far as it is shown. */

import type { Gate } from "../bedside/documents";
import type { Coi, ContainerId } from "../core/events/types";

/** A row of `GET /v1/deviations`. `containers` empty: the whole therapy. */
export interface Raised {
  chain: Coi;
  statement_id: string;
  position: number;
  code: string;
  severity: string;
  blocking: boolean;
  containers: ContainerId[];
  raised_by: string;
}

/** A row of `GET /v1/unreleased`. `blocking`: how many open deviations stop it. */
export interface Dose {
  container: ContainerId;
  chain: Coi;
  bag: number | null;
  of: number | null;
  blocking: number;
  expires_at: string | null;
}

export interface Page {
  as_of_position: number;
  next_cursor: string | null;
}

/** A deviation in `GET /v1/chains/{coi}`. `blocks`: release and infusion wait for Quality now. */
export interface Deviation extends Omit<Raised, "chain"> {
  blocks: boolean;
  cause: string | null;
  disposition: string | null;
  disposition_position: number | null;
}

/** `lifted_position` null: it holds these containers, and what was made of them. */
export interface Quarantine {
  statement_id: string;
  position: number;
  reason: string;
  containers: ContainerId[];
  put_by: string;
  lifted_position: number | null;
}

/** A row of `GET /v1/quarantines`. */
export interface Held extends Quarantine {
  chain: Coi;
}

export interface Confirmation {
  site: string;
  signer: string;
  position: number;
}

export interface Container {
  container: ContainerId;
  status: string;
  rejected: boolean;
  made_by: string;
  parents: ContainerId[];
  bag: number | null;
  of: number | null;
  expires_at: string | null;
  releases: { kind: string; countries: string[]; position: number }[];
}

/** `GET /v1/chains/{coi}`. */
export interface Chain {
  coi: Coi;
  version: number;
  order: { country: string; protocol: string; product: string; product_version: number; manufacturing_sites: string[] } | null;
  containers: Container[];
  deviations: Deviation[];
  quarantines: Quarantine[];
  closed_position: number | null;
}

/** `GET /v1/chains/{coi}/quality`. */
export interface Quality {
  required_checks: string[];
  containers: { container: ContainerId; confirmations: Confirmation[] }[];
}

/** `POST /v1/chains/{coi}/release-check`: the question comes back with the answer. */
export interface ReleaseCheck {
  verdict: "go" | "stop";
  containers: ContainerId[];
  site: string;
  countries: string[];
  chain_version: number;
  as_of_position: number;
  gates: Gate[];
}
