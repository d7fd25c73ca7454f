// A zip, or folders of images, dropped onto the studio: their files go to the kernel in pieces.
import { ASK } from './protocol.js';

/** @typedef {{path: string, file: File}} Found */
/** @typedef {(message: import('./protocol.js').AskDrop, buffers: ArrayBuffer[]) => void} SendPiece */

const PIECE = 500_000; // bytes in a message: Colab breaks off at a megabyte, of text in base64
const MOST_DROPPED = 200_000_000; // bytes of all files together

/**
 * What a folder holds, which comes in several portions.
 * @param {FileSystemDirectoryEntry} folder
 * @returns {Promise<FileSystemEntry[]>}
 */
async function entriesOf(folder) {
  /** @type {FileSystemEntry[]} */
  const all = [], reader = folder.createReader();
  const portion = () => new Promise((resolve, reject) => reader.readEntries(resolve, reject));
  for (let some = await portion(); some.length; some = await portion()) all.push(...some);
  return all;
}

/**
 * The files below an entry, without hidden ones.
 * @param {any} entry a FileSystemEntry
 * @param {string} [path] its own
 * @returns {Promise<Found[]>}
 */
export async function filesIn(entry, path = entry.name) {
  if (entry.name.startsWith('.')) return [];
  if (entry.isFile) return [{ path, file: await new Promise((resolve, reject) => entry.file(resolve, reject)) }];
  const found = [];
  for (const inner of await entriesOf(entry)) found.push(...await filesIn(inner, `${path}/${inner.name}`));
  return found;
}

/**
 * The files that were dropped. The browser forgets the items after the event, so all are taken at once.
 * @param {Iterable<DataTransferItem>} items
 * @returns {Promise<Found[]>}
 */
export async function filesOf(items) {
  const taken = [...items].filter(item => item.kind === 'file')
    .map(item => ({ entry: item.webkitGetAsEntry?.(), file: item.getAsFile() }));
  const found = await Promise.all(taken.map(({ entry, file }) =>
    entry ? filesIn(entry) : file ? [{ path: file.name, file }] : []));
  return found.flat();
}

/**
 * Send files in pieces. Throws an Error that says what is wrong with them.
 * @param {Found[]} found
 * @param {SendPiece} send
 */
export async function sendFiles(found, send) {
  const size = found.reduce((sum, { file }) => sum + file.size, 0);
  if (!found.length) throw new Error('Drop a .zip, or a folder with one folder of images per class.');
  if (size > MOST_DROPPED) {
    throw new Error(`${Math.ceil(size / 1e6)} MB were dropped, at most ${MOST_DROPPED / 1e6} are taken: `
      + 'copy the folder to where the kernel runs, and give its path as Data.');
  }
  for (const [i, { path, file }] of found.entries()) {
    for (let at = 0; !at || at < file.size; at += PIECE) {
      const last = i === found.length - 1 && at + PIECE >= file.size;
      const piece = await file.slice(at, at + PIECE).arrayBuffer();
      send({ ask: ASK.DROP, path, first: !i && !at, last }, [piece]);
    }
  }
}

/**
 * Send what was dropped to the kernel, which says what becomes of it.
 * @param {DataTransferItemList} items
 * @param {SendPiece} send
 * @param {(text: string) => void} said
 */
async function sendDropped(items, send, said) {
  const files = filesOf(items);
  said('Sending …');
  try {
    await sendFiles(await files, send);
    said('');
  } catch (error) {
    said(error instanceof Error ? error.message : `${error}`);
  }
}

/**
 * Take what is dropped anywhere onto a box; the browser would open it instead.
 * @param {() => HTMLElement | null} box found late: a notebook puts a view into its page after it has made it
 * @param {SendPiece} send
 * @param {(text: string) => void} said
 * @returns {() => void} stops
 */
export function dropZone(box, send, said) {
  const light = (/** @type {boolean} */ on) => {
    const style = box()?.style;
    style?.setProperty('outline', on ? '2px dashed var(--jp-brand-color1, #1976d2)' : 'none');
    style?.setProperty('outline-offset', '-2px'); // a notebook cuts off what is outside of an output
  };
  const hear = (/** @type {DragEvent} */ event) => {
    const own = box(), { target, dataTransfer, type } = event;
    const inside = !!own && target instanceof Node && own.contains(target) && !!dataTransfer?.types.includes('Files');
    light(inside && type === 'dragover');
    if (!inside || !dataTransfer || type === 'dragleave') return;
    event.preventDefault();
    event.stopPropagation();
    dataTransfer.dropEffect = 'copy';
    if (type === 'drop') sendDropped(dataTransfer.items, send, said);
  };
  const kinds = /** @type {const} */ (['dragover', 'dragleave', 'drop']);
  for (const kind of kinds) document.addEventListener(kind, hear, true);
  return () => { for (const kind of kinds) document.removeEventListener(kind, hear, true); };
}
