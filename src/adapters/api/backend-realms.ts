import type { Backend } from "../ports/backend.ts"

/**
 * The realm of each backend. Backends with the same user store share a realm, which has the name of the first of them.
 */
export const realmsOf = <User>(backends: ReadonlyMap<string, Backend<User>>): ReadonlyMap<string, string> => {
  const first = new Map<object, string>()
  const realms = new Map<string, string>()
  for (const [name, backend] of backends) {
    const realm = first.get(backend.users?.store ?? backend) ?? name
    first.set(backend.users?.store ?? backend, realm)
    realms.set(name, realm)
  }
  return realms
}
