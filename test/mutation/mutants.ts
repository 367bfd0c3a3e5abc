/** All mutants. `mutants.test.ts` checks each against the source; `run.ts` runs the tests on them. */
import type { Mutant } from "./mutant.ts"
import { adapterMutants } from "./mutants/adapter-mutants.ts"
import { deviceMutants } from "./mutants/device-mutants.ts"
import { loginMutants } from "./mutants/login-mutants.ts"
import { requestMutants } from "./mutants/request-mutants.ts"
import { sessionMutants } from "./mutants/session-mutants.ts"
import { storeMutants } from "./mutants/store-mutants.ts"
import { throttleMutants } from "./mutants/throttle-mutants.ts"

export const mutants: ReadonlyArray<Mutant> = [
  ...sessionMutants,
  ...loginMutants,
  ...requestMutants,
  ...adapterMutants,
  ...deviceMutants,
  ...throttleMutants,
  ...storeMutants
]
