import { memory } from "../../../src/adapters/store/memory.ts"
import { carriesALogin } from "./carried-login.ts"
import { prefetchContract, sessionStoreContract, userStoreContract } from "./contract.ts"

const make = async () => {
  const { sessions, users } = memory()
  return { store: sessions, users, close: async () => {} }
}

sessionStoreContract("memory", make)
userStoreContract("memory", make)
prefetchContract("memory", make)
carriesALogin(() => memory().sessions)
