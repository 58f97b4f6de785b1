/** Text that somebody else wrote: a guest, QEMU, a compiler, a file's name. */

/**
 * What a terminal, a browser or an editor would act upon instead of showing it: control characters but for tab and line end, C1
 * controls, characters that are not seen or that turn the direction of writing around, halves of a character.
 */
const ACTIVE = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\ufffe\uffff]/gu;

/** The same text with all of that written out, `\u001b`: in JSON this means what it meant before. */
export function harmless(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(ACTIVE, (found) =>
      Array.from({ length: found.length }, (_, at) => `\\u${found.charCodeAt(at).toString(16).padStart(4, '0')}`).join(
        '',
      ),
    );
}

/** In one line. */
export function oneLine(text: string): string {
  return harmless(text.replace(/[\r\n\t]+/g, ' ').trim());
}

/** Characters of a detail that a person is shown. Whoever wants more wants a file. */
export const LONGEST_DETAIL = 600;

/** A detail as it is told: one line, not endless. Told again it is the same. */
export function told(text: string): string {
  const line = oneLine(text);
  if (line.length <= LONGEST_DETAIL) return line;
  const note = (kept: number) => ` ... (${line.length - kept} characters more)`;
  const kept = LONGEST_DETAIL - note(0).length;
  return line.slice(0, kept) + note(kept);
}
