/** Request bodies that the endpoints do not accept. */
import { once } from "node:events"
import { connect } from "node:net"
import { describe, expect, it } from "vitest"
import { type Host, loggedIn, passwordOf } from "./site.ts"
import { ask, cookiesOf, type Reply, request } from "./wire.ts"

const paths = [
  "/login",
  "/logout",
  "/password",
  "/session",
  "/session/delete",
  "/session/expiry",
  "/session/cycle",
  "/session/flush"
] as const

const utf16 = (text: string): Buffer => Buffer.from(`\ufeff${text}`, "utf16le")
const nested = (open: string, close: string): string => `{"a":${open.repeat(30_000)}0${close.repeat(30_000)}}`

/** Bodies that are not a JSON object in strict UTF-8. */
const malformed: Readonly<Record<string, string | Buffer>> = {
  "a word": "nope",
  "white space": " ",
  "a NUL": "\0",
  "half an object": '{"a":',
  "an object and a half": "{}{",
  "two objects": "{} {}",
  "single quotes": "{'a':1}",
  "a trailing comma": '{"a":1,}',
  "a comment": '{"a":1}//',
  "a line break in a text": '{"a":"\n"}',
  "an unknown escape": '{"a":"\\x41"}',
  "a number with a leading zero": '{"a":01}',
  NaN: '{"a":NaN}',
  Infinity: '{"a":Infinity}',
  "-Infinity": '{"a":[-Infinity]}',
  "an integer that Python would refuse": `{"a":${"9".repeat(4301)}}`,
  "an array": "[]",
  "an array of an object": "[{}]",
  "a text": '"{}"',
  "a number": "1",
  null: "null",
  true: "true",
  "arrays 30,000 deep": nested("[", "]"),
  "objects 15,000 deep": `{"a":${'{"":'.repeat(15_000)}0${"}".repeat(15_000)}}`,
  "arrays 30,000 deep, unclosed": `{"a":${"[".repeat(30_000)}`,
  "UTF-16": utf16("{}"),
  "UTF-16, big endian": utf16("{}").swap16(),
  "UTF-16 without a mark": Buffer.from("{}", "utf16le"),
  "UTF-8 with a mark": Buffer.from("\ufeff{}"),
  "a byte that is not UTF-8": Buffer.from([...Buffer.from('{"a":"'), 0xff, ...Buffer.from('"}')]),
  "Latin-1": Buffer.from('{"a":"é"}', "latin1"),
  "an overlong NUL": Buffer.from([...Buffer.from('{"a":"'), 0xc0, 0x80, ...Buffer.from('"}')]),
  "a surrogate in UTF-8": Buffer.from([...Buffer.from('{"a":"'), 0xed, 0xa0, 0x80, ...Buffer.from('"}')]),
  "a character cut in half": Buffer.from([...Buffer.from('{"a":"'), 0xe2, 0x82, ...Buffer.from('"}')])
}

/** Objects, but not of the shape that the path expects. */
const misshapen: ReadonlyArray<readonly [path: (typeof paths)[number], bodies: ReadonlyArray<string>]> = [
  [
    "/login",
    [
      "",
      "{}",
      '{"username":"alice"}',
      '{"password":"x"}',
      ...[
        "1",
        "true",
        "null",
        "[]",
        '["alice"]',
        "{}",
        '{"$gt":""}',
        '"a\\u0000"',
        '"\\ud800"',
        '"\\udc00\\ud800"'
      ].flatMap((value) => [`{"username":${value},"password":"x"}`, `{"username":"alice","password":${value}}`])
    ]
  ],
  ["/password", ["{}", '{"old":"x"}', '{"new":"x"}', '{"old":"x","new":1}', '{"old":"\\u0000","new":"x"}']],
  ["/session", ['{"_auth_user_id":"1"}', '{"a":1,"_session_expiry":0}', '{"__proto__":{}}', '{"_":1}']],
  ["/session/delete", ["", "{}", '{"keys":"a"}', '{"keys":[1]}', '{"keys":["a",null]}', '{"keys":{"0":"a"}}']],
  [
    "/session/expiry",
    [
      "",
      "{}",
      ...["1.0", "1.5", "1e2", '"1"', "true", "[]", "315360001", "-315360001", "9".repeat(400)].map(
        (n) => `{"seconds":${n}}`
      )
    ]
  ]
]

export const hostileBodies = (host: () => Host, bugs: () => ReadonlyArray<unknown>): void => {
  const post = (path: string, body: string | Uint8Array, lines: ReadonlyArray<string> = []): Promise<Reply> =>
    ask(host().port, request("POST", path, ["Content-Type: application/json", ...lines], body))

  const expectBadRequest = (reply: Reply): void => {
    expect([reply.status, reply.headers.get("content-type")]).toEqual([400, ["application/json"]])
    expect(JSON.parse(reply.body)).toEqual({ error: "bad request", detail: expect.any(String) })
    expect(cookiesOf(reply)).toEqual([])
  }

  describe("a body", () => {
    it.each(Object.entries(malformed))("that is %s is refused everywhere", async (_, body) => {
      for (const path of paths) expectBadRequest(await post(path, body))
    })

    it.each(misshapen)("of another shape is refused at %s", async (path, bodies) => {
      for (const body of bodies) expectBadRequest(await post(path, body))
    })

    it("that is empty counts as an empty object", async () => {
      for (const [path, answer] of [
        ["/session", "{}"],
        ["/logout", '{"user":null}'],
        ["/session/cycle", "{}"],
        ["/session/flush", "{}"]
      ] as const) {
        const { body, status } = await post(path, "")
        expect([path, status, body]).toEqual([path, 200, answer])
      }
    })

    it("is stored as it was written", async () => {
      const body =
        '{"a":1.0,"b":12345678901234567890,"c":1E+2,"d":"\\u0000\\ud800","\\ud800":null,"toString":{"__proto__":1}}'
      const reply = await post("/session", body)
      expect([reply.status, reply.body]).toEqual([200, body])
    })

    it("may repeat a key: the last value counts", async () => {
      expect((await post("/session", '{"a":1,"b":2,"a":3}')).body).toBe('{"a":3,"b":2}')
    })
  })

  describe("the size of a body", () => {
    const ofBytes = (bytes: number): string => `{"a":"${"x".repeat(bytes - 8)}"}`
    const chunked = (body: string): string =>
      `${(body.length - 10).toString(16)}\r\n${body.slice(0, -10)}\r\na\r\n${body.slice(-10)}\r\n0\r\n\r\n`

    it("may be 100,000 bytes", async () => {
      for (const reply of [
        await post("/session", ofBytes(100_000)),
        await post("/session", chunked(ofBytes(100_000)), ["Transfer-Encoding: chunked"])
      ])
        expect([reply.status, reply.body.length]).toEqual([200, 100_000])
    })

    it.each(paths)("may not be larger at %s", async (path) => {
      for (const reply of [
        await post(path, ofBytes(100_001)),
        await post(path, chunked(ofBytes(100_001)), ["Transfer-Encoding: chunked"]),
        await post(path, "x".repeat(100_001)),
        await post(path, Buffer.alloc(3_000_000))
      ]) {
        expect([reply.status, reply.body, cookiesOf(reply)]).toEqual([413, '{"error":"too large"}', []])
      }
    })

    it("is counted in bytes", async () => {
      const body = `{"a":"${"é".repeat(49_997)}"}`
      expect([body.length, (await post("/session", body)).status]).toEqual([50_005, 413])
    })

    it.each([
      ["a length and chunks", ["Content-Length: 2", "Transfer-Encoding: chunked"], "2\r\n{}\r\n0\r\n\r\n"],
      ["two lengths", ["Content-Length: 2", "Content-Length: 3"], "{}"],
      ["a length that is no number", ["Content-Length: two"], "{}"],
      ["a negative length", ["Content-Length: -2"], "{}"],
      ["a chunk whose size is no number", ["Transfer-Encoding: chunked"], "zz\r\n{}\r\n0\r\n\r\n"],
      ["another transfer coding", ["Transfer-Encoding: gzip"], "{}"]
    ])("is not to be guessed: %s", async (_, lines, body) => {
      const { headers, status } = await post("/session", body, lines)
      expect([status, headers.get("set-cookie")]).toEqual([400, undefined])
    })

    it("may be less than announced: a client that hangs up in the middle is not reported as a bug", async () => {
      for (const lines of [["Content-Length: 100"], ["Transfer-Encoding: chunked"]]) {
        const socket = connect(host().port, "127.0.0.1")
        await once(socket, "connect")
        socket.write(request("POST", "/session", lines, '5\r\n{"a":'))
        await new Promise((resolve) => setTimeout(resolve, 50))
        socket.resetAndDestroy()
      }
      await new Promise((resolve) => setTimeout(resolve, 100))
      expect(bugs()).toEqual([])
    })
  })

  describe("credentials", () => {
    it.each([
      ["an empty name", "", "x"],
      ["an empty password", "alice", ""],
      ["a name with a space behind it", "alice ", passwordOf("alice")],
      ["a name in capitals", "ALICE", passwordOf("alice")],
      ["a wildcard", "al_ce", passwordOf("alice")],
      ["SQL", "alice'--", passwordOf("alice")],
      ["a name of 151 characters", "a".repeat(151), "x"],
      ["a name of 50,000 characters", "a".repeat(50_000), "x"],
      ["a name of combining marks", `a${"\u0301\u0316".repeat(5000)}`, "x"],
      ["a password of 4097 bytes", "alice", "x".repeat(4097)],
      ["a password of 90,000 bytes", "alice", "x".repeat(90_000)],
      ["a password with a line break behind it", "alice", `${passwordOf("alice")}\n`],
      ["names of objects", "constructor", "__proto__"]
    ])("of %s are refused like a wrong password", async (_, username, password) => {
      const reply = await post("/login", JSON.stringify({ username, password }))
      expect([reply.status, reply.body, cookiesOf(reply)]).toEqual([401, '{"error":"invalid"}', []])
    })

    it("with extra members make no user a superuser", async () => {
      const more = { is_superuser: true, is_staff: true, isSuperuser: true, id: 1 }
      const reply = await post("/login", JSON.stringify({ username: "bob", password: passwordOf("bob"), ...more }))
      expect([reply.status, reply.body]).toEqual([200, '{"user":"bob"}'])
      expect(await host().query("SELECT 1 FROM auth_user WHERE is_superuser OR is_staff")).toEqual([])
    })

    it("with a string that cannot be a password are refused as a new password", async () => {
      const visitor = await loggedIn(host(), "carol")
      for (const replacement of ["x".repeat(4097), "\0", "\ud800"]) {
        const { cookies, status } = await visitor.post(host(), "/password", {
          old: passwordOf("carol"),
          new: replacement
        })
        expect({ status, cookies }).toEqual({ status: 400, cookies: [] })
      }
      await loggedIn(host(), "carol")
      const { status, text } = await visitor.post(host(), "/password", { old: "wrong", new: "x" })
      expect([status, JSON.parse(text)]).toEqual([400, { error: "old password" }])
    })

    it("of an anonymous visitor change no password", async () => {
      const reply = await post("/password", '{"old":"x","new":"y"}')
      expect([reply.status, reply.body, cookiesOf(reply)]).toEqual([401, '{"user":null}', []])
    })
  })
}
