/** A person's passkeys: what the log has of them, and what was made on this device. */
import type { Database } from "./database";
import { make, requestOf } from "./passkey";
import type { Passkey, PasskeyRequest, Profile, Reading } from "./types";

export class Passkeys {
  private readonly db: Database;
  private readonly profile: Profile;
  private readonly read: (path: string) => Promise<Reading<{ passkeys: Passkey[] }>>;

  constructor(db: Database, profile: Profile, read: (path: string) => Promise<Reading<{ passkeys: Passkey[] }>>) {
    [this.db, this.profile, this.read] = [db, profile, read];
  }

  /** Those that the log has enrolled, revoked ones too. Throws as `Client.read`. */
  async known(): Promise<readonly Passkey[]> {
    return (await this.read(`/v1/agents/${encodeURIComponent(this.profile.agent)}`)).value.passkeys;
  }

  /** Has the person's authenticator make one, to be added by an administrator; what they need for it is
   * kept here. Throws `Problem` `passkey_…` as `passkey.ts`, `unsupported_key`. */
  async make(): Promise<PasskeyRequest> {
    const known = await this.known().catch(() => []); // an authenticator that has one then says so itself
    const made = await make(this.profile.agent, this.profile.origin, known);
    const request = await requestOf(made);
    await this.db.set("passkey", made);
    return request;
  }

  /** What this person last made here, whatever became of it; null: nothing. */
  async made(): Promise<PasskeyRequest | null> {
    const made = await this.db.get("passkey");
    return made?.name === this.profile.agent ? requestOf(made) : null;
  }
}
