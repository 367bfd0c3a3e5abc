import { service } from "../../rig/services.ts"
import { testEngine } from "./engine.ts"

testEngine("cache", service("redis"))
