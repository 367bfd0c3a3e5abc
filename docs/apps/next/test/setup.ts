import { beforeEach, vi } from "vitest"
import { site } from "./site"

/** The application uses the test site instead of its database. */
vi.mock("@/lib/auth", () => ({ auth: () => site.auth }))

beforeEach(() => site.reset())
