//! Two processes do random things to one cache, and a map beside it says what must be seen.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use tagcache::fs::{Durability, Time};
use tagcache::{Begun, Builder, Cache, Fill, Lookup, Policy, Raw, Source, Stale, Stored};
use tagcache_testkit::TestSys;

use common::Fixture;

type Tags = BTreeSet<u8>;

/// What one of the processes does.
#[derive(Clone, Debug)]
enum Act {
    Put(u8, Terms),
    Replace(u8, Terms),
    GetWith(u8, Terms),
    Begin(u8),
    Commit(Terms),
    Drop,
    InvalidateTags(Tags),
    ExpireTags(Tags),
    InvalidateKey(u8),
    ExpireKey(u8),
    Clear,
    Advance(u8),
    Sweep,
}

/// The tags of a value, and for how many seconds it is fresh and kept.
#[derive(Clone, Debug)]
struct Terms {
    tags: Tags,
    fresh: Option<u8>,
    kept: u8,
}

impl Terms {
    fn policy(&self) -> Policy {
        let policy = Policy::new().tags(self.tags.iter().map(tag)).keep_stale(secs(self.kept));
        self.fresh.map_or(policy.clone(), |fresh| policy.expire_in(secs(fresh)))
    }
}

fn secs(secs: u8) -> Duration {
    Duration::from_secs(secs.into())
}

fn key(key: u8) -> String {
    format!("key {key}")
}

fn tag(tag: &u8) -> String {
    format!("tag {tag}")
}

fn terms() -> impl Strategy<Value = Terms> {
    let fresh = prop_oneof![Just(None), (0..20u8).prop_map(Some)];
    (btree_set(0..3u8, 0..3), fresh, 0..10u8).prop_map(|(tags, fresh, kept)| Terms { tags, fresh, kept })
}

fn act() -> impl Strategy<Value = Act> {
    let (key, tags) = (0..4u8, btree_set(0..3u8, 0..3));
    prop_oneof![
        4 => (key.clone(), terms()).prop_map(|(key, terms)| Act::Put(key, terms)),
        1 => (key.clone(), terms()).prop_map(|(key, terms)| Act::Replace(key, terms)),
        4 => (key.clone(), terms()).prop_map(|(key, terms)| Act::GetWith(key, terms)),
        2 => key.clone().prop_map(Act::Begin),
        2 => terms().prop_map(Act::Commit),
        1 => Just(Act::Drop),
        2 => tags.clone().prop_map(Act::InvalidateTags),
        2 => tags.prop_map(Act::ExpireTags),
        1 => key.clone().prop_map(Act::InvalidateKey),
        1 => key.prop_map(Act::ExpireKey),
        1 => Just(Act::Clear),
        3 => (0..8u8).prop_map(Act::Advance),
        1 => Just(Act::Sweep),
    ]
}

/// What a reader sees of a key.
#[derive(Clone, Debug, PartialEq)]
enum Seen {
    Fresh(String),
    Stale(String, Stale),
    Nothing,
}

impl From<Lookup<String>> for Seen {
    fn from(look: Lookup<String>) -> Self {
        match look {
            Lookup::Fresh(hit) => Self::Fresh(hit.into_owned()),
            Lookup::Stale(hit, stale) => Self::Stale(hit.into_owned(), stale),
            Lookup::Miss(_) => Self::Nothing,
        }
    }
}

/// A value as the map holds it. Times are seconds since the beginning of the test.
#[derive(Clone, Debug)]
struct Value {
    text: String,
    tags: Tags,
    expires: Option<u64>,
    kept_until: Option<u64>,
    soft: bool,
}

impl Value {
    fn new(text: &str, terms: &Terms, now: u64) -> Self {
        let expires = terms.fresh.map(|fresh| now + u64::from(fresh));
        let kept_until = expires.map(|expires| expires + u64::from(terms.kept));
        Self { text: text.to_owned(), tags: terms.tags.clone(), expires, kept_until, soft: false }
    }

    fn seen(&self, now: u64) -> Seen {
        let is_past = |time: Option<u64>| time.is_some_and(|time| time <= now);
        if is_past(self.kept_until) {
            Seen::Nothing
        } else if is_past(self.expires) {
            Seen::Stale(self.text.clone(), Stale::Expired)
        } else if self.soft {
            Seen::Stale(self.text.clone(), Stale::SoftlyExpired)
        } else {
            Seen::Fresh(self.text.clone())
        }
    }
}

/// The map, and what the fill in flight must know.
#[derive(Default)]
struct Model {
    now: u64,
    values: BTreeMap<u8, Value>,
    /// What was invalidated or softly expired since the fill in flight began.
    overtaken_keys: BTreeSet<u8>,
    overtaken_tags: Tags,
    overtaken_all: bool,
}

impl Model {
    fn seen(&self, key: u8) -> Seen {
        self.values.get(&key).map_or(Seen::Nothing, |value| value.seen(self.now))
    }

    fn store(&mut self, key: u8, text: &str, terms: &Terms) {
        self.values.insert(key, Value::new(text, terms, self.now));
    }

    fn take_tags(&mut self, tags: &Tags) {
        self.overtaken_tags.extend(tags);
        self.values.retain(|_, value| value.tags.is_disjoint(tags));
    }

    fn soften_tags(&mut self, tags: &Tags) {
        self.overtaken_tags.extend(tags);
        for value in self.values.values_mut() {
            value.soft |= !value.tags.is_disjoint(tags);
        }
    }

    fn take_key(&mut self, key: u8) {
        self.overtaken_keys.insert(key);
        self.values.remove(&key);
    }

    fn clear(&mut self) {
        self.overtaken_all = true;
        self.values.clear();
    }

    fn begin(&mut self) {
        self.overtaken_keys.clear();
        self.overtaken_tags.clear();
        self.overtaken_all = false;
    }

    fn is_raced(&self, key: u8, tags: &Tags) -> bool {
        self.overtaken_all || self.overtaken_keys.contains(&key) || !self.overtaken_tags.is_disjoint(tags)
    }
}

/// Both processes, and at most one fill in flight: a second one would meet the rule against asking twice.
struct World {
    processes: [Fixture; 2],
    in_flight: Option<(u8, Fill<Raw, TestSys>)>,
    model: Model,
    start: Time,
    values: u32,
}

impl World {
    fn new() -> Self {
        let volatile = || Builder::new(Raw).durability(Durability::Volatile);
        let one = Fixture::with(volatile());
        let two = one.another_process(volatile());
        let start = one.world.clock.now();
        Self { processes: [one, two], in_flight: None, model: Model::default(), start, values: 0 }
    }

    fn cache(&self, process: usize) -> Cache<Raw, TestSys> {
        self.processes[process].cache.clone()
    }

    /// A value that was never stored before.
    fn next_value(&mut self) -> String {
        self.values += 1;
        format!("value {}", self.values)
    }

    fn act(&mut self, process: usize, act: Act) -> Result<(), TestCaseError> {
        let cache = self.cache(process);
        let names = |tags: &Tags| tags.iter().map(tag).collect::<Vec<_>>();
        match act {
            Act::Put(k, terms) => {
                let value = self.next_value();
                prop_assert_eq!(cache.put(key(k), &value, &terms.policy())?, Stored::Yes);
                self.model.store(k, &value, &terms);
            }
            Act::Replace(k, terms) => {
                let value = self.next_value();
                prop_assert_eq!(cache.replace(key(k), &value, &terms.policy())?, Stored::Yes);
                self.model.take_key(k);
                self.model.store(k, &value, &terms);
            }
            Act::GetWith(k, terms) => self.get_with(&cache, k, &terms)?,
            Act::Begin(k) => self.begin(&cache, k)?,
            Act::Commit(terms) => self.commit(&terms)?,
            Act::Drop => self.in_flight = None,
            Act::InvalidateTags(tags) => {
                cache.invalidate_tags(names(&tags))?;
                self.model.take_tags(&tags);
            }
            Act::ExpireTags(tags) => {
                cache.expire_tags(names(&tags))?;
                self.model.soften_tags(&tags);
            }
            Act::InvalidateKey(k) => {
                cache.invalidate_key(key(k))?;
                self.model.take_key(k);
            }
            Act::ExpireKey(k) => {
                cache.expire_key(key(k))?;
                self.model.overtaken_keys.insert(k);
                if let Some(value) = self.model.values.get_mut(&k) {
                    value.soft = true;
                }
            }
            Act::Clear => {
                cache.clear()?;
                self.model.clear();
            }
            Act::Advance(seconds) => self.model.now += u64::from(seconds),
            Act::Sweep => prop_assert_eq!(cache.sweep()?.failed, 0),
        }
        self.set_clocks();
        Ok(())
    }

    fn get_with(&mut self, cache: &Cache<Raw, TestSys>, k: u8, terms: &Terms) -> Result<(), TestCaseError> {
        if self.in_flight.as_ref().is_some_and(|(held, _)| *held == k) {
            return Ok(());
        }
        let value = self.next_value();
        let hit = cache.get_with(key(k), &terms.policy(), |_| value.clone());
        match self.model.seen(k) {
            Seen::Fresh(expected) => {
                prop_assert_eq!((hit.as_str(), hit.source()), (&*expected, Source::Disk));
            }
            Seen::Stale(..) | Seen::Nothing => {
                let stored = matches!(hit.source(), Source::Computed { stored: Stored::Yes, .. });
                prop_assert!(stored && *hit == value, "{:?}", hit);
                self.model.store(k, &value, terms);
            }
        }
        Ok(())
    }

    fn begin(&mut self, cache: &Cache<Raw, TestSys>, k: u8) -> Result<(), TestCaseError> {
        if self.in_flight.is_some() {
            return Ok(());
        }
        match cache.begin::<String>(key(k), &Policy::new().keep_stale(Duration::ZERO))? {
            Begun::Hit(hit) => prop_assert_eq!(Seen::Fresh(hit.into_owned()), self.model.seen(k)),
            Begun::Fill(fill) => {
                prop_assert!(!matches!(self.model.seen(k), Seen::Fresh(_)));
                self.in_flight = Some((k, fill));
                self.model.begin();
            }
        }
        Ok(())
    }

    fn commit(&mut self, terms: &Terms) -> Result<(), TestCaseError> {
        let Some((k, mut fill)) = self.in_flight.take() else { return Ok(()) };
        let value = self.next_value();
        terms.tags.iter().for_each(|t| fill.add_tag(tag(t)));
        match terms.fresh {
            Some(fresh) => fill.expire_in(secs(fresh)),
            None => fill.never_expire(),
        }
        let stored = fill.commit(&value)?;
        if self.model.is_raced(k, &terms.tags) {
            prop_assert_eq!(stored, Stored::Raced);
        } else {
            prop_assert_eq!(stored, Stored::Yes);
            self.model.store(k, &value, &Terms { kept: 0, ..terms.clone() });
        }
        Ok(())
    }

    /// Both clocks show the time of the model, whatever waiting did to them.
    fn set_clocks(&self) {
        let now = self.start.after(Duration::from_secs(self.model.now));
        self.processes.iter().for_each(|process| process.world.clock.set(now));
    }

    /// Both processes see of every key what the map says.
    fn compare(&self) -> Result<(), TestCaseError> {
        for k in 0..4 {
            for process in &self.processes {
                let seen = Seen::from(process.cache.lookup::<String>(key(k))?);
                prop_assert_eq!(seen, self.model.seen(k), "key {}", k);
            }
        }
        Ok(())
    }

    /// After a sweep nothing is left but what can be served: one name for the key, one for each tag.
    fn end(mut self) -> Result<(), TestCaseError> {
        self.in_flight = None;
        self.processes[0].cache.sweep()?;
        self.compare()?;
        let kept = self.model.values.values().filter(|value| value.seen(self.model.now) != Seen::Nothing);
        let names: usize = kept.map(|value| 1 + value.tags.len()).sum();
        prop_assert_eq!(self.processes[0].files("data").len(), names);
        prop_assert!(
            self.processes[0].files("tmp").is_empty() && self.processes[0].files("locks").is_empty()
        );
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn two_processes_see_what_a_map_would_show(acts in vec((0..2usize, act()), 1..60)) {
        let mut world = World::new();
        for (process, act) in acts {
            world.act(process, act)?;
            world.compare()?;
        }
        world.end()?;
    }
}
