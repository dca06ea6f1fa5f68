// The link in a label's QR code, `HTTPS://HOST/B/<container>.<serial>.<check>`, in any letter case,
// with or without its address: as ledger/labels/link.py reads it.

import { CONTAINER, wrong, type Wrong } from "./identifiers";

export interface Link {
  readonly host: string | null; // upper case; null: the text names none
  readonly container: string | null; // null: a label that was issued ahead of need
  readonly serial: string;
  readonly check: string;
}

const ADDRESS = /^(?:HTTPS:\/\/([^/]+))?\/B\/([^/]+)$/;
const HOST = /^[A-Z0-9](?:[A-Z0-9.-]{0,98}[A-Z0-9])?(?::[0-9]{1,5})?$/;
const SERIAL = /^[A-Z0-9-]{1,40}$/;
const CHECK = /^[0-9A-HJKMNP-TV-Z]{16}$/; // Crockford's base32, 80 bits

const ASCII = /^[\0-\x7f]*$/; // toUpperCase would make other letters of some that are not

/** Does the text look like a label's link, well made or not? */
export const seemsLink = (text: string): boolean => /^(https:\/\/[^/]+)?\/b\//i.test(text);

export function parseLink(text: string): Link | Wrong {
  const address = ASCII.test(text) ? text.toUpperCase() : "";
  const found = ADDRESS.exec(address);
  const host = found?.[1] ?? null;
  const [container = "", serial = "", check = "", ...more] = (found?.[2] ?? address).split(".");
  const named = container === "-" || CONTAINER.test(container);
  const fits = named && SERIAL.test(serial) && CHECK.test(check) && more.length === 0;
  if (!fits || (host !== null && !HOST.test(host))) return wrong("bad_label_link", text);
  return { host, container: container === "-" ? null : container, serial, check };
}
