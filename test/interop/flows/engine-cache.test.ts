import { longSuite, service } from "../../rig/services.ts"
import { testEngine } from "./engine.ts"

testEngine("cache", longSuite(), service("redis"))
