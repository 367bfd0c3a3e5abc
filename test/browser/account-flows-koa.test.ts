import { testAccountFlows } from "./account-flows.ts"
import { exampleOf } from "./examples.ts"

testAccountFlows(exampleOf("koa"))
