/** Flows that the worlds once answered differently, or that chance meets too rarely; walked ahead of the random ones. */
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

/** What a browser may ask with the cookie of a session that has expired. */
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

/** Requests of an expired session, then reads of the session with both cookies that the browser has had. */
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

/** Cases that random flows rarely contain. */
export const rare: ReadonlyArray<Flow> = [
  // A cookie that is not a session key is deleted by every request.
  [step({ row: "elsewhere", target: "/nowhere" }, { header: "sessionid=short77" })],
  // A client cannot choose its own key.
  [step(post("/session", '{"a":1}'), { header: `sessionid=${UNKNOWN_KEY}` }), step(get("/session"))],
  // A form's own token decides, although the header has the right one.
  [
    step(get("/csrf")),
    step({
      ...post("/protected", "csrfmiddlewaretoken={token}"),
      form: { type: "application/x-www-form-urlencoded", token: { header: FOREIGN_SECRET } },
      token: "from /csrf"
    })
  ]
]

/** What is answered otherwise on purpose, so that every run finds out when one of them is no more. */
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
