//! Each codec on one value as programs cache it, encoded and decoded in memory; throughput in bytes of the encoding.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tagcache::codec::{Codec, Decode, Encode};
use tagcache::{Bincode, Cbor, Json, Lz4, Postcard, Raw, Zstd};
use tagcache_benches::article::Article;

fn codecs(criterion: &mut Criterion) {
    let article = Article::sample();
    both_ways(criterion, &Json, &article);
    both_ways(criterion, &Bincode, &article);
    both_ways(criterion, &Cbor, &article);
    both_ways(criterion, &Postcard, &article);
    // The text alone: what is bytes already needs no format.
    both_ways(criterion, &Raw, &article.html);
    both_ways(criterion, &Zstd::new(Postcard), &article);
    both_ways(criterion, &Lz4::new(Postcard), &article);
}

fn both_ways<C, T>(criterion: &mut Criterion, codec: &C, value: &T)
where
    C: Codec + Encode<T> + for<'a> Decode<'a, T>,
{
    let mut bytes = Vec::new();
    codec.encode(value, &mut bytes).expect("encode");
    let mut group = criterion.benchmark_group(format!("codecs/{}", C::NAME));
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("encode", |bencher| {
        let mut out = Vec::with_capacity(bytes.len());
        bencher.iter(|| {
            out.clear();
            codec.encode(black_box(value), &mut out).expect("encode");
        });
    });
    group.bench_function("decode", |bencher| {
        bencher.iter(|| codec.decode(black_box(&bytes)).map(black_box::<T>).is_ok());
    });
}

criterion_group!(benches, codecs);
criterion_main!(benches);
