//! What `#[cached]` expands to. No part of the interface: it changes together with the attribute.
//!
//! A call without a cache (none is installed, the condition does not hold, the uncached sibling was called) computes, and
//! that is all. With one it is compute-through as with [`Cache::get_with`].

use std::convert::Infallible;

use tagcache_codec::Codec;
use tagcache_fs::Sys;

use super::filling::Filling;
use super::key_part::{KeyPart, KeyPlace};
use super::{installed as find, key_part};
use crate::cache::{Cache, Stores};
use crate::fill::Fill;
pub use crate::policy::Policy;

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
pub struct Call<C, S: Sys, K> {
    cache: Cache<C, S>,
    key: K,
    policy: Policy,
}

impl<C: Codec, S: Sys, K: AsRef<[u8]>> Call<C, S, K> {
    pub fn new(cache: Cache<C, S>, key: K, policy: Policy) -> Self {
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
pub fn always<T, C, S, K>(
    call: Option<Call<C, S, K>>,
    mode: Mode,
    compute: impl FnOnce(&mut Filling<'_>) -> T,
) -> T
where
    T: Clone + 'static,
    C: Codec + Stores<T>,
    S: Sys,
    K: AsRef<[u8]>,
{
    match ok(call, mode, |fill| Ok::<T, Infallible>(compute(fill))) {
        Ok(value) => value,
        Err(never) => match never {},
    }
}

/// Only `Some` is stored.
pub fn some<T, C, S, K>(
    call: Option<Call<C, S, K>>,
    mode: Mode,
    compute: impl FnOnce(&mut Filling<'_>) -> Option<T>,
) -> Option<T>
where
    T: Clone + 'static,
    C: Codec + Stores<T>,
    S: Sys,
    K: AsRef<[u8]>,
{
    ok(call, mode, |fill| compute(fill).ok_or(())).ok()
}

/// Only `Ok` is stored.
pub fn ok<T, E, C, S, K>(
    call: Option<Call<C, S, K>>,
    mode: Mode,
    compute: impl FnOnce(&mut Filling<'_>) -> Result<T, E>,
) -> Result<T, E>
where
    T: Clone + 'static,
    C: Codec + Stores<T>,
    S: Sys,
    K: AsRef<[u8]>,
{
    let Some(Call { cache, key, policy }) = call else { return compute(&mut Filling::of_nothing()) };
    let compute = |fill: &mut Fill<C, S>| compute(&mut Filling::of(fill));
    let hit = match mode {
        Mode::Refresh => cache.try_get_with(key, &policy, compute),
        Mode::Cached | Mode::Uncached => cache.try_get_with(key, &policy, compute),
    };
    hit.map(crate::hit::Hit::into_owned)
}

/// The key that a tuple makes.
pub fn key_of(parts: &dyn KeyPart) -> Vec<u8> {
    KeyPlace::bytes_of(parts)
}

/// The default key: the path of the function that `here` stands in, and these parts.
pub fn key_of_call<F: Fn()>(_here: &F, parts: &[&dyn KeyPart]) -> Vec<u8> {
    key_part::of_call(path(std::any::type_name::<F>()), parts)
}

/// One of them. The type is named by an error where it is no [`KeyPart`].
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
