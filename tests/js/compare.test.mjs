// Two runs side by side: which frames belong together, and what differs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './load.mjs';

const { differences, frameAt } = await load('compare.js');
const film = (...steps) => ({ frames: steps.map(step => ({ step })) });

test('one share of two runs of different lengths', () => {
  const [a, b] = [film(0, 10, 20), film(0, 100, 200, 300, 400)];
  assert.deepEqual([0, 0.5, 1].map(share => frameAt(a, share).step), [0, 10, 20]);
  assert.deepEqual([0, 0.5, 1].map(share => frameAt(b, share).step), [0, 200, 400]);
  assert.equal(frameAt(a, 0.9).step, 10, 'the latest frame that is not in the future');
  assert.equal(frameAt(film(30), 0).step, 30);
  assert.equal(frameAt(film(), 0.5), undefined);
});

test('settings that differ, and all accuracies', () => {
  const run = (steps, curves) => ({ settings: { Data: 'x', Steps: steps }, curves });
  const curve = (name, ...last) => ({ name, points: last.map(v => [1, v, 0]) });
  const one = run('100', [curve('p', 10, 20), curve('q', 30)]), two = run('200', [curve('p', 25.26), curve('r')]);
  const found = differences(one, two);
  assert.deepEqual(found.settings, [['Steps', '100', '200']]);
  assert.deepEqual(found.accuracies, [['p', '20.0', '25.3', '+5.3'], ['q', '30.0', '–', '']]);
  assert.deepEqual(differences({}, run('1', [])).settings, [['Data', '–', 'x'], ['Steps', '–', '1']]);
});
