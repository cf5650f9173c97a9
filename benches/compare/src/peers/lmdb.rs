//! LMDB through heed: a map of the whole file, copy on write, one writer at a time.

// LMDB asks its user to open a file once per process and to leave it alone, which no compiler can check.
#![allow(unsafe_code)]

use std::time::Duration;

use heed::types::{Bytes as Blob, Str};
use heed::{CommitOrAbort, Database, DatabaseFlags, Env, EnvFlags, EnvOpenOptions, RwTxn};

use super::record::{Record, expiry};
use super::typed::Typed;
use crate::peer::{Bytes, Item, Kind, Level, Outcome, Peer, Settings};

pub(crate) const KIND: Kind = Kind {
    name: "lmdb",
    package: "heed",
    what: "LMDB through heed, the expiry in front of the value; opening makes sure of its two databases, which is a write \
        transaction",
    tags: "a second database tag → keys (sorted duplicates); an invalidation is one transaction",
    levels: &[
        (Level::Volatile, "`NO_SYNC`: a power cut may damage the whole file"),
        (Level::Invalidations, "`NO_SYNC`, and `force_sync` after an invalidation"),
        (Level::Full, "as it is by default"),
    ],
    processes: true,
    persistent: true,
    fixed_level: false,
    cleans: false,
    open,
};

/// Address space, not memory.
const MAP_SIZE: usize = 4 << 30;

type Entries = Database<'static, Str, Blob>;
/// Keys under each tag.
type Tagged = Database<'static, Str, Str>;

struct Lmdb {
    env: Env,
    entries: Entries,
    tagged: Tagged,
    level: Level,
    ttl: Duration,
}

fn open(settings: &Settings) -> Outcome<Box<dyn Peer>> {
    let mut options = EnvOpenOptions::new();
    options.map_size(MAP_SIZE).max_dbs(2);
    if settings.level != Level::Full {
        // SAFETY: the flag gives up what it promises after a power cut, and nothing else.
        unsafe { options.flags(EnvFlags::NO_SYNC) };
    }
    // SAFETY: no other handle of this process has the file open, and nothing but LMDB changes it.
    let env = unsafe { options.open(&settings.dir)? };
    let (entries, tagged) = databases(&env)?;
    Ok(Box::new(Typed(Lmdb { env, entries, tagged, level: settings.level, ttl: settings.ttl })))
}

/// Both, made if they are missing.
fn databases(env: &Env) -> Outcome<(Entries, Tagged)> {
    let both = env.create_databases_and_commit(env.write_txn()?, |opener, txn| {
        let entries = opener.create_database::<Str, Blob>(txn, Some("entries"))?;
        let mut options = opener.database_options().types::<Str, Str>();
        let tagged = options.name("tagged").flags(DatabaseFlags::DUP_SORT).create(txn)?;
        Ok::<_, heed::Error>(CommitOrAbort::<_, ()>::Commit((entries, tagged)))
    })?;
    Ok(both.commit().ok_or("nobody aborts")?)
}

impl Lmdb {
    fn put_one(&self, txn: &mut RwTxn<'_>, item: &Item<'_, [u8]>, expires: u64) -> Outcome<()> {
        let old = self.entries.get(txn, item.key)?.map(Record::parse).transpose()?;
        for gone in old.map(|old| old.tags_without(&item.tags)).unwrap_or_default() {
            self.tagged.delete_one_duplicate(txn, &gone, item.key)?;
        }
        self.entries.put(txn, item.key, &Record::seal(item, expires)?)?;
        for tag in item.tags {
            self.tagged.put(txn, tag, item.key)?;
        }
        Ok(())
    }

    fn remove(&self, txn: &mut RwTxn<'_>, key: &str) -> Outcome<()> {
        let record = self.entries.get(txn, key)?.map(Record::parse).transpose()?;
        let tags: Vec<String> = record.iter().flat_map(Record::tags).map(String::from).collect();
        for tag in tags {
            self.tagged.delete_one_duplicate(txn, &tag, key)?;
        }
        self.entries.delete(txn, key)?;
        Ok(())
    }
}

impl Bytes for Lmdb {
    fn read(&self, key: &str, show: &mut dyn FnMut(&[u8])) -> Outcome<bool> {
        let txn = self.env.read_txn()?;
        let Some(bytes) = self.entries.get(&txn, key)? else { return Ok(false) };
        let record = Record::parse(bytes)?;
        let fresh = record.is_fresh();
        if fresh {
            show(record.payload);
        }
        Ok(fresh)
    }

    fn put(&self, items: &[Item<'_, [u8]>]) -> Outcome<()> {
        let expires = expiry(self.ttl);
        let mut txn = self.env.write_txn()?;
        for item in items {
            self.put_one(&mut txn, item, expires)?;
        }
        Ok(txn.commit()?)
    }

    fn invalidate(&self, tag: &str) -> Outcome<()> {
        let mut txn = self.env.write_txn()?;
        let found = self.tagged.get_duplicates(&txn, tag)?;
        let pairs = found.map(Iterator::collect::<Result<Vec<_>, _>>).transpose()?.unwrap_or_default();
        let keys: Vec<String> = pairs.into_iter().map(|(_, key)| key.to_owned()).collect();
        for key in keys {
            self.remove(&mut txn, &key)?;
        }
        txn.commit()?;
        if self.level == Level::Invalidations {
            self.env.force_sync()?;
        }
        Ok(())
    }

    fn close(self: Box<Self>) -> Outcome<()> {
        self.env.force_sync()?;
        self.env.prepare_for_closing().wait();
        Ok(())
    }
}
