import { service } from "../../rig/services.ts"
import { testEngine } from "./engine.ts"

testEngine("cached_db", service("redis"))
