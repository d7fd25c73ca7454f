// Texts of a run.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './load.mjs';

const { progressText, stateText } = await load('header.js');
const { takenFor } = await load('detail.js');

test('a state is said with what is done', () => {
  assert.equal(stateText({ state: 'preparing', doing: 'opening it' }), 'Preparing · opening it …');
  assert.equal(stateText({ state: 'paused', doing: '' }), 'Paused');
  assert.equal(progressText({ state: 'ready', doing: '' }, 3), '');
});

test('a number is not parted from its unit', () => {
  assert.equal(takenFor([[1, 41.6], [0, 8]], ['x', 'y']), 'taken for y 42\u00a0%, x 8\u00a0%');
  assert.equal(takenFor([], ['x']), '');
});
