//! What must hold for any bytes: they are a value or an error, at once, and a value survives another round.
//!
//! Checked by `tests/corpus.rs` without a fuzzer and by the fuzz target `codec_decode` with one.

use std::collections::BTreeMap;
use std::fmt::Debug;

use serde::{Deserialize, Serialize};
use tagcache_codec::{Bincode, Cbor, Decode, Encode, Json, Lz4, Postcard, Raw, Zstd};

/// As deep as the bytes like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Tree {
    Leaf,
    Value(i64),
    Named { name: String, tree: Box<Tree> },
    Many(Vec<Tree>),
    Maybe(Option<Box<Tree>>),
}

/// Something of every kind. No floats: a NaN is not equal to itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Page {
    title: String,
    words: Option<u32>,
    marks: (u8, char, bool),
    links: BTreeMap<String, Vec<u16>>,
    nothing: (),
    tree: Tree,
}

/// The first byte says which codec and which type, the others are the payload.
pub(crate) fn codec_decode(bytes: &[u8]) {
    let Some((&which, payload)) = bytes.split_first() else { return };
    match which % 7 {
        0 => serde_types(&Postcard, which / 7, payload),
        1 => serde_types(&Bincode, which / 7, payload),
        2 => serde_types(&Json, which / 7, payload),
        3 => serde_types(&Cbor, which / 7, payload),
        4 => serde_types(&Zstd::new(Postcard), which / 7, payload),
        5 => serde_types(&Lz4::new(Postcard), which / 7, payload),
        _ => {
            survives::<Raw, Vec<u8>>(&Raw, payload);
            survives::<Raw, String>(&Raw, payload);
        }
    }
}

fn serde_types<C>(codec: &C, which: u8, payload: &[u8])
where
    C: Encode<Page> + Encode<Tree> + Encode<Vec<()>> + Encode<Vec<u8>> + Encode<String>,
    C: for<'a> Decode<'a, Page> + for<'a> Decode<'a, Tree> + for<'a> Decode<'a, Vec<()>>,
    C: for<'a> Decode<'a, Vec<u8>> + for<'a> Decode<'a, String>,
{
    match which % 5 {
        0 => survives::<C, Page>(codec, payload),
        1 => survives::<C, Tree>(codec, payload),
        2 => survives::<C, Vec<()>>(codec, payload),
        3 => survives::<C, Vec<u8>>(codec, payload),
        _ => survives::<C, String>(codec, payload),
    }
}

/// What decodes encodes again, and decodes to the same. The bytes need not be the same: there are several spellings of
/// one JSON text, or of one number in postcard.
fn survives<C, T>(codec: &C, payload: &[u8])
where
    C: Encode<T> + for<'a> Decode<'a, T>,
    T: PartialEq + Debug,
{
    let Ok(value) = codec.decode(payload) else { return };
    let mut again = Vec::new();
    codec.encode(&value, &mut again).expect("what was decoded can be encoded");
    let back: T = codec.decode(&again).expect("what was encoded can be decoded");
    assert_eq!(back, value, "one more round changes nothing");
}
