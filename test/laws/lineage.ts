import type { Answer } from "./world.ts"

/** What a request proved about who sent it. */
export interface Proof {
  readonly username: string
  readonly password: string
}

/** Which proofs stand behind a session cookie: of whoever it was issued to, or of the cookie in whose place it came. */
export class Lineage {
  readonly #proofs = new Map<string, ReadonlyArray<Proof>>()

  of(cookie: string): ReadonlyArray<Proof> {
    return this.#proofs.get(cookie) ?? []
  }

  /** @param proof what the request proved itself, if it succeeded; `undefined`: nothing */
  record({ issued, presented, status }: Answer<unknown>, proof: Proof | undefined): void {
    if (issued === undefined) return
    const behind = status < 400 && proof !== undefined ? [proof] : this.of(presented ?? "")
    this.#proofs.set(issued, [...this.of(issued), ...behind])
  }
}
