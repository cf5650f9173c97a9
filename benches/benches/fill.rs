//! Compute-through on a cold key: lease, look again, mark, compute, put, and the lease back.

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use tagcache_benches::{Tree, places, policy_with_tags, timed};

const KEYS: usize = 100;
const TAGS: usize = 2;

fn fill(criterion: &mut Criterion) {
    for place in places() {
        let tree = Tree::new(&place.path("fill"), KEYS, TAGS);
        tree.make_folders();
        let mut group = criterion.benchmark_group(format!("{}/fill", place.name()));
        group.bench_function("cold/4 KiB/2 tags", |bencher| {
            bencher.iter_custom(|count| cold(&tree, usize::try_from(count).expect("a count")));
        });
    }
}

fn cold(tree: &Tree, mut left: usize) -> Duration {
    let policy = policy_with_tags(TAGS);
    let mut took = Duration::ZERO;
    while left > 0 {
        tree.empty();
        let now = left.min(KEYS);
        took += timed(|| {
            for key in &tree.keys[..now] {
                let hit = tree.cache.get_with(key, &policy, |_| vec![b'x'; 4 << 10]);
                assert_eq!(hit.len(), 4 << 10);
            }
        });
        left -= now;
    }
    took
}

criterion_group!(benches, fill);
criterion_main!(benches);
