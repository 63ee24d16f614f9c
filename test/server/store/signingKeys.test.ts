import assert from "node:assert/strict";
import { join } from "node:path";
import { UrlSigner } from "../../../server/src/http/signedUrls";
import { openDatabase } from "../../../server/src/store/database";
import { SigningKeys } from "../../../server/src/store/signingKeys";
import { committed } from "../../../server/src/store/transaction";
import { folder, removeFolders } from "../support";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
const PATH = "/v1/files/x/content";

describe("server: the keys that sign URLs", () => {
  const realNow = Date.now;
  let now: number;
  beforeEach(() => {
    now = realNow();
    Date.now = () => now;
  });
  afterEach(() => {
    Date.now = realNow;
    removeFolders();
  });

  const open = (path = join(folder(), "server.db")) => {
    const database = openDatabase(path);
    const keys = new SigningKeys(database, WEEK);
    const signer = new UrlSigner(keys);
    const sign = (hours: number) => {
      const query = new URL(signer.sign(PATH, Math.floor(now / 1000 + hours * 3600)), "http://127.0.0.1").searchParams;
      return () => signer.verifies(PATH, String(query.get("expires")), String(query.get("signature")));
    };
    return { path, database, keys, sign };
  };

  it("are replaced after 30 days, and the previous one is valid until its last URL has expired", () => {
    const { keys, sign } = open();
    const [first] = [keys.current()];
    now += 30 * DAY - 1000;
    const last = sign(168);
    assert.deepEqual(keys.current(), first);
    now += 2000;
    const renewed = sign(168);
    assert.notDeepEqual(keys.current(), first);
    assert.deepEqual([last(), renewed()], [true, true]);
    now += WEEK - 4000;
    assert.deepEqual([last(), renewed()], [true, true]);
    assert.equal(keys.valid().length, 2);
    now += 5000;
    assert.deepEqual([last(), renewed()], [false, false], "both URLs have expired");
    assert.equal(keys.valid().length, 1);
  });

  it("stay valid after a restart, and a replacement removes the expired ones from the database", async () => {
    const { path, database, keys, sign } = open();
    const valid = sign(1);
    await committed(database);
    assert.deepEqual(open(path).keys.current(), keys.current());
    assert.equal(valid(), true);
    for (let month = 0; month < 3; month += 1) {
      now += 31 * DAY;
      keys.current();
    }
    await committed(database);
    const row = openDatabase(path).prepare("SELECT count(*) AS keys FROM signing_keys").get() as { keys: number };
    assert.equal(row.keys, 2);
  });

  it("can be revoked all at once, also by another process", async () => {
    const { path, database, sign } = open();
    const isValid = sign(1);
    await committed(database);
    assert.equal(isValid(), true);
    await open(path).keys.revokeAll();
    assert.equal(isValid(), false);
    assert.equal(sign(1)(), true);
  });
});
