/** Flows that failed once, or that random flows rarely contain. They run before the random ones. */
import { type Ask, type Flow, FOREIGN_SECRET, type Step, UNKNOWN_KEY } from "./step.ts"

const get = (target: string): Ask => ({ row: `GET ${target.split("?")[0]}`, target })
const post = (target: string, body = "{}"): Ask => ({ row: `POST ${target}`, target, body })

const step = (ask: Ask, session: Step["session"] = "own", at: Step["at"] = "the example"): Step => ({
  browser: 0,
  at,
  ask,
  session,
  csrf: "own"
})

/** The requests that a browser may send with the cookie of an expired session. */
const asks: ReadonlyArray<Ask> = [
  get("/anon"),
  get("/me"),
  get("/session"),
  get("/csrf"),
  get("/perms?perm=auth.change_user"),
  get("/members"),
  get("/editors"),
  get("/fail?status=404"),
  get("/slow?n=1"),
  post("/session", '{"b":2}'),
  post("/session"),
  post("/session/delete", '{"keys":[]}'),
  post("/session/expiry", '{"seconds":60}'),
  post("/session/expiry", '{"seconds":null}'),
  post("/session/expiry", '{"seconds":-1}'),
  post("/session/cycle"),
  post("/session/flush"),
  post("/login", '{"username":"alice","password":"pw-0"}'),
  post("/login", '{"username":"alice","password":"wrong"}'),
  post("/logout"),
  post("/password", '{"old":"pw-0","new":"pw-1"}')
]

/** Requests with an expired session, then requests with both cookies that the browser has had. */
const expired = asks.flatMap((ask) =>
  (["Django", "the example"] as const).map(
    (at): Flow => [
      step(post("/session", '{"a":1}'), "own", "Django"),
      step(post("/session/expiry", '{"seconds":-1}')),
      step(ask, "former", at),
      step(get("/session"), "own", "Django"),
      step(get("/session")),
      step(get("/session"), "former", "Django"),
      step(get("/session"), "former")
    ]
  )
)

/** Cases that few random flows contain. */
export const rare: ReadonlyArray<Flow> = [
  // A cookie that is not a session key is deleted on every request.
  [step({ row: "elsewhere", target: "/nowhere" }, { header: "sessionid=short77" })],
  // A site never uses a session key that the client chose.
  [step(post("/session", '{"a":1}'), { header: `sessionid=${UNKNOWN_KEY}` }), step(get("/session"))],
  // A form's own token is checked, even when the header has the right one.
  [
    step(get("/csrf")),
    step({
      ...post("/protected", "csrfmiddlewaretoken={token}"),
      form: { type: "application/x-www-form-urlencoded", token: { header: FOREIGN_SECRET } },
      token: "from /csrf"
    })
  ]
]

/** Every intended difference, so that each run notices when one no longer exists. */
const disputed: ReadonlyArray<Flow> = [
  [
    step(post("/login", '{"username":"alice","password":"pw-0"}')),
    step(post("/session", '{"a":1e5,"b":[1.50],"c":-0}')),
    step(get("/session")),
    step(post("/session/delete", '{"keys":[]}')),
    step(post("/session/expiry", '{"seconds":60}')),
    step(post("/session/cycle")),
    step(post("/login", '{"username":"alice","password":"pw-0"}')),
    step(post("/password", '{"old":"pw-0","new":"pw-1"}')),
    step(get("/fail?status=200")),
    step(get("/slow?n=1"))
  ],
  [step({ row: "GET /members", target: "/members?a='(*)~!\"" })]
]

export const remembered: ReadonlyArray<Flow> = [...disputed, ...rare, ...expired]
