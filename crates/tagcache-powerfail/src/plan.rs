//! What a process chooses to do next. Two sequences are there on purpose, since a power cut after them is the worst:
//! an entry that is evicted, and one that is replaced, and *then* its tag is invalidated, with nothing left to find.

use crate::chance::Chance;
use crate::deed::{Deed, Goods};
use crate::workload::TAGS;

/// The next calls of a process that picked this key, where an entry with these tags was a moment ago.
pub(crate) fn plan(chance: &mut Chance, key: String, there: Option<Vec<String>>) -> Vec<Deed> {
    let tagged = there.filter(|tags| !tags.is_empty());
    match (chance.below(100), tagged) {
        (0..=33, _) => vec![Deed::Put(goods(chance, key))],
        (34..=55, _) => vec![Deed::Fill(goods(chance, key))],
        (56..=60, _) => vec![Deed::Replace(goods(chance, key))],
        (61..=66, Some(tags)) => vec![Deed::Evict(key), Deed::InvalidateTags(one(chance, tags))],
        (67..=72, Some(tags)) => {
            let other = Goods { tags: Vec::new(), ..goods(chance, key.clone()) };
            vec![Deed::Put(other), Deed::InvalidateTags(one(chance, tags))]
        }
        (73..=75, _) => vec![Deed::Evict(key.clone()), Deed::InvalidateKey(key)],
        (76..=77, _) => vec![Deed::Evict(key)],
        (78..=79, _) => vec![Deed::InvalidateTags(vec![tag(chance), tag(chance)])],
        (80..=84, _) => vec![Deed::InvalidateKey(key)],
        (85..=88, _) => vec![Deed::ExpireTags(vec![tag(chance)])],
        (89..=92, _) => vec![Deed::ExpireKey(key)],
        (93..=94, _) => vec![Deed::Sweep],
        (95, _) if chance.one_in(10) => vec![Deed::Clear],
        _ => vec![Deed::InvalidateTags(vec![tag(chance)])],
    }
}

fn goods(chance: &mut Chance, key: String) -> Goods {
    let len = match chance.below(40) {
        0 => chance.between(100_000, 300_000),
        1..=4 => chance.between(8_000, 40_000),
        5 => 0,
        _ => chance.between(1, 6_000),
    };
    let mut tags: Vec<String> = (0..chance.below(4)).map(|_| tag(chance)).collect();
    tags.sort();
    tags.dedup();
    Goods { key, tags, len: usize::try_from(len).unwrap_or(0) }
}

fn tag(chance: &mut Chance) -> String {
    format!("t{}", chance.below(TAGS))
}

fn one(chance: &mut Chance, mut tags: Vec<String>) -> Vec<String> {
    let index = usize::try_from(chance.below(tags.len() as u64)).unwrap_or(0);
    vec![tags.swap_remove(index)]
}
