/** The keys and passkeys that a log's entries name, and where each was named first. */
import { fromBase64Url, toHex } from "../bytes";
import { isObject, type Json, type JsonObject } from "../canonical";
import type { EnrolledPasskey } from "../proof/assertion";
import { PublicKey } from "../proof/publickey";

export class Enrolled {
  private readonly keys = new Map<string, { position: number; key: PublicKey }>(); // by kid
  private readonly passkeys = new Map<string, { position: number; passkey: EnrolledPasskey }>();

  get size(): number {
    return this.keys.size;
  }

  /** A key that an entry before this one named; genesis names its own. */
  key(kid: string, position: number): PublicKey | null {
    const known = this.keys.get(kid);
    return known && (known.position < position || position === 0) ? known.key : null;
  }

  passkey(credential: string, position: number): EnrolledPasskey | null {
    const known = this.passkeys.get(credential);
    return known && known.position < position ? known.passkey : null;
  }

  /** What the entry at this position enrols. With a key that is none, nothing can be signed. */
  async look(position: number, payload: JsonObject): Promise<void> {
    for (const text of keysIn(payload)) {
      const key = await keyIn(text);
      if (key && !this.keys.has(toHex(key.kid))) this.keys.set(toHex(key.kid), { position, key });
    }
    if (payload["type"] !== "PasskeyAdded") return;
    const [credential, spki, rpId] = [payload["credential"], payload["key"], payload["rp_id"]].map(String) as [string, string, string];
    const key = await keyIn(spki);
    if (key && !this.passkeys.has(credential)) this.passkeys.set(credential, { position, passkey: { key, rpId } });
  }
}

async function keyIn(text: string): Promise<PublicKey | null> {
  try {
    return await PublicKey.fromSpki(fromBase64Url(text));
  } catch {
    return null;
  }
}

function keysIn(payload: JsonObject): string[] {
  const listed = payload["administrators"];
  const roots: Json[] = Array.isArray(listed) ? listed : [];
  if (payload["type"] === "LogOpened") {
    return [String(payload["event_key"]), ...roots.map((one) => String(isObject(one) ? one["key"] : ""))];
  }
  return payload["type"] === "AgentEnrolled" || payload["type"] === "KeyAdded" ? [String(payload["key"])] : [];
}
