/** An option that a kernel must be configured with. `y`: a module would come too late, since the guest's init loads only what it boots by. */
export interface Need {
  option: string;
  as: 'y' | 'm';
  why: string;
}

export const needs = (as: Need['as'], why: string, ...options: string[]): Need[] =>
  options.map((option) => ({ option, as, why }));
