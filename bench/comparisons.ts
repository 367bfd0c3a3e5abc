/** What is compared with what, and the ratio that latchkey should reach. */
export interface Comparison {
  /** Unique; `npm run bench NAME…` runs only these. */
  readonly name: string
  readonly section: string
  /** Names of servers, see `servers.ts`. */
  readonly ours: string
  readonly theirs: string
  /** A path; logins have one per user. */
  readonly target: string
  /** Which sessions the requests belong to. `fresh` sessions are used once, for pages that end them. */
  readonly sessions: "none" | "hot" | "random" | "fresh"
  /** Requests per second of ours divided by theirs. */
  readonly goal: number | undefined
}

type Rest = Omit<Comparison, "name" | "section" | "theirs" | "goal">

/** One page on our side against several servers. */
const section = (
  section: string,
  rest: Rest,
  against: ReadonlyArray<readonly [theirs: string, goal: number | undefined]>
) =>
  against.map(([theirs, goal]): Comparison => {
    const kind = rest.sessions === "random" ? "-random" : ""
    return { ...rest, section, theirs, goal, name: `${rest.target.slice(1)}${kind}:${rest.ours}:${theirs}` }
  })

const frameworks = ["koa", "express", "fastify", "hono", "next"]
const onEach = (title: string, rest: Omit<Rest, "ours">, goals: Readonly<Record<string, number>>) =>
  ["node", ...frameworks].flatMap((name) =>
    section(title, { ...rest, ours: `latchkey-${name}` }, [[`bare-${name}`, goals[name] ?? 1]])
  )

const read = { target: "/me", sessions: "hot" } as const
const peers = ["express-session", "fastify-session", "better-auth", "iron-session"]
const ahead = peers.map((peer) => [peer, 1] as const)
const write = { target: "/write", sessions: "hot", ours: "latchkey-node" } as const
const recorded = { ours: "latchkey-node-user-sessions" } as const
const permission = { target: "/may", sessions: "hot", ours: "latchkey-node" } as const
const login = { target: "/login", sessions: "none", ours: "latchkey-node" } as const
const logout = { target: "/logout", sessions: "fresh", ours: "latchkey-node" } as const

export const comparisons: ReadonlyArray<Comparison> = [
  ...onEach("Authenticated read, beside the bare framework and one join", read, {
    node: 1.2,
    koa: 1.1,
    express: 1.1,
    fastify: 1.1,
    hono: 1.1,
    next: 0.95
  }),
  ...section(
    "Authenticated read of 100,000 sessions at random",
    { target: "/me", sessions: "random", ours: "latchkey-node" },
    [["bare-node", 0.95]]
  ),
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
  ...section("Authenticated read, beside other libraries", { ...read, ours: "latchkey-node" }, [
    ...ahead,
    ["django", 20]
  ]),
  ...section("Session write", write, [
    ["bare-node", undefined],
    ["express-session", 1],
    ["fastify-session", 1],
    ["iron-session", 1]
  ]),
  ...section(
    "Authenticated read with the sessions of users recorded: no statement more, one once per interval",
    { ...read, ...recorded },
    [["latchkey-node", 0.9]]
  ),
  ...section("Login with the sessions of users recorded: no statement more", { ...login, ...recorded }, [
    ["latchkey-node", 0.9]
  ]),
  ...section("Permission check", permission, [["bare-node", undefined]]),
  ...section("Login, one iteration", login, [["bare-node", undefined], ...ahead]),
  ...section("Logout", logout, [
    ["bare-node", undefined],
    ["express-session", 1],
    ["fastify-session", 1],
    ["better-auth", 1]
  ])
]
