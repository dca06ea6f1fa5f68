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
  more: "What you can bring beside the key: a witness policy, a head from elsewhere",
  policy: "Your witness policy, if you have one (c2sp.org/tlog-policy; never the operator's; paste it, or drop the file here)",
  note: "A head of the log that you got elsewhere, if you have one (a signed note; paste it, or drop the file here)",
  witnesses: "Witnesses:",
  working: "Checking…",
  unpinned: "NOTHING PINS THIS LOG. You gave no key, so the bundle was checked against the key that it names itself.",
  wrong: "Something is WRONG.",
  sound: "Nothing is wrong with what can be checked here.",
  restTitle: "What this page does not judge",
  rest:
    "The rules were not replayed (step 6) and loggers' files were not read (step 7); no witness is asked without a policy of yours " +
    "(step 8). Step 13 is this page's own short story, which asks less than the rules do: nothing of temperatures, labels, lots, " +
    "expiry, consent, windows or blocking deviations, nor who may state a fact. One command does all of it, with the same key:",
  stamps: (count: number): string =>
    `${count} time stamps by authorities outside are here and were NOT checked: \`unbroken verify --tsa-root\` does.`,
  secondKey: "The log has a second key, for ML-DSA-44. Its signatures were NOT checked: `unbroken verify` does, if you give it.",
  first: "First wrong:",
  proved: "What is proved:",
  steps: "Step by step",
  timeline: "What was said",
  custody: "Who held what, and when",
  held: "From hand-overs of which both halves are given, by the times that their signers say. Until somebody else is named, or the container is used up, infused, destroyed or lost, the last holder stands. Not told: an acceptance waits for its release, or the halves contradict each other.",
  last: "—",
  halves: (count: number): string => `The ${count} halves of hand-overs, as they were signed`,
  labels: "Which labels were printed",
  label: (serial: string): string => `Label ${serial} as the server drew it`,
  undrawn: "No picture of it is shown: there is none here, or the bundle is not sound.",
  temperature: "What loggers read",
  legend: "Shaded: the product's limits for this phase. Red: a reading outside them. Hatched: no reading, so unknown, never in range. Whether an excursion counts is for the rules (step 6).",
  noProfile: "the product gives no limits for this phase, or is not given",
  between: "Between recordings: unknown",
  broken: "What the entries say is not shown: they are not proved.",
  hidden: (count: number): string => `${count} other entries stand as hashes. What they are about, nothing here shows: only the log's signature says that none belongs here.`,
  none: "Nothing of this kind is in the bundle.",
} as const;

export const VERDICTS = { true: "ok", false: "FAILED", null: "not done" } as const;
