/** A ledger in memory behind `fetch`: a real tree, real receipts and tiles, and bad days on demand. */
import { concat, fromHex, toBase64, toBase64Url, toHex, utf8, type Bytes } from "../../src/core/bytes";
import { decode, encode, type Json, type JsonObject } from "../../src/core/canonical";
import { bodyOf, cosignedMessage } from "../../src/core/proof/checkpoint";
import { dumps, type Cbor } from "../../src/core/proof/cbor";
import { sha256 } from "../../src/core/proof/hash";
import { leafHash, nodeHash } from "../../src/core/proof/merkle";
import { COSIGNATURE, keyId, SIGNATURE, vkeyText } from "../../src/core/proof/note";
import { PublicKey } from "../../src/core/proof/publickey";
import { split } from "../../src/core/proof/sequence";
import { SigningKey } from "../../src/core/proof/signingkey";
import * as statement from "../../src/core/proof/statement";

export const ORIGIN = "ledger.test/unbroken";
type Mood = "online" | "unreachable" | "down" | "answer_lost" | "portal";

/** RFC 8410: an Ed25519 private key of 32 bytes in PKCS#8. */
export async function keyOf(seed: Bytes): Promise<SigningKey> {
  const pkcs8 = concat(fromHex("302e020100300506032b657004220420"), seed);
  const secret = await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", true, ["sign"]);
  const { x = "" } = await crypto.subtle.exportKey("jwk", secret);
  const raw = Uint8Array.from(atob(x.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  return new SigningKey(secret, await PublicKey.fromRaw(raw));
}

export class Ledger {
  mood: Mood = "online";
  entries: Uint8Array[] = [];
  agents = new Map<string, string>(); // kid -> agent
  posts: number[] = []; // how many statements each body carried
  requests: string[] = [];
  reads = new Map<string, Json>();
  refusals = new Map<string, JsonObject>(); // event type -> problem
  sessions = new Set<string>();
  tamper: (answer: JsonObject) => JsonObject = (answer) => answer;
  readonly key: SigningKey;
  readonly vkey: string;

  private constructor(key: SigningKey, vkey: string) {
    [this.key, this.vkey] = [key, vkey];
  }

  static async open(seed = 7): Promise<Ledger> {
    const key = await keyOf(new Uint8Array(32).fill(seed));
    const ledger = new Ledger(key, await vkeyText({ name: ORIGIN, public: key.public }));
    ledger.entries.push(utf8("entry 0: the log begins"));
    return ledger;
  }

  readonly fetch = async (input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
    const path = String(input);
    this.requests.push(`${init.method ?? "GET"} ${path}`);
    if (this.mood === "unreachable") throw new TypeError("fetch failed");
    if (this.mood === "down") return problem(503, "closing");
    if (this.mood === "portal") return new Response("<h1>Welcome, guest</h1>", { status: 403, headers: { "content-type": "text/html" } });
    const answer = await this.answer(path, init);
    if (this.mood === "answer_lost") throw new TypeError("the connection was reset");
    return answer;
  };

  /** The statements' payloads, in the log's order. */
  get said(): JsonObject[] {
    return this.entries.slice(1).map((raw) => decode(statement.parse(raw).payload));
  }

  async root(size = this.entries.length): Promise<Bytes> {
    return this.range(0, size);
  }

  async checkpoint(): Promise<Bytes> {
    const head = { origin: ORIGIN, size: this.entries.length, root: await this.root(), extensions: [] };
    const body = bodyOf(head);
    const stamp = new Uint8Array(8);
    new DataView(stamp.buffer).setBigUint64(0, 1_790_000_000n);
    const plain = await this.key.sign(utf8(body));
    const stamped = concat(stamp, await this.key.sign(cosignedMessage(body, 1_790_000_000n)));
    return utf8(`${body}\n${await this.line(SIGNATURE, plain)}${await this.line(COSIGNATURE, stamped)}`);
  }

  async receipt(index: number): Promise<Bytes> {
    const size = this.entries.length;
    const claims: Cbor = new Map<Cbor, Cbor>([[1, ORIGIN], [2, ORIGIN], [6, 1_790_000_000], [-65537, size]]);
    const header = dumps(new Map<Cbor, Cbor>([[1, -8], [4, this.key.public.kid], [15, claims], [395, 1]]));
    const signature = await this.key.sign(statement.sigStructure(header, await this.root()));
    const inclusion = dumps([size, index, await this.path(index, 0, size)]);
    const proofs = new Map<Cbor, Cbor>([[396, new Map<Cbor, Cbor>([[-1, [inclusion]]])]]);
    return concat(Uint8Array.of(0xd2), dumps([header, proofs, null, signature]));
  }

  private async answer(path: string, init: RequestInit): Promise<Response> {
    if (path === "/v1/session/challenge") return Response.json({ challenge: "c-1" });
    if (path === "/v1/session" && init.method === "POST") return this.signIn(init);
    if (path === "/v1/statements") return this.statements(init);
    if (path === "/v1/log") return Response.json({ origin: ORIGIN, vkey: this.vkey, size: this.entries.length });
    if (path === "/log/checkpoint") return new Response(await this.checkpoint());
    if (path.startsWith("/log/tile/")) return this.tile(path);
    return this.withinSession(path, init);
  }

  private async signIn(init: RequestInit): Promise<Response> {
    const signed = statement.parse(new Uint8Array(init.body as ArrayBuffer), statement.SESSION);
    const agent = this.agents.get(toHex(signed.kid));
    if (agent === undefined) return problem(401, "unknown_key");
    if (agent !== signed.iss) return problem(401, "wrong_signer");
    const token = `t-${this.requests.length}`;
    this.sessions.add(token);
    return Response.json({ token, agent, expires_at: "2026-12-01T00:00:00.000Z" }, { status: 201 });
  }

  private async withinSession(path: string, init: RequestInit): Promise<Response> {
    const token = new Headers(init.headers).get("authorization")?.replace("Bearer ", "") ?? "";
    if (!this.sessions.has(token)) return problem(401, "no_session");
    if (path === "/v1/session") {
      return Response.json({ agent: "kit", organisation: "swift", roles: { "swift-depot": ["courier"] }, expires_at: "2026-12-01T00:00:00.000Z" });
    }
    const [, position, receipt] = /^\/v1\/entries\/(\d+)(\/receipt)?$/.exec(path) ?? [];
    if (position !== undefined) {
      const body = receipt ? await this.receipt(Number(position)) : this.entries[Number(position)];
      return body ? new Response(body as Bytes) : problem(404, "no_such_entry");
    }
    const value = this.reads.get(path);
    return value === undefined ? problem(404, "no_such_thing") : Response.json(value);
  }

  private async statements(init: RequestInit): Promise<Response> {
    const items = split(new Uint8Array(init.body as ArrayBuffer));
    this.posts.push(items.length);
    const verdicts: JsonObject[] = [];
    for (const raw of items) verdicts.push(await this.take(raw));
    const [first] = verdicts;
    if (items.length > 1) return Response.json({ answers: verdicts });
    const status = Number(first?.["status"]);
    const type = status < 400 ? "application/json" : "application/problem+json";
    return new Response(JSON.stringify(first), { status, headers: { "content-type": type } });
  }

  /** The same bytes get the first answer, as the ledger gives it. */
  private async take(raw: Uint8Array): Promise<JsonObject> {
    const { type } = decode(statement.parse(raw).payload);
    const refused = this.refusals.get(String(type));
    if (refused) return refused;
    const known = this.entries.findIndex((entry) => toHex(entry) === toHex(raw));
    const position = known < 0 ? this.entries.push(raw) - 1 : known;
    return this.tamper({
      status: known < 0 ? 201 : 200,
      position,
      statement_id: toHex(await sha256(raw)),
      log_size: this.entries.length,
      recorded_at: "2026-11-26T12:00:00.000Z",
      deviations: [],
      receipt: toBase64Url(await this.receipt(position)),
    });
  }

  private async tile(path: string): Promise<Response> {
    const [, level, index, width] = /^\/log\/tile\/(\d+)\/(\d{3})(?:\.p\/(\d+))?$/.exec(path) ?? [];
    const hashes = await Promise.all(this.entries.map(leafHash));
    const row = level === "0" ? hashes.slice(Number(index) * 256, Number(index) * 256 + Number(width ?? 256)) : [];
    return row.length === Number(width ?? 256) ? new Response(concat(...row)) : problem(404, "no_such_tile");
  }

  private async line(kind: number, signature: Bytes): Promise<string> {
    const id = await keyId({ name: ORIGIN, public: this.key.public }, kind);
    return `— ${ORIGIN} ${toBase64(concat(id, signature))}\n`;
  }

  private async range(start: number, end: number): Promise<Bytes> {
    const only = this.entries[start];
    if (end - start === 1 && only) return leafHash(only);
    const middle = start + half(end - start);
    return nodeHash(await this.range(start, middle), await this.range(middle, end));
  }

  private async path(index: number, start: number, end: number): Promise<Bytes[]> {
    if (end - start === 1) return [];
    const middle = start + half(end - start);
    return index < middle
      ? [...(await this.path(index, start, middle)), await this.range(middle, end)]
      : [...(await this.path(index, middle, end)), await this.range(start, middle)];
  }
}

function half(size: number): number {
  return 2 ** (Math.ceil(Math.log2(size)) - 1);
}

export function problem(status: number, code: string, extra: JsonObject = {}): Response {
  const body = JSON.stringify({ type: "about:blank", title: "No", status, code, detail: `no: ${code}`, ...extra });
  return new Response(body, { status, headers: { "content-type": "application/problem+json" } });
}

/** An event that couriers sign all day. */
export function packed(container = "A9999-26-000001"): { type: "Packed"; at: { site: string; department: string }; containers: string[]; shipper: string } {
  return { type: "Packed", at: { site: "swift-depot", department: "van-2" }, containers: [container], shipper: "SHIPPER-7" };
}

export const CHAIN = "chain/isbt128:CHA999926000001";
export const canonical = encode;
