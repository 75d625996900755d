// The findings of a story. Each of them fails the test.

export const findings = [];

export function found(where, what) {
  findings.push(`${where}: ${what}`);
}
