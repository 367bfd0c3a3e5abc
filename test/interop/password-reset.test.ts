/** Password-reset links of Django and latchkey, on one PostgreSQL and with one secret: each accepts the other's. */
import * as Schema from "effect/Schema"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Auth } from "../../src/adapters/api/auth.ts"
import { createAuth } from "../../src/adapters/api/create-auth.ts"
import type { AuthOptions } from "../../src/adapters/api/options/auth-options.ts"
import { modelBackend } from "../../src/adapters/backend/model-backend.ts"
import { systemClockAndRandom as systemWorld } from "../../src/adapters/clock-and-random/clock-and-random.ts"
import { pbkdf2Sha256 } from "../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import type { AnyFields } from "../../src/adapters/request/session/session-access.ts"
import { type DjangoUser, type PostgresStores, postgres } from "../../src/adapters/store/postgres.ts"
import { type Django, type DjangoVersion, django, djangoService } from "../rig/django.ts"
import { patient } from "../rig/patience.ts"
import { startPostgres } from "../rig/postgres-server.ts"
import { service } from "../rig/services.ts"

const SECRET = "of-both-sites-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe45"
const OLDER = "of-both-sites-once-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe-0"
const model = "django.contrib.auth.backends.ModelBackend"

/** Under the given settings: changes a user, checks links, makes links. Most of the time is spent starting Python. */
const LINKS = `
import datetime, zoneinfo
from django.conf import settings
from django.contrib.auth.models import User, update_last_login
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.test import override_settings
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode
with override_settings(**given.get("settings", {})):
    tokens = PasswordResetTokenGenerator()
    for name in given.get("logIn", []):
        update_last_login(None, User.objects.get(username=name))
    for name in given.get("setPassword", []):
        user = User.objects.get(username=name)
        user.set_password("another")
        user.save()
    answer = {
        "verdicts": [tokens.check_token(User.objects.get(pk=urlsafe_base64_decode(uid).decode()), token)
                     for uid, token in given.get("check", [])],
        "links": [[urlsafe_base64_encode(force_bytes(user.pk)), tokens.make_token(user)]
                  for user in [User.objects.get(username=name) for name in given.get("make", [])]],
        "offsetSeconds": datetime.datetime.now(zoneinfo.ZoneInfo(settings.TIME_ZONE)).utcoffset().total_seconds(),
    }
`

const RECIPIENTS = `
from django.contrib.auth.forms import PasswordResetForm
answer = [sorted(user.username for user in PasswordResetForm().get_users(address)) for address in given]
`

type Link = readonly [uid: string, token: string]

interface Asked {
  readonly settings?: Readonly<Record<string, unknown>>
  readonly logIn?: ReadonlyArray<string>
  readonly setPassword?: ReadonlyArray<string>
  readonly check?: ReadonlyArray<Link>
  readonly make?: ReadonlyArray<string>
}

const Answered = Schema.Struct({
  verdicts: Schema.Array(Schema.Boolean),
  links: Schema.Array(Schema.Tuple([Schema.String, Schema.String])),
  offsetSeconds: Schema.Number
})

const people = [
  { username: "ada", email: "Ada@Example.com" },
  { username: "brá", email: "brá@exämple.com" },
  { username: "cid", email: "" },
  { username: "twin", email: "ada@example.com" },
  { username: "mike", email: "mike@example.com" }
]

const beside = (djangoVersion: DjangoVersion) => (): void => {
  let oracle: Django
  let pg: PostgresStores<DjangoUser>
  let server: Awaited<ReturnType<typeof startPostgres>>
  let users: ReadonlyMap<string, DjangoUser>

  const ours = (options: Partial<AuthOptions<DjangoUser, AnyFields>> = {}): Auth<DjangoUser, AnyFields> =>
    createAuth({
      secretKey: SECRET,
      djangoVersion: djangoVersion,
      sessions: pg.sessions,
      backends: { [model]: modelBackend(pg.users) },
      hashers: [pbkdf2Sha256({ iterations: 1 })],
      timeZone: "America/Chicago", // Django's own default, which the site has
      ...options
    })
  const user = (name: string): DjangoUser => users.get(name) ?? expect.fail(`there is no ${name}`)
  const theirs = async (asked: Asked) => Schema.decodeUnknownSync(Answered)(await oracle.manage(LINKS, asked))
  const ourVerdict = async (auth: Auth<DjangoUser, AnyFields>, [uid, token]: Link): Promise<boolean> => {
    const found = await auth.passwordResetUser(uid)
    return found !== undefined && (await auth.checkPasswordResetToken(found, token))
  }
  const ourLink = async (auth: Auth<DjangoUser, AnyFields>, name: string): Promise<Link> => [
    auth.passwordResetUid(user(name)),
    (await auth.passwordResetToken(user(name))) ?? expect.fail("no token")
  ]

  beforeAll(async () => {
    server = await startPostgres()
    oracle = django({ djangoVersion, databaseUrl: server.url, secretKey: SECRET })
    await oracle.migrate()
    pg = postgres({ ...patient, url: server.url })
    const made = await Promise.all(
      people.map(async (person) => {
        const created = await ours().createUser({ ...person, password: `${person.username}'s` })
        return [person.username, created ?? expect.fail("the name is taken")] as const
      })
    )
    users = new Map(made)
    await oracle.manage(`
from django.contrib.auth.models import User
from django.utils import timezone
User.objects.filter(username="brá").update(last_login=timezone.now() - timezone.timedelta(days=200))
User.objects.filter(username="twin").update(is_active=False)`)
  })
  afterAll(async () => {
    await pg?.close()
    await server?.stop()
  })

  const names = ["ada", "brá", "cid"]

  it.each([
    { TIME_ZONE: "America/Chicago", USE_TZ: true },
    { TIME_ZONE: "Asia/Kathmandu", USE_TZ: true },
    { TIME_ZONE: "Europe/Berlin", USE_TZ: false }
  ])("are the same, byte for byte, in $TIME_ZONE with USE_TZ $USE_TZ", async (settings) => {
    const { links, offsetSeconds } = await theirs({ settings, make: names })
    const { TIME_ZONE: timeZone, USE_TZ: useTimeZones } = settings
    for (const [index, link] of links.entries()) {
      // The clock is set to the time at which Django made this link.
      const seconds = Number.parseInt(link[1].split("-")[0] ?? "", 36)
      const now = Date.UTC(2001, 0, 1) + (seconds - offsetSeconds) * 1000
      const auth = ours({ timeZone, useTimeZones, clockAndRandom: { ...systemWorld, now: () => now } })
      expect(await ourLink(auth, names[index] ?? "")).toEqual(link)
      expect(await ourVerdict(auth, link)).toBe(true)
    }
    const auth = ours({ timeZone, useTimeZones })
    const check = await Promise.all(names.map((name) => ourLink(auth, name)))
    expect((await theirs({ settings, check })).verdicts).toEqual([true, true, true])
  })

  it("are valid until the user logs in, on either side, or changes the password", async () => {
    const auth = ours()
    const verdicts = async (check: ReadonlyArray<Link>, change: Asked = {}) => {
      const { links, verdicts } = await theirs({ ...change, check })
      return { links, theirs: verdicts, ours: await Promise.all(check.map((link) => ourVerdict(auth, link))) }
    }
    const each = (...good: ReadonlyArray<boolean>) => ({ theirs: good, ours: good })

    const { links } = await theirs({ make: ["ada", "cid"] })
    const all = [...links, await ourLink(auth, "ada"), await ourLink(auth, "cid")]
    expect(await verdicts(all)).toMatchObject(each(true, true, true, true))
    const afterLogin = await verdicts(all, { logIn: ["ada"], make: ["ada"] })
    expect(afterLogin).toMatchObject(each(false, true, false, true))

    const fresh = [...afterLogin.links, await ourLink(auth, "ada")]
    expect(await Promise.all(fresh.map((link) => ourVerdict(auth, link)))).toEqual([true, true])
    expect(await auth.setPassword(user("ada"), "another")).toBe(true)
    const atTheEnd = await verdicts([...fresh, ...all], { setPassword: ["cid"] })
    expect(atTheEnd).toMatchObject(each(false, false, false, false, false, false))
  })

  it("expire on both sides after PASSWORD_RESET_TIMEOUT", async () => {
    const auth = ours({ passwordResetTimeoutSeconds: 60 })
    const made = async (agoSeconds: number) =>
      ourLink(ours({ clockAndRandom: { ...systemWorld, now: () => Date.now() - agoSeconds * 1000 } }), "brá")
    const links = [await made(5), await made(65), await made(-3600)]
    const { verdicts } = await theirs({ settings: { PASSWORD_RESET_TIMEOUT: 60 }, check: links })
    expect(verdicts).toEqual([true, false, true])
    expect(await Promise.all(links.map((link) => ourVerdict(auth, link)))).toEqual([true, false, true])
  })

  it("go to the same users", async () => {
    const addresses = ["ADA@example.com", "brá@EXÄMPLE.com", "mıke@example.com", "MIKE@EXAMPLE.COM", "x@example.com"]
    const auth = ours()
    const found = await Promise.all(
      addresses.map(async (address) =>
        (await auth.passwordResetRecipients(address)).map(({ username }) => username).sort()
      )
    )
    expect(found).toEqual(await oracle.manage(RECIPIENTS, addresses))
    expect(found[0]).toEqual(["ada"])
    expect(found[2]).toEqual([])
  })

  if (djangoVersion === "3.2") {
    it("with a SHA-1, which 3.2 writes if configured to, are valid beside 3.2 and beside no later version", async () => {
      const settings = { DEFAULT_HASHING_ALGORITHM: "sha1" }
      const { links } = await theirs({ settings, make: ["brá", "cid"] })
      for (const link of links) {
        expect(link[1]).toMatch(/^[0-9a-z]+-[0-9a-f]{20}$/)
        expect(await ourVerdict(ours(), link)).toBe(true)
        expect(await ourVerdict(ours({ djangoVersion: "4.2" }), link)).toBe(false)
      }
      expect((await theirs({ check: links })).verdicts).toEqual([true, true])
    })
  } else {
    it("made under an older secret key are valid on both sides while that key is a fallback", async () => {
      const { links: made } = await theirs({ settings: { SECRET_KEY: OLDER }, make: ["brá"] })
      const links = [...made, await ourLink(ours({ secretKey: OLDER }), "brá")]
      const { verdicts } = await theirs({ settings: { SECRET_KEY_FALLBACKS: [OLDER] }, check: links })
      expect(verdicts).toEqual([true, true])
      const rotated = ours({ secretKeyFallbacks: [OLDER] })
      expect(await Promise.all(links.map((link) => ourVerdict(rotated, link)))).toEqual([true, true])
      expect(await Promise.all(links.map((link) => ourVerdict(ours(), link)))).toEqual([false, false])
    })
  }
}

for (const version of ["4.2", "3.2"] as const) {
  const available = [service("postgres"), djangoService(version)].every((needed) => needed.available)
  describe.skipIf(!available)(`links to a new password, beside Django ${version}`, beside(version))
}
