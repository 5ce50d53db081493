/* Frames are integers, rates are fractions; these are the only places where one becomes the other. */

export const fpsOf = (clip) => clip.fpsNum / clip.fpsDen;

/* The middle of a frame: browsers differ at a frame's edge, never in its middle. */
export const middleOf = (frame, clip) => ((frame + 0.5) * clip.fpsDen) / clip.fpsNum;

/* The frame shown at a presentation time, which is the frame's own beginning. */
export const frameAtStart = (seconds, clip) => clamp(Math.round(seconds * fpsOf(clip)), clip);

/* The frame that a moment lies in. */
export const frameAt = (seconds, clip) => clamp(Math.floor(seconds * fpsOf(clip) + 1e-4), clip);

export const clamp = (frame, clip) => Math.min(Math.max(0, frame), Math.max(0, clip.frames - 1));

const two = (number) => String(number).padStart(2, "0");

/* HH:MM:SS:FF. Drop-frame counting (;) skips two numbers a minute at 29.97 and four at 59.94, but every tenth. */
export function timecode(frame, clip) {
  const rate = Math.round(fpsOf(clip));
  const drops = clip.fpsDen !== 1 && (rate === 30 || rate === 60) ? rate / 15 : 0;
  let count = frame;
  if (drops) {
    const perTen = rate * 600 - drops * 9;
    const perMinute = rate * 60 - drops;
    const tens = Math.floor(frame / perTen);
    const rest = frame % perTen;
    count += drops * 9 * tens + (rest >= drops ? drops * Math.floor((rest - drops) / perMinute) : 0);
  }
  const seconds = Math.floor(count / rate);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(two).join(":");
  return `${parts}${drops ? ";" : ":"}${two(count % rate)}`;
}

export const secondsWords = (frame, clip) => `${((frame * clip.fpsDen) / clip.fpsNum).toFixed(2)} s`;

export const frameWords = (frame, base) => `f ${frame + base}`;

export function rangeWords(first, last, base) {
  return last === null || last === first ? frameWords(first, base) : `f ${first + base}–${last + base}`;
}
