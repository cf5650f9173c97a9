//! SQLite, the way diskcache (the Python package) uses it: one file, a write-ahead log, values in a table. diskcache
//! allows one tag per entry, in a column with an index; two need a table of their own.

use std::cell::RefCell;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::record::{expiry, now};
use super::typed::Typed;
use crate::peer::{Bytes, Item, Kind, Level, Outcome, Peer, Settings};

pub(crate) const KIND: Kind = Kind {
    name: "sqlite",
    package: "rusqlite",
    what: "SQLite as diskcache sets it up (WAL, 64 MiB of mmap, 8192 pages of cache), statements prepared once",
    tags: "a table (tag, entry) with an index each way; an invalidation is one transaction",
    levels: &[
        (Level::Volatile, "`synchronous=OFF`"),
        (
            Level::Invalidations,
            "`synchronous=NORMAL`, diskcache's, for a put; `FULL` for an invalidation, which a cut could take otherwise",
        ),
        (Level::Full, "`synchronous=FULL`"),
    ],
    processes: true,
    persistent: true,
    fixed_level: false,
    cleans: false,
    open,
};

/// Without `AUTOINCREMENT` and without diskcache's counters and triggers, which the job does not need.
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS cache (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, expires INTEGER NOT NULL, value BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS tag (tag TEXT NOT NULL, entry INTEGER NOT NULL, PRIMARY KEY (tag, entry)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS tag_entry ON tag (entry, tag);
";
const READ: &str = "SELECT value FROM cache WHERE key = ?1 AND expires > ?2";
const WRITE: &str = "INSERT INTO cache (key, expires, value) VALUES (?1, ?2, ?3)
    ON CONFLICT (key) DO UPDATE SET expires = excluded.expires, value = excluded.value RETURNING id";
const UNTAG: &str = "DELETE FROM tag WHERE entry = ?1 AND tag NOT IN (?2, ?3)";
const TAG: &str = "INSERT OR IGNORE INTO tag (tag, entry) VALUES (?1, ?2)";
/// The tags of the dead entries first, while the tag still says which they are.
const UNTAG_DEAD: &str =
    "DELETE FROM tag WHERE tag <> ?1 AND entry IN (SELECT entry FROM tag WHERE tag = ?1)";
const REMOVE_DEAD: &str = "DELETE FROM cache WHERE id IN (SELECT entry FROM tag WHERE tag = ?1)";
const REMOVE_TAG: &str = "DELETE FROM tag WHERE tag = ?1";

struct Sqlite {
    /// A transaction borrows the connection for itself.
    connection: RefCell<Connection>,
    level: Level,
    ttl: Duration,
}

fn open(settings: &Settings) -> Outcome<Box<dyn Peer>> {
    let connection = Connection::open(settings.dir.join("cache.db"))?;
    connection.busy_timeout(Duration::from_secs(60))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    set_synchronous(
        &connection,
        match settings.level {
            Level::Volatile => "OFF",
            Level::Invalidations => "NORMAL",
            Level::Full => "FULL",
        },
    )?;
    connection.pragma_update(None, "mmap_size", 1 << 26)?;
    connection.pragma_update(None, "cache_size", 8192)?;
    connection.execute_batch(SCHEMA)?;
    let (level, ttl) = (settings.level, settings.ttl);
    Ok(Box::new(Typed(Sqlite { connection: RefCell::new(connection), level, ttl })))
}

fn set_synchronous(connection: &Connection, word: &str) -> rusqlite::Result<()> {
    connection.pragma_update(None, "synchronous", word)
}

fn put_one(transaction: &Transaction<'_>, item: &Item<'_, [u8]>, expires: i64) -> Outcome<()> {
    let id: i64 = transaction
        .prepare_cached(WRITE)?
        .query_row(params![item.key, expires, item.value], |row| row.get(0))?;
    transaction.prepare_cached(UNTAG)?.execute(params![id, item.tags[0], item.tags[1]])?;
    for tag in item.tags {
        transaction.prepare_cached(TAG)?.execute(params![tag, id])?;
    }
    Ok(())
}

impl Sqlite {
    /// A transaction that is a writer's from the start, and so never fails half-way because another one wrote.
    fn write(&self, work: impl FnOnce(&Transaction<'_>) -> Outcome<()>) -> Outcome<()> {
        let mut connection = self.connection.borrow_mut();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        work(&transaction)?;
        Ok(transaction.commit()?)
    }
}

impl Bytes for Sqlite {
    fn read(&self, key: &str, show: &mut dyn FnMut(&[u8])) -> Outcome<bool> {
        let connection = self.connection.borrow();
        let mut statement = connection.prepare_cached(READ)?;
        let found = statement
            .query_row(params![key, i64::try_from(now())?], |row| {
                show(row.get_ref(0)?.as_blob()?);
                Ok(())
            })
            .optional()?;
        Ok(found.is_some())
    }

    fn put(&self, items: &[Item<'_, [u8]>]) -> Outcome<()> {
        let expires = i64::try_from(expiry(self.ttl))?;
        self.write(|transaction| items.iter().try_for_each(|item| put_one(transaction, item, expires)))
    }

    fn invalidate(&self, tag: &str) -> Outcome<()> {
        let waits = self.level == Level::Invalidations;
        if waits {
            set_synchronous(&self.connection.borrow(), "FULL")?;
        }
        self.write(|transaction| {
            for statement in [UNTAG_DEAD, REMOVE_DEAD, REMOVE_TAG] {
                transaction.prepare_cached(statement)?.execute(params![tag])?;
            }
            Ok(())
        })?;
        if waits {
            set_synchronous(&self.connection.borrow(), "NORMAL")?;
        }
        Ok(())
    }
}
