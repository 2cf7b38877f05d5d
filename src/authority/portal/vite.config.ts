import { fileURLToPath } from "node:url"
import { defineConfig } from "vite"

const here = fileURLToPath(new URL(".", import.meta.url))

/** The portal as static files under dist/portal, which the authority serves with a strict policy. */
export default defineConfig({
  root: here,
  base: "./",
  logLevel: "warn",
  build: {
    outDir: fileURLToPath(new URL("../../../dist/portal", import.meta.url)),
    emptyOutDir: true,
    // Nothing is put into the page itself: its policy takes neither inline scripts nor data: addresses.
    assetsInlineLimit: 0,
    modulePreload: false,
    target: "es2022",
  },
})
