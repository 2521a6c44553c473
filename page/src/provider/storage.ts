/** What the browser stores on this device, in IndexedDB: what was asked for, the account and the MaskNet. */
import type { Account, Wish } from "./account";

/** Where a MaskNet came from: signed by the provider of this page, or a file, of which nobody says anything. */
export type Origin = "provider" | "file";

interface Stored {
  wish: Wish;
  account: Account;
  masknet: ArrayBuffer;
  origin: Origin;
}

const TABLE = "own";

function database(): Promise<IDBDatabase> {
  const asked = indexedDB.open("masquerade", 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore(TABLE);
  return answered(asked);
}

function answered<T>(asked: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

async function inTable<T>(mode: IDBTransactionMode, work: (table: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const opened = await database();
  try {
    return await answered(work(opened.transaction(TABLE, mode).objectStore(TABLE)));
  } finally {
    opened.close();
  }
}

export const load = <K extends keyof Stored>(name: K): Promise<Stored[K] | undefined> =>
  inTable("readonly", (table) => table.get(name) as IDBRequest<Stored[K] | undefined>);

export const store = <K extends keyof Stored>(name: K, value: Stored[K]): Promise<IDBValidKey> =>
  inTable("readwrite", (table) => table.put(value, name));

export const forget = (): Promise<undefined> => inTable("readwrite", (table) => table.clear());
