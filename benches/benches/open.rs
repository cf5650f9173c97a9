//! Opening a cache that exists, as every process of a web server does, and making a new one.

use std::fs;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use tagcache::{Builder, Cache, Durability, Raw};
use tagcache_benches::{Place, places, timed};

fn open(criterion: &mut Criterion) {
    for place in places() {
        let mut group = criterion.benchmark_group(format!("{}/open", place.name()));
        let _kept = open_root(&place, "existing");
        group.bench_function("existing", |bencher| bencher.iter(|| open_root(&place, "existing")));
        group.bench_function("new", |bencher| {
            bencher.iter_custom(|count| (0..count).map(|_| open_new(&place)).sum());
        });
    }
}

fn open_root(place: &Place, name: &str) -> Cache<Raw> {
    Builder::new(Raw).durability(Durability::Volatile).open(place.path(name)).expect("open")
}

fn open_new(place: &Place) -> Duration {
    let took = timed(|| drop(open_root(place, "new")));
    fs::remove_dir_all(place.path("new")).expect("remove");
    took
}

criterion_group!(benches, open);
criterion_main!(benches);
