/** What the API answers about a therapy, as far as these screens read it: the shapes of `api/documents.py`. */

import type { Json, JsonObject } from "../../core/canonical";

import type { Quarantine } from "../../quality/documents";

export interface Place {
  site: string;
  department: string;
}

export interface Order {
  product: string;
  product_version: number;
  protocol: string;
  country: string;
  collection_site: string;
  manufacturing_sites: string[];
  treatment_site: string;
  couriers: string[];
  ordered_by: string;
  position: number;
}

export interface Container {
  container: string;
  chain: string;
  as_of_position: number;
  status: string;
  quarantined: boolean;
  lost: boolean;
  rejected: boolean;
  label: string | null;
  returned: number | null;
  destroyed: number | null;
  holder: Place | null;
  held_since: number | null;
  offered_to: Place | null;
  claimed_by: Place[];
  made_by: string;
  parents: string[];
  din: string | null;
  product_code: string | null;
  division: string | null;
  volume_ul: number;
  left_ul: number;
  expires_at: string | null;
  bag: number | null;
  of: number | null;
  component: string | null;
  inside: string | null;
  packing: { shipper: string; seal: string | null; logger: string | null; position: number } | null;
  storage: { location: string; place: string | null; position: number; retrieved: number | null } | null;
  releases: { kind: string; tests: string[]; countries: string[]; protocols: string[]; position: number }[];
  position: number;
}

export interface Deviation {
  statement_id: string;
  position: number;
  code: string;
  severity: string;
  blocking: boolean;
  blocks: boolean;
  containers: string[];
  cause: string | null;
  raised_by: string;
  disposition: string | null;
  disposition_position: number | null;
}

export type { Quarantine };

export interface Chain {
  coi: string;
  version: number;
  as_of_position: number;
  order: Order | null;
  containers: Container[];
  deviations: Deviation[];
  quarantines: Quarantine[];
  closed_position: number | null;
}

export interface Told {
  position: number;
  statement_id: string;
  kid: string;
  signer: string;
  stream: string;
  type: string;
  occurred_at: string;
  recorded_at: string;
  event: JsonObject;
  corrected_by: number[];
}

export interface TimelinePage {
  coi: string;
  as_of_position: number;
  entries: Told[];
  next_cursor: string | null;
}

export interface Span {
  started_at: string;
  ended_at: string;
  proof: number[];
}

export interface Excursion extends Span {
  peak_centi_c: number;
}

export interface Evidence {
  position: number;
  logger: string;
  started_at: string;
  ended_at: string;
  readings: number;
  calibrated_until: string | null;
  device_signature: string;
  fit: boolean | null;
}

export interface Phase {
  container: string;
  phase: string;
  low_centi_c: number | null;
  high_centi_c: number | null;
  within_limits: boolean | null;
  proved: boolean;
  spent_s: number | null;
  left_s: number | null;
  longest_s: number | null;
  mean_kinetic_centi_c: number | null;
  excursions: Excursion[];
  gaps: Span[];
  evidence: Evidence[];
  last_evidence: number;
}

export interface Leg {
  container: string;
  carrier: Place;
  started_at: string;
  ended_at: string;
  began: number;
  ended: number;
}

export interface Temperature {
  coi: string;
  as_of_position: number;
  containers: Phase[];
  unproved: Leg[];
  clocks: Clock[];
}

/** How far a logger's clock is ahead of the ledger's, from and to; null: nothing can be said. */
export interface Clock {
  logger: string;
  low_s: number | null;
  high_s: number | null;
  ahead_s: number;
  off: boolean;
  proof: number[];
}

export interface Found {
  kind: string;
  id: string;
  chain: string | null;
  link: string;
}

export interface SearchAnswer {
  q: string;
  found: Found[];
  more: boolean;
}

export interface Checkpoint {
  size: number;
  time: string;
  note: string;
}

/** A point of a therapy's account that is different: see `ledger/domain/difference.py`. */
export interface Change {
  point: string;
  before: Json;
  after: Json;
  position: number | null; // null: time alone
  at: string;
  through: number[];
}

export interface Shown {
  position: number;
  at: string;
  shown: boolean;
}

export interface Changes {
  coi: string;
  seen_by: string | null;
  start: Shown;
  end: Shown;
  changes: Change[];
}

/** A decision that was signed without an entry: see `ledger/domain/order.py`. */
export interface Unseen {
  decision: number;
  decision_type: string;
  signer: string;
  entry: number;
  why: "came_later" | "recorded_meanwhile";
  matters: string[];
}

export interface ClaimedOrder {
  unseen: Unseen[];
}
