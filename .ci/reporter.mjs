/**
 * A reporter of vitest's that writes what .ci/tests.mjs counts and tells again at its end, to the file $CI_TESTS_OUT. The one for JSON leaves out
 * what differs in a failed comparison, why a hook failed, and errors that no test caught.
 */
import { writeFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';

/** Lines and characters of an error that are told. */
const LINES = 15;
const WIDTH = 200;

/** The beginning of an error: its message, what differs, and where in our sources it came from. */
function told({ message = '', diff = '', stacks = [] }) {
  const where = stacks.slice(0, 3).map(({ file, line, column }) => `at ${file}:${line}:${column}`);
  const lines = stripVTControlCharacters(`${message}\n${diff}`).split('\n').filter(Boolean);
  return [...lines.slice(0, LINES - where.length), ...where].map((line) => line.slice(0, WIDTH));
}

/** A module's, a suite's or a hook's errors, each under its name. */
const failed = (name, errors) => errors.map((error) => ({ name, error: told(error) }));

function* failuresOf(module) {
  const file = module.relativeModuleId;
  yield* failed(file, module.errors());
  for (const suite of module.children.allSuites()) yield* failed(`${file} > ${suite.fullName}`, suite.errors());
  for (const test of module.children.allTests('failed'))
    yield* failed(`${file} > ${test.fullName}`, test.result().errors);
}

export default class {
  onTestRunEnd(modules, unhandled) {
    const tests = modules.flatMap((module) => [...module.children.allTests()].map((test) => test.result().state));
    const failures = [
      ...modules.flatMap((module) => [...failuresOf(module)]),
      ...failed('caught by no test', unhandled),
    ];
    const count = (state) => tests.filter((it) => it === state).length;
    const result = { passed: count('passed'), skipped: tests.length - count('passed') - count('failed'), failures };
    writeFileSync(process.env.CI_TESTS_OUT, JSON.stringify(result));
  }
}
