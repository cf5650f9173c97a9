//! What a hostile or damaged payload may not do to a serde codec: overflow the stack, allocate what a
//! length claims, or count to the end of time.
#![cfg(any(feature = "json", feature = "bincode", feature = "cbor", feature = "postcard"))]

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tagcache_codec::*;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Chain(Option<Box<Chain>>);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Tree {
    children: Vec<Tree>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Expr {
    Not(Box<Expr>),
    Both(Box<Expr>, Box<Expr>),
    Named { inner: BTreeMap<String, Expr> },
    Leaf,
}

fn tree(levels: usize) -> Tree {
    (0..levels).fold(Tree { children: vec![] }, |tree, _| Tree { children: vec![tree] })
}

fn chain(levels: usize) -> Chain {
    (0..levels).fold(Chain(None), |chain, _| Chain(Some(Box::new(chain))))
}

fn not(levels: usize) -> Expr {
    (0..levels).fold(Expr::Leaf, |expr, _| Expr::Not(Box::new(expr)))
}

/// Runs in a thread with a stack of this many KiB: a main thread has 8192, a spawned one 2048.
fn with_stack<T: Send + 'static>(kib: usize, run: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = std::thread::Builder::new().stack_size(kib * 1024).spawn(run).expect("a thread starts");
    thread.join().expect("the thread ends without a panic")
}

const LARGE: usize = 512 * 1024;
const SMALL: usize = 512;

/// Encodes on a large stack what would overflow a small one.
fn deep<C: Encode<T> + Copy, T: 'static>(codec: C, make: fn(usize) -> T, levels: usize) -> Vec<u8> {
    with_stack(LARGE, move || {
        let mut out = Vec::new();
        codec.encode(&make(levels), &mut out).expect("any depth can be encoded");
        out
    })
}

fn decoded_on_a_small_stack<C, T>(codec: C, bytes: Vec<u8>) -> Result<(), DecodeError>
where
    C: for<'a> Decode<'a, T> + Copy,
{
    with_stack(SMALL, move || codec.decode(&bytes).map(|_: T| ()))
}

fn nesting_is_bounded<C, T>(codec: C, make: fn(usize) -> T, levels_each: usize)
where
    C: Encode<T> + for<'a> Decode<'a, T> + Copy,
    T: 'static,
{
    for levels in [MAX_DEPTH * 2, 10_000] {
        let outcome = decoded_on_a_small_stack::<C, T>(codec, deep(codec, make, levels));
        assert!(outcome.is_err(), "{levels} levels are refused");
    }
    let levels = MAX_DEPTH / levels_each - 2;
    let outcome = decoded_on_a_small_stack::<C, T>(codec, deep(codec, make, levels));
    assert!(outcome.is_ok(), "{levels} levels are within the limit: {outcome:?}");
}

/// Fails at once, and without the memory that the input claims to need.
fn is_refused_at_once<C, T>(codec: &C, bytes: &[u8])
where
    C: for<'a> Decode<'a, T>,
{
    let start = Instant::now();
    let outcome: Result<T, DecodeError> = codec.decode(bytes);
    assert!(outcome.is_err(), "{} reads {bytes:x?}", C::NAME);
    assert!(start.elapsed() < Duration::from_secs(2), "{} takes its time over {bytes:x?}", C::NAME);
}

/// Lengths without anything behind them, each for every type that would believe one.
fn lengths_are_not_believed<C>(codec: &C, bombs: &[&[u8]])
where
    C: for<'a> Decode<'a, Vec<()>>
        + for<'a> Decode<'a, Vec<u64>>
        + for<'a> Decode<'a, Vec<[(); 3]>>
        + for<'a> Decode<'a, String>
        + for<'a> Decode<'a, serde_bytes::ByteBuf>
        + for<'a> Decode<'a, HashMap<(), ()>>
        + for<'a> Decode<'a, BTreeMap<u64, u64>>,
{
    for bomb in bombs {
        is_refused_at_once::<C, Vec<()>>(codec, bomb);
        is_refused_at_once::<C, Vec<u64>>(codec, bomb);
        is_refused_at_once::<C, Vec<[(); 3]>>(codec, bomb);
        is_refused_at_once::<C, String>(codec, bomb);
        is_refused_at_once::<C, serde_bytes::ByteBuf>(codec, bomb);
        is_refused_at_once::<C, HashMap<(), ()>>(codec, bomb);
        is_refused_at_once::<C, BTreeMap<u64, u64>>(codec, bomb);
    }
}

/// A struct that recurses without reading anything, as long as the input is no null.
#[cfg(any(feature = "json", feature = "cbor"))]
fn a_recursion_without_input_is_refused<C>(codec: C, bytes: &[u8])
where
    C: for<'a> Decode<'a, Chain> + Copy,
{
    let error =
        decoded_on_a_small_stack::<C, Chain>(codec, bytes.to_vec()).expect_err("a number is no chain");
    assert!(error.to_string().contains("too deeply"), "{error}");
}

macro_rules! bounded {
    ($name:ident: $codec:expr, chain: $chain:expr, bombs: $bombs:expr) => {
        mod $name {
            use super::*;

            #[test]
            fn nesting_is_bounded() {
                super::nesting_is_bounded($codec, tree, 2);
                super::nesting_is_bounded($codec, not, 1);
                if $chain {
                    super::nesting_is_bounded($codec, chain, 2);
                }
            }

            #[test]
            fn lengths_are_not_believed() {
                super::lengths_are_not_believed(&$codec, $bombs);
            }
        }
    };
}

#[cfg(feature = "json")]
bounded!(json: Json, chain: false, bombs: &[b"[", b"{", b"\"", b"[[[[[[["]);
#[cfg(feature = "cbor")]
bounded!(cbor: Cbor, chain: false, bombs: &[
    b"\x9B\x0F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", // an array
    b"\xBB\x0F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", // a map
    b"\x7B\x0F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", // text
    b"\x5B\x0F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", // bytes
]);
#[cfg(feature = "bincode")]
bounded!(bincode: Bincode, chain: true, bombs: &[
    b"\xFD\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
    b"\xFD\x00\x00\x00\x00\x00\x00\x00\x10",
    b"\xFC\xFF\xFF\xFF\x3F",
]);
#[cfg(feature = "postcard")]
bounded!(postcard: Postcard, chain: true, bombs: &[
    b"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01",
    b"\xFF\xFF\xFF\xFF\x0F",
]);

#[cfg(feature = "json")]
#[test]
fn json_refuses_a_recursion_without_input() {
    a_recursion_without_input_is_refused(Json, b"1");
}

#[cfg(feature = "cbor")]
#[test]
fn cbor_refuses_a_recursion_without_input() {
    a_recursion_without_input_is_refused(Cbor, b"\x01");
}

#[cfg(feature = "postcard")]
#[test]
fn the_message_says_that_the_nesting_is_too_deep() {
    let error = decoded_on_a_small_stack::<_, Chain>(Postcard, deep(Postcard, chain, MAX_DEPTH))
        .expect_err("every link is two levels");
    assert_eq!(error.to_string(), "postcard cannot decode the bytes: they nest too deeply");
}

#[cfg(feature = "postcard")]
#[test]
fn empty_elements_are_counted_over_the_whole_value() {
    let encode = |value: &Vec<Vec<()>>| {
        let mut out = Vec::new();
        Postcard.encode(value, &mut out).expect("it is encoded");
        out
    };
    let decode = |bytes: &[u8]| -> Result<Vec<Vec<()>>, DecodeError> { Postcard.decode(bytes) };

    let most = encode(&vec![vec![(); MAX_EMPTY_ELEMENTS / 2]; 2]);
    assert!(decode(&most).is_ok(), "as many as the limit says");
    let more = encode(&vec![vec![(); MAX_EMPTY_ELEMENTS / 2]; 3]);
    let error = decode(&more).expect_err("half as many again");
    assert!(error.to_string().contains("empty elements"), "{error}");
}

#[cfg(feature = "postcard")]
#[test]
fn elements_with_bytes_are_only_bounded_by_the_input() {
    let numbers = vec![vec![7u8; 10]; MAX_EMPTY_ELEMENTS];
    let mut out = Vec::new();
    Postcard.encode(&numbers, &mut out).expect("it is encoded");
    let back: Vec<Vec<u8>> = Postcard.decode(&out).expect("ten times the limit is fine");
    assert_eq!(back, numbers);
}
