/** The rooms of `src`: folders, and files at the top of the core. `npm run diagrams` draws the map of them. */

/** Rooms of the core, each with those that it may import besides itself. Files at the top are the ground floor. */
export const coreRooms: Record<string, ReadonlyArray<string>> = {
  "session-key.ts": [],
  "effect.ts": ["session-key.ts"],
  "transition.ts": ["effect.ts", "session-key.ts"],
  "time-zone.ts": [],
  "uuid.ts": [],
  "django-version.ts": [],
  http: ["effect.ts"],
  json: [],
  signing: [],
  "device-bound": ["effect.ts", "http", "json", "signing"],
  throttle: ["effect.ts", "http", "password", "signing"],
  session: [
    "session-key.ts",
    "effect.ts",
    "transition.ts",
    "time-zone.ts",
    "uuid.ts",
    "http",
    "json",
    "signing",
    "device-bound"
  ],
  password: ["effect.ts"],
  csrf: ["effect.ts", "transition.ts", "http", "signing"],
  auth: [
    "session-key.ts",
    "effect.ts",
    "transition.ts",
    "time-zone.ts",
    "uuid.ts",
    "django-version.ts",
    "http",
    "json",
    "signing",
    "device-bound",
    "session",
    "password",
    "csrf"
  ],
  permissions: ["auth"],
  pages: ["http", "auth"],
  accounts: ["time-zone.ts", "signing", "password", "auth"],
  "index.ts": [
    "effect.ts",
    "transition.ts",
    "time-zone.ts",
    "session-key.ts",
    "django-version.ts",
    "http",
    "json",
    "signing",
    "device-bound",
    "throttle",
    "session",
    "password",
    "csrf",
    "auth",
    "permissions",
    "pages",
    "accounts"
  ]
}

/** What every other room of the adapters may import: interfaces, and what they are made of. */
const interfaces = ["errors", "options", "clock-and-random", "store-time", "ports"]

/** Rooms of the adapters, each with those that it may import besides itself. Every room may import the core. */
export const adapterRooms: Record<string, ReadonlyArray<string>> = {
  errors: [],
  options: ["errors"],
  "clock-and-random": ["options"],
  "store-time": ["errors"],
  ports: ["errors", "options", "clock-and-random", "store-time"],
  telemetry: interfaces,
  account: [...interfaces, "telemetry"],
  backend: interfaces,
  password: interfaces,
  mail: interfaces,
  store: interfaces,
  request: [...interfaces, "account", "backend", "password", "telemetry"],
  api: [...interfaces, "account", "backend", "password", "telemetry", "request"],
  "account-pages": [...interfaces, "account", "mail", "request", "api"],
  http: [...interfaces, "mail", "request", "api", "account-pages"],
  cli: [...interfaces, "request", "store", "api"]
}

/** Folders of `src` that have rooms inside, each with those that it may import besides itself. None imports the files beside it. */
export const innerRooms: Record<string, Record<string, ReadonlyArray<string>>> = {
  "core/http": { headers: [], cookies: ["headers"], urls: [], request: ["headers", "urls"] },
  "core/session": {
    lifetime: [],
    value: ["lifetime"],
    text: ["value"],
    writing: ["lifetime", "value", "text"]
  },
  "core/auth": { state: [], request: ["state"], login: ["state", "request"], sessions: ["state"] },
  "adapters/request": {
    throttle: [],
    scope: ["throttle"],
    login: ["throttle", "scope"],
    session: ["scope", "login"],
    form: ["scope", "login"],
    guards: ["scope", "login", "session", "form"]
  },
  "adapters/api": { options: [], "per-request": [] },
  "adapters/password": { hashers: [], queue: [] },
  "adapters/account-pages": { visit: [], flows: ["visit"], answers: ["visit"] },
  "adapters/http/next": { framework: [], handlers: ["framework"], accounts: ["framework", "handlers"] },
  "adapters/store/redis": { scripts: [], connection: ["scripts"], sessions: ["scripts", "connection"] },
  "adapters/store/postgres": {
    connection: [],
    tables: ["connection"],
    sessions: ["connection", "tables"],
    permissions: ["connection", "tables"],
    users: ["connection", "tables", "permissions"],
    setup: ["connection", "tables", "sessions"],
    throttle: ["connection", "tables", "sessions", "setup"]
  }
}
