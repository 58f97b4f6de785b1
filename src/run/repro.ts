/** The one command that runs exactly this cell again. */
export function reproCommand(cellId: string, runSeed: number): string {
  return `npx phyrlab run '${cellId}' --seed ${runSeed}`;
}
