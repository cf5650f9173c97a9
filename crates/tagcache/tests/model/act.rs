//! What the processes do, and the strategies that make it up.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::collection::btree_set;
use proptest::prelude::*;
use tagcache::Policy;

use super::common::text;

pub(crate) type Tags = BTreeSet<u8>;

/// What one of the processes does.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    Put(u8, Terms),
    Replace(u8, Terms),
    GetWith(u8, Terms),
    Begin(u8),
    Commit(Terms),
    Drop,
    InvalidateTags(Tags),
    ExpireTags(Tags),
    InvalidateAllOf(Tags),
    ExpireAllOf(Tags),
    InvalidateUnder(u8),
    ExpireUnder(u8),
    InvalidateKey(u8),
    ExpireKey(u8),
    Clear,
    Advance(u8),
    Sweep,
}

/// The tags of a value, and for how many seconds it is fresh and kept.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    pub(crate) tags: Tags,
    pub(crate) fresh: Option<u8>,
    pub(crate) kept: u8,
}

impl Terms {
    pub(crate) fn policy(&self) -> Policy {
        let policy = self.tags.iter().fold(Policy::new(), |policy, t| policy.tag_path(tag(t)));
        let policy = policy.keep_stale(secs(self.kept));
        self.fresh.map_or(policy.clone(), |fresh| policy.expire_in(secs(fresh)))
    }
}

pub(crate) fn secs(secs: u8) -> Duration {
    Duration::from_secs(secs.into())
}

pub(crate) fn key(key: u8) -> String {
    format!("key {key}")
}

/// The tags are paths: the second and the third lie under the first.
pub(crate) fn tag(tag: &u8) -> String {
    text(["a", "a/b", "a/c"][usize::from(*tag)])
}

/// What lies under a path.
pub(crate) fn under(tag: u8) -> Tags {
    if tag == 0 { Tags::from([0, 1, 2]) } else { Tags::from([tag]) }
}

/// How many tags an entry with these paths has: the paths, and `a/` above two of them.
pub(crate) fn levels(tags: &Tags) -> usize {
    tags.len() + usize::from(tags.iter().any(|tag| *tag > 0))
}

fn terms() -> impl Strategy<Value = Terms> {
    let fresh = prop_oneof![Just(None), (0..20u8).prop_map(Some)];
    (btree_set(0..3u8, 0..3), fresh, 0..10u8).prop_map(|(tags, fresh, kept)| Terms { tags, fresh, kept })
}

pub(crate) fn act() -> impl Strategy<Value = Act> {
    let (key, tags, some_tags) = (0..4u8, btree_set(0..3u8, 0..3), btree_set(0..3u8, 1..4));
    prop_oneof![
        4 => (key.clone(), terms()).prop_map(|(key, terms)| Act::Put(key, terms)),
        1 => (key.clone(), terms()).prop_map(|(key, terms)| Act::Replace(key, terms)),
        4 => (key.clone(), terms()).prop_map(|(key, terms)| Act::GetWith(key, terms)),
        2 => key.clone().prop_map(Act::Begin),
        2 => terms().prop_map(Act::Commit),
        1 => Just(Act::Drop),
        2 => tags.clone().prop_map(Act::InvalidateTags),
        2 => tags.prop_map(Act::ExpireTags),
        1 => some_tags.clone().prop_map(Act::InvalidateAllOf),
        1 => some_tags.prop_map(Act::ExpireAllOf),
        1 => (0..3u8).prop_map(Act::InvalidateUnder),
        1 => (0..3u8).prop_map(Act::ExpireUnder),
        1 => key.clone().prop_map(Act::InvalidateKey),
        1 => key.prop_map(Act::ExpireKey),
        1 => Just(Act::Clear),
        3 => (0..8u8).prop_map(Act::Advance),
        1 => Just(Act::Sweep),
    ]
}
