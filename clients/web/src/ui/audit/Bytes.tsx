/** The signed bytes themselves: their parts by name, and every byte to look at. */

import { toHex } from "../../core/bytes";
import type { Json, JsonObject } from "../../core/canonical";
import type { Statement } from "../../core/proof/statement";
import { t } from "../../messages";
import { href } from "../route";
import { part } from "./words";

/** Every member as it was signed, in the order of the bytes. */
export function Members({ fields }: { fields: JsonObject }) {
  return (
    <dl class="members">
      {Object.entries(fields).map(([name, value]) => (
        <div key={name}>
          <dt class="mono">{name}</dt>
          <dd><Value name={name} value={value} /></dd>
        </div>
      ))}
    </dl>
  );
}

const CONTAINERS = ["container", "containers", "sample"];

function Value({ name, value }: { name: string; value: Json }) {
  if (value === null) return <span class="soft">{t("audit.nothing_said")}</span>;
  if (Array.isArray(value)) {
    if (value.length > 40) return <>{t("audit.many_values", { count: value.length })} <Plain value={value} /></>;
    return <ul>{value.map((one, index) => <li key={index}><Value name={name} value={one} /></li>)}</ul>;
  }
  if (typeof value === "object") {
    return <span class="part">{Object.entries(value).map(([key, one]) => <span key={key}><span class="soft mono small">{key}</span> <Value name={key} value={one} /></span>)}</span>;
  }
  if (CONTAINERS.includes(name) && typeof value === "string") {
    return <a class="mono" href={href(`/audit/container/${part(value)}`)}>{value}</a>;
  }
  return <span class="mono">{String(value)}</span>;
}

function Plain({ value }: { value: Json[] }) {
  return (
    <details>
      <summary>{t("audit.show_all")}</summary>
      <code class="hash">{value.map((one) => String(one ?? "–")).join(" ")}</code>
    </details>
  );
}

interface Stretch {
  key: "audit.bytes_header" | "audit.bytes_payload" | "audit.bytes_signature" | "audit.bytes_frame";
  from: number;
  to: number;
}

export function ByteView({ raw, statement }: { raw: Uint8Array; statement: Statement | null }) {
  return (
    <>
      <p class="soft small">{t("audit.bytes_more")}</p>
      <dl class="facts small">
        {stretches(raw, statement).map((one) => (
          <div class="stretch" key={one.from}>
            <dt>{t(one.key)}</dt>
            <dd>{t("audit.bytes_range", { from: one.from, to: one.to - 1, count: one.to - one.from })}</dd>
          </div>
        ))}
      </dl>
      <details>
        <summary>{t("audit.show_bytes", { count: raw.length })}</summary>
        <pre class="dump" tabIndex={0} aria-label={t("audit.bytes")}>{dump(raw)}</pre>
      </details>
    </>
  );
}

/** Header, payload and signature stand in the envelope in this order, each once. */
function stretches(raw: Uint8Array, statement: Statement | null): Stretch[] {
  if (!statement) return [{ key: "audit.bytes_frame", from: 0, to: raw.length }];
  const signature = raw.length - statement.signature.length;
  const payload = signature - 2 - statement.payload.length; // 58 40: a byte string of 64 follows
  const header = 1 + 1 + head(statement.protected.length);
  return [
    { key: "audit.bytes_header", from: header, to: header + statement.protected.length },
    { key: "audit.bytes_payload", from: payload, to: payload + statement.payload.length },
    { key: "audit.bytes_signature", from: signature, to: raw.length },
  ];
}

/** How many bytes CBOR writes before a byte string of this length (RFC 8949 §3). */
function head(length: number): number {
  return length < 24 ? 1 : length < 256 ? 2 : 3;
}

const WIDE = 16;

/** Sixteen bytes a line: where, in hex, and what is printable of them. */
export function dump(raw: Uint8Array): string {
  const rows: string[] = [];
  for (let at = 0; at < raw.length; at += WIDE) {
    const part = raw.subarray(at, at + WIDE);
    const hex = (toHex(part).match(/../g) ?? []).join(" ").padEnd(WIDE * 3 - 1);
    const text = [...part].map((one) => (one >= 32 && one < 127 ? String.fromCharCode(one) : "·")).join("");
    rows.push(`${at.toString(16).padStart(4, "0")}  ${hex}  ${text}`);
  }
  return rows.join("\n");
}
