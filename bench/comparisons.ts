/** What is compared with what, and the ratio that latchkey should reach. */

/** How a row is measured, and what its two figures are. */
export type Measure =
  /** Requests per second of a page. `fresh` sessions are used once, for pages that end them. */
  | { readonly kind: "page"; readonly target: string; readonly sessions: "none" | "hot" | "random" | "fresh" }
  /** A process that has just started: milliseconds of the first read, or reads in the first second. */
  | { readonly kind: "cold"; readonly figure: "first-read" | "first-second" }
  /** Many logins with real hashes: hashes per second, or the milliseconds within which 99 % of reads are answered. */
  | { readonly kind: "storm"; readonly figure: "hashes" | "reads" }
  /** Requests per second of several processes together, beside one, or beside as many of a bare server. */
  | { readonly kind: "processes"; readonly count: number; readonly beside: "one" | "bare-node" }

export interface Comparison {
  /** Unique; `npm run bench -- NAME…` runs only these. */
  readonly name: string
  readonly section: string
  /** Names of servers, see `servers.ts`; or what is measured in another state of the same server. */
  readonly ours: string
  readonly theirs: string
  readonly measure: Measure
  /** What the figures count. */
  readonly unit: "requests/s" | "hashes/s" | "ms"
  /** Our figure divided by theirs: at least this much, for milliseconds at most. `undefined` if there is no goal. */
  readonly goal: number | undefined
}

/** Whether a smaller ratio is a better one. */
export const isTime = ({ unit }: Pick<Comparison, "unit">): boolean => unit === "ms"

type Against = ReadonlyArray<readonly [theirs: string, goal: number | undefined]>

/** One page on our side against several servers. */
const page = (
  section: string,
  { ours, sessions, target }: { readonly ours: string; readonly target: string; readonly sessions: Sessions },
  against: Against
) =>
  against.map(([theirs, goal]): Comparison => {
    const name = `${target.slice(1)}${sessions === "random" ? "-random" : ""}:${ours}:${theirs}`
    return { name, section, ours, theirs, measure: { kind: "page", target, sessions }, unit: "requests/s", goal }
  })
type Sessions = Extract<Measure, { kind: "page" }>["sessions"]

const onEach = (
  section: string,
  of: { readonly target: string; readonly sessions: Sessions },
  goals: Readonly<Record<string, number>>
) =>
  Object.entries(goals).flatMap(([on, goal]) =>
    page(section, { ...of, ours: `latchkey-${on}` }, [[`bare-${on}`, goal]])
  )

const cold = (against: Against) =>
  (["first-read", "first-second"] as const).flatMap((figure) =>
    against.map(([theirs, goal]): Comparison => {
      const shared = {
        section: "Cold process",
        ours: "latchkey-node",
        theirs,
        measure: { kind: "cold", figure }
      } as const
      return {
        ...shared,
        name: `${figure}:latchkey-node:${theirs}`,
        unit: figure === "first-read" ? "ms" : "requests/s",
        goal
      }
    })
  )

/** The same application with its stores set up in another way. */
const setup = (section: string, ours: string, theirs: string) =>
  ["/me", "/write"].flatMap((target) => page(section, { target, sessions: "hot", ours }, [[theirs, undefined]]))

const read = { target: "/me", sessions: "hot" } as const
const peers = ["express-session", "fastify-session", "better-auth", "iron-session"]
const ahead = (names: ReadonlyArray<string>): Against => names.map((name) => [name, 1])
const ours = "latchkey-node"
const recorded = "latchkey-node-user-sessions"
const signed = "latchkey-node-signed-cookies"
const processes = "latchkey-node processes"

export const comparisons: ReadonlyArray<Comparison> = [
  ...onEach("Authenticated read, beside the bare framework and one join", read, {
    node: 1.2,
    koa: 1.1,
    express: 1.1,
    fastify: 1.1,
    hono: 1.1,
    next: 0.95
  }),
  ...page("Authenticated read of 100,000 sessions at random", { target: "/me", sessions: "random", ours }, [
    ["bare-node", 0.95]
  ]),
  ...onEach(
    "Untouched request, beside the bare framework",
    { target: "/anon", sessions: "hot" },
    {
      node: 0.97,
      koa: 0.97,
      express: 0.97,
      fastify: 0.97,
      hono: 0.97,
      next: 0.97
    }
  ),
  ...["koa", "express", "fastify", "hono"].flatMap((on) =>
    page(
      "Untouched request, beside the framework with one empty middleware",
      { target: "/anon", sessions: "hot", ours: `latchkey-${on}` },
      [[`bare-${on}-with-middleware`, 0.97]]
    )
  ),
  ...page("Authenticated read, beside other libraries", { ...read, ours }, [...ahead(peers), ["django", 20]]),
  ...page("Authenticated read with signed cookies", { ...read, ours: signed }, [
    ["bare-node-without-sessions", undefined],
    ...ahead(["iron-session", "express-session", "fastify-session", "better-auth", "django"])
  ]),
  ...page("Authenticated read with the sessions of users recorded", { ...read, ours: recorded }, [[ours, 0.9]]),
  ...page("Permission check", { target: "/may", sessions: "hot", ours }, [
    ["bare-node", undefined],
    ["better-auth-roles", 1],
    ["django", 1]
  ]),
  ...page("Session write", { target: "/write", sessions: "hot", ours }, [
    ["bare-node", undefined],
    ...ahead(["express-session", "fastify-session", "iron-session"])
  ]),
  ...page("Login, one iteration", { target: "/login", sessions: "none", ours }, [
    ["bare-node", undefined],
    ...ahead([...peers, "django"])
  ]),
  ...page("Login with the sessions of users recorded", { target: "/login", sessions: "none", ours: recorded }, [
    [ours, 0.9]
  ]),
  ...page("Logout", { target: "/logout", sessions: "fresh", ours }, [
    ["bare-node", undefined],
    ...ahead(["express-session", "fastify-session", "better-auth", "django"])
  ]),
  // Neither side can end a copy of the cookie, so both log out without a statement.
  ...page("Logout with signed cookies", { target: "/logout", sessions: "hot", ours: signed }, [["iron-session", 1]]),
  ...cold([["bare-node", undefined], ...ahead(["express-session", "fastify-session", "iron-session"])]),
  {
    name: "storm-hashes:latchkey-node:node-crypto",
    section: "Login storm",
    ours,
    theirs: "node:crypto alone",
    measure: { kind: "storm", figure: "hashes" },
    unit: "hashes/s",
    goal: 0.95
  },
  {
    name: "storm-reads:latchkey-node:idle",
    section: "Login storm",
    ours: "reads during the storm",
    theirs: "reads without logins",
    measure: { kind: "storm", figure: "reads" },
    unit: "ms",
    goal: 5
  },
  ...[2, 4].map(
    (count): Comparison => ({
      name: `processes:${count}:1`,
      section: "Processes on one PostgreSQL",
      ours: `${count} ${processes}`,
      theirs: "1 process",
      measure: { kind: "processes", count, beside: "one" },
      unit: "requests/s",
      goal: undefined
    })
  ),
  ...[1, 2, 4].map(
    (count): Comparison => ({
      name: `processes:${count}:bare-node`,
      section: "Processes on one PostgreSQL, beside as many of the bare server",
      ours: `${count} ${processes}`,
      theirs: `${count} bare-node processes`,
      measure: { kind: "processes", count, beside: "bare-node" },
      unit: "requests/s",
      goal: undefined
    })
  ),
  ...setup("PgBouncer in transaction mode, beside none", "latchkey-pgbouncer", "latchkey-node"),
  ...setup("PgBouncer in transaction mode, beside the bare server", "latchkey-pgbouncer", "bare-pgbouncer"),
  ...setup("Sessions in 8 partitions, beside one table", "latchkey-partitions", "latchkey-node"),
  ...setup("A Redis Cluster of three nodes, beside one Redis", "latchkey-redis-cluster", "latchkey-redis")
]
