/** What latchkey promises, in plain words, with the laws and the tests that show each. `docs/security.md` has the table. */

/** A promise of a group. */
export interface Promised {
  readonly what: string
  /** Names of laws of `latchkey/testing`. */
  readonly laws?: ReadonlyArray<string>
  /** Files of tests, besides those that check all laws. Not of one promise only. */
  readonly tests?: ReadonlyArray<string>
  /** What is not promised, and why; or on what the promise depends. */
  readonly but?: string
}

const explorer = "test/explorer/explorer.test.ts"
const kills = "test/faults/kills/kills.test.ts"

/** By subject. Each law is named at least once. */
export const promises: Readonly<Record<string, ReadonlyArray<Promised>>> = {
  "Logins and keys": [
    {
      what: "A key that was known before a login never acts as the user after it",
      laws: ["no-fixation"],
      tests: [explorer, "test/core/auth/login/login.test.ts"]
    },
    {
      what: "A login gives the session a new key, and the old one has no session",
      laws: ["a-login-renews-the-key", "every-login-renews-the-key"],
      tests: ["test/adapters/request/login/every-login.test.ts"],
      but: "a login of the same user keeps the key, as in Django, unless `renewKeyAtEveryLogin` is set"
    },
    {
      what: "The data of an anonymous visitor stays at a login; that of another user does not",
      laws: ["data-at-login"],
      tests: ["test/adapters/request/scope/parallel-operations.test.ts"]
    },
    {
      what: "Once a session has a new key, the old one is worth nothing",
      laws: ["a-key-from-before-a-renewal-is-over"],
      tests: ["test/adapters/request/session/renewed-key.test.ts"],
      but: "a logout that sends the old key within a minute ends the session"
    },
    {
      what: "No session acts as a user without a login of that user, whose key it comes from",
      laws: ["no-login-without-the-password", "no-unissued-keys", "a-key-in-use-is-not-given-again"],
      tests: [explorer]
    },
    {
      what: "Of a login that is interrupted, no key that was known before acts as the user, and at most one new key does",
      laws: ["no-fixation"],
      tests: [explorer, kills]
    },
    {
      what: "Who is logged in comes whole from one login: user, backend and session auth hash",
      laws: ["an-identity-is-of-one-login"],
      tests: [explorer]
    },
    {
      what: "Scripts cannot read the session cookie, and POST forms, scripts and frames of other sites do not send it",
      laws: ["the-session-cookie-is-protected"],
      tests: ["test/browser/lax-cookies.test.ts"],
      but: "links and GET forms of other sites send it, unless `sameSite` is `Strict`"
    },
    {
      what: "Browsers store and delete cookies with a prefix, and keep those in frames of other sites apart",
      laws: ["cookies-with-a-prefix-have-its-attributes", "cookies-in-frames-are-partitioned"],
      tests: ["test/adapters/api/options/cookie-prefixes.test.ts", "test/browser/partitioned-cookies.test.ts"]
    }
  ],
  "Ends of sessions": [
    {
      what: "After the answer of a logout, the session acts as no user",
      laws: ["a-logout-is-final"],
      tests: ["test/full-stack/concurrency.test.ts"],
      but: "not with signed cookies, which nothing on the server can end"
    },
    {
      what: "A session that has ended never comes back, by no request, retry or late write",
      laws: ["a-logout-is-final", "an-ended-session-stays-ended", "no-unissued-keys"],
      tests: [explorer, kills, "test/faults/postgres.test.ts", "test/faults/redis.test.ts"]
    },
    {
      what: "After a logout that the store did not carry out (503), the process no longer accepts the session, and its next request deletes it",
      tests: [
        "test/adapters/request/session/failed-logouts.test.ts",
        "test/adapters/http/contract/outages.ts",
        "test/faults/postgres.test.ts",
        "test/faults/redis.test.ts"
      ],
      but: "other processes accept the key until then, and a process that ends forgets it"
    },
    {
      what: "A store that cannot end sessions says so",
      tests: ["test/adapters/store/signed-cookies/sessions.test.ts"],
      but: "for signed cookies there is no mark of a logout on the server: `capabilities.revokes` is false"
    },
    {
      what: "A change of the password ends every other session of the user",
      laws: ["a-new-password-ends-other-sessions"],
      tests: [explorer]
    },
    {
      what: "The session that changes the password goes on, and its former key is over",
      laws: ["a-new-password-keeps-this-session"]
    },
    {
      what: "A user who was deactivated is logged out, and gets no session back with `userSessions`",
      laws: ["an-inactive-user-is-logged-out", "an-inactive-user-has-no-permission", "a-deactivated-account-is-over"],
      tests: ["test/adapters/request/session/user-sessions.test.ts"]
    },
    {
      what: "A permission opens no page about one object, and a denial is final",
      laws: ["a-permission-opens-no-more-than-it-says"],
      tests: ["test/core/permissions/permissions.test.ts"]
    },
    {
      what: "A deleted user is logged out, also if another person gets the id",
      laws: ["an-id-is-not-a-user", "a-deleted-account-is-over"]
    },
    {
      what: "Users see their own sessions and end them, and no others",
      laws: ["a-user-sees-their-own-sessions", "ending-other-sessions-leaves-one"],
      tests: ["test/full-stack/user-sessions.test.ts"]
    },
    {
      what: "An open socket is closed after its session has ended",
      laws: ["a-socket-ends-with-its-login", "a-socket-that-opens-beside-a-logout-ends"],
      tests: ["test/full-stack/sockets.test.ts", "test/adapters/api/watch-session.test.ts"]
    },
    {
      what: "A logout over https asks the browser to delete what it keeps of the site",
      laws: ["a-logout-clears-the-data-of-the-site"],
      tests: ["test/browser/fetch-metadata.test.ts"],
      but: "only with the option `clearSiteData`"
    }
  ],
  Time: [
    { what: "An idle session ends, also if no cleaner runs", laws: ["an-idle-session-ends", "sessions-expire"] },
    {
      what: "No request makes a session last longer than its absolute lifetime after the login",
      laws: [
        "a-session-ends-after-its-login",
        "a-clock-set-back-extends-nothing",
        "a-use-is-recorded-once-per-interval"
      ],
      tests: [explorer, "test/adapters/request/session/lifetime.test.ts"]
    },
    {
      what: "Only the clock of the server decides, not what a browser does with its cookie",
      laws: ["sessions-expire", "a-session-ends-when-it-says"]
    },
    {
      what: "At the instant of its end a session is over; a clock that is set back extends nothing",
      laws: ["sessions-expire", "a-clock-set-back-extends-nothing"],
      tests: ["test/core/session/lifetime/expiry.test.ts"]
    },
    {
      what: "A login or a proof of the password starts both lifetimes again, and nothing else starts the absolute one",
      laws: ["a-login-starts-the-lifetimes-again", "a-session-ends-after-its-login"],
      tests: ["test/adapters/store/lifetimes.test.ts"]
    },
    {
      what: "A proof of the password is for one session, and for its time",
      laws: ["a-proof-is-for-one-session"],
      tests: ["test/adapters/request/login/reauthentication.test.ts"]
    }
  ],
  "Users, backends and secret keys": [
    { what: "A session acts as its user only while its backend is in use", laws: ["a-removed-backend-ends-sessions"] },
    { what: "The id of a user of one backend is not a user of another one", laws: ["one-id-in-two-directories"] },
    {
      what: "Where a proxy names the user, a request acts as that user or as none",
      laws: ["a-session-has-the-user-that-the-proxy-names"],
      tests: ["test/core/auth/login/remote-user.test.ts"]
    },
    { what: "A new secret key logs no user out", laws: ["a-new-secret-key-keeps-sessions"] },
    {
      what: "Former secret keys are accepted and never sign; a session that one of them signed is renewed",
      laws: ["a-new-secret-key-keeps-sessions"],
      tests: ["test/core/signing/timestamp-signer.test.ts", "test/core/auth/request/get-user.test.ts"]
    },
    { what: "A secret key that was removed ends what only it has signed", laws: ["a-removed-secret-key-ends-sessions"] }
  ],
  "Forms, links and redirects": [
    {
      what: "A form changes something only with a token of this visitor, or from a page of this site",
      laws: [
        "forms-need-the-visitors-token",
        "forms-of-other-sites-are-refused",
        "the-browser-says-who-sends-a-form",
        "a-header-does-not-replace-the-token-of-a-form",
        "a-form-over-https-names-its-page",
        "another-method-does-not-make-a-form-safe",
        "a-request-does-not-choose-the-host"
      ],
      tests: ["test/core/csrf/check-request.test.ts", "test/full-stack/csrf.test.ts"]
    },
    {
      what: "A token from before a login is refused after it; each page has another one",
      laws: [
        "a-login-renews-the-csrf-token",
        "a-form-beside-a-login-restores-no-csrf-token",
        "each-page-has-another-csrf-token"
      ]
    },
    {
      what: "The token of one visitor is refused for another one",
      laws: ["forms-need-the-visitors-token", "a-csrf-token-is-of-one-session"],
      tests: ["test/core/auth/request/session-csrf.test.ts"],
      but: "a host that can set cookies for the site can set the secret in the cookie; `csrfUseSessions` keeps it in the session"
    },
    {
      what: "A visit changes no session; the account pages log in and out on POST only",
      laws: ["a-visit-changes-nothing"],
      tests: ["test/adapters/account-pages/flows/login.test.ts"]
    },
    {
      what: "A value that was made for one purpose is refused for every other one",
      laws: ["a-value-has-one-purpose"],
      tests: ["test/core/accounts/link-token.test.ts", "test/core/accounts/reset-token.test.ts"]
    },
    {
      what: "A link to reset a password works once",
      laws: ["a-reset-link-works-once"],
      tests: ["test/adapters/store/postgres/users/reset-once.test.ts"]
    },
    {
      what: "It ends with the password, the address, a login, its time, and the account",
      laws: ["a-reset-link-ends"],
      tests: ["test/core/accounts/reset-token.test.ts", "test/adapters/account-pages/flows/password.test.ts"]
    },
    {
      what: "A request for such a link is answered alike for every address, and the mail goes to the stored one",
      laws: ["a-reset-request-reveals-no-user"],
      tests: ["test/adapters/account-pages/enumeration.test.ts"]
    },
    {
      what: "`next` redirects to this site only",
      laws: ["next-stays-on-the-site"],
      tests: ["test/core/http/urls/safe-redirect.test.ts"]
    },
    {
      what: "The URL that is sent is the one that was checked",
      laws: ["next-stays-on-the-site"],
      tests: ["test/core/http/urls/redirect-targets.test.ts", "test/core/pages/next-url.test.ts"]
    },
    {
      what: "Sign-ups and changes of the address need the link, change no other account, and tell of none",
      laws: [
        "a-changed-address-stays",
        "a-new-address-reveals-no-user",
        "a-new-account-is-the-one-of-its-password",
        "a-sign-up-changes-no-account",
        "a-sign-up-reveals-no-address"
      ],
      tests: ["test/adapters/account-pages/flows/sign-up.test.ts", "test/adapters/account-pages/flows/email.test.ts"]
    }
  ],
  "Passwords and guesses": [
    {
      what: "A password that was set logs in, and no other text does",
      laws: ["every-character-of-a-password-counts"],
      tests: ["test/laws/hostile-names.test.ts", "test/adapters/password/hashers/contract.ts"]
    },
    {
      what: "A login with an outdated hash ends with a new one, and undoes no change of the password",
      laws: ["a-new-hash-keeps-the-session", "a-new-hash-undoes-no-password"],
      tests: ["test/core/password/check-password.test.ts"]
    },
    {
      what: "A failed login costs the same for every account, and is answered alike",
      laws: ["a-failed-login-costs-the-same", "a-failed-login-reveals-no-user"],
      tests: ["test/adapters/password/work.test.ts", "test/docs/timing-work.test.ts"],
      but: "a stored hash that is dearer than a new one costs its own work, unless `wrongPasswordHashers` is set"
    },
    {
      what: "Guesses are limited with the option `throttle`: for each user name, network and device",
      laws: [
        "guesses-are-limited",
        "waits-grow-and-end",
        "a-success-resets-the-failures",
        "guesses-at-the-same-time-are-counted",
        "guesses-of-a-copied-session-are-limited",
        "requests-for-mails-are-limited",
        "known-devices-are-limited"
      ],
      tests: [
        "test/adapters/request/throttle/throttle.test.ts",
        "test/adapters/request/throttle/known-devices.test.ts",
        "test/adapters/store/postgres/throttle/throttle.test.ts"
      ]
    },
    {
      what: "An attack locks no other user out, and tells nothing about an account",
      laws: [
        "an-attack-on-one-user-stops-no-other",
        "a-known-device-is-not-locked-out",
        "a-throttled-login-looks-like-a-wrong-password",
        "an-outage-of-the-throttle-decides-nothing"
      ],
      tests: ["test/adapters/password/queue/throttled-flood.test.ts"]
    }
  ],
  "What clients send and store": [
    {
      what: "Every adapter reads one request alike; the order of cookies does not matter, and every page reads the same session cookie",
      laws: ["the-order-of-cookies-does-not-matter", "every-page-reads-the-same-cookie"],
      tests: ["test/core/http/cookies/cookie.test.ts", "test/adapters/http/contract/cookies.ts"],
      but: "of two different session cookies the last one counts, as in Django: the request is not refused. The prefix `__Host-` in the name keeps other hosts from adding one"
    },
    { what: "An anonymous request that stores nothing makes no session", laws: ["no-session-without-data"] },
    {
      what: "A client cannot fill a session without a limit",
      laws: ["a-session-does-not-grow-without-a-limit"],
      tests: ["test/core/session/text/codec.test.ts"]
    },
    {
      what: "A value on a prototype logs no user in, and no input gets onto one",
      laws: ["a-prototype-logs-no-user-in"],
      tests: ["test/laws/hostile-names.test.ts", "test/full-stack/bad-input.test.ts"]
    },
    {
      what: "What Django stored stays as it is, byte by byte, and what latchkey writes Django reads",
      laws: ["what-another-program-stored-stays-as-it-is"],
      tests: [
        "test/laws/shared-table.test.ts",
        "test/core/json/stored-json.test.ts",
        "test/interop/session-texts.test.ts"
      ]
    },
    {
      what: "No session key, CSRF secret, password, encoded password or secret key gets into a log, an error or a page",
      laws: ["secrets-stay-secret"],
      tests: ["test/adapters/http/contract/failures.ts"]
    }
  ],
  "Failures and parallel requests": [
    {
      what: "A store that cannot answer gives no user and no permission",
      laws: ["an-outage-is-not-anonymous"],
      tests: ["test/adapters/http/contract/outages.ts", "test/faults/postgres.test.ts"]
    },
    {
      what: "An outage is not an absent session: no cookie and no row changes, and afterwards the user is logged in as before",
      laws: ["an-outage-is-not-anonymous"],
      tests: ["test/adapters/http/contract/outages.ts", "test/faults/redis.test.ts"]
    },
    {
      what: "A response that says logged in, or logged out, is true",
      laws: ["no-success-without-effect"],
      tests: [explorer, kills]
    },
    {
      what: "The cookie of a session is sent only after the session is stored",
      laws: ["a-sent-cookie-is-valid", "no-success-without-effect"],
      tests: ["test/adapters/http/contract/commits.ts"]
    },
    {
      what: "If an acknowledgement is lost, no client knows a new key, and the session is as before or as after",
      laws: ["a-failure-is-an-error", "no-success-without-effect"],
      tests: [kills, "test/faults/ended-statements.test.ts"]
    },
    {
      what: "A response of 500 or above stores no login; a logout counts all the same",
      laws: ["a-failed-response-stores-no-login", "a-logout-counts-although-its-page-fails"]
    },
    {
      what: "After an outage the first request succeeds",
      laws: ["a-site-recovers"],
      tests: ["test/faults/postgres.test.ts", "test/faults/redis.test.ts"]
    },
    {
      what: "Requests of different browsers never see each other's session, user or token",
      laws: ["requests-do-not-mix"],
      tests: ["test/full-stack/concurrency.test.ts"]
    },
    {
      what: "The same cookie gives the same user each time, also within one request",
      laws: ["the-same-user-each-time", "a-visit-changes-nothing"],
      tests: ["test/adapters/request/scope/parallel-operations.test.ts"]
    },
    {
      what: "Parallel writes of one session are all stored",
      laws: ["no-lost-update"],
      tests: ["test/full-stack/parallel-writers.test.ts"]
    }
  ],
  "Device-bound sessions": [
    {
      what: "A copied cookie stops working when its short cookie ends, and only the key gives a new one",
      laws: [
        "a-copied-jar-dies",
        "no-short-cookie-without-the-key",
        "a-wrong-proof-changes-no-binding",
        "one-device-registers-for-a-login",
        "a-challenge-is-for-one-session-and-one-purpose"
      ],
      tests: ["test/browser/device-bound.test.ts", "test/explorer/device-explorer.test.ts"]
    },
    {
      what: "The owner stays logged in, also during an outage, and a refresh changes no session",
      laws: [
        "the-owner-of-the-key-stays-logged-in",
        "an-outage-ends-no-binding",
        "a-refresh-changes-no-session",
        "a-site-accepts-a-short-cookie-as-long-as-browsers-keep-it",
        "observing-changes-no-answer",
        "an-ended-session-ends-in-its-browser"
      ]
    }
  ]
}
