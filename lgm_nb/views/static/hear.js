// What each message of a run does to its view.
import { nearestIn } from './peek.js';
import { ASK, TELL } from './protocol.js';

/** @typedef {import('./protocol.js').Link} Link */
/** @typedef {import('./protocol.js').Sheet} Sheet */
/** @typedef {import('./evolution.js').RunView} RunView */

/** The bytes of a buffer: Jupyter gives views, some other hosts whole buffers. @param {DataView | ArrayBuffer} b */
export const bytesOf = b => ArrayBuffer.isView(b)
  ? new Uint8Array(/** @type {ArrayBuffer} */ (b.buffer), b.byteOffset, b.byteLength) : new Uint8Array(b);

/** @param {Sheet} sheet @param {DataView} buffer @returns {Sheet} */
const withBytes = (sheet, buffer) => ({ ...sheet, data: bytesOf(buffer) });

/**
 * What to do with each kind of message of a run.
 * @type {Record<string, (view: RunView, message: any, buffers: DataView[], link: Link) => void>}
 */
export const OF_RUN = {
  [TELL.SHEET]: addSheet,
  [TELL.FRAME]: addFrame,
  [TELL.CURVES]: setCurves,
  [TELL.DROP]: dropFrames,
  [TELL.STATUS]: (view, { status }) => view.changeStatus(status),
  [TELL.DETAIL]: showDetail,
  [TELL.NEAR]: tellNear,
  [TELL.LEVEL]: (view, { sheet, level }, [pixels]) => view.showLevel(withBytes(sheet, pixels), level),
};

/** @param {RunView} view @param {import('./protocol.js').TellSheet} message @param {DataView[]} buffers */
function addSheet(view, { sheet }, [pixels]) {
  view.film.addSheet(sheet, bytesOf(pixels));
  view.changeFrames();
}

/**
 * @param {RunView} view
 * @param {import('./protocol.js').TellFrame} message
 * @param {DataView[]} buffers
 * @param {Link} link
 */
function addFrame(view, { frame, sheet, newest, levels, loss, status }, buffers, link) {
  const { film } = view, told = film.loss.at(-1)?.[0] ?? 0;
  link.ask({ ask: ASK.ACK, step: frame.step });
  if (sheet) film.addSheet(sheet, bytesOf(buffers[0]));
  film.newest = newest;
  film.addFrame(frame);
  if (levels > film.grown.length + 1) film.grown.push(frame.step - 1);
  film.loss.push(...loss.filter(([step]) => step > told));
  view.changeStatus(status);
  view.changeFrames();
}

/** @param {RunView} view @param {import('./protocol.js').TellCurves} message @param {any} _ @param {Link} link */
function setCurves(view, { curves, maps, words, caution }, _, link) {
  view.film.addMaps(maps);
  Object.assign(view.film, { curves, words, caution });
  view.changeCurves();
  if (view.open !== null) link.ask({ ask: ASK.DETAIL, image: view.open });
}

/** @param {RunView} view @param {import('./protocol.js').TellDrop} message */
function dropFrames(view, { steps, kept }) {
  view.film.drop(steps);
  view.film.kept = kept;
  view.changeFrames();
}

/** @param {RunView} view @param {import('./protocol.js').TellNear} message @param {DataView[]} buffers */
function tellNear(view, { image, step, part }, [pixels]) {
  view.peek.receive(image, { step, part: part && { ...part, sheet: withBytes(part.sheet, pixels) } });
}

/** @param {RunView} view @param {import('./protocol.js').TellDetail} message @param {DataView[]} buffers */
function showDetail(view, message, [big, ...rest]) {
  const parts = message.parts.map((part, i) => ({ ...part, sheet: withBytes(part.sheet, rest[i]) }));
  view.detail.show({ ...message, big: withBytes(message.big, big), parts });
  view.peek.receive(message.image, { step: message.step, part: nearestIn(parts) ?? null });
}
