// Holds the import map of docs/architecture.md. A check that saw no modules has checked nothing, and fails.
import { cruise } from "dependency-cruiser"
import extractTSConfig from "dependency-cruiser/config-utl/extract-ts-config"
import config from "../.dependency-cruiser.mjs"

const { output } = await cruise(
  ["src"],
  { ...config.options, ruleSet: { forbidden: config.forbidden }, validate: true },
  config.options.enhancedResolveOptions,
  { tsConfig: extractTSConfig(config.options.tsConfig.fileName) },
)
const modules = output.modules.filter(module => module.source.startsWith("src/"))
const edges = modules.flatMap(module => module.dependencies)
for (const { rule, from, to } of output.summary.violations) console.error(`${rule.name}: ${from} → ${to}`)
console.log(`map: ${modules.length} modules, ${edges.length} imports, ${output.summary.violations.length} violations`)
if (modules.length < 10 || edges.length < 10) {
  console.error("map: saw almost nothing; the check itself is broken (TypeScript not understood?)")
  process.exit(1)
}
process.exit(output.summary.violations.length === 0 ? 0 : 1)
