//! cacache: contents under their hash, and an index of keys beside them, as plain files.

use std::path::PathBuf;
use std::time::Duration;

use cacache::{Algorithm, Metadata, WriteOpts};
use serde::{Deserialize, Serialize};

use super::record::{expiry, now};
use super::typed::Typed;
use crate::peer::{Bytes, Item, Kind, Level, Outcome, Peer, Settings};

pub(crate) const KIND: Kind = Kind {
    name: "cacache",
    package: "cacache",
    what: "files named by their hash (xxh3, its fastest) beside an index of files",
    tags: "in the metadata of each entry; an invalidation walks the whole index and removes what matches",
    levels: &[(Level::Volatile, "it never syncs")],
    processes: true,
    persistent: true,
    fixed_level: false,
    cleans: false,
    open,
};

struct Cacache {
    dir: PathBuf,
    ttl: Duration,
}

/// What stands in the index beside the hash. Its `size` and `time` are cacache's own.
#[derive(Serialize, Deserialize)]
struct Extra {
    expires: u64,
    tags: Vec<String>,
}

fn open(settings: &Settings) -> Outcome<Box<dyn Peer>> {
    Ok(Box::new(Typed(Cacache { dir: settings.dir.clone(), ttl: settings.ttl })))
}

fn extra(metadata: &Metadata) -> Outcome<Extra> {
    Ok(Extra::deserialize(&metadata.metadata)?)
}

impl Cacache {
    fn put_one(&self, item: &Item<'_, [u8]>) -> Outcome<()> {
        let extra = Extra { expires: expiry(self.ttl), tags: item.tags.map(String::from).to_vec() };
        let options = WriteOpts::new()
            .algorithm(Algorithm::Xxh3)
            .size(item.value.len())
            .metadata(serde_json::to_value(extra)?);
        let mut writer = options.open_sync(&self.dir, item.key)?;
        std::io::Write::write_all(&mut writer, item.value)?;
        writer.commit()?;
        Ok(())
    }
}

impl Bytes for Cacache {
    fn read(&self, key: &str, show: &mut dyn FnMut(&[u8])) -> Outcome<bool> {
        let Some(metadata) = cacache::metadata_sync(&self.dir, key)? else { return Ok(false) };
        if extra(&metadata)?.expires <= now() {
            return Ok(false);
        }
        show(&cacache::read_hash_sync(&self.dir, &metadata.integrity)?);
        Ok(true)
    }

    fn put(&self, items: &[Item<'_, [u8]>]) -> Outcome<()> {
        items.iter().try_for_each(|item| self.put_one(item))
    }

    fn invalidate(&self, tag: &str) -> Outcome<()> {
        for metadata in cacache::list_sync(&self.dir) {
            let metadata = metadata?;
            if extra(&metadata)?.tags.iter().any(|known| known == tag) {
                cacache::remove_sync(&self.dir, &metadata.key)?;
            }
        }
        Ok(())
    }
}
