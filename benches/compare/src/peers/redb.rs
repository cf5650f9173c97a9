//! redb: a copy-on-write B-tree in one file, in Rust.

use std::time::Duration;

use redb::{
    Builder, ConcurrencyMode, Database, Durability, MultimapTable, MultimapTableDefinition, ReadableDatabase,
    Table, TableDefinition, TableError, WriteTransaction,
};

use super::record::{Record, expiry};
use super::typed::Typed;
use crate::peer::{Bytes, Item, Kind, Level, Outcome, Peer, Settings};

const TAGS: &str = "a multimap table tag → keys; an invalidation is one transaction";

pub(crate) const KIND: Kind = Kind {
    name: "redb",
    package: "redb",
    what: "redb, the expiry in front of the value; one process has it to itself",
    tags: TAGS,
    levels: &[
        (Level::Volatile, "`Durability::None`: what was put is gone if the process is killed, too"),
        (Level::Invalidations, "`Durability::Immediate` for an invalidation, `None` for a put"),
        (Level::Full, "`Durability::Immediate`, the default"),
    ],
    processes: false,
    persistent: true,
    fixed_level: false,
    cleans: false,
    open: |settings| open(settings, ConcurrencyMode::ExclusiveWriter),
};

pub(crate) const SHARED: Kind = Kind {
    name: "redb-shared",
    package: "redb",
    what: "redb as several processes may open it (`ConcurrencyMode::MultiWriter`)",
    tags: TAGS,
    levels: &[(Level::Full, "`Durability::Immediate`: there is no other among processes")],
    processes: true,
    persistent: true,
    fixed_level: false,
    cleans: false,
    open: |settings| open(settings, ConcurrencyMode::MultiWriter),
};

const ENTRIES: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("entries");
const TAGGED: MultimapTableDefinition<'_, &str, &str> = MultimapTableDefinition::new("tagged");

struct Redb {
    database: Database,
    level: Level,
    ttl: Duration,
}

fn open(settings: &Settings, mode: ConcurrencyMode) -> Outcome<Box<dyn Peer>> {
    let database = Builder::new().set_concurrency_mode(mode).create(settings.dir.join("cache.redb"))?;
    Ok(Box::new(Typed(Redb { database, level: settings.level, ttl: settings.ttl })))
}

/// Both tables of a write transaction.
struct Tables<'t> {
    entries: Table<'t, &'static str, &'static [u8]>,
    tagged: MultimapTable<'t, &'static str, &'static str>,
}

impl Tables<'_> {
    fn put(&mut self, item: &Item<'_, [u8]>, expires: u64) -> Outcome<()> {
        let sealed = Record::seal(item, expires)?;
        let old = self.entries.insert(item.key, &sealed[..])?;
        let gone = old.map(|old| Record::parse(old.value()).map(|old| old.tags_without(&item.tags)));
        for gone in gone.transpose()?.unwrap_or_default() {
            self.tagged.remove(&gone[..], item.key)?;
        }
        for tag in item.tags {
            self.tagged.insert(tag, item.key)?;
        }
        Ok(())
    }

    fn invalidate(&mut self, tag: &str) -> Outcome<()> {
        let mut keys: Vec<String> = Vec::new();
        for key in self.tagged.remove_all(tag)? {
            keys.push(key?.value().to_owned());
        }
        for key in &keys {
            let Some(old) = self.entries.remove(&key[..])? else { continue };
            for other in Record::parse(old.value())?.tags().filter(|other| *other != tag) {
                self.tagged.remove(other, &key[..])?;
            }
        }
        Ok(())
    }
}

impl Redb {
    fn write(
        &self,
        durability: Durability,
        work: impl FnOnce(&mut Tables<'_>) -> Outcome<()>,
    ) -> Outcome<()> {
        let mut txn: WriteTransaction = self.database.begin_write()?;
        if matches!(durability, Durability::None) {
            txn.set_durability(durability)?;
        }
        let mut tables =
            Tables { entries: txn.open_table(ENTRIES)?, tagged: txn.open_multimap_table(TAGGED)? };
        work(&mut tables)?;
        drop(tables);
        Ok(txn.commit()?)
    }
}

impl Bytes for Redb {
    fn read(&self, key: &str, show: &mut dyn FnMut(&[u8])) -> Outcome<bool> {
        let entries = match self.database.begin_read()?.open_table(ENTRIES) {
            Err(TableError::TableDoesNotExist(_)) => return Ok(false),
            entries => entries?,
        };
        let Some(found) = entries.get(key)? else { return Ok(false) };
        let record = Record::parse(found.value())?;
        let fresh = record.is_fresh();
        if fresh {
            show(record.payload);
        }
        Ok(fresh)
    }

    fn put(&self, items: &[Item<'_, [u8]>]) -> Outcome<()> {
        let expires = expiry(self.ttl);
        let durability = if self.level == Level::Full { Durability::Immediate } else { Durability::None };
        self.write(durability, |tables| items.iter().try_for_each(|item| tables.put(item, expires)))
    }

    fn invalidate(&self, tag: &str) -> Outcome<()> {
        let durability = if self.level == Level::Volatile { Durability::None } else { Durability::Immediate };
        self.write(durability, |tables| tables.invalidate(tag))
    }

    /// What was committed without durability is on the disk after the next commit with it.
    fn close(self: Box<Self>) -> Outcome<()> {
        self.write(Durability::Immediate, |_| Ok(()))
    }
}
