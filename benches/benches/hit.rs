//! A hit from disk against its four bare calls.

use criterion::{Criterion, criterion_group, criterion_main};
use tagcache_benches::{pairs, places};

fn hit(criterion: &mut Criterion) {
    for place in places() {
        for mut pair in pairs::hit::pairs(&place) {
            let mut group = criterion.benchmark_group(format!("{}/{}", place.name(), pair.name));
            group.bench_function("floor", |bencher| bencher.iter_custom(|count| pair.floor.run(count)));
            group.bench_function("ours", |bencher| bencher.iter_custom(|count| pair.ours.run(count)));
        }
    }
}

criterion_group!(benches, hit);
criterion_main!(benches);
