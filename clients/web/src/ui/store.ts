import { useEffect, useState } from "preact/hooks";
import type { Store } from "../core/store";

/** The value of a framework-free store of `core`; the component is drawn again when it changes. */
export function useStore<T>(store: Store<T>): T {
  const [value, setValue] = useState<T>(() => store.get());
  useEffect(() => {
    const look = () => setValue(() => store.get());
    look(); // it may have changed between the first drawing and this
    return store.subscribe(look);
  }, [store]);
  return value;
}
