// The frames of a run. Images that did not change share a tile of an earlier sheet.
import { joined } from './plane.js';
import { decode, drawTile, unbase64 } from './sheet.js';

/** @typedef {import('./protocol.js').Frame} Frame */
/** @typedef {import('./protocol.js').Sheet} Sheet */
/** @typedef {import('./protocol.js').RunFacts} RunFacts */

const DECODED = 48; // bitmaps kept
const RETIRED = 10_000; // milliseconds until one that is no longer kept is closed: it may still be drawn

export class Film {
  /** @param {RunFacts} facts */
  constructor(facts) {
    this.run = facts.run;
    this.title = facts.title ?? '';
    this.note = facts.note ?? '';
    this.kept = facts.kept ?? '';
    this.protocol = facts.protocol ?? '';
    this.words = facts.words ?? '';
    this.caution = facts.caution ?? '';
    this.classes = facts.classes ?? [];
    this.labels = facts.labels ?? [];
    this.side = facts.side ?? 32;
    this.steps = facts.steps ?? 1;
    this.sizes = facts.sizes ?? [];
    this.grown = facts.grown ?? [];
    this.loss = facts.loss ?? [];
    this.curves = facts.curves ?? [];
    this.maps = facts.maps ?? [];
    this.frames = facts.frames ?? [];
    this.details = facts.details ?? [];
    this.names = this.labels.map(l => this.classes[l]);
    this.newest = Infinity; // id of the newest sheet: frames that use later ones may still arrive
    /** @type {Map<number, Sheet>} */
    this.sheets = new Map();
    /** @type {Map<number, Promise<ImageBitmap>>} */
    this.decoded = new Map();
    for (const s of facts.sheets ?? []) this.addSheet(s, unbase64(s.data));
  }

  /** @param {Sheet} sheet @param {Uint8Array} bytes */
  addSheet(sheet, bytes) {
    this.sheets.set(/** @type {number} */ (sheet.id), { ...sheet, data: bytes });
  }

  /**
   * Add a frame in the order of steps. It replaces a passing frame at the end, and one of the same step.
   * @param {Frame} frame
   */
  addFrame(frame) {
    if (this.frames.at(-1)?.passing) this.frames.pop();
    const at = this.frames.findIndex(f => f.step >= frame.step);
    if (at < 0) this.frames.push(frame);
    else this.frames.splice(at, this.frames[at].step === frame.step ? 1 : 0, frame);
    this.forget();
  }

  /** Add what is new in the maps: whole ones, or further moments. @param {import('./protocol.js').FeatureMap[]} maps */
  addMaps(maps) {
    for (const map of maps) {
      const known = this.maps.find(m => m.name === map.name);
      if (known) known.walk = joined(known.walk, map.walk);
      else if (map.dots) this.maps.push(map);
    }
  }

  /** @param {number[]} steps */
  drop(steps) {
    const gone = new Set(steps);
    this.frames = this.frames.filter(f => !gone.has(f.step));
    this.forget();
  }

  /** Forget sheets that no frame shows. */
  forget() {
    const used = new Set(this.frames.flatMap(f => this.sheetsOf(f)));
    for (const id of this.sheets.keys()) {
      if (used.has(id) || id >= this.newest) continue;
      this.sheets.delete(id);
      this.retire(id);
    }
  }

  /**
   * The sheet and the tile of an image.
   * @param {Frame} frame
   * @param {number} image
   * @returns {[number, number]}
   */
  tileOf(frame, image) {
    return frame.tiles ? frame.tiles[image] : [/** @type {number} */ (frame.sheet), image];
  }

  /** @param {Frame} frame @returns {number[]} ids */
  sheetsOf(frame) {
    return frame.tiles ? [...new Set(frame.tiles.map(t => t[0]))] : [/** @type {number} */ (frame.sheet)];
  }

  /** @param {Frame} frame */
  has(frame) {
    return this.sheetsOf(frame).every(id => this.sheets.has(id));
  }

  /**
   * The frame itself, or the nearest earlier (else later) one whose pixels have arrived.
   * @param {number} index
   * @returns {number} its index, -1 if there is none
   */
  nearest(index) {
    for (let d = 0; d < this.frames.length; d++) {
      for (const i of [index - d, index + d]) if (this.frames[i] && this.has(this.frames[i])) return i;
    }
    return -1;
  }

  /** @param {number} id @returns {Promise<ImageBitmap>} */
  bitmap(id) {
    const known = this.decoded.get(id);
    if (known) return known;
    const bitmap = decode(/** @type {Sheet} */ (this.sheets.get(id)));
    this.decoded.set(id, bitmap);
    if (this.decoded.size > DECODED) this.retire(/** @type {number} */ (this.decoded.keys().next().value));
    return bitmap;
  }

  /** Keep a bitmap no longer; its memory is freed. @param {number} id @param {number} [after] milliseconds */
  retire(id, after = RETIRED) {
    const bitmap = this.decoded.get(id);
    this.decoded.delete(id);
    bitmap?.then(b => setTimeout(() => b?.close(), after), () => {}); // it may be damaged
  }

  /** The view was removed. */
  off() {
    for (const id of [...this.decoded.keys()]) this.retire(id, 0);
  }

  /**
   * Decode a frame.
   * @param {Frame} frame
   * @param {HTMLCanvasElement[]} canvases one per image
   * @returns {Promise<(alpha: number) => void>} draws it, with an opacity over what the canvases show
   */
  async painter(frame, canvases) {
    const ids = this.sheetsOf(frame);
    const sheets = new Map(ids.map(id => [id, this.sheets.get(id)])); // they may be forgotten before the last drawing
    const bitmaps = new Map(await Promise.all(ids.map(async id => /** @type {const} */ ([id, await this.bitmap(id)]))));
    return alpha => canvases.forEach((canvas, i) => {
      const [id, index] = this.tileOf(frame, i), sheet = sheets.get(id), bitmap = bitmaps.get(id);
      if (sheet && bitmap) drawTile(canvas, bitmap, sheet, index, alpha);
    });
  }

  /** @param {Frame} frame @param {HTMLCanvasElement[]} canvases one per image */
  async draw(frame, canvases) {
    (await this.painter(frame, canvases))(1);
  }
}
