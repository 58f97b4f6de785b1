/** `npm run fuzz -- [--seconds N] [--seed N] | --replay HEX`: the arguments are phyr-fuzz's own. */
import { buildFuzzer } from './fuzzer.js';

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort(new Error(name)));

const fuzzer = await buildFuzzer(stop.signal);
try {
  const { ok, all } = await fuzzer.run(process.argv.slice(2));
  process.stdout.write(`${all}\n`);
  process.exitCode = ok ? 0 : /^(usage:|--replay takes)/.test(all) ? 64 : 1;
} finally {
  await fuzzer[Symbol.asyncDispose]();
}
