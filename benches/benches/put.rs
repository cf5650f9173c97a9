//! A put against its bare calls, over nothing and over an entry.

use criterion::{Criterion, criterion_group, criterion_main};
use tagcache_benches::{pairs, places};

fn put(criterion: &mut Criterion) {
    for place in places() {
        for mut pair in pairs::put::pairs(&place) {
            let mut group = criterion.benchmark_group(format!("{}/{}", place.name(), pair.name));
            group.bench_function("floor", |bencher| bencher.iter_custom(|count| pair.floor.run(count)));
            group.bench_function("ours", |bencher| bencher.iter_custom(|count| pair.ours.run(count)));
        }
    }
}

criterion_group!(benches, put);
criterion_main!(benches);
