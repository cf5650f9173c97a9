//! Each codec: a value through the cache, beside the bare calls and the codec alone.

use std::hint::black_box;
use std::path::Path;

use tagcache::codec::{Codec, Decode, Encode};
use tagcache::{
    Bincode, Builder, Cache, Cbor, Durability, Json, Lz4, Memory, Postcard, Raw, Stores, Value, Zstd,
};

use crate::article::Article;
use crate::pairs::{KEYS, Turn, in_turn};
use crate::{Pair, Place, Side, Tree, floor, policy_with_tags};

/// An article as each codec writes it; as text where it takes nothing else.
#[must_use]
pub fn pairs(place: &Place) -> Vec<Pair> {
    let article = Article::sample();
    vec![
        pair(place, Raw, article.html.clone()),
        pair(place, Postcard, article.clone()),
        pair(place, Json, article.clone()),
        pair(place, Cbor, article.clone()),
        pair(place, Bincode, article.clone()),
        pair(place, Zstd::new(Postcard), article.clone()),
        pair(place, Lz4::new(Postcard), article),
    ]
}

fn pair<C, T>(place: &Place, codec: C, value: T) -> Pair
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

fn filled<C: Codec + Stores<T>, T: Value>(path: &Path, codec: C, value: &T) -> (Vec<String>, Cache<C>) {
    let there = path.exists();
    let keys = Tree::new(path, KEYS, 1).keys;
    let builder = Builder::new(codec).durability(Durability::Volatile).memory(Memory::off());
    let cache = builder.open(path).expect("the same root");
    if !there {
        for key in &keys {
            cache.put(key, value, &policy_with_tags(1)).expect("put");
        }
    }
    (keys, cache)
}
