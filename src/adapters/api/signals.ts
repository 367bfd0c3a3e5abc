import type { AnnounceSignal, SignalName } from "../../core/effect.ts"
import { callable, checkOptions } from "../options/option-kinds.ts"

/** The announcement that a receiver of this signal gets. */
export type Announcement<User, Name extends SignalName = SignalName> = Extract<
  AnnounceSignal<User>,
  { readonly signal: Name }
>

/**
 * A receiver of a signal. By default it is called during the operation. Receivers run in the order of subscription.
 * `context` has the operations of the current request, so a receiver may read and write the session. They act on a copy
 * of the request's state and session. When all receivers have returned, the copy replaces the original. If one throws,
 * the operation fails, and request and session stay unchanged.
 */
export type Receiver<User, Context, Name extends SignalName = SignalName> = (
  announcement: Announcement<User, Name>,
  context: Context
) => Promise<void> | void

/** When a receiver is called. */
export interface SubscribeOptions {
  /**
   * `"during"`: called during the operation (the default, as in Django). `"committed"`: called after the session was
   * written; use it for audit logs, because a login is stored only then. An error of a `"committed"` receiver is logged
   * and does not change the response.
   */
  readonly when?: "during" | "committed"
}

const names = ["user_logged_in", "user_logged_out", "user_login_failed"] satisfies ReadonlyArray<SignalName>

/** Rejects an unknown signal, because its receiver would never be called. */
const checkSubscription = (signal: string, receiver: unknown, options: SubscribeOptions): void =>
  checkOptions(
    { signal, receiver, ...options },
    {
      signal: { written: names.join(", or "), accepts: (value) => names.some((name) => name === value) },
      receiver: callable,
      when: { written: "during, or committed", accepts: (value) => value === "during" || value === "committed" }
    },
    "on."
  )

type When = NonNullable<SubscribeOptions["when"]>

interface Subscription<User, Context> {
  readonly signal: SignalName
  readonly when: When
  readonly receive: (announcement: AnnounceSignal<User>, context: Context) => Promise<void> | void
}

/** The subscriptions of an application. */
export class Signals<User, Context> {
  #subscriptions: ReadonlyArray<Subscription<User, Context>> = []

  /**
   * @returns a function that ends the subscription
   * @throws {ConfigurationInvalid} for a signal or an option that does not exist
   */
  subscribe<Name extends SignalName>(
    signal: Name,
    receiver: Receiver<User, Context, Name>,
    options: SubscribeOptions = {}
  ): () => void {
    checkSubscription(signal, receiver, options)
    const { when = "during" } = options
    const isOfName = (announcement: AnnounceSignal<User>): announcement is Announcement<User, Name> =>
      announcement.signal === signal
    const subscription: Subscription<User, Context> = {
      signal,
      when,
      receive: (announcement, context) => (isOfName(announcement) ? receiver(announcement, context) : undefined)
    }
    this.#subscriptions = [...this.#subscriptions, subscription]
    return () => {
      this.#subscriptions = this.#subscriptions.filter((other) => other !== subscription)
    }
  }

  /** Whether the signal has a receiver. */
  isHeard(signal: SignalName): boolean {
    return this.#subscriptions.some((subscription) => subscription.signal === signal)
  }

  /** Calls the receivers one after the other. If one throws, the later ones are not called. */
  async announce(announcement: AnnounceSignal<User>, when: When, context: Context): Promise<void> {
    for (const subscription of this.#subscriptions)
      if (subscription.when === when && subscription.signal === announcement.signal)
        await subscription.receive(announcement, context)
  }
}
