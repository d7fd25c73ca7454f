// Sheets: equal square tiles in one picture, as raw RGB or compressed.
import { el } from './dom.js';

/** @typedef {import('./protocol.js').Sheet} Sheet */

/**
 * @param {string} text
 * @returns {Uint8Array<ArrayBuffer>}
 */
export const unbase64 = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));

/**
 * Decode the pixels, which are base64 in a page and bytes from a kernel.
 * @param {Sheet} sheet
 * @returns {Sheet} with bytes
 */
export const loaded = sheet => ({
  ...sheet,
  data: typeof sheet.data === 'string' ? unbase64(sheet.data) : sheet.data,
});

/**
 * @param {Sheet} sheet with bytes
 * @returns {Promise<ImageBitmap>}
 */
export async function decode({ mime, columns, side, count, data }) {
  if (mime !== 'raw') return createImageBitmap(new Blob([data], { type: mime }));
  const pixels = new ImageData(columns * side, Math.ceil(count / columns) * side);
  for (let i = 0, j = 0; i < data.length; i += 3, j += 4) {
    pixels.data[j] = data[i];
    pixels.data[j + 1] = data[i + 1];
    pixels.data[j + 2] = data[i + 2];
    pixels.data[j + 3] = 255;
  }
  return createImageBitmap(pixels);
}

/**
 * Decode a sheet that is drawn once, and free its memory at once: the garbage collector does not see bitmaps.
 * @param {Sheet} sheet with bytes
 * @param {(bitmap: ImageBitmap) => void} draw
 */
export async function drawOnce(sheet, draw) {
  const bitmap = await decode(sheet);
  try {
    draw(bitmap);
  } finally {
    bitmap.close();
  }
}

/** @param {HTMLCanvasElement} canvas */
const context = canvas => /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));

/**
 * @param {HTMLCanvasElement} canvas
 * @param {ImageBitmap} bitmap of the sheet
 * @param {Sheet} sheet
 * @param {number} index
 * @param {number} [alpha] opacity over what the canvas shows
 */
export function drawTile(canvas, bitmap, { columns, side }, index, alpha = 1) {
  if (bitmap.width === 0) return; // closed: its view was removed
  const fresh = canvas.width !== side;
  if (fresh) canvas.width = canvas.height = side;
  const x = (index % columns) * side, y = Math.floor(index / columns) * side, onto = context(canvas);
  onto.globalAlpha = fresh ? 1 : alpha;
  onto.drawImage(bitmap, x, y, side, side, 0, 0, side, side);
  onto.globalAlpha = 1;
}

/**
 * @param {HTMLCanvasElement} from
 * @param {HTMLCanvasElement} to
 */
export function copyCanvas(from, to) {
  if (from.width) context(to).drawImage(from, 0, 0, to.width, to.height);
}

/**
 * Captioned canvases of the tiles of one sheet.
 * @param {Sheet} sheet with bytes
 * @param {string[]} captions
 * @param {number} size pixels on the page
 */
export function tiles(sheet, captions, size) {
  const canvases = captions.map(text => el('canvas', {
    width: sheet.side, height: sheet.side, role: 'img', 'aria-label': text, style: { width: `${size}px` },
  }));
  drawOnce(sheet, bitmap => canvases.forEach((canvas, i) => drawTile(canvas, bitmap, sheet, i)));
  return canvases.map((canvas, i) => el('figure', {}, canvas, el('figcaption', {}, captions[i])));
}
