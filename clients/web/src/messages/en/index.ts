import { admin } from "./admin";
import { courier } from "./courier";
import { outbox } from "./outbox";
import { publicly } from "./public";
import { shell } from "./shell";

/** Sections are only for those who write them: to everybody else this is one catalogue. */
export const en = { ...shell, ...admin, ...courier, ...outbox, ...publicly } as const;
