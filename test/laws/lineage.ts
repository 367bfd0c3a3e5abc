import type { Answer } from "./world.ts"

/** The user whose password a request verified. */
export interface Proof {
  readonly username: string
  readonly password: string
}

/** The proofs behind each session cookie: those of the request that got it, and of the cookie that it replaced. */
export class Lineage {
  readonly #proofs = new Map<string, ReadonlyArray<Proof>>()

  of(cookie: string): ReadonlyArray<Proof> {
    return this.#proofs.get(cookie) ?? []
  }

  /** @param proof the proof of the request itself, if it succeeded; `undefined`: none */
  record({ issued, presented, status }: Answer<unknown>, proof: Proof | undefined): void {
    if (issued === undefined) return
    const behind = status < 400 && proof !== undefined ? [proof] : this.of(presented ?? "")
    this.#proofs.set(issued, [...this.of(issued), ...behind])
  }
}
