//! What one process of the workload does: it chooses, writes down what it is about to do, does it, and writes down
//! what came of it.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tagcache::fs::{Key, Os, Tag};
use tagcache::{Builder, Cache, Durability, Error, Layout, Lookup, Policy, Raw, Source, Stored};
use tagcache_testkit::Layered;

use crate::chance::Chance;
use crate::deed::{Deed, Goods};
use crate::plan::plan;
use crate::power::{Break, Power};
use crate::record::{Line, Outcome, Recorder};
use crate::value::{Author, Value};

/// How many keys there are. Few enough for the processes to meet.
pub const KEYS: u64 = 48;
/// How many tags there are.
pub const TAGS: u64 = 16;

/// What a process of the workload is told.
#[derive(Clone, Debug)]
pub struct Orders {
    /// Its number, which no other process of the record has.
    pub writer: u32,
    /// What it chooses by.
    pub seed: u64,
    /// In which boot it runs.
    pub boot: u64,
    /// What the root promises.
    pub durability: Durability,
    /// How it is laid out.
    pub layout: Layout,
    /// The planted mistake.
    pub broken: Option<Break>,
    /// How many calls it makes; without a number it goes on until it is killed.
    pub deeds: Option<u64>,
}

/// One process.
#[derive(Debug)]
pub struct Worker {
    cache: Cache<Raw, Layered<Os, Power>>,
    power: Arc<Power>,
    recorder: Recorder,
    writer: u32,
    chance: Chance,
}

/// Works in the root at `path` until the orders are carried out.
///
/// # Errors
/// When the root cannot be opened, or the record cannot be written.
pub fn work(path: &Path, recorder: &Recorder, orders: &Orders) -> Result<(), String> {
    let power = Arc::new(Power::writer(orders.boot, orders.broken, orders.writer, recorder));
    let builder = Builder::new(Raw).durability(orders.durability).layout(orders.layout);
    let opened = builder.open_on(Layered::over(Os, &power), path);
    let mut worker = Worker {
        cache: opened.map_err(|error| error.to_string())?,
        power,
        recorder: recorder.clone(),
        writer: orders.writer,
        chance: Chance::new(orders.seed),
    };
    let mut left = orders.deeds;
    while left != Some(0) {
        for deed in &worker.choose() {
            worker.carry_out(deed).map_err(|error| error.to_string())?;
        }
        left = left.map(|left| left - 1);
    }
    Ok(())
}

impl Worker {
    fn choose(&mut self) -> Vec<Deed> {
        let key = format!("k{}", self.chance.below(KEYS));
        // Mischief is done to what is there: its tags must be known.
        let there = self.peek(&key).map(|value| value.tags);
        plan(&mut self.chance, key, there)
    }

    fn carry_out(&mut self, deed: &Deed) -> std::io::Result<()> {
        let author = Author { writer: self.writer, step: self.power.next_step() };
        self.recorder.write(&Line::Begin(author, deed.clone()))?;
        let outcome = self.act(author, deed).unwrap_or_else(|error| Outcome::Failed(error.to_string()));
        self.recorder.write(&Line::End(author, outcome))
    }

    fn act(&mut self, author: Author, deed: &Deed) -> Result<Outcome, Error> {
        let cache = &self.cache;
        match deed {
            Deed::Put(goods) => {
                return cache.put(&goods.key, &bytes(author, goods), &policy(goods)).map(outcome);
            }
            Deed::Replace(goods) => {
                return cache.replace(&goods.key, &bytes(author, goods), &policy(goods)).map(outcome);
            }
            Deed::Fill(goods) => return Ok(self.fill(author, goods)),
            Deed::InvalidateTags(tags) => cache.invalidate_tags(tags).map(|_| ())?,
            Deed::ExpireTags(tags) => cache.expire_tags(tags).map(|_| ())?,
            Deed::InvalidateKey(key) => cache.invalidate_key(key).map(|_| ())?,
            Deed::ExpireKey(key) => cache.expire_key(key).map(|_| ())?,
            Deed::Clear => cache.clear().map(|_| ())?,
            Deed::Evict(key) => self.evict(key)?,
            Deed::Sweep => cache.sweep().map(|_| ())?,
        }
        Ok(Outcome::Done)
    }

    fn fill(&mut self, author: Author, goods: &Goods) -> Outcome {
        let pause = Duration::from_micros(self.chance.below(3000));
        let recorder = &self.recorder;
        let hit =
            self.cache.get_with(&goods.key, &policy(goods).wait_limit(Duration::from_millis(50)), |_| {
                let _ = recorder.write(&Line::Marked(author));
                // Long enough for an invalidation to overtake it.
                thread::sleep(pause);
                bytes(author, goods)
            });
        match hit.source() {
            Source::Computed { stored, .. } => outcome(stored),
            _ => Outcome::NotStored,
        }
    }

    /// What an eviction does: through the low level, without a barrier.
    fn evict(&self, key: &str) -> Result<(), Error> {
        let tags = self.peek(key).map(|value| value.tags).unwrap_or_default();
        let tags: Vec<Tag> = tags.iter().map(Tag::new).collect::<Result<_, _>>()?;
        let found = self.cache.root().entry(&Key::new(key)?)?;
        if let Some(entry) = found.into_entry() {
            entry.remove()?;
            entry.remove_links(&tags)?;
        }
        Ok(())
    }

    fn peek(&self, key: &str) -> Option<Value> {
        match self.cache.lookup::<Vec<u8>>(key) {
            Ok(Lookup::Fresh(hit) | Lookup::Stale(hit, _)) => Value::recognise(&hit),
            _ => None,
        }
    }
}

fn bytes(author: Author, goods: &Goods) -> Vec<u8> {
    let Goods { key, tags, len } = goods.clone();
    Value { key, tags, author, len }.bytes()
}

fn policy(goods: &Goods) -> Policy {
    Policy::new().tags(&goods.tags)
}

fn outcome(stored: Stored) -> Outcome {
    match stored {
        Stored::Yes => Outcome::Done,
        Stored::Fault => Outcome::Failed("a fault of the cache".into()),
        _ => Outcome::NotStored,
    }
}
