/** What the browser keeps on this device, in IndexedDB: what was asked for, the account and the MaskNet. */
import type { Account, Wish } from "./account";

/** Where a MaskNet came from: signed by the provider of this page, or a file, of which nobody says anything. */
export type Origin = "provider" | "file";

interface Kept {
  wish: Wish;
  account: Account;
  masknet: ArrayBuffer;
  origin: Origin;
}

const STORE = "own";

function opened(): Promise<IDBDatabase> {
  const asked = indexedDB.open("masquerade", 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore(STORE);
  return answered(asked);
}

function answered<T>(asked: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

async function inStore<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await opened();
  try {
    return await answered(work(database.transaction(STORE, mode).objectStore(STORE)));
  } finally {
    database.close();
  }
}

export const kept = <K extends keyof Kept>(name: K): Promise<Kept[K] | undefined> =>
  inStore("readonly", (store) => store.get(name) as IDBRequest<Kept[K] | undefined>);

export const keep = <K extends keyof Kept>(name: K, value: Kept[K]): Promise<IDBValidKey> =>
  inStore("readwrite", (store) => store.put(value, name));

export const forget = (): Promise<undefined> => inStore("readwrite", (store) => store.clear());
