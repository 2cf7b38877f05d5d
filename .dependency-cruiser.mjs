// Who may import whom (docs/architecture.md). A folder is entered through its index.ts only.
const folders = {
  crypto: [],
  protocol: ["crypto"],
  client: ["protocol", "crypto"],
  server: ["protocol", "crypto"],
  authority: ["protocol", "crypto"],
  witness: ["protocol", "crypto"],
  audit: ["protocol", "crypto"],
  simulator: ["client", "server", "authority", "protocol", "crypto"],
  cli: ["simulator", "client", "server", "authority", "witness", "audit", "protocol", "crypto"],
}

/** Which packages a path may import; the first pattern that fits a module decides. */
const packages = [
  ["^src/crypto/", ["tweetnacl", "@noble/"]],
  ["^src/protocol/export", ["@bufbuild/protobuf", "fflate"]],
  ["^src/protocol/", []],
  ["^src/client/store/indexeddb", ["idb"]],
  ["^src/client/store/sqlite", ["better-sqlite3", "node:"]],
  ["^src/client/node/", ["node:"]],
  ["^src/client/", []],
  ["^src/authority/portal/vite", ["vite", "node:"]],
  ["^src/authority/portal/", ["lit-html", "qr", "papaparse", "@simplewebauthn/browser", "zod"]],
  ["^src/(server|authority)/store/sqlite", ["better-sqlite3", "node:"]],
  ["^src/authority/accounts/sqlite", ["better-sqlite3", "node:"]],
  ["^src/authority/accounts/argon2", ["@node-rs/argon2"]],
  ["^src/authority/accounts/totp", ["otpauth"]],
  ["^src/authority/accounts/passkeys", ["@simplewebauthn/server"]],
  [
    "^src/(server|authority|witness)/http/",
    ["express", "helmet", "express-rate-limit", "zod", "pino", "prom-client", "node:"],
  ],
  ["^src/(server|authority|witness)/", ["zod", "node:"]],
  ["^src/(audit|simulator)/", []],
]

const rules = Object.entries(folders).map(([folder, allowed]) => ({
  name: `${folder}-imports-downward`,
  severity: "error",
  from: { path: `^src/${folder}/` },
  to: { path: "^src/", pathNot: [folder, ...allowed].map(name => `^src/${name}/`) },
}))

const doors = {
  name: "folders-are-entered-through-index",
  severity: "error",
  from: { path: "^src/([^/]+)/" },
  to: {
    path: "^src/([^/]+)/.+",
    // client/store, client/node and client/gaen have doors of their own, because apps choose among them; so has
    // protocol/export, because it alone needs an inflating library.
    pathNot: [
      "^src/$1/",
      "^src/[^/]+/index\\.ts$",
      "^src/protocol/export\\.ts$",
      "^src/client/(store/(indexeddb|sqlite)|node/index|gaen/index)\\.ts$",
    ],
  },
}

const dependencyTypes = ["npm", "npm-dev", "npm-optional", "npm-peer", "npm-no-pkg", "npm-unknown", "core"]
const outside = packages.map(([path, allowed], i) => ({
  name: `packages-of-${path.replace(/[^a-z]+/g, "-").replace(/^-|-$/g, "")}`,
  severity: "error",
  from: { path, pathNot: packages.slice(0, i).map(([earlier]) => earlier) },
  to: {
    dependencyTypes,
    pathNot: allowed.flatMap(name =>
      name === "node:" ? ["^(node:)?[a-z_/]+$"] : [`^${name}`, `node_modules/(@types/)?${name}`],
    ),
  },
}))

export default {
  forbidden: [
    ...rules,
    doors,
    ...outside,
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    { name: "resolves", severity: "error", from: {}, to: { couldNotResolve: true } },
    { name: "nobody-imports-the-cli", severity: "error", from: { path: "^src/(?!cli/)" }, to: { path: "^src/cli/" } },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.base.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "types", "node", "default"] },
  },
}
