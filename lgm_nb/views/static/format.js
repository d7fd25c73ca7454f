// Numbers as text.

/** @param {number} v */
export const percent = v => `${v.toFixed(1)} %`;

/** @param {number} seconds */
export function duration(seconds) {
  if (seconds < 1) return 'under 1 s';
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

/** @param {number} perSecond */
export const rate = perSecond => `${perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond)} steps/s`;
