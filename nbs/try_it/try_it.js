// The page "Try it": a backbone runs in the browser, and three linear probes read its features.
// Everything lies beside the page; a visitor's picture never leaves the computer.

/** @typedef {{name: string, top1: number}} Probe */
/** @typedef {{label: number, image: string}} Sample */
/** @typedef {{classes: string[], backbone: {name: string, size: number}, probes: Probe[], distilled: string[],
 *             samples: Sample[]}} Facts */

const SHOWN = 3; // classes of each probe

/** An element with properties and children. */
function el(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

/** The centre square of a picture, scaled as smoothly as the browser can, as (1, 3, size, size) in [0, 1]. */
export function pixels(source, width, height, size) {
  const side = Math.min(width, height);
  const canvas = el('canvas', { width: size, height: size });
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context.imageSmoothingQuality = 'high';
  context.drawImage(source, (width - side)/2, (height - side)/2, side, side, 0, 0, size, size);
  const { data } = context.getImageData(0, 0, size, size);
  const values = new Float32Array(3*size*size);
  for (let i = 0; i < size*size; i++)
    for (let c = 0; c < 3; c++) values[c*size*size + i] = data[4*i + c]/255;
  return { values, canvas };
}

/** The outputs of one probe as classes with their shares of the largest output, largest first. */
export function ranked(scores, classes) {
  const rows = classes.map((name, i) => ({ name, score: scores[i] })).sort((a, b) => b.score - a.score);
  const top = Math.max(rows[0].score, 1e-6);
  return rows.map(row => ({ ...row, share: Math.max(0, row.score)/top }));
}

/** The answers of one probe. */
function answers(probe, rows) {
  const bars = rows.slice(0, SHOWN).map(row => el('li', {},
    el('span', { className: 'name', textContent: row.name }),
    el('meter', { value: row.share, max: 1, ariaLabel: `${row.name}: ${Math.round(100*row.share)} % of the first` })));
  return el('section', {},
    el('h3', { textContent: `Trained on ${probe.name}` }),
    el('ol', {}, ...bars),
    el('p', { className: 'small', textContent: `right for ${probe.top1.toFixed(1)} % of 1,000 test photographs` }));
}

/** Fetch what the network needs; it is compiled once. */
async function load(base) {
  const ort = await import(new URL('ort/ort.wasm.min.mjs', base));
  ort.env.wasm.wasmPaths = new URL('ort/', base).href;
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(new URL('network.onnx', base).href);
  return async (values, size) => {
    const { scores } = await session.run({ image: new ort.Tensor('float32', values, [1, 3, size, size]) });
    return scores;
  };
}

/** Build the page into an element. */
export async function mount(root, base) {
  const facts = /** @type {Facts} */ (await (await fetch(new URL('facts.json', base))).json());
  const status = el('p', { className: 'status', role: 'status', textContent: 'Loading the network: 17 MB, once …' });
  const shown = el('div', { className: 'shown' }), results = el('div', { className: 'results' });
  const file = el('input', { type: 'file', accept: 'image/*', id: 'own-picture' });
  const network = load(base);

  async function classify(source, width, height, what) {
    const run = await network, { size } = facts.backbone;
    const { values, canvas } = pixels(source, width, height, size);
    const scores = await run(values, size), n = facts.classes.length;
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', `${what}, as the network sees it`);
    shown.replaceChildren(canvas, el('p', { className: 'small', textContent: `what the network sees: ${size} × ${size} px` }));
    results.replaceChildren(...facts.probes.map((probe, i) =>
      answers(probe, ranked(scores.data.slice(i*n, (i + 1)*n), facts.classes))));
    root.dataset.scores = JSON.stringify([...scores.data]);
    status.textContent = `${what}: answered by your browser`;
  }

  async function picked(event) {
    const [chosen] = event.target.files ?? event.dataTransfer.files;
    if (!chosen) return;
    try {
      const bitmap = await createImageBitmap(chosen);
      await classify(bitmap, bitmap.width, bitmap.height, chosen.name);
    } catch (error) { status.textContent = `${chosen.name} cannot be read as a picture: ${error.message}`; }
  }
  file.addEventListener('change', picked);
  root.addEventListener('dragover', event => event.preventDefault());
  root.addEventListener('drop', event => { event.preventDefault(); picked(event); });

  const samples = facts.samples.map(sample => {
    const name = `a photograph of the class ${facts.classes[sample.label]}`;
    const picture = el('img', { src: sample.image, alt: name, width: 48, height: 48 });
    const button = el('button', { type: 'button', title: name }, picture);
    button.addEventListener('click', () => classify(picture, facts.backbone.size, facts.backbone.size, name));
    return button;
  });
  const distilled = facts.distilled.map((src, i) => el('figure', {},
    el('img', { src, alt: `distilled image of the class ${facts.classes[i]}`, width: 64, height: 64 }),
    el('figcaption', { textContent: facts.classes[i] })));

  root.replaceChildren(
    el('h2', { textContent: 'What the probe was trained on' }), el('div', { className: 'distilled' }, ...distilled),
    el('h2', { textContent: 'Ask it' }), el('div', { className: 'samples' }, ...samples),
    el('p', {}, el('label', { htmlFor: 'own-picture', textContent: 'or open a picture of your own (it stays on this computer): ' }), file),
    status, el('div', { className: 'answer' }, shown, results));
  try {
    await network;
    samples[0].click();
    root.dataset.ready = 'true';
  } catch (error) {
    const local = location.protocol === 'file:' ? ' A page from a disk cannot load it: open the site from a server.' : '';
    status.textContent = `The network could not be loaded (${error.message}).${local}`;
  }
}
