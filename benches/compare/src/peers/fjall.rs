//! fjall: a log-structured merge tree, in Rust.

use std::time::Duration;

use fjall::{
    KeyspaceCreateOptions, PersistMode, Readable, SingleWriterTxDatabase, SingleWriterTxKeyspace,
    SingleWriterWriteTx,
};

use super::record::{Record, expiry};
use super::typed::Typed;
use crate::peer::{Bytes, Item, Kind, Level, Outcome, Peer, Settings};

pub(crate) const KIND: Kind = Kind {
    name: "fjall",
    package: "fjall",
    what: "fjall with transactions, the expiry in front of the value",
    tags: "a second keyspace of (tag, key), read by prefix; an invalidation is one transaction",
    levels: &[
        (Level::Volatile, "`PersistMode::Buffer`, the default"),
        (Level::Invalidations, "`PersistMode::SyncAll` for an invalidation, `Buffer` for a put"),
        (Level::Full, "`PersistMode::SyncAll`"),
    ],
    processes: false,
    persistent: true,
    fixed_level: false,
    cleans: false,
    open,
};

struct Fjall {
    database: SingleWriterTxDatabase,
    entries: SingleWriterTxKeyspace,
    /// Tag, a zero, key; nothing for a value.
    tagged: SingleWriterTxKeyspace,
    level: Level,
    ttl: Duration,
}

fn open(settings: &Settings) -> Outcome<Box<dyn Peer>> {
    let database = SingleWriterTxDatabase::builder(settings.dir.join("fjall")).open()?;
    let entries = database.keyspace("entries", KeyspaceCreateOptions::default)?;
    let tagged = database.keyspace("tagged", KeyspaceCreateOptions::default)?;
    Ok(Box::new(Typed(Fjall { database, entries, tagged, level: settings.level, ttl: settings.ttl })))
}

fn tagged(tag: &str, key: &str) -> Vec<u8> {
    [tag.as_bytes(), b"\0", key.as_bytes()].concat()
}

impl Fjall {
    fn write(&self, sync: bool) -> SingleWriterWriteTx<'_> {
        let mode = if sync { PersistMode::SyncAll } else { PersistMode::Buffer };
        self.database.write_tx().durability(Some(mode))
    }

    fn put_one(&self, tx: &mut SingleWriterWriteTx<'_>, item: &Item<'_, [u8]>, expires: u64) -> Outcome<()> {
        if let Some(old) = tx.get(&self.entries, item.key)? {
            for gone in Record::parse(&old)?.tags_without(&item.tags) {
                tx.remove(&self.tagged, tagged(&gone, item.key));
            }
        }
        tx.insert(&self.entries, item.key, Record::seal(item, expires)?);
        for tag in item.tags {
            tx.insert(&self.tagged, tagged(tag, item.key), "");
        }
        Ok(())
    }

    fn remove(&self, tx: &mut SingleWriterWriteTx<'_>, key: &str) -> Outcome<()> {
        let Some(old) = tx.get(&self.entries, key)? else { return Ok(()) };
        for tag in Record::parse(&old)?.tags() {
            tx.remove(&self.tagged, tagged(tag, key));
        }
        tx.remove(&self.entries, key);
        Ok(())
    }
}

impl Bytes for Fjall {
    fn read(&self, key: &str, show: &mut dyn FnMut(&[u8])) -> Outcome<bool> {
        let Some(bytes) = self.entries.get(key)? else { return Ok(false) };
        let record = Record::parse(&bytes)?;
        let fresh = record.is_fresh();
        if fresh {
            show(record.payload);
        }
        Ok(fresh)
    }

    fn put(&self, items: &[Item<'_, [u8]>]) -> Outcome<()> {
        let expires = expiry(self.ttl);
        let mut tx = self.write(self.level == Level::Full);
        for item in items {
            self.put_one(&mut tx, item, expires)?;
        }
        Ok(tx.commit()?)
    }

    fn invalidate(&self, tag: &str) -> Outcome<()> {
        let mut tx = self.write(self.level != Level::Volatile);
        let prefix = tagged(tag, "");
        let mut keys = Vec::new();
        for found in tx.prefix(&self.tagged, &prefix) {
            let name = found.key()?;
            keys.push(std::str::from_utf8(&name[prefix.len()..])?.to_owned());
        }
        for key in &keys {
            self.remove(&mut tx, key)?;
        }
        Ok(tx.commit()?)
    }

    fn close(self: Box<Self>) -> Outcome<()> {
        Ok(self.database.persist(PersistMode::SyncAll)?)
    }
}
