/**
 * The ledger over HTTP: sessions opened by a signed sign-in, problems turned into errors. The twin
 * of `clients/remote.py`.
 *
 * A network that fails is a `Problem` `unreachable`: it says nothing about what was asked. The
 * token stays in memory; the session is opened by the first request that needs one, and again
 * when it has run out.
 */
import { concat, type Bytes } from "./bytes";
import { isObject, type Json, type JsonObject } from "./canonical";
import { Problem, type Kind } from "./problem";
import type { NodeReader } from "./proof/merkle";
import { TILE_WIDTH, tilePath, tileReader, tileWidth } from "./proof/tiles";
import { HASH_SIZE } from "./proof/hash";

export const PATIENT_MS = 30_000;
export const BRIEF_MS = 4_000; // where the device keeps an older answer, nobody waits for long
const ONE = "application/cose";
const MANY = "application/cbor-seq"; // RFC 8742
const KEPT_TILES = 256;
const UNAUTHORISED = ["no_session", "not_yours"];
const KINDS: Record<number, Kind> = { 401: "unauthentic", 403: "refused", 404: "not_found", 410: "not_found", 409: "refused", 422: "refused", 429: "too_many" };

/** What the server said about one statement. `problem`: it was RFC 9457, with a code of ours. */
export interface Verdict {
  status: number;
  body: JsonObject;
  problem: boolean;
}

export interface Session {
  token: string;
  agent: string;
  expires_at: string;
}

export class Remote {
  private readonly base: string;
  private readonly fetch: typeof fetch;
  private readonly answer: (challenge: string) => Promise<Bytes>;
  private readonly reached: (online: boolean) => void;
  private readonly tiles = new Map<string, Bytes>();
  private token: Promise<Session> | null = null;

  /** `answer` signs the statement that answers a challenge; `reached` hears of every attempt. */
  constructor(
    base: string, fetcher: typeof fetch,
    answer: (challenge: string) => Promise<Bytes>, reached: (online: boolean) => void,
  ) {
    [this.base, this.fetch, this.answer, this.reached] = [base, fetcher, answer, reached];
  }

  /** One request as it is, whatever the answer. Throws `Problem` `unreachable`. A redirect is a
   * network's own page (a sign-in for guests), never the ledger. */
  async send(path: string, init: RequestInit = {}, waitMs = PATIENT_MS): Promise<Response> {
    try {
      const signal = init.signal ?? AbortSignal.timeout(waitMs);
      const response = await this.fetch(this.base + path, { redirect: "error", ...init, signal });
      this.reached(true);
      return response;
    } catch (error) {
      this.reached(false);
      const why = error instanceof Error ? error.message : String(error);
      throw new Problem("fault", "unreachable", `no answer from the ledger: ${why}`);
    }
  }

  /** GET what needs no session. Throws what the server says. */
  async public(path: string, waitMs = PATIENT_MS): Promise<Response> {
    return checked(await this.send(path, {}, waitMs));
  }

  /** A request within a session. Throws what the server says. */
  async within(path: string, init: RequestInit = {}, waitMs = PATIENT_MS): Promise<Response> {
    const first = await this.sendSigned(path, init, waitMs);
    if (first.status !== 401) return checked(first);
    this.forget(); // run out, or the server has restarted: once more, then it is an answer
    return checked(await this.sendSigned(path, init, waitMs));
  }

  /** Opens a session. Throws what the server says. */
  signIn(waitMs = PATIENT_MS): Promise<Session> {
    const opening = this.open(waitMs);
    this.token = opening;
    opening.catch(() => this.forget());
    return opening;
  }

  forget(): void {
    this.token = null;
  }

  get signedIn(): boolean {
    return this.token !== null;
  }

  /** Sends statements, one as itself, several as a CBOR sequence: a verdict for each.
   * Throws `Problem` where the server says nothing about them, or refuses the body as a whole. */
  async post(statements: readonly Uint8Array[]): Promise<Verdict[]> {
    const kind = statements.length === 1 ? ONE : MANY;
    const init = { method: "POST", body: concat(...statements), headers: { "content-type": kind } };
    const response = await this.send("/v1/statements", init);
    if (kind === ONE) {
      const problem = isProblem(response);
      return [{ status: response.status, body: await document(response), problem }];
    }
    const { answers } = await document(await checked(response));
    if (!Array.isArray(answers) || answers.length !== statements.length) {
      throw new Problem("fault", "bad_answer", `${statements.length} statements did not get as many answers`);
    }
    return answers.map((each) => verdict(isObject(each) ? each : {}));
  }

  /** The complete subtrees of the log's tree of `size` entries, from its public tiles. */
  nodes(size: number): NodeReader {
    return tileReader((level, index) => this.tile(level, index, size));
  }

  private async open(waitMs: number): Promise<Session> {
    const { challenge } = await document(await checked(await this.send("/v1/session/challenge", {}, waitMs)));
    const body = await this.answer(String(challenge));
    const init = { method: "POST", body, headers: { "content-type": ONE } };
    const { token, agent, expires_at } = await document(await checked(await this.send("/v1/session", init, waitMs)));
    return { token: String(token), agent: String(agent), expires_at: String(expires_at) };
  }

  private async sendSigned(path: string, init: RequestInit, waitMs: number): Promise<Response> {
    const { token } = await (this.token ?? this.signIn(waitMs));
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${token}`);
    return this.send(path, { ...init, headers }, waitMs);
  }

  /** A partial tile may be gone once the full one is there (tlog-tiles). */
  private async tile(level: number, index: number, size: number): Promise<Bytes> {
    const width = tileWidth(level, index, size);
    const full = `/log/${tilePath(level, index)}`;
    const known = this.tiles.get(full);
    if (known) return known.slice(0, width * HASH_SIZE);
    const data = await this.file(`/log/${tilePath(level, index, width)}`, full);
    if (data.length === TILE_WIDTH * HASH_SIZE && this.tiles.size < KEPT_TILES) this.tiles.set(full, data);
    return data.slice(0, width * HASH_SIZE);
  }

  private async file(path: string, full: string): Promise<Bytes> {
    try {
      return await bytes(await this.public(path));
    } catch (error) {
      if (!(error instanceof Problem) || error.kind !== "not_found" || path === full) throw error;
      return bytes(await this.public(full));
    }
  }
}

/** Throws `Problem` `unreachable`. */
export async function bytes(response: Response): Promise<Bytes> {
  return new Uint8Array(await whole(response.arrayBuffer()));
}

/** Any JSON. Throws `Problem` `unreachable`, `bad_answer`. */
export async function value<T = Json>(response: Response): Promise<T> {
  const text = await whole(response.text());
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new Problem("fault", "bad_answer", "the answer is not JSON: it may be a network's own page");
  }
}

/** The answer's JSON object. Throws `Problem` `bad_answer`. */
export async function document(response: Response): Promise<JsonObject> {
  const found = await json(response);
  if (isObject(found)) return found;
  throw new Problem("fault", "bad_answer", `the answer of ${new URL(response.url || "x:").pathname} is not a JSON object`);
}

/** The error that an RFC 9457 problem stands for. Total: one of another shape (from a proxy) becomes
 * an error without a code of ours. */
export function problemOf(document: JsonObject, status: number): Problem {
  const code = typeof document["code"] === "string" ? document["code"] : `http_${status}`;
  const detail = String(document["detail"] ?? document["title"] ?? `the server answered ${status}`);
  const { type: _, title: __, detail: ___, code: ____, instance: _____, ...extra } = document;
  const kind = UNAUTHORISED.includes(code) ? "unauthorised" : (KINDS[status] ?? (status >= 500 ? "fault" : "malformed"));
  return new Problem(kind, code, detail, { ...extra, status });
}

async function checked(response: Response): Promise<Response> {
  if (response.ok) return response;
  const found = isProblem(response) ? await json(response) : null;
  throw problemOf(isObject(found) ? found : {}, response.status);
}

async function json(response: Response): Promise<Json> {
  try {
    return await value(response);
  } catch (error) {
    if (error instanceof Problem && error.code === "bad_answer") return null;
    throw error;
  }
}

/** An answer that breaks off is none, as if the network had failed before it. */
async function whole<T>(body: Promise<T>): Promise<T> {
  try {
    return await body;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Problem("fault", "unreachable", `the ledger's answer broke off: ${why}`);
  }
}

function isProblem(response: Response): boolean {
  return (response.headers.get("content-type") ?? "").startsWith("application/problem+json");
}

function verdict(answer: JsonObject): Verdict {
  const status = typeof answer["status"] === "number" ? answer["status"] : 500;
  return { status, body: answer, problem: typeof answer["code"] === "string" };
}
