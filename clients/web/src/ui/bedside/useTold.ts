import { useEffect, useReducer, useRef } from "preact/hooks";

const SECOND_MS = 1000;

/** What a clock decides: told anew every second, and when the page comes back into view (a device that
 * slept). It is drawn again only where that has changed. */
export function useTold(tell: () => boolean): boolean {
  const [, redraw] = useReducer((drawn: number) => drawn + 1, 0);
  const told = tell();
  const drawn = useRef({ tell, told });
  drawn.current = { tell, told };
  useEffect(() => {
    const look = () => {
      if (drawn.current.tell() !== drawn.current.told) redraw(undefined);
    };
    const timer = setInterval(look, SECOND_MS);
    document.addEventListener("visibilitychange", look);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, []);
  return told;
}
