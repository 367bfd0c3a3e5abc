/** How a site slows down attempts with wrong passwords: the option `throttle`, as the laws see it. */
export interface LawThrottle {
  /** So many wrong passwords for one user name are free: the last of them makes the next attempt wait. At least 3. */
  readonly accountFailures: number
  /** So many wrong passwords from one network are free. At least twice `accountFailures`. */
  readonly networkFailures: number
  /**
   * So many wrong passwords from the first 48 bits of an IPv6 address are free. More than `accountFailures`.
   * `undefined`: the site does not count them.
   */
  readonly wideNetworkFailures?: number
  /** So many wrong passwords of one known device, and of one user who is logged in, are free. */
  readonly deviceFailures: number
  /** So many requests for mails to one address are free. At least 2. */
  readonly mailRequests: number
  /** How long the next attempt waits after the last free failure, in seconds. */
  readonly firstSeconds: number
  /** The longest wait, in seconds. At least four times `firstSeconds`. */
  readonly maximumSeconds: number
  /** After how many seconds failures are forgotten, if no other follows. Without it, that is not checked. */
  readonly forgetSeconds?: number
  /** How long a device stays known after a login, in seconds. */
  readonly deviceSeconds: number
  /** The name of the cookie of known devices. */
  readonly cookie: string
  /** Turns the throttle on, without failures, if it is not always on. `reset` turns it off, or forgets the failures. */
  readonly start?: () => void | Promise<void>
  /** From now on requests come from this IP address. */
  readonly from: (address: string) => void
  /** From now on the throttle store is away. */
  readonly lose: () => void
  /** The throttle store is there again, and has forgotten nothing. */
  readonly find: () => void
  /** How many mails the pages have sent since the start of the throttle. */
  readonly mails?: () => number
}
