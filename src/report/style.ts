import { painted } from '../terminal/index.js';

/** Colours for a terminal, plain text everywhere else. */
export interface Style {
  good(text: string): string;
  bad(text: string): string;
  doubtful(text: string): string;
  dim(text: string): string;
}

export function styleFor(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv = process.env): Style {
  const colours = stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
  const paint = (code: number) => (text: string) => (colours ? painted(text, code) : text);
  return { good: paint(32), bad: paint(31), doubtful: paint(33), dim: paint(2) };
}
