//! What was sealed is what is parsed, for any fields; and any bytes are either a record or a typed error.

mod common;
#[path = "property/mod.rs"]
mod property;

use std::collections::BTreeSet;

use common::{blog_home, seal};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use tagcache_record::{Facts, parse};

fn facts() -> impl Strategy<Value = Facts> {
    let times = (any::<u64>(), any::<u64>(), any::<u64>(), any::<u64>());
    (any::<u32>(), any::<u64>(), times, any::<[u8; 16]>()).prop_map(|(codec, schema, times, boot)| {
        let (created_at, one, other, compute_time) = times;
        let (expires_at, keep_until) = (one.min(other), one.max(other));
        Facts { codec, schema, created_at, expires_at, keep_until, boot, compute_time }
    })
}

fn tags() -> impl Strategy<Value = BTreeSet<Vec<u8>>> {
    btree_set(vec(any::<u8>(), 1..40), 0..20)
}

proptest! {
    #[test]
    fn what_was_sealed_is_what_is_parsed(
        facts in facts(),
        key in vec(any::<u8>(), 1..300),
        tags in tags(),
        payload in vec(any::<u8>(), 0..2000),
    ) {
        let tags: Vec<_> = tags.into_iter().collect();
        let file = seal(&facts, &key, &tags, &payload);
        let record = parse(&file).expect("sealed, so it parses");
        prop_assert_eq!(record.head.facts, facts);
        prop_assert_eq!(record.head.key, key);
        prop_assert!(record.head.tags.iter().eq(tags.iter().map(Vec::as_slice)));
        prop_assert_eq!(record.payload, payload);
        property::record_parse(&file);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in vec(any::<u8>(), 0..400)) {
        property::record_parse(&bytes);
    }

    #[test]
    fn no_bytes_behind_a_right_beginning_make_it_panic(bytes in vec(any::<u8>(), 0..400), keep in 8..145_usize) {
        property::record_parse(&[&blog_home()[..keep], &bytes].concat());
    }

    #[test]
    fn no_few_changes_of_a_record_make_it_panic(
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)
    ) {
        let mut file = blog_home();
        for (at, byte) in changes {
            let at = at.index(file.len());
            file[at] = byte;
        }
        property::record_parse(&file);
    }
}
