import type { Catalogue } from "..";
import { admin } from "./admin";
import { courier } from "./courier";
import { outbox } from "./outbox";
import { publicly } from "./public";
import { shell } from "./shell";

export const de: Catalogue = { ...shell, ...admin, ...courier, ...outbox, ...publicly };
