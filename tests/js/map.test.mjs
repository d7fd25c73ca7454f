// Feature maps: where marks are between two moments, what the pointer is at, which names fit, what is said.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './load.mjs';

const { extent, fitted, hit, joined, marksAt, placedNames, trail } = await load('plane.js');
const { mapLabel, nearText } = await load('map.js');
const { Film } = await load('film.js');

const walk = [
  { step: 10, at: [0, 0, 100, -100], near: [1, 0] },
  { step: 20, at: [50, 10, 100, 100], near: [0, 0] },
  { step: 40, at: [-50, 10, 0, 0], near: [0, 1] },
];

test('marks are where they were kept, and on the line between two moments', () => {
  for (const moment of walk) assert.deepEqual(marksAt(walk, moment.step), moment);
  assert.deepEqual(marksAt(walk, 15), { step: 10, at: [25, 5, 100, 0], near: [1, 0] });
  assert.deepEqual(marksAt(walk, 25).at, [25, 10, 75, 75]);
  assert.equal(marksAt(walk, 0), walk[0]);
  assert.equal(marksAt(walk, 99), walk[2]);
  assert.deepEqual(marksAt([], 5), { step: 5, at: [], near: [] });
});

test('a trail ends at its mark', () => {
  assert.deepEqual(trail(walk, 30, 1), [[100, -100], [100, 100], [50, 50]]);
  assert.deepEqual(trail(walk, 5, 0), [[0, 0]]);
  for (let step = 0; step < 50; step++) {
    assert.deepEqual(trail(walk, step, 0).at(-1), marksAt(walk, step).at.slice(0, 2));
  }
});

test('moments are in the order of their steps, one per step', () => {
  assert.deepEqual(joined([walk[2]], [walk[1], walk[0], walk[2]]), walk);
});

test('everything is inside, at one scale for both axes', () => {
  const map = { name: 'a', dots: [[-200, 300], [0, 0, 400, -50]], walk }, box = extent(map);
  assert.deepEqual(box, { left: -200, right: 400, low: -100, high: 300 });
  const { X, Y } = fitted(box, 300, 200, 10);
  assert(Math.abs((X(100) - X(0)) + (Y(100) - Y(0))) < 1e-9 && X(100) > X(0));
  for (const x of [-200, 400]) assert(X(x) >= 10 - 1e-9 && X(x) <= 290 + 1e-9);
  for (const y of [-100, 300]) assert(Y(y) >= 10 - 1e-9 && Y(y) <= 190 + 1e-9);
  assert(Object.values(extent({ name: 'a', walk: [] })).every(Number.isFinite));
});

test('the pointer finds the nearest mark, then the class of the nearest dot', () => {
  const marks = [50, 50, 58, 50], labels = [1, 0], dots = [[10, 10, 90, 90], [20, 10, 51, 51]];
  const at = (x, y) => hit(x, y, marks, labels, dots);
  assert.deepEqual(at(52, 50), { label: 1, image: 0 }); // before the dot, which is as near
  assert.deepEqual(at(57, 50), { label: 0, image: 1 });
  assert.deepEqual(at(14, 10), { label: 0, image: null });
  assert.deepEqual(at(16, 10), { label: 1, image: null });
  assert.deepEqual(at(91, 92), { label: 0, image: null });
  assert.equal(at(200, 10), null);
});

test('names do not cover each other', () => {
  const names = [[100, 50], [105, 53], [300, 50], [100, 90], [290, 55]].map(([x, y]) => ({ x, y, text: 'cat' }));
  const covers = (a, b) => Math.abs(a.x - b.x) < 17 && Math.abs(a.y - b.y) < 12;
  for (const marks of [[], [102, 52, 300, 50], Array.from({ length: 80 }, (_, i) => 9 * i % 320)]) {
    const placed = placedNames(names, marks, 400).filter(Boolean);
    assert(placed.every((a, i) => placed.every((b, j) => i === j || !covers(a, b))));
    for (let i = 0; i < marks.length; i += 2) {
      assert(placed.every(({ x, y }) => Math.abs(marks[i] - x) >= 8 || Math.abs(marks[i + 1] - y) >= 6));
    }
  }
  assert.deepEqual(placedNames(names, [], 400).map((name, i) => name?.x === names[i].x && name.y === names[i].y),
    [true, false, true, true, false], 'those in the middle make room');
  assert.deepEqual(placedNames([], [], 400), []);
});

test('how near is said in words', () => {
  const film = { classes: ['cat', 'dog'], labels: [0, 0, 1] };
  const moment = { step: 4, at: [0, 0, 0, 0, 0, 0], near: [0, 1, 1] };
  const said = (lit, step = 4) => nearText(moment, step, film, lit);
  assert.equal(said(null), '2 of 3 nearest to their own class');
  assert.equal(said({ label: 0, image: null }), 'cat: 1 of 2 nearest to their own class');
  assert.equal(said({ label: 0, image: 1 }), 'cat: nearest to dog');
  assert.equal(said({ label: 1, image: null }), 'dog: nearest to its own class');
  const label = step => mapLabel({ name: 'net', walk: [moment] }, step, film);
  assert.equal(label(4), 'Feature map of net, step 4: 2 of 3 distilled images are nearest '
    + 'to the mean of their own class; nearest to another: cat to dog.');
  for (const step of [1, 9]) { // the numbers are of another step than the images
    assert.equal(said(null, step), '2 of 3 nearest to their own class, at step\u00a04');
    assert.equal(said({ label: 0, image: 1 }, step), 'cat: nearest to dog, at step\u00a04');
    assert(label(step).startsWith(`Feature map of net, step ${step}: 2 of 3`));
    assert(label(step).includes('own class, at step\u00a04; nearest'));
  }
});

test('a film takes whole maps, and then what is new', () => {
  const film = new Film({}), [a, b, c] = walk;
  film.addMaps([{ name: 'late', walk: [a] }]); // its dots have not arrived
  assert.deepEqual(film.maps, []);
  film.addMaps([{ name: 'net', dots: [[0, 0]], share: 0.5, of: 'class means', walk: [a] }]);
  film.addMaps([{ name: 'net', walk: [c] }, { name: 'late', walk: [b] }]);
  film.addMaps([{ name: 'net', dots: [[0, 0]], walk: [a, b] }]); // the whole run again, as for another view
  assert.deepEqual(film.maps.map(m => [m.name, m.share, m.walk]), [['net', 0.5, walk]]);
});
