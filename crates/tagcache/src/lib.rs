//! An embeddable cache for the many processes of one machine: entries are files, tags are folders of hard links, and
//! one call makes everything with a tag invalid, in every process, at once.
//!
//! ```
//! # #[cfg(feature = "postcard")] {
//! use std::time::Duration;
//! use tagcache::{Cache, Policy};
//!
//! # let dir = tempfile::tempdir()?;
//! # let dir = dir.path();
//! let cache = Cache::open(dir)?;
//! let week = Policy::new().expire_in(Duration::from_secs(7 * 24 * 3600)).tags(["blog-new", "bio"]);
//! let render = |bio: &str| format!("<h1>My blog</h1><p>{bio}</p>");
//!
//! // Computed and stored, by one caller at a time; from then on it is read, in this process and in every other.
//! assert_eq!(*cache.get_with("blog-home", &week, |_| render("A cook")), "<h1>My blog</h1><p>A cook</p>");
//! assert_eq!(*cache.get_with("blog-home", &week, |_| render("?")), "<h1>My blog</h1><p>A cook</p>");
//!
//! // The bio was edited: no page that shows it is served any more.
//! cache.invalidate_tag("bio")?;
//! assert_eq!(*cache.get_with("blog-home", &week, |_| render("A baker")), "<h1>My blog</h1><p>A baker</p>");
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Which call when
//!
//! | to | call |
//! |---|---|
//! | get a value, whatever it takes | [`Cache::get_with`]; [`Cache::try_get_with`] if computing it can fail |
//! | cache what a function returns | the attribute `#[cached]`, with the feature `macros` |
//! | get a value if there is a fresh one | [`Cache::get`] |
//! | know why there is none, or use an old one | [`Cache::lookup`], which gives a [`Lookup`] |
//! | store a value that you have | [`Cache::put`]; [`Cache::replace`] if no computation under way may overwrite it |
//! | compute anew although there is a fresh value; behind the caller; with an error for those who waited too long | [`Cache::at`], which gives a [`Request`] |
//! | have values kept in memory, decoded | nothing: it is so. [`Builder::memory`] bounds it, [`Memory::off`] turns it off |
//! | store or read bytes that do not fit in memory | [`Cache::put_reader`], [`Cache::writer`], [`Cache::reader`], with [`Raw`]; computed by one caller at a time: [`Request::begin_stream`] |
//! | compute without a closure | [`Cache::begin`], which gives a [`Fill`]; then [`Fill::commit`] or [`Fill::fail`] |
//! | say how long, with which tags, and who may get an old value | [`Policy`] |
//! | say so only while computing | the [`Fill`] that the closure is given |
//! | make values invalid | [`Cache::invalidate_tag`], [`Cache::invalidate_key`], [`Cache::clear`] |
//! | … that have every one of several tags | [`Cache::invalidate_all_of`] |
//! | … whose tag lies under a path, `org/7` say | [`Cache::invalidate_under`], with [`Policy::tag_path`] |
//! | have values refreshed, and serve the old ones meanwhile | [`Cache::expire_tag`], [`Cache::expire_key`] |
//! | see what is stored, with which tags | [`Cache::entries`], [`Cache::entries_with_tag`] |
//! | look at one entry from all sides, whoever wrote it | [`Cache::inspect`] |
//! | give back disk space | [`Cache::sweep`], now and then, in any process |
//! | bound the size, and have it kept tidy | [`Builder::limits`], [`Builder::upkeep`]; [`Cache::usage`] says how large it is |
//! | sweep in slices, on trial, or down to a size | [`Cache::sweep_with`], [`Cache::upkeep`] |
//! | know what is wrong with the tree, and repair it | [`Cache::verify`] |
//! | know what the filesystem under a directory can do | [`doctor`](fn@doctor) |
//! | choose the codec, the durability, the limits | [`Builder`] |
//! | see what happened | [`Hit::source`], [`Cache::stats`], [`Builder::on_fault`]; the features `metrics` and `tracing` |
//! | do all this from tasks of tokio | `AsyncCache`, with the feature `tokio`: the verbs have the same names |
//! | work on the tree itself | [`Cache::root`] and the crate [`fs`] |
//!
//! # Features
//!
//! Each adds something, most of them a codec, and changes nothing else: no codec writes another byte because of a feature. The page of
//! [`codec`] says which one to choose, and what each does not preserve.
//!
//! | feature | adds | for |
//! |---|---|---|
//! | always there | [`Raw`] | bytes and text as they are |
//! | `postcard` (default) | `Postcard`, [`Cache`]`::open` and `::builder` | serde types: the smallest and fastest |
//! | `json` | `Json` | serde types, readable by people and other programs |
//! | `cbor` | `Cbor` | serde types that need names in the bytes, such as untagged enums, [by a schema name](Cache::with_schema) |
//! | `bincode` | `Bincode` | programs that have it already; its crate is unmaintained (RUSTSEC-2025-0141) |
//! | `zstd`, `lz4` | `Zstd<C>`, `Lz4<C>` | large values: compresses what another codec writes |
//! | `macros` | `#[cached]`, `install` and what belongs to them | functions whose values are cached |
//! | `tokio` | `AsyncCache`: the verbs as futures, which may be dropped at any time | async programs: no call blocks a thread that runs tasks, and no waiter has a thread |
//! | `metrics` | figures for the recorder of the crate `metrics` | dashboards: `docs/EVENTS.md` lists their names |
//! | `tracing` | spans and events for the subscriber of the crate `tracing` | logs and traces: the same page |
//!
//! # What you can rely on
//!
//! - **Whole or nothing.** A read gives exactly what one put or fill of that key stored, or nothing: also when the
//!   writer was killed, the disk was full or the power went.
//! - **Dead stays dead.** Once an invalidation has returned, no read that starts later, in any process, gets a value
//!   whose computation began before it. By default that holds over a power cut, too ([`Durability`]).
//! - **An invalidation wins over a computation that it overlaps.** The value goes to its caller and is not stored
//!   ([`Stored::Raced`]). It may be computed from what was true before.
//! - **One computation per key at a time**, on the whole machine. When the one who computes fails or is killed, the
//!   next one goes on at once. Who waits longer than [`Policy::wait_limit`] computes for himself. Computations that ask for
//!   each other's keys go on at once within a process, and after the wait limit across processes.
//! - **Nothing is lost at rest.** What was put is read back until it expires or is taken away. (A sweep that meets a
//!   put of the same key in the same instant may cost that put.)
//! - **Nothing leaks.** Whatever killed processes left behind, one sweep removes.
//! - **The cache never fails its caller.** With a full disk, no descriptors, a read-only or vanished directory,
//!   `get_with` returns the computed value. Only an invalidation that could not be completed must be handled: it says
//!   so ([`Error::Incomplete`]).
//! - **No way out and no way in.** Keys and tags are any bytes. No key, and nothing planted in the tree, makes the
//!   cache touch or wait for anything outside its directory. Whoever may write *in* the directory is trusted: it is
//!   made for its owner only.
//! - **The latest wins.** A read that starts after a put or fill of that key returned gives that value, a later one,
//!   or nothing.
//! - **A value is never read as another type's.** Each record carries its codec and the shape of its type; another one
//!   is a miss ([`Miss::OtherSchema`]). Where the shape cannot be seen, [`Cache::with_schema`] takes a name.
//!
//! # What it does not do
//!
//! - It has no limit on its size, and nobody cleans up, unless [`Builder::limits`] and [`Builder::upkeep`] say so.
//! - A value is in memory whole while it is written or read, except through [`Cache::put_reader`], [`Cache::writer`] and
//!   [`Cache::reader`].
//! - Whoever waits for a value that another process computes asks again every few milliseconds: one thread for each key and
//!   process. The other threads are parked.
//! - An invalidation is atomic for each entry, not over all entries with the tag; until it has returned a reader may
//!   get one of them and miss the other.
//! - A program that makes hard links to entries (some backup and deduplication tools do) makes each one a miss,
//!   since the count of links can no longer be trusted. `CACHEDIR.TAG` tells such tools to keep out.
//! - A thread that asks again for the key that it is filling is recognised if it asks the same [`Cache`] or a clone. With
//!   a second one opened on the same directory it waits for itself, up to the wait limit.
//! - It is tried on Linux, on local filesystems. One on another machine, or in user space, is refused at opening unless
//!   [`Builder::allow_remote`] is set. For other Unix systems there is a portable branch that was never run.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod asking;
#[cfg(feature = "macros")]
mod attribute;
mod backoff;
mod behind;
mod cache;
mod chance;
mod decision;
mod doctor;
mod entries;
mod error;
mod events;
mod evict;
mod fill;
mod ground;
mod held;
mod hit;
mod inspect;
mod invalidate;
mod keeper;
mod limits;
mod load;
mod lookup;
mod memory;
mod mend;
mod path;
mod patience;
mod per_thread;
mod policy;
mod progress;
mod read;
mod request;
mod room;
mod shapes;
mod stats;
mod stream;
mod sweep;
#[cfg(feature = "tokio")]
mod tasks;
mod telling;
mod through;
mod upkeep;
mod verdict;
mod verify;
mod write;

#[cfg(all(feature = "macros", feature = "tokio"))]
pub use attribute::AsyncFilling;
#[doc(hidden)]
#[cfg(feature = "macros")]
pub use attribute::call as __private;
#[cfg(feature = "macros")]
pub use attribute::{
    AlreadyInstalled, Filling, KeyPart, KeyPlace, Written, calls_without_cache, install, installed, key_of,
    with_installed,
};
pub use cache::{Builder, Cache, DEFAULT_MAX_TAGS, Stores, Value};
pub use doctor::{Ability, Answer, Capability, Diagnosis, doctor, doctor_on};
pub use entries::{Entries, EntryInfo, State};
pub use error::Error;
pub use fill::{Begun, Fill, Why};
pub use hit::Hit;
pub use inspect::{Inspection, TagLink};
pub use limits::Limits;
pub use lookup::{Lookup, Miss, Source, Stale, Stored};
pub use memory::Memory;
pub use policy::{AfterWait, Policy};
pub use progress::Progress;
pub use request::{ComputeError, Request};
pub use stats::Stats;
pub use stream::{BegunStream, Reader, Writer};
pub use sweep::{Sweep, SweepOptions};
#[cfg(feature = "tokio")]
pub use tasks::{AsyncBegun, AsyncCache, AsyncFill, AsyncRequest, FillHandle};
pub use upkeep::Upkeep;
pub use verify::{Finding, Harm, Verification, VerifyOptions, Wrong};

pub use tagcache_codec as codec;
#[cfg(feature = "bincode")]
pub use tagcache_codec::Bincode;
#[cfg(feature = "cbor")]
pub use tagcache_codec::Cbor;
#[cfg(feature = "json")]
pub use tagcache_codec::Json;
#[cfg(feature = "lz4")]
pub use tagcache_codec::Lz4;
#[cfg(feature = "postcard")]
pub use tagcache_codec::Postcard;
pub use tagcache_codec::Raw;
#[cfg(feature = "zstd")]
pub use tagcache_codec::Zstd;
pub use tagcache_fs as fs;
pub use tagcache_fs::{Durability, Layout, Usage};
#[cfg(feature = "macros")]
#[doc = include_str!("attribute/cached.md")]
pub use tagcache_macros::cached;
pub use tagcache_record as record;

/// The examples of the README, compiled with the codecs that they name.
#[cfg(all(doctest, feature = "json", feature = "macros", feature = "postcard"))]
#[doc = include_str!("../../../README.md")]
struct Readme;

/// The examples of the page for those who come from another cache.
#[cfg(all(doctest, feature = "macros", feature = "postcard"))]
#[doc = include_str!("../../../docs/COMING-FROM.md")]
struct ComingFrom;
