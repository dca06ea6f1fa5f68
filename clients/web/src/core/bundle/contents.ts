/** A bundle's files, as they are read. Nothing in them is trusted. */
import { Problem } from "../problem";
import { decodeRecords, type PrunedRecord } from "./pruned";

export class Contents {
  private readonly files: ReadonlyMap<string, Uint8Array | null>;

  /** `files`: by name, in their order; null for one that was altered. */
  constructor(files: ReadonlyMap<string, Uint8Array | null>) {
    this.files = files;
  }

  get names(): string[] {
    return [...this.files.keys()];
  }

  /** Throws `Problem` `missing_file`, `malformed_archive`. */
  file(name: string): Uint8Array {
    const content = this.files.get(name);
    if (content === undefined) throw new Problem("not_found", "missing_file", `${name} is missing`);
    if (content === null) throw new Problem("malformed", "malformed_archive", `${name} was altered`);
    return content;
  }

  /** As `file`; of one that is not there or was altered, nothing. */
  peek(name: string): Uint8Array {
    return this.files.get(name) ?? new Uint8Array();
  }

  inFolder(folder: string): string[] {
    return this.names.filter((name) => name.startsWith(`${folder}/`));
  }

  /** The records of a folder's files. Throws as `file` and `decodeRecords`, naming the file. */
  *records(folder: string): Generator<PrunedRecord> {
    for (const name of this.inFolder(folder)) {
      try {
        yield* decodeRecords(this.file(name));
      } catch (error) {
        throw error instanceof Problem ? new Problem(error.kind, error.code, `${name}: ${error.detail}`) : error;
      }
    }
  }

  /** The last note of the last file of heads. Throws as `records`, `missing_file` where there is none. */
  latestNote(): Uint8Array {
    const name = this.inFolder("checkpoints").at(-1);
    const notes = name === undefined ? [] : [...decodeRecords(this.file(name))];
    const last = notes.at(-1);
    if (last === undefined) throw new Problem("not_found", "missing_file", "there is no checkpoint in it");
    return noteIn(last);
  }
}

/** A hash among the notes is no note: as empty bytes it opens with no key. */
export function noteIn(record: PrunedRecord): Uint8Array {
  return record instanceof Uint8Array ? record : new Uint8Array();
}
