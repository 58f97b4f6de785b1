export const fioMix: number[] = [1, 4, 1, 16];
