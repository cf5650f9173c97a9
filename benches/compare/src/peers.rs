//! The peers, one file each.

mod cacache;
mod cached;
mod fjall;
mod foyer;
mod lmdb;
mod moka;
mod record;
mod redb;
mod sqlite;
mod tagcache;
mod typed;
mod versions;

use crate::peer::Kind;

/// All of them; ours, against which the others are held, comes first.
pub const ALL: &[&Kind] = &[
    &tagcache::KIND,
    &tagcache::COMPACT,
    &tagcache::DISK,
    &cacache::KIND,
    &sqlite::KIND,
    &lmdb::KIND,
    &redb::KIND,
    &redb::SHARED,
    &fjall::KIND,
    &foyer::KIND,
    &foyer::DISK,
    &cached::KIND,
    &moka::KIND,
];

/// The one with this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Kind> {
    ALL.iter().find(|kind| kind.name == name).copied()
}
