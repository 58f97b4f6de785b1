/**
 * An option that a kernel configuration needs. `y`: a module would come too late, since the guest's init loads only the
 * modules that it needs to boot.
 */
export interface Need {
  option: string;
  as: 'y' | 'm';
  why: string;
}

export const needs = (as: Need['as'], why: string, ...options: string[]): Need[] =>
  options.map((option) => ({ option, as, why }));
