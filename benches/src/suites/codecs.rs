//! Each codec: a value into the cache and out of it, beside the bare calls and the codec alone.

use std::hint::black_box;
use std::path::Path;

use tagcache::codec::{Codec, Decode, Encode};
use tagcache::{
    Bincode, Builder, Cache, Cbor, Durability, Json, Lz4, Memory, Postcard, Raw, Stores, Value, Zstd,
};

use crate::article::Article;
use crate::bare::Bare;
use crate::pairs::{KEYS, PUTS, Turn, in_batches, in_turn, over_nothing};
use crate::{Pair, Place, Side, Tree, floor, policy_with_tags, timed};

const TAGS: usize = 2;

/// An article as each codec writes it; as text where it takes nothing else.
#[must_use]
pub fn pairs(place: &Place) -> Vec<Pair> {
    let article = Article::sample();
    let both: [[Pair; 2]; 7] = [
        both(place, Raw, article.html.clone()),
        both(place, Postcard, article.clone()),
        both(place, Json, article.clone()),
        both(place, Cbor, article.clone()),
        both(place, Bincode, article.clone()),
        both(place, Zstd::new(Postcard), article.clone()),
        both(place, Lz4::new(Postcard), article),
    ];
    let (hits, puts): (Vec<_>, Vec<_>) = both.into_iter().map(|[hit, put]| (hit, put)).unzip();
    hits.into_iter().chain(puts).collect()
}

fn both<C, T>(place: &Place, codec: C, value: T) -> [Pair; 2]
where
    C: Codec + Clone + Stores<T> + Encode<T> + for<'a> Decode<'a, T> + 'static,
    T: Clone + Value,
{
    [hit(place, codec.clone(), value.clone()), put(place, codec, value)]
}

fn hit<C, T>(place: &Place, codec: C, value: T) -> Pair
where
    C: Codec + Clone + Stores<T> + Encode<T> + for<'a> Decode<'a, T> + 'static,
    T: Clone + Value,
{
    let path = place.path(&format!("codec-{}", C::NAME));
    let (floor_path, floor_codec, floor_value) = (path.clone(), codec.clone(), value.clone());
    let turn = Turn::default();
    let floor_turn = turn.clone();
    let ours = Side::new(move || {
        let (keys, cache) = filled(&path, codec, &value);
        in_turn(turn, move |index| {
            let hit = cache.get::<T>(&keys[index]).expect("get").expect("a hit");
            black_box(&*hit);
        })
    });
    let floor = Side::new(move || {
        let mut bytes = Vec::new();
        floor_codec.encode(&floor_value, &mut bytes).expect("encode");
        drop(filled(&floor_path, floor_codec.clone(), &floor_value));
        let tree = Tree::new(&floor_path, KEYS, 1);
        let (dir, mut buffer) = (tree.open_dir(), Vec::new());
        let entries: Vec<_> = (0..KEYS).map(|index| tree.entry_path(index)).collect();
        in_turn(floor_turn, move |index| {
            black_box(floor::hit(&dir, &entries[index], &mut buffer).expect("a hit"));
            black_box::<T>(floor_codec.decode(black_box(&bytes)).expect("decode"));
        })
    });
    Pair::new(format!("hit from disk/{}", C::NAME), ours, floor)
}

/// Over nothing; all folders are there.
fn put<C, T>(place: &Place, codec: C, value: T) -> Pair
where
    C: Codec + Clone + Stores<T> + Encode<T> + 'static,
    T: Clone + Value,
{
    let name = format!("codec-put-{}", C::NAME);
    let (path, floor_path) = (place.path(&name), place.path(&format!("{name}-floor")));
    let (floor_codec, floor_value) = (codec.clone(), value.clone());
    let ours = Side::new(move || {
        let tree = Tree::new(&path, PUTS, TAGS);
        tree.make_folders();
        let (cache, policy) = (opened(&path, codec), policy_with_tags(TAGS));
        over_nothing(tree, move |tree, count| {
            timed(|| {
                for key in &tree.keys[..count] {
                    cache.put(key, &value, &policy).expect("put");
                }
            })
        })
    });
    let floor = Side::new(move || {
        let mut bytes = Vec::new();
        floor_codec.encode(&floor_value, &mut bytes).expect("encode");
        let mut bare = Bare::new(&floor_path, 0..PUTS, TAGS, bytes.len());
        in_batches(move |count| {
            bare.empty();
            let encode = |bytes: &mut Vec<u8>| {
                bytes.clear();
                floor_codec.encode(black_box(&floor_value), bytes).expect("encode");
            };
            timed(|| (0..count).for_each(|_| encode(&mut bytes))) + bare.put_all(count)
        })
    });
    Pair::new(format!("put new/2 tags/{}", C::NAME), ours, floor)
}

fn opened<C: Codec>(path: &Path, codec: C) -> Cache<C> {
    let builder = Builder::new(codec).durability(Durability::Volatile).memory(Memory::off());
    builder.open(path).expect("the same root")
}

fn filled<C: Codec + Stores<T>, T: Value>(path: &Path, codec: C, value: &T) -> (Vec<String>, Cache<C>) {
    let there = path.exists();
    let keys = Tree::new(path, KEYS, 1).keys;
    let cache = opened(path, codec);
    if !there {
        for key in &keys {
            cache.put(key, value, &policy_with_tags(1)).expect("put");
        }
    }
    (keys, cache)
}
