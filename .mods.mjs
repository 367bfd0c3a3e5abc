const load = () => new Set(process.moduleLoadList)
let before = load()
for (const s of process.argv.slice(2)) { await import(s); const now = load(); console.log(s, [...now].filter((x) => !before.has(x)).map((x) => x.replace("NativeModule ", "").replace("Internal Binding ", "b:")).join(" ")); before = now }
console.log("undici", [...before].filter((x) => /undici/.test(x)))
