// protocol.json is the source: protocol.js has the same kinds and fields, and the scripts use its constants alone.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { load, MODULES, STATIC } from './load.mjs';

const read = name => readFileSync(join(STATIC, name), 'utf8');
const protocol = JSON.parse(read('protocol.json'));
const { ASK, TELL } = await load('protocol.js');
const sides = [['tell', 'kind', TELL], ['ask', 'ask', ASK]];

for (const [side, word, constants] of sides) {
  test(`${side}: constants and kinds agree`, () => {
    assert.deepEqual(Object.values(constants).sort(), Object.keys(protocol[side]).sort());
    for (const [name, kind] of Object.entries(constants)) assert.equal(name, kind.toUpperCase());
  });

  test(`${side}: types have the fields that are described`, () => {
    const types = read('protocol.js').matchAll(new RegExp(String.raw`@typedef \{\{${word}: '(\w+)'([^}]*)\}\}`, 'g'));
    const names = text => [...text.matchAll(/(\w+):/g)].map(m => m[1]);
    const fields = Object.fromEntries([...types].map(([, kind, rest]) => [kind, names(rest)]));
    const told = Object.entries(protocol[side]).map(([kind, { fields }]) => [kind, Object.keys(fields)]);
    assert.deepEqual(fields, Object.fromEntries(told));
  });
}

test('no other script writes a kind as a string', () => {
  for (const name of MODULES.filter(n => n !== 'protocol.js')) {
    const code = read(name).replace(/\/\*.*?\*\/|\/\/.*/gs, '');
    assert(!/\bask: *['"`]|\bkind *(===|!==|:) *['"`](?!distilled|baseline)/.test(code), name);
    for (const [, side, kind] of code.matchAll(/\b(TELL|ASK)\.(\w+)/g)) {
      assert(kind in { TELL, ASK }[side], `${name}: ${side}.${kind}`);
    }
  }
});

test('the scripts use every kind', () => {
  const code = MODULES.filter(n => n !== 'protocol.js').map(read).join('\n');
  for (const kind of Object.keys(TELL)) assert(code.includes(`TELL.${kind}`), `TELL.${kind}`);
  for (const kind of Object.keys(ASK)) assert(code.includes(`ASK.${kind}`), `ASK.${kind}`);
});
