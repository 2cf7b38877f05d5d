// Draws attenuation against distance, measured and modelled, as SVG on the standard output:
//   lindung measurement fit --data DIR --json | node scripts/radio-plot.mjs [--dark] > docs/attenuation.svg
import { text } from "node:stream/consumers"

const { bins, curve, model } = JSON.parse(await text(process.stdin))
const { modelQuantiles } = await import("../dist/src/simulator/index.js")

const dark = process.argv.includes("--dark")
const paper = dark ? "#0d1117" : "#ffffff"
const ink = dark ? "#c9d1d9" : "#24292f"
const faint = dark ? "#30363d" : "#d8dee4"
const measured = dark ? "#f0883e" : "#bc4c00"
const modelled = dark ? "#58a6ff" : "#0969da"

const [width, height] = [760, 460]
const frame = { left: 60, right: 20, top: 56, bottom: 48 }
const [nearest, farthest] = [0.3, 10]
const [weakest, strongest] = [75, 25]
const round = value => Math.round(value * 10) / 10
const x = metres =>
  round(frame.left + ((width - frame.left - frame.right) * Math.log(metres / nearest)) / Math.log(farthest / nearest))
const y = dB => round(frame.top + ((height - frame.top - frame.bottom) * (dB - strongest)) / (weakest - strongest))

const metres = Array.from({ length: 71 }, (_, i) => nearest * (farthest / nearest) ** (i / 70))
const curves = metres.map(m => modelQuantiles(curve, m, model.txPower))
const line = quantile => metres.map((m, i) => `${x(m)},${y(curves[i][quantile])}`)
const band = (low, high, opacity) =>
  `<polygon points="${[...line(low), ...line(high).reverse()].join(" ")}" fill="${modelled}" opacity="${opacity}"/>`

const ticks = [0.3, 0.5, 1, 2, 3, 5, 10].map(
  m => `<line x1="${x(m)}" x2="${x(m)}" y1="${frame.top}" y2="${height - frame.bottom}" stroke="${faint}"/>
<text x="${x(m)}" y="${height - frame.bottom + 18}" text-anchor="middle">${m}</text>`,
)
const levels = [30, 40, 50, 60, 70].map(
  dB => `<line x1="${frame.left}" x2="${width - frame.right}" y1="${y(dB)}" y2="${y(dB)}" stroke="${faint}"/>
<text x="${frame.left - 8}" y="${y(dB) + 4}" text-anchor="end">${dB}</text>`,
)
const boxes = bins.map(({ from, to, data }) => {
  const centre = x(Math.sqrt(from * to))
  const [q5, q25, q50, q75, q95] = data.map(y)
  return `<line x1="${centre}" x2="${centre}" y1="${q5}" y2="${q95}" stroke="${measured}" stroke-width="1.5"/>
<rect x="${centre - 6}" y="${q25}" width="12" height="${round(q75 - q25)}" fill="${paper}" stroke="${measured}" stroke-width="1.5"/>
<line x1="${centre - 6}" x2="${centre + 6}" y1="${q50}" y2="${q50}" stroke="${measured}" stroke-width="3"/>`
})

const packets = bins.reduce((sum, bin) => sum + bin.packets, 0)
console.log(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title desc" font-family="system-ui, sans-serif" font-size="12" fill="${ink}">
<title id="title">Attenuation of received packets against distance: field measurement and model</title>
<desc id="desc">Distance in metres across, on a logarithmic scale; attenuation in dB, the strongest signals above. A box with whiskers for each range of distances shows what was measured, a line with two bands what the model says: the median, the middle half, and 5 to 95 % of the packets.</desc>
<rect width="${width}" height="${height}" fill="${paper}"/>
<text x="${frame.left}" y="22" font-size="15">Attenuation of received packets against distance</text>
<text x="${frame.left}" y="42"><tspan fill="${measured}">▮ measured, ${packets.toLocaleString("en-GB")} packets</tspan><tspan dx="14" fill="${modelled}">▮ model</tspan><tspan dx="14">median, 25–75 % and 5–95 % of each</tspan></text>
${[...ticks, ...levels].join("\n")}
${band(0, 4, 0.15)}
${band(1, 3, 0.25)}
<polyline points="${line(2).join(" ")}" fill="none" stroke="${modelled}" stroke-width="2.5"/>
${boxes.join("\n")}
<text x="${(frame.left + width - frame.right) / 2}" y="${height - 10}" text-anchor="middle">metres</text>
<text transform="translate(18 ${(frame.top + height - frame.bottom) / 2}) rotate(-90)" text-anchor="middle">dB (strong above)</text>
</svg>`)
