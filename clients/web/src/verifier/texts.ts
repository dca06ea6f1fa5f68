/** What the verifier's page says. In English alone, as README.txt beside it is. */

export const TEXTS = {
  title: "Verify a bundle of evidence",
  what: "This page checks a bundle on this computer. It opens from a file, needs no network and can use none.",
  trust:
    "A page that came with a bundle is only as honest as whoever gave you both. Take it from a bundle or a release that " +
    "you trust, and the log's key from somewhere else: from an earlier audit, from paper, from two of the organisations " +
    "that began the log.",
  key: "The log's verifier key (one line)",
  file: "The bundle (a .zip file; or drop it anywhere on this page)",
  policy: "Your witness policy, if you have one (c2sp.org/tlog-policy; never the operator's; paste it, or drop the file here)",
  note: "A head of the log that you got elsewhere, if you have one (a signed note; paste it, or drop the file here)",
  witnesses: "Witnesses:",
  working: "Checking…",
  unpinned: "NOTHING PINS THIS LOG. You gave no key, so the bundle was checked against the key that it names itself.",
  wrong: "Something is WRONG.",
  sound: "Nothing is wrong with what can be checked here.",
  rest: "The rules were not replayed and loggers' files were not read here: `unbroken verify` does both.",
  first: "First wrong:",
  proved: "What is proved:",
  steps: "Step by step",
  timeline: "What was said",
  custody: "Who handed what to whom",
  temperature: "What loggers read",
  broken: "What the entries say is not shown: they are not proved.",
  hidden: (count: number): string => `${count} other entries stand as hashes. What they are about, nothing here shows: only the log's signature says that none belongs here.`,
  none: "Nothing of this kind is in the bundle.",
} as const;

export const VERDICTS = { true: "ok", false: "FAILED", null: "not done" } as const;
