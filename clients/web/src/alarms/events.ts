/** Server-sent events of the ledger (HTML Living Standard, section 9.2.6), read from a stream of bytes. */

/** The data of each event, in order. Ends where the stream does; throws where it is silent for too
 * long: three heartbeats missed, so that its connection is dead. */
export async function* events<T>(stream: ReadableStream<Uint8Array>, silentMs: number): AsyncGenerator<T> {
  const reader = stream.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await within(reader.read(), silentMs);
      if (done) return;
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const data = block.split("\n").find((line) => line.startsWith("data: "));
        if (data) yield JSON.parse(data.slice("data: ".length)) as T;
      }
    }
  } finally {
    void reader.cancel().catch(() => undefined);
  }
}

function within<T>(work: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("the feed is silent")), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
