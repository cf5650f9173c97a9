//! A hit from disk, with and without the decoding.

use std::hint::black_box;
use std::path::Path;

use tagcache::codec::{
    Codec, CodecId, Decode, DecodeError, Encode, EncodeError, Fingerprint, HiddenShape, Schema,
};
use tagcache::{Builder, Memory};

use super::{KEYS, Turn, in_turn, size_name};
use crate::{Pair, Place, Side, Tree, floor, policy_with_tags};

const SIZES: [usize; 4] = [100, 4 << 10, 64 << 10, 1 << 20];
/// Up to here a hit without decoding has a budget.
const SMALL: usize = 4 << 10;
const BUDGET: f64 = 1.3;

/// For each size: the value as bytes of one's own, and the same without the copy that makes them one's own.
#[must_use]
pub fn pairs(place: &Place) -> Vec<Pair> {
    SIZES.iter().flat_map(|&size| [decoded(place, size), undecoded(place, size)]).collect()
}

fn decoded(place: &Place, size: usize) -> Pair {
    let path = place.path(&format!("hit-{size}"));
    let turn = Turn::default();
    let floor = floor(&path, size, turn.clone());
    let ours = Side::new(move || {
        let tree = filled(&path, size);
        in_turn(turn, move |index| {
            let hit =
                tree.cache.get::<Vec<u8>>(&tree.keys[index % tree.keys.len()]).expect("get").expect("a hit");
            black_box(&*hit);
        })
    });
    Pair::new(format!("hit from disk/{}", size_name(size)), ours, floor)
}

fn undecoded(place: &Place, size: usize) -> Pair {
    let path = place.path(&format!("hit-undecoded-{size}"));
    let turn = Turn::default();
    let floor = floor(&path, size, turn.clone());
    let ours = Side::new(move || {
        let keys = Tree::new(&path, keys(size), 1).keys;
        let cache = Builder::new(Undecoded).memory(Memory::off()).open(&path).expect("the same root");
        let (value, policy) = (Bytes(vec![b'x'; size]), policy_with_tags(1));
        for key in &keys {
            cache.put(key, &value, &policy).expect("put");
        }
        in_turn(turn, move |index| {
            let hit = cache.get::<Bytes>(&keys[index % keys.len()]).expect("get").expect("a hit");
            black_box(&*hit);
        })
    });
    let pair = Pair::new(format!("hit from disk/{}, undecoded", size_name(size)), ours, floor);
    if size <= SMALL { pair.within(BUDGET) } else { pair }
}

/// On the very files that the cache reads: where they lie in memory makes a difference of its own.
fn floor(path: &Path, size: usize, turn: Turn) -> Side {
    let path = path.to_owned();
    Side::new(move || {
        let tree = if path.exists() { Tree::new(&path, keys(size), 1) } else { filled(&path, size) };
        let dir = tree.open_dir();
        let entries: Vec<_> = (0..keys(size)).map(|index| tree.entry_path(index)).collect();
        let mut buffer = Vec::new();
        in_turn(turn, move |index| {
            black_box(floor::hit(&dir, &entries[index % entries.len()], &mut buffer).expect("a hit"));
        })
    })
}

/// Fewer large ones: so that they stay in memory.
const fn keys(size: usize) -> usize {
    if size < 1 << 20 { KEYS } else { 64 }
}

fn filled(path: &Path, size: usize) -> Tree {
    let tree = Tree::new(path, keys(size), 1);
    tree.fill(&vec![b'x'; size]);
    tree
}

/// Bytes that are stored, and only counted when they are read: what is left of a hit is everything but the decoding.
#[derive(Clone, Debug)]
struct Bytes(Vec<u8>);

/// The codec of [`Bytes`].
#[derive(Clone, Copy, Debug)]
struct Undecoded;

impl Codec for Undecoded {
    const ID: CodecId = CodecId::outside(0x8001);
    const NAME: &'static str = "undecoded";
}

impl Encode<Bytes> for Undecoded {
    fn encode(&self, value: &Bytes, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.extend_from_slice(&value.0);
        Ok(())
    }
}

impl Decode<'_, Bytes> for Undecoded {
    fn decode(&self, bytes: &[u8]) -> Result<Bytes, DecodeError> {
        black_box(bytes);
        Ok(Bytes(Vec::new()))
    }
}

impl Schema<Bytes> for Undecoded {
    fn fingerprint(&self) -> Result<Fingerprint, HiddenShape> {
        Ok(Fingerprint::named("bytes"))
    }
}
