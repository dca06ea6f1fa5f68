/** A value that tells who looks at it when it changes. The screens' `useStore` follows it. */
export class Store<T> {
  private value: T;
  private readonly followers = new Set<() => void>();

  constructor(value: T) {
    this.value = value;
  }

  get(): T {
    return this.value;
  }

  /** Followers are told only when the value is another one (`Object.is`). */
  set(value: T): void {
    if (Object.is(value, this.value)) return;
    this.value = value;
    for (const follower of [...this.followers]) follower();
  }

  /** `follower` is called after each change. Returns what ends that. */
  subscribe(follower: () => void): () => void {
    this.followers.add(follower);
    return () => {
      this.followers.delete(follower);
    };
  }
}
