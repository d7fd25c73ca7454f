// The frames of a run, without their pixels.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './load.mjs';

const { Film } = await load('film.js');
const { loaded, unbase64 } = await load('sheet.js');

const facts = (frames = []) => ({ run: 1, classes: ['cat', 'dog'], labels: [0, 1], steps: 10, frames });
const sheet = id => ({ id, mime: 'raw', columns: 1, side: 1, count: 2 });
const steps = film => film.frames.map(f => f.step);

/** A film whose frame k shows sheet k, all of them there. */
function film(...numbers) {
  const it = new Film(facts());
  for (const k of numbers) {
    it.addSheet(sheet(k), new Uint8Array(6));
    it.addFrame({ step: k, levels: 1, sheet: k });
  }
  return it;
}

test('facts give every field, with defaults', () => {
  assert.deepEqual(new Film(facts()).names, ['cat', 'dog']);
  const empty = new Film({});
  assert.deepEqual([empty.title, empty.side, empty.steps, empty.frames, empty.run], ['', 32, 1, [], undefined]);
});

test('a page carries its sheets as base64', () => {
  const frames = [{ step: 0, levels: 1, sheet: 7 }], sheets = [{ ...sheet(7), data: btoa('abcdef') }];
  const it = new Film({ ...facts(frames), sheets });
  assert.deepEqual([...it.sheets.get(7).data], [...'abcdef'].map(c => c.charCodeAt(0)));
  assert.equal(it.nearest(0), 0);
  assert.deepEqual(loaded({ ...sheet(1), data: btoa('a') }).data, unbase64(btoa('a')));
});

test('frames are in the order of their steps, one per step', () => {
  const it = film(4, 0, 2, 8);
  assert.deepEqual(steps(it), [0, 2, 4, 8]);
  it.addSheet(sheet(9), new Uint8Array(6));
  it.addFrame({ step: 4, levels: 2, sheet: 9 });
  assert.deepEqual(steps(it), [0, 2, 4, 8]);
  assert.deepEqual([it.frames[2].levels, it.frames[2].sheet], [2, 9]);
});

test('a passing frame at the end gives way to the next one', () => {
  const it = film(0, 1);
  it.addFrame({ step: 2, levels: 1, sheet: 1, passing: true });
  it.addFrame({ step: 3, levels: 1, sheet: 1, passing: true });
  assert.deepEqual(steps(it), [0, 1, 3]);
  it.addFrame({ step: 4, levels: 1, sheet: 1 });
  assert.deepEqual(steps(it), [0, 1, 4]);
});

test('dropped frames take their sheets with them', () => {
  const it = film(0, 1, 2, 3);
  it.drop([1, 3]);
  assert.deepEqual(steps(it), [0, 2]);
  assert.deepEqual([...it.sheets.keys()], [0, 2]);
});

test('a sheet that another frame shares stays', () => {
  const it = film(0, 1);
  it.addSheet(sheet(2), new Uint8Array(3));
  it.addFrame({ step: 2, levels: 1, tiles: [[0, 0], [2, 0]] });
  it.drop([0, 1]);
  assert.deepEqual([...it.sheets.keys()], [0, 2]);
  assert.deepEqual(it.sheetsOf(it.frames[0]), [0, 2]);
  assert.deepEqual([it.tileOf(it.frames[0], 1), it.tileOf({ sheet: 5 }, 1)], [[2, 0], [5, 1]]);
  assert.deepEqual(it.sheetsOf({ tiles: [[3, 0], [3, 1]] }), [3]);
});

test('sheets from the newest on are kept for frames to come', () => {
  const it = film(0, 1);
  it.newest = 5;
  it.addSheet(sheet(5), new Uint8Array(6));
  it.addSheet(sheet(4), new Uint8Array(6));
  it.forget();
  assert.deepEqual([...it.sheets.keys()], [0, 1, 5]);
});

test('decoded pictures are forgotten with their sheets, and closed later', async t => {
  const it = film(0, 1), picture = { close: t.mock.fn() }, later = t.mock.method(globalThis, 'setTimeout', () => 0);
  it.decoded.set(1, Promise.resolve(picture));
  it.drop([1]);
  assert.equal(it.decoded.size, 0);
  await Promise.resolve();
  const [[close, after]] = later.mock.calls.map(call => call.arguments);
  assert.equal(after, 10_000);
  assert.equal(picture.close.mock.callCount(), 0);
  close();
  assert.equal(picture.close.mock.callCount(), 1);
});

test('the nearest frame with pixels, earlier ones first', () => {
  const it = film(0, 1, 2, 3, 4);
  for (const id of [1, 2, 3]) it.sheets.delete(id);
  assert.deepEqual([0, 1, 2, 3, 4].map(i => it.nearest(i)), [0, 0, 0, 4, 4]);
  it.sheets.clear();
  assert.equal(it.nearest(2), -1);
  assert.equal(film().nearest(0), -1);
});
