//! The map beside the cache, which says what must be seen.

use std::collections::{BTreeMap, BTreeSet};

use tagcache::{Lookup, Stale};

use super::act::{Tags, Terms};

/// What a reader sees of a key.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Seen {
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
pub(crate) struct Value {
    text: String,
    pub(crate) tags: Tags,
    expires: Option<u64>,
    kept_until: Option<u64>,
    pub(crate) soft: bool,
}

impl Value {
    fn new(text: &str, terms: &Terms, now: u64) -> Self {
        let expires = terms.fresh.map(|fresh| now + u64::from(fresh));
        let kept_until = expires.map(|expires| expires + u64::from(terms.kept));
        Self { text: text.to_owned(), tags: terms.tags.clone(), expires, kept_until, soft: false }
    }

    pub(crate) fn seen(&self, now: u64) -> Seen {
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
pub(crate) struct Model {
    pub(crate) now: u64,
    pub(crate) values: BTreeMap<u8, Value>,
    /// What was invalidated or softly expired since the fill in flight began.
    pub(crate) overtaken_keys: BTreeSet<u8>,
    overtaken_tags: Tags,
    overtaken_sets: Vec<Tags>,
    overtaken_all: bool,
}

impl Model {
    pub(crate) fn seen(&self, key: u8) -> Seen {
        self.values.get(&key).map_or(Seen::Nothing, |value| value.seen(self.now))
    }

    pub(crate) fn store(&mut self, key: u8, text: &str, terms: &Terms) {
        self.values.insert(key, Value::new(text, terms, self.now));
    }

    pub(crate) fn take_tags(&mut self, tags: &Tags) {
        self.overtaken_tags.extend(tags);
        self.values.retain(|_, value| value.tags.is_disjoint(tags));
    }

    pub(crate) fn soften_tags(&mut self, tags: &Tags) {
        self.overtaken_tags.extend(tags);
        for value in self.values.values_mut() {
            value.soft |= !value.tags.is_disjoint(tags);
        }
    }

    pub(crate) fn take_all_of(&mut self, tags: &Tags) {
        self.overtaken_sets.push(tags.clone());
        self.values.retain(|_, value| !value.tags.is_superset(tags));
    }

    pub(crate) fn soften_all_of(&mut self, tags: &Tags) {
        self.overtaken_sets.push(tags.clone());
        for value in self.values.values_mut() {
            value.soft |= value.tags.is_superset(tags);
        }
    }

    pub(crate) fn take_key(&mut self, key: u8) {
        self.overtaken_keys.insert(key);
        self.values.remove(&key);
    }

    pub(crate) fn clear(&mut self) {
        self.overtaken_all = true;
        self.values.clear();
    }

    pub(crate) fn begin(&mut self) {
        self.overtaken_keys.clear();
        self.overtaken_tags.clear();
        self.overtaken_sets.clear();
        self.overtaken_all = false;
    }

    pub(crate) fn is_raced(&self, key: u8, tags: &Tags) -> bool {
        self.overtaken_all
            || self.overtaken_keys.contains(&key)
            || !self.overtaken_tags.is_disjoint(tags)
            || self.overtaken_sets.iter().any(|set| tags.is_superset(set))
    }

    /// A fill that has one of several tags may be raced by an invalidation of all of them.
    pub(crate) fn may_be_raced(&self, tags: &Tags) -> bool {
        self.overtaken_sets.iter().any(|set| !tags.is_disjoint(set))
    }
}
