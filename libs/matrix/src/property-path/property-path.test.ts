import { describe, expect, it } from 'vitest';
import { parsePropertyPath, selectPaths, valueAtPath } from './property-path.ts';

describe('a dot-separated path', () => {
  it.each([
    ['content.body', ['content', 'body']],
    ['content.m\\.relates_to', ['content', 'm.relates_to']],
    ['content.m\\\\foo', ['content', 'm\\foo']],
    ['a\\x', ['a\\x']],
    ['a\\', ['a\\']],
    ['', ['']],
    ['a..b', ['a', '', 'b']],
  ])('%j names %j', (path, names) => expect(parsePropertyPath(path)).toEqual(names));

  it('leads to own values only', () => {
    const event = { content: { 'a.b': 1, list: [1] } };
    const at = (path: string) => valueAtPath(event, parsePropertyPath(path));
    expect([
      at('content.a\\.b'),
      at('content.list'),
      at('content.x.y'),
      at('content.list.0'),
      at('constructor.name'),
    ]).toEqual([1, [1], undefined, undefined, undefined]);
  });

  it('selects parts of an object without changing it', () => {
    const event = { type: 't', content: { body: 'b', url: 'u', deep: { a: 1, b: 2 } } };
    const select = (...paths: string[]) => selectPaths(event, paths.map(parsePropertyPath));
    expect(select('type', 'content.body', 'content.deep.a', 'nothing')).toEqual({
      type: 't',
      content: { body: 'b', deep: { a: 1 } },
    });
    expect(select('content', 'content.deep.a')).toEqual({ content: event.content });
    expect(event.content.deep).toEqual({ a: 1, b: 2 });
    expect(select()).toEqual({});
  });
});
