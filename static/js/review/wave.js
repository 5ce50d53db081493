/* The sound's peaks under the timeline, one line a peak; nothing where a clip has no sound. */

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 20;

export function drawWave(place, peaks) {
  const none = !peaks || !peaks.length;
  place.toggleAttribute("hidden", none);
  place.replaceChildren();
  if (none) return;
  place.setAttribute("viewBox", `0 0 ${peaks.length} ${HEIGHT}`);
  place.setAttribute("preserveAspectRatio", "none");
  const middle = HEIGHT / 2;
  const line = document.createElementNS(SVG, "path");
  // Silence is a thin line and not a gap.
  const half = (peak) => Math.max(0.4, Math.min(1, peak) * middle);
  line.setAttribute("d", peaks.map((peak, at) => `M${at} ${(middle - half(peak)).toFixed(1)}h1v${(2 * half(peak)).toFixed(1)}h-1z`).join(""));
  place.append(line);
}
