//! The cleanup of a thousand entries: when there is nothing to do, and when all of them are dead.

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use tagcache_benches::{Place, Tree, places, timed};

const KEYS: usize = 1000;
const TAGS: usize = 2;

fn sweep(criterion: &mut Criterion) {
    for place in places() {
        let mut group = criterion.benchmark_group(format!("{}/sweep", place.name()));
        group.sample_size(10).warm_up_time(Duration::from_millis(200));
        group.measurement_time(Duration::from_millis(500));
        let tree = filled(&place, "idle");
        group.bench_function("1000 live entries", |bencher| {
            bencher.iter(|| {
                let swept = tree.cache.sweep().expect("sweep");
                assert_eq!((swept.kept, swept.entries), (1000, 0), "all of them live");
            });
        });
        let tree = filled(&place, "busy");
        group.bench_function("1000 dead entries", |bencher| {
            bencher.iter_custom(|count| (0..count).map(|_| sweep_dead(&tree)).sum());
        });
    }
}

fn filled(place: &Place, name: &str) -> Tree {
    let tree = Tree::new(&place.path(&format!("sweep-{name}")), KEYS, TAGS);
    tree.fill(&vec![b'x'; 100]);
    tree
}

/// An invalidation by one tag leaves the entries and the links of the other one.
fn sweep_dead(tree: &Tree) -> Duration {
    tree.fill(&vec![b'x'; 100]);
    tree.cache.invalidate_tag("tag-0").expect("invalidate");
    timed(|| {
        let swept = tree.cache.sweep().expect("sweep");
        assert_eq!((swept.kept, swept.entries), (0, 1000), "all of them are dead");
    })
}

criterion_group!(benches, sweep);
criterion_main!(benches);
