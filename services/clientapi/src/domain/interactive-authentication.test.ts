import { describe, expect, test } from 'vitest';
import {
  challenge,
  type Flow,
  type InteractiveRequest,
  isComplete,
  isFor,
  newSession,
  stageOf,
  withStage,
} from './interactive-authentication.ts';

const flows: readonly Flow[] = [['m.login.registration_token', 'm.login.dummy'], ['m.login.password']];
const request: InteractiveRequest = { operation: 'client.register', userId: null, requestDigest: 'a' };

test('a flow is complete when all of its stages are, in any order', () => {
  const one = withStage(newSession(request), request, 'm.login.dummy', null);
  expect(isComplete(one, flows)).toBe(false);
  expect(isComplete(withStage(one, request, 'm.login.registration_token', 't'), flows)).toBe(true);
  expect(isComplete(withStage(newSession(request), request, 'm.login.password', null), flows)).toBe(true);
  expect(isComplete(newSession(request), flows)).toBe(false);
});

test('a stage counts once, and the token stays known', () => {
  const token = withStage(newSession(request), request, 'm.login.registration_token', 't');
  const again = withStage(token, request, 'm.login.registration_token', null);
  expect(again.completed).toEqual(['m.login.registration_token']);
  expect(again.registrationToken).toBe('t');
});

describe('a session is', () => {
  test('for one operation of one user', () => {
    const session = newSession(request);
    expect(isFor(session, request)).toBe(true);
    expect(isFor(session, { ...request, operation: 'client.deleteDevices' })).toBe(false);
    expect(isFor(session, { ...request, userId: '@a:b' })).toBe(false);
  });

  test('for any request until a stage is completed, then for that one', () => {
    const session = newSession(request);
    const filledIn = { ...request, requestDigest: 'b' };
    expect(isFor(session, filledIn)).toBe(true);
    const begun = withStage(session, filledIn, 'm.login.dummy', null);
    expect(isFor(begun, filledIn)).toBe(true);
    expect(isFor(begun, request)).toBe(false);
  });
});

test('only stages of the flows can be completed', () => {
  expect(stageOf('m.login.dummy', flows)).toBe('m.login.dummy');
  expect(stageOf('m.login.dummy', [['m.login.password']])).toBeUndefined();
  expect(stageOf('m.login.recaptcha', flows)).toBeUndefined();
});

test('the challenge names flows, session and what is completed', () => {
  expect(challenge('s', newSession(request), [['m.login.dummy']])).toEqual({
    session: 's',
    flows: [{ stages: ['m.login.dummy'] }],
    params: {},
    completed: [],
  });
});
