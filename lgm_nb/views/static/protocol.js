// Names and types of the messages between a kernel and its views; protocol.json describes each field.

/** Kernel to view: values of `kind`. */
export const TELL = /** @type {const} */ ({
  SYNC: 'sync', SHEET: 'sheet', FRAME: 'frame', CURVES: 'curves', DROP: 'drop', STATUS: 'status',
  DETAIL: 'detail', LEVEL: 'level', DRAW: 'draw', RUNS: 'runs', FILM: 'film', SAID: 'said', NEAR: 'near',
  PAGE: 'page',
});

/** View to kernel: values of `ask`. */
export const ASK = /** @type {const} */ ({
  HELLO: 'hello', ACK: 'ack', DETAIL: 'detail', LEVEL: 'level', DRAW: 'draw', FILM: 'film', PAGE: 'page', NEAR: 'near',
  DROP: 'drop',
});

/**
 * Equal square tiles in one picture, `columns` in a row. `data`: bytes, or base64 in a page.
 * @typedef {{mime: string, columns: number, side: number, count: number, id?: number, data?: any}} Sheet
 *
 * The images after a step: those of one sheet in order, or [sheet, index] per image. A passing frame is replaced
 * by the next one.
 * @typedef {{step: number, levels: number, sheet?: number, tiles?: [number, number][], passing?: boolean}} Frame
 *
 * Accuracy of a probed backbone in percent: points are [step, mean, std], baselines [mean, std].
 * @typedef {object} Curve
 * @property {string} name
 * @property {boolean} [own] the backbone that distils
 * @property {number[][]} points
 * @property {Record<string, number[]>} [baselines]
 * @property {string[]} [unbeaten] baselines that the latest images are not above beyond the interval
 * @property {number[] | null} [check] [mean, std] of the last images with probes of 1,000 epochs
 * @property {number[]} [classes] latest accuracy of each class
 * @property {[number, number[]][]} [past] the same at earlier steps, evenly chosen: [step, accuracy of each class]
 * @property {number[][][]} [mistaken] for each class: [class that its test images were taken for, percent]
 *
 * The distilled images after a step: `at` is x, y, x, y … in a feature map, `near` the class whose mean is nearest.
 * @typedef {{step: number, at: number[], near: number[]}} Moment
 *
 * The map of a probed backbone, in thousandths of the distance to its farthest dot. News of it has no dots.
 * @typedef {object} FeatureMap
 * @property {string} name
 * @property {number[][]} [dots] real images of each class: x, y, x, y …
 * @property {number} [share] of the variance that the axes show
 * @property {string} [of] what that is the variance of
 * @property {Moment[]} walk
 *
 * @typedef {object} Status
 * @property {string} state
 * @property {number} step
 * @property {number} levels
 * @property {number} rate steps per second
 * @property {number} left seconds
 * @property {string} doing
 * @property {string} message
 *
 * A run without its pixels; a page adds `sheets` and `details`.
 * @typedef {object} RunFacts
 * @property {string} [title]
 * @property {string} [note]
 * @property {string[]} [classes]
 * @property {number[]} [labels] class of each image
 * @property {number} [side] pixels
 * @property {number} [steps] planned
 * @property {number[]} [sizes] sides of the levels of the pyramid
 * @property {number[]} [grown] steps after which a level was added
 * @property {number[][]} [loss] [step, meta-loss]
 * @property {Curve[]} [curves]
 * @property {FeatureMap[]} [maps]
 * @property {Frame[]} [frames]
 * @property {string} [kept]
 * @property {Record<string, string>} [settings] what tells the run apart, by title
 * @property {string} [protocol] how the accuracy is measured
 * @property {string} [words] the accuracies in a sentence, once all are measured
 * @property {string} [caution] what they do not tell
 * @property {number} [run]
 * @property {Status} [status]
 * @property {Sheet[]} [sheets]
 * @property {Detail[]} [details]
 *
 * @typedef {{title: string, note: string, captions: string[], sheet: Sheet}} Part
 * @typedef {{image: number, step?: number, big?: Sheet, parts?: Part[], waiting?: boolean}} Detail
 * @typedef {{step: number, part: Part | null}} Near nearest real images at a step; null before these are embedded
 *
 * A run on the shelf; of its curves, the last points and the baselines.
 * @typedef {object} Shelved
 * @property {string} key
 * @property {string} title
 * @property {string} note
 * @property {string} result
 * @property {string} place
 * @property {string} [stamp] of a folder: it changes when another run is saved there
 * @property {string} [data] name of the data
 * @property {string[]} [sources] backbones that it was distilled with
 * @property {Curve[]} [curves]
 *
 * @typedef {{seed: number, boxes: number[][], captions: string[], sheet: Sheet}} Draw
 */

/**
 * @typedef {{kind: 'sync', run: number, facts: RunFacts}} TellSync
 * @typedef {{kind: 'sheet', run: number, sheet: Sheet}} TellSheet
 * @typedef {{kind: 'frame', run: number, frame: Frame, sheet: Sheet | null, levels: number, newest: number,
 *   loss: number[][], status: Status}} TellFrame
 * @typedef {{kind: 'curves', run: number, curves: Curve[], maps: FeatureMap[], words: string,
 *   caution: string}} TellCurves
 * @typedef {{kind: 'drop', run: number, steps: number[], kept: string}} TellDrop
 * @typedef {{kind: 'status', run: number, status: Status}} TellStatus
 * @typedef {{kind: 'detail', run: number, image: number, step: number, big: Sheet, parts: Part[]}} TellDetail
 * @typedef {{kind: 'level', run: number, level: number, sheet: Sheet}} TellLevel
 * @typedef {{kind: 'runs', runs: Shelved[], thumbs: Sheet | null, each: number, open: string | null}} TellRuns
 * @typedef {{kind: 'film', key: string, facts: RunFacts}} TellFilm
 * @typedef {{kind: 'said', text: string}} TellSaid
 * @typedef {{kind: 'near', run: number, image: number, step: number, part: Part | null}} TellNear
 * @typedef {{kind: 'page', name: string}} TellPage
 * @typedef {{kind: 'draw', draw: Draw}} TellDraw
 * @typedef {TellSync | TellSheet | TellFrame | TellCurves | TellDrop | TellStatus | TellDetail | TellLevel
 *   | TellNear} TellRun
 * @typedef {TellRun | TellRuns | TellFilm | TellSaid | TellPage} TellStudio
 * @typedef {TellStudio | TellDraw} Tell
 */

/**
 * @typedef {{ask: 'hello'}} AskHello
 * @typedef {{ask: 'ack', step: number}} AskAck
 * @typedef {{ask: 'detail', image: number}} AskDetail
 * @typedef {{ask: 'level', level: number}} AskLevel
 * @typedef {{ask: 'draw', seed: number}} AskDraw
 * @typedef {{ask: 'film', key: string}} AskFilm
 * @typedef {{ask: 'page', key: string | null}} AskPage
 * @typedef {{ask: 'near', image: number}} AskNear
 * @typedef {{ask: 'drop', path: string, first: boolean, last: boolean}} AskDrop
 * @typedef {AskHello | AskAck | AskDetail | AskLevel | AskDraw | AskFilm | AskPage
 *   | AskNear | AskDrop} Ask
 *
 * A connection to the kernel.
 * @typedef {{ask: (message: Ask, buffers?: ArrayBuffer[]) => void}} Link
 */

/**
 * The model of a widget, as anywidget gives it.
 * @typedef {object} Model
 * @property {(trait: string) => any} get
 * @property {(message: Ask, callbacks?: any, buffers?: ArrayBuffer[]) => void} send
 * @property {(event: string, f: (...args: any[]) => void) => void} on
 * @property {(event: string, f: (...args: any[]) => void) => void} off
 */

/**
 * What is shown of a run now; every part of its view is updated with it.
 * @typedef {object} RunState
 * @property {import('./film.js').Film} film
 * @property {Status | null} status null without a kernel
 * @property {boolean} live whether there is a kernel
 * @property {boolean} following whether the newest frame is shown as it comes
 * @property {Frame | null} frame the frame shown
 * @property {number | null} cursor step of the shown frame, null for the newest
 * @property {boolean} blend whether to fade from frame to frame
 * @property {number} level of the pyramid that is shown alone, 0 for the whole images
 * @property {number | null} open image shown in the closer look
 * @property {string | undefined} chosen backbone whose baselines are shown
 * @property {number} width pixels, 0 before the first layout
 */
