/** A person's device: its key, its enrolment, and whose statements it signs. */
import { Connected } from "./connected";
import { Problem } from "./problem";
import { document } from "./remote";
import type { Enrolment, EnrolmentRequest } from "./types";

export abstract class Device extends Connected {
  protected aligned = false;

  /** Draws a key (Ed25519, P-256 where missing) and seals it; asks the browser to keep its data.
   * `name`: who the person says they are. Throws `Problem` `key_exists`, `short_passphrase`. */
  async makeKey(passphrase: string, name = ""): Promise<EnrolmentRequest> {
    await this.vault.make(passphrase, name);
    await this.askToPersist();
    await this.keyChanged();
    return this.enrolmentRequest();
  }

  /** Sets the device's key aside for a new one, to be enrolled in its place: for a forgotten
   * passphrase or a lost trust. What was signed stays and is sent. Throws as `makeKey`. */
  async replaceKey(passphrase: string, name = this.vault.record.name): Promise<EnrolmentRequest> {
    await this.vault.replace(passphrase, name);
    await this.db.set("therapies", null);
    await this.keyChanged();
    return this.enrolmentRequest();
  }

  /** What the administrator scans. Throws `Problem` `no_device_key`. */
  enrolmentRequest(): EnrolmentRequest {
    const { request } = this.vault;
    if (request) return request;
    throw new Problem("not_found", "no_device_key", "this device has no key yet: make one");
  }

  /** Signs in as this agent, checks a checkpoint under that log key, then pins both. The key must be
   * open. Throws what the server says, `wrong_log_key`, `other_log`, `bad_checkpoint`. */
  async finishEnrolment(enrolment: Enrolment): Promise<void> {
    const before = this.pinned;
    const { kid, alg } = this.enrolmentRequest();
    const profile = { ...enrolment, kid, alg };
    if (before && before.profile.origin !== profile.origin) {
      throw new Problem("refused", "other_log", `this device belongs to the log ${before.profile.origin}`);
    }
    try {
      await this.pin(profile);
      await this.signIn();
      await this.align();
      if (before && before.profile.agent !== profile.agent) await this.kept.forgetReads();
      if (before?.profile.agent !== profile.agent) await this.db.set("therapies", null);
      await this.db.set("profile", profile);
    } catch (error) {
      this.endSession();
      this.pinned = before;
      throw error;
    }
    this.profile.set(profile);
    this.tell();
    this.background(this.flush());
  }

  /** Throws `Problem` `wrong_passphrase`, `no_device_key`. */
  async unlock(passphrase: string): Promise<void> {
    await this.vault.unlock(passphrase);
    await this.keyChanged();
    this.background(this.flush());
  }

  /** Forgets the opened key, the session, and the keys to patients that were fetched for the shift. */
  async relock(): Promise<void> {
    await this.vault.relock();
    await this.db.set("therapies", null);
    this.endSession();
    await this.keyChanged();
  }

  /** Opens the sealed key again. Throws `Problem` `wrong_passphrase`. */
  confirmPassphrase(passphrase: string): Promise<void> {
    return this.vault.confirm(passphrase);
  }

  /** Takes over from the log what this key's last statement was. */
  protected async align(): Promise<void> {
    const { sender, profile } = this.trusted;
    await sender.quiet(async () => {
      const known = await this.lastSaid(profile.kid);
      if (known) await this.outbox.align(profile.kid, known.seq, known.last);
    });
    this.aligned = true;
  }

  protected async lastSaid(kid: string): Promise<{ seq: number; last: string } | null> {
    try {
      const { seq, last } = await document(await this.within(`/v1/keys/${kid}`));
      return typeof seq === "number" && typeof last === "string" ? { seq, last } : null;
    } catch (error) {
      if (error instanceof Problem && error.kind === "not_found") return null;
      throw error;
    }
  }

  protected async keyChanged(): Promise<void> {
    this.lock.set(this.vault.state);
    this.tell();
  }
}
