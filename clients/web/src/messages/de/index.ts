import type { Catalogue } from "..";
import { admin } from "./admin";
import { courier } from "./courier";
import { outbox } from "./outbox";
import { publicly } from "./public";
import { scan } from "./scan";
import { shell } from "./shell";

export const de: Catalogue = {
  ...admin,
  ...courier,
  ...outbox,
  ...publicly,
  ...scan,
  ...shell,
};
