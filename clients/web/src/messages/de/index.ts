import type { Catalogue } from "..";
import { outbox } from "./outbox";
import { publicly } from "./public";
import { shell } from "./shell";

export const de: Catalogue = { ...shell, ...outbox, ...publicly };
