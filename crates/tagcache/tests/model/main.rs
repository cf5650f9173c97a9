//! Two processes do random things to one cache, and a map beside it says what must be seen.

#[path = "../common/mod.rs"]
mod common;

mod act;
mod map;

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use tagcache::fs::{Durability, Time};
use tagcache::{Begun, Builder, Cache, Entries, Fill, Policy, Raw, Source, State, Stored};
use tagcache_testkit::TestSys;

use act::{Act, Tags, Terms, act, key, levels, secs, tag, under};
use common::Fixture;
use map::{Model, Seen, Value};

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
            Act::InvalidateAllOf(tags) => {
                cache.invalidate_all_of(names(&tags))?;
                self.model.take_all_of(&tags);
            }
            Act::ExpireAllOf(tags) => {
                cache.expire_all_of(names(&tags))?;
                self.model.soften_all_of(&tags);
            }
            Act::InvalidateUnder(t) => {
                cache.invalidate_under(tag(&t))?;
                self.model.take_tags(&under(t));
            }
            Act::ExpireUnder(t) => {
                cache.expire_under(tag(&t))?;
                self.model.soften_tags(&under(t));
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
        terms.tags.iter().for_each(|t| fill.add_tag_path(tag(t)));
        match terms.fresh {
            Some(fresh) => fill.expire_in(secs(fresh)),
            None => fill.never_expire(),
        }
        let stored = fill.commit(&value)?;
        if self.model.is_raced(k, &terms.tags) {
            prop_assert_eq!(stored, Stored::Raced);
        } else if stored != Stored::Raced || !self.model.may_be_raced(&terms.tags) {
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

    /// Both processes see of every key what the map says, and list what can be served.
    fn compare(&self) -> Result<(), TestCaseError> {
        self.compare_lists()?;
        for k in 0..4 {
            for process in &self.processes {
                let seen = Seen::from(process.cache.lookup::<String>(key(k))?);
                prop_assert_eq!(seen, self.model.seen(k), "key {}", k);
            }
        }
        Ok(())
    }

    fn compare_lists(&self) -> Result<(), TestCaseError> {
        let served = |value: &Value| value.seen(self.model.now) != Seen::Nothing;
        let expected = |of: &dyn Fn(&Value) -> bool| -> BTreeSet<String> {
            let values = self.model.values.iter().filter(|(_, value)| served(value) && of(value));
            values.map(|(k, _)| key(*k)).collect()
        };
        prop_assert_eq!(listed(self.processes[0].cache.entries())?, expected(&|_| true));
        for t in 0..3 {
            let with_tag = self.processes[1].cache.entries_with_tag(tag(&t))?;
            prop_assert_eq!(listed(with_tag)?, expected(&|value| value.tags.contains(&t)), "{}", tag(&t));
        }
        Ok(())
    }

    /// After a sweep nothing is left but what can be served: one name for the key, one for each tag.
    fn end(mut self) -> Result<(), TestCaseError> {
        self.in_flight = None;
        self.processes[0].cache.sweep()?;
        self.compare()?;
        let kept = self.model.values.values().filter(|value| value.seen(self.model.now) != Seen::Nothing);
        let names: usize = kept.map(|value| 1 + levels(&value.tags)).sum();
        prop_assert_eq!(self.processes[0].files("data").len(), names);
        prop_assert!(
            self.processes[0].files("tmp").is_empty() && self.processes[0].files("locks").is_empty()
        );
        Ok(())
    }
}

/// The keys of the entries that can be served, each met once.
fn listed(entries: Entries<Raw, TestSys>) -> Result<BTreeSet<String>, TestCaseError> {
    let mut keys = BTreeSet::new();
    for entry in entries {
        let entry = entry?;
        if !matches!(entry.state, State::Unusable(_)) {
            let key = String::from_utf8_lossy(&entry.key).into_owned();
            prop_assert!(keys.insert(key), "{:?} was met twice", entry);
        }
    }
    Ok(keys)
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
