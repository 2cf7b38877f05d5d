/**
 * The library that apps embed.
 * @module
 */
export * as cadence from "./cadence.ts"
export * as cover from "./cover.ts"
export * as risk from "./risk/index.ts"
