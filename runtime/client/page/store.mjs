// What outlives a reload in this tab: headers, and the handles of runs. Both may hold secrets, so they go nowhere else.

/**
 * @param {string} name
 * @returns {any} `undefined` if nothing of this name is stored.
 */
export function load(name) {
  try {
    return JSON.parse(sessionStorage.getItem(`outflow ${name}`) ?? '') ?? undefined;
  } catch {
    return undefined; // nothing there, or no storage
  }
}

/** Stores a value, or removes what is stored. @param {string} name @param {unknown} [value] */
export function save(name, value) {
  try {
    if (value === undefined) sessionStorage.removeItem(`outflow ${name}`);
    else sessionStorage.setItem(`outflow ${name}`, JSON.stringify(value));
  } catch {
    // Without storage all works but the return after a reload.
  }
}
