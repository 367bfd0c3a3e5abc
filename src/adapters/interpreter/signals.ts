import type { AnnounceSignal } from "../../core/effect.ts"
import { callable, checkOptions } from "../option-kinds.ts"

export type SignalName = AnnounceSignal["signal"]

/** What a receiver gets: the announcement, by its signal's name. */
export type Announcement<User, Name extends SignalName = SignalName> = Extract<
  AnnounceSignal<User>,
  { readonly signal: Name }
>

/**
 * Called during the operation, in the order of subscription, before the request takes on its result: what throws here
 * fails the operation and leaves request and session as they were. `context` is this request's, so a receiver may read
 * and write the session.
 */
export type Receiver<User, Context, Name extends SignalName = SignalName> = (
  announcement: Announcement<User, Name>,
  context: Context
) => Promise<void> | void

export interface SubscribeOptions {
  /**
   * `"during"` the operation (the default, as in Django), or once the session is `"committed"`: only then is a login
   * stored. Audit logs want the latter. What throws after the commit is logged; the response is on its way.
   */
  readonly when?: "during" | "committed"
}

const names = ["user_logged_in", "user_logged_out", "user_login_failed"] satisfies ReadonlyArray<SignalName>

/** A receiver of a signal that does not exist would never be called. */
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

/** Who listens to what. */
export class Signals<User, Context> {
  #subscriptions: ReadonlyArray<Subscription<User, Context>> = []

  /**
   * @returns what ends the subscription
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

  isHeard(signal: SignalName): boolean {
    return this.#subscriptions.some((subscription) => subscription.signal === signal)
  }

  /** Receivers one after the other; the first that throws stops the rest. */
  async announce(announcement: AnnounceSignal<User>, when: When, context: Context): Promise<void> {
    for (const subscription of this.#subscriptions)
      if (subscription.when === when && subscription.signal === announcement.signal)
        await subscription.receive(announcement, context)
  }
}
