//! What `#[cached]` expands to. No part of the interface: it changes together with the attribute.
//!
//! A call without a cache (none is installed, the condition does not hold, the uncached sibling was called) computes, and
//! that is all. With one it is compute-through as with [`Cache::get_with`].

use std::borrow::Cow;
use std::convert::Infallible;
use std::time::Duration;

use tagcache_codec::Codec;
use tagcache_fs::Sys;

use super::filling::Filling;
use super::key_part::KeyPart;
use super::{installed as find, key_part};
use crate::cache::{Cache, Stores};
use crate::hit::Hit;
pub use crate::policy::Policy;

#[cfg(feature = "tokio")]
pub use super::later::{always_later, ok_later, some_later};

/// Which of the functions was called: the cached one or one of its siblings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Cached,
    Uncached,
    Refresh,
}

impl Mode {
    pub fn asks_a_cache(self) -> bool {
        self != Self::Uncached
    }
}

/// A call that goes through a cache.
pub struct Call<C, S: Sys> {
    pub(super) cache: Cache<C, S>,
    pub(super) key: Key,
    pub(super) policy: Policy,
}

type Key = Cow<'static, [u8]>;

impl<C: Codec, S: Sys> Call<C, S> {
    pub fn new(cache: Cache<C, S>, key: Key, policy: Policy) -> Self {
        Self { cache, key, policy }
    }
}

/// The cache that the attribute names, from whatever derefs to one.
pub fn cache<C: Codec, S: Sys>(named: &Cache<C, S>) -> Cache<C, S> {
    named.clone()
}

/// The policy that the attribute begins with.
pub fn policy(base: &Policy) -> Policy {
    base.clone()
}

pub fn installed<C: Codec>() -> Option<Cache<C>> {
    let installed = find::installed();
    if installed.is_none() {
        find::count_call_without_cache();
    }
    installed
}

/// Every value is stored.
pub fn always<T, C, S>(call: Option<Call<C, S>>, mode: Mode, compute: impl FnOnce(&mut Filling<'_>) -> T) -> T
where
    T: Clone + Send + Sync + 'static,
    C: Codec + Stores<T>,
    S: Sys,
{
    match ok(call, mode, |fill| Ok::<T, Infallible>(compute(fill))) {
        Ok(value) => value,
        Err(never) => match never {},
    }
}

/// Only `Some` is stored.
pub fn some<T, C, S>(
    call: Option<Call<C, S>>,
    mode: Mode,
    compute: impl FnOnce(&mut Filling<'_>) -> Option<T>,
) -> Option<T>
where
    T: Clone + Send + Sync + 'static,
    C: Codec + Stores<T>,
    S: Sys,
{
    ok(call, mode, |fill| compute(fill).ok_or(())).ok()
}

/// Only `Ok` is stored.
pub fn ok<T, E, C, S>(
    call: Option<Call<C, S>>,
    mode: Mode,
    compute: impl FnOnce(&mut Filling<'_>) -> Result<T, E>,
) -> Result<T, E>
where
    T: Clone + Send + Sync + 'static,
    C: Codec + Stores<T>,
    S: Sys,
{
    let Some(Call { cache, key, policy }) = call else { return compute(&mut Filling::of_nothing()) };
    let request = cache.at(&key).policy(&policy);
    let request = if mode == Mode::Refresh { request.forced() } else { request };
    request.infallible(|fill| Filling::of::<T, _, _, _>(fill, compute)).map(Hit::into_owned)
}

/// A time, so that something else is reported where it stands.
pub fn time(time: Duration) -> Duration {
    time
}

/// The key that a literal is.
pub fn key_of_literal(key: &'static (impl AsRef<[u8]> + ?Sized)) -> Key {
    Cow::Borrowed(key.as_ref())
}

/// The key that an expression gives.
pub fn key_of_bytes(key: impl AsRef<[u8]>) -> Key {
    Cow::Owned(key.as_ref().to_vec())
}

/// The key that a tuple makes.
pub fn key_of_parts(parts: impl KeyPart) -> Key {
    Cow::Owned(key_part::key_of(&parts))
}

/// The default key: the path of the function that `here` stands in, and these parts.
pub fn key_of_call<F: Fn()>(_here: &F, parts: &[&dyn KeyPart]) -> Key {
    Cow::Owned(key_part::key_of_call(path(std::any::type_name::<F>()), parts))
}

/// One of them, so that a type that is none is reported where it stands.
pub fn part<'a, P: KeyPart + 'a>(part: &'a P) -> &'a (dyn KeyPart + 'a) {
    part
}

/// The compiler's name of a closure begins with the path of the function that it stands in: with its crate, modules, type,
/// trait and type parameters.
fn path(closure: &'static str) -> String {
    let path = closure.trim_end_matches("::{{closure}}");
    // The function that siblings share has a name made of that of the function.
    match path.rfind("__tagcache_") {
        Some(at) => [&path[..at], &path[at + "__tagcache_".len()..]].concat(),
        None => path.to_owned(),
    }
}
