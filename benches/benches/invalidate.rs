//! A hard invalidation of a tag against its bare calls.

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use tagcache_benches::{pairs, places};

fn invalidate(criterion: &mut Criterion) {
    for place in places() {
        for mut pair in pairs::invalidate::pairs(&place, 0) {
            let mut group = criterion.benchmark_group(format!("{}/{}", place.name(), pair.name));
            // Each round puts all the entries again, unmeasured: more rounds would take minutes.
            group.sample_size(10).warm_up_time(Duration::from_millis(200));
            group.measurement_time(Duration::from_millis(500));
            group.bench_function("floor", |bencher| bencher.iter_custom(|count| pair.floor.run(count)));
            group.bench_function("ours", |bencher| bencher.iter_custom(|count| pair.ours.run(count)));
        }
    }
}

criterion_group!(benches, invalidate);
criterion_main!(benches);
