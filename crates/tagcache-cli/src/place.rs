//! Which directory, and how it is opened.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use tagcache::fs::{Errno, OpenError};
use tagcache::{Builder, Cache, Error, Memory, Progress, Raw};

use crate::args::Cli;
use crate::end::{Failure, in_words};
use crate::out::tell;

/// The directory: what was asked for, else what the environment says.
pub(crate) fn root(cli: &Cli) -> Result<PathBuf, Failure> {
    if let Some(root) = &cli.common.root {
        return Ok(root.clone());
    }
    chosen(|name| std::env::var_os(name)).ok_or_else(|| {
        Failure::new("neither HOME nor XDG_CACHE_HOME is an absolute path; name a directory with --root")
    })
}

/// By the XDG rules, a path that is not absolute counts as not set.
fn chosen(var: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let set = |name| var(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let absolute = |name| set(name).filter(|path| path.is_absolute());
    set("TAGCACHE_ROOT").or_else(|| {
        let caches = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")));
        caches.map(|caches| caches.join("tagcache"))
    })
}

/// A process that ends keeps nothing in memory. As many tags as an entry can have: the limit of the library is there for programs that tag by mistake.
fn builder(cli: &Cli) -> Builder<Raw> {
    let faults = |error: &Error| {
        // That an old value stood in is told where it is replayed.
        if !matches!(error, Error::StoodIn { .. }) {
            tell(in_words(error));
        }
    };
    Builder::new(Raw)
        .memory(Memory::off())
        .max_tags(usize::MAX)
        .allow_remote(cli.common.allow_remote)
        .on_fault(faults)
}

/// The cache, made if there is none.
pub(crate) fn open(cli: &Cli) -> Result<Cache<Raw>, Failure> {
    let root = root(cli)?;
    let cache = builder(cli).open(&root).map_err(|error| explained(&root, &error))?;
    tell_of_copy(&cache);
    Ok(cache)
}

/// The same for `run`, which goes on without a cache.
pub(crate) fn open_quietly(cli: &Cli, quiet: bool) -> Result<Cache<Raw>, Failure> {
    let root = root(cli)?;
    let builder = if quiet { builder(cli).on_fault(|_| ()) } else { builder(cli) };
    let cache = builder.open(&root).map_err(|error| explained(&root, &error))?;
    if !quiet {
        tell_of_copy(&cache);
    }
    Ok(cache)
}

/// What was in a copy is gone once it was opened, also by who only looks: that is told.
fn tell_of_copy(cache: &Cache<Raw>) {
    let root = cache.root();
    if root.was_copied() {
        tell(format_args!(
            "{} is a copy of another cache and knows nothing of later invalidations there: it begins empty",
            root.path().display()
        ));
    }
}

/// The cache to look at; `None`, and a word, when there is none.
pub(crate) fn look(cli: &Cli) -> Result<Option<Cache<Raw>>, Failure> {
    look_with(cli, None::<fn(Progress)>)
}

/// The same with somebody who is told how far long work is.
pub(crate) fn look_with(
    cli: &Cli,
    progress: Option<impl Fn(Progress) + Send + Sync + 'static>,
) -> Result<Option<Cache<Raw>>, Failure> {
    let cache = look_at(cli, progress)?;
    if cache.is_none() {
        tell(format_args!("there is no cache in {} yet", root(cli)?.display()));
    }
    Ok(cache)
}

/// The same without a word.
pub(crate) fn look_if_there(cli: &Cli) -> Result<Option<Cache<Raw>>, Failure> {
    look_at(cli, None::<fn(Progress)>)
}

fn look_at(
    cli: &Cli,
    progress: Option<impl Fn(Progress) + Send + Sync + 'static>,
) -> Result<Option<Cache<Raw>>, Failure> {
    let root = root(cli)?;
    let mut builder = builder(cli).existing_only(true);
    if let Some(progress) = progress {
        builder = builder.on_progress(progress);
    }
    match builder.open(&root) {
        Ok(cache) => {
            tell_of_copy(&cache);
            Ok(Some(cache))
        }
        Err(Error::Open(OpenError::Io(error))) if error.errno() == Errno::NOENT => Ok(None),
        Err(error) => Err(explained(&root, &error)),
    }
}

fn explained(root: &Path, error: &Error) -> Failure {
    let text = in_words(error);
    let place = root.display().to_string();
    if text.contains(&place) { Failure::new(text) } else { Failure::new(format!("{place}: {text}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_says_where_and_what_is_not_absolute_counts_as_not_set() {
        let chosen = |vars: &[(&str, &str)]| {
            chosen(|name| vars.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into()))
                .map(|path| path.to_string_lossy().into_owned())
        };
        let home = ("HOME", "/h");
        for (vars, expected) in [
            (&[home, ("XDG_CACHE_HOME", "/x"), ("TAGCACHE_ROOT", "/t")][..], Some("/t")),
            (&[home, ("TAGCACHE_ROOT", "here")], Some("here")),
            (&[home, ("XDG_CACHE_HOME", "/x")], Some("/x/tagcache")),
            (&[home, ("XDG_CACHE_HOME", "x")], Some("/h/.cache/tagcache")),
            (&[home, ("XDG_CACHE_HOME", ""), ("TAGCACHE_ROOT", "")], Some("/h/.cache/tagcache")),
            (&[("HOME", "h")], None),
            (&[], None),
        ] {
            assert_eq!(chosen(vars).as_deref(), expected, "{vars:?}");
        }
    }
}
