import { expect, test } from 'vitest';
import { NextAnswer } from './next-answer.ts';

function scripted() {
  const questions: PromiseWithResolvers<number>[] = [];
  const answers = new NextAnswer(() => {
    const question = Promise.withResolvers<number>();
    questions.push(question);
    return question.promise;
  });
  return { questions, answers };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('all who ask in one turn share a question', async () => {
  const { questions, answers } = scripted();
  const both = [answers.get(), answers.get()];
  await turn();
  questions[0]?.resolve(7);
  expect(await Promise.all(both)).toEqual([7, 7]);
  expect(questions).toHaveLength(1);
});

test('who asks while a question is under way is given the answer to the next one', async () => {
  const { questions, answers } = scripted();
  const first = answers.get();
  await turn();
  const later = [answers.get(), answers.get()];
  await turn();
  expect(questions).toHaveLength(1);
  questions[0]?.resolve(7);
  expect(await first).toBe(7);
  await turn();
  questions[1]?.resolve(8);
  expect(await Promise.all(later)).toEqual([8, 8]);
  expect(questions).toHaveLength(2);
});

test('a question that fails does not fail the next one', async () => {
  const { questions, answers } = scripted();
  const first = answers.get();
  await turn();
  const second = answers.get();
  questions[0]?.reject(new Error('away'));
  await expect(first).rejects.toThrow('away');
  await turn();
  questions[1]?.resolve(8);
  expect(await second).toBe(8);
});
