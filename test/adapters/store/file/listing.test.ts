import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, afterEach, describe, expect, it, vi } from "vitest"
import { fileSessions } from "../../../../src/adapters/store/file.ts"

const folder = mkdtempSync(join(tmpdir(), "latchkey-listing-"))

const warnings = (run: () => unknown): ReadonlyArray<string> => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {})
  run()
  const texts = warn.mock.calls.map(([text]) => String(text))
  warn.mockRestore()
  return texts
}

describe.skipIf(process.platform === "win32")("the folder of session files", () => {
  afterEach(() => chmodSync(folder, 0o700))
  afterAll(() => rmSync(folder, { recursive: true }))

  it.each([0o755, 0o704, 0o777])("causes one warning when other users of the machine may list it (%o)", (mode) => {
    chmodSync(folder, mode)
    expect(warnings(() => fileSessions({ directory: folder }))).toEqual([
      expect.stringContaining("fileSessions.directory")
    ])
  })

  it.each([0o700, 0o711, 0o750, 0o770])("causes no warning when other users may not list it (%o)", (mode) => {
    chmodSync(folder, mode)
    expect(warnings(() => fileSessions({ directory: folder }))).toEqual([])
  })

  it("is by default the system's folder for temporary files, which causes the warning", () => {
    expect(warnings(() => fileSessions())).toHaveLength(1)
  })
})
