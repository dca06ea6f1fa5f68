import { outbox } from "./outbox";
import { publicly } from "./public";
import { shell } from "./shell";

/** Sections are only for those who write them: to everybody else this is one catalogue. */
export const en = { ...shell, ...outbox, ...publicly } as const;
