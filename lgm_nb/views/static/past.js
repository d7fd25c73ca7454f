// What had been measured at a step of a run.

/** @typedef {import('./protocol.js').Curve} Curve */

/**
 * The last point at or before a step, undefined if there is none.
 * @param {Curve} curve
 * @param {number | null} step null for the last of all
 */
export const pointAt = ({ points }, step) => step === null ? points.at(-1) : points.findLast(p => p[0] <= step);

/**
 * The accuracy of each class at a step: as it was last measured and kept, else the latest.
 * @param {Curve} curve
 * @param {number | null} step null for the latest
 * @returns {{step: number, values: number[], latest: boolean}}
 */
export function classesAt({ points, classes = [], past = [] }, step) {
  const latest = points.at(-1)?.[0] ?? 0, found = past.findLast(([s]) => s <= (step ?? latest));
  return found && step !== null && step < latest ? { step: found[0], values: found[1], latest: false }
    : { step: latest, values: classes, latest: true };
}
