import { longSuite, service } from "../../rig/services.ts"
import { testEngine } from "./engine.ts"

testEngine("cached_db", longSuite(), service("redis"))
