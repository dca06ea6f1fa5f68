import { admin } from "./admin";
import { courier } from "./courier";
import { outbox } from "./outbox";
import { publicly } from "./public";
import { scan } from "./scan";
import { shell } from "./shell";

/** Sections are only for those who write them: to everybody else this is one catalogue. */
export const en = {
  ...admin,
  ...courier,
  ...outbox,
  ...publicly,
  ...scan,
  ...shell,
} as const;
