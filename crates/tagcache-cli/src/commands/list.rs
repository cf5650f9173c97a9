//! `tagcache ls` and `tagcache tags`

use std::collections::BTreeMap;

use serde::Serialize;
use tagcache::{EntryInfo, State};

use crate::args::{Cli, Listing, Ls};
use crate::end::{DONE, Failure, MISS, Outcome, in_words};
use crate::names::{self, Name};
use crate::out::{Out, tell};
use crate::{clock, place, units};

/// An entry in JSON: what `ls` and `inspect` tell of it.
#[derive(Serialize)]
pub(super) struct Entry {
    key: Name,
    tags: Vec<Name>,
    pub(super) state: &'static str,
    pub(super) reason: Option<&'static str>,
    created: String,
    expires: Option<String>,
    kept_until: Option<String>,
    compute_secs: f64,
    codec: String,
    size_bytes: u64,
    payload_bytes: u64,
}

impl From<&EntryInfo> for Entry {
    fn from(entry: &EntryInfo) -> Self {
        let (state, reason) = words(&entry.state);
        Self {
            key: Name::from(&entry.key[..]),
            tags: names::list(&entry.tags),
            state,
            reason,
            created: clock::shown(entry.created),
            expires: entry.expires.map(clock::shown),
            kept_until: entry.kept_until.map(clock::shown),
            compute_secs: clock::secs(entry.compute_time),
            codec: entry.codec.to_string(),
            size_bytes: entry.size,
            payload_bytes: entry.payload_len,
        }
    }
}

/// Whether it can be served, and why not.
pub(super) fn words(state: &State) -> (&'static str, Option<&'static str>) {
    match state {
        State::Fresh => ("fresh", None),
        State::Stale(why) => ("stale", Some(why.word())),
        State::Unusable(why) => ("unusable", Some(why.word())),
        _ => ("unusable", Some("unknown")),
    }
}

pub(super) fn ls(cli: &Cli, args: &Ls) -> Outcome {
    let tag = args.tag.as_deref().map(|tag| names::given(tag, cli.common.escaped)).transpose()?;
    let Some(cache) = place::look(cli)? else { return Ok(MISS) };
    let mut entries = match &tag {
        Some(tag) => cache.entries_with_tag(tag)?,
        None => cache.entries(),
    };
    let (mut out, mut listed, mut failed) = (Out::new(), 0u64, None);
    for entry in entries.by_ref() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                // The others follow.
                failed = Some(Failure::new(in_words(&error)));
                continue;
            }
        };
        if args.all || !matches!(entry.state, State::Unusable(_)) {
            listed += 1;
            write(&mut out, args, &entry)?;
        }
    }
    out.finish()?;
    tell_of_passed_over(entries.passed_over());
    match failed {
        Some(failure) => Err(failure),
        None => Ok(if tag.is_some() && listed == 0 { MISS } else { DONE }),
    }
}

fn write(out: &mut Out, args: &Ls, entry: &EntryInfo) -> Result<(), Failure> {
    if args.listing.json {
        return out.json(&Entry::from(entry));
    }
    if args.listing.zero {
        out.bytes(&entry.key)?;
        return out.bytes(b"\0");
    }
    let key = names::shown(&entry.key);
    if !args.long {
        return out.line(key);
    }
    let (state, _) = words(&entry.state);
    let size = units::shown(entry.size);
    let expires = clock::shown_or_never(entry.expires);
    let tags: Vec<_> = entry.tags.iter().map(|tag| names::shown_in_list(tag)).collect();
    let tags = if tags.is_empty() { String::from("-") } else { tags.join(",") };
    out.line(format_args!("{state:8} {size:>9} {expires:20} {tags}  {key}"))
}

/// What is damaged is no entry of a listing, and no secret either.
pub(super) fn tell_of_passed_over(count: u64) {
    if count > 0 {
        tell(format_args!("{count} names cannot be read as entries; `tagcache verify` says what they are"));
    }
}

#[derive(Serialize)]
struct Tag<'a> {
    tag: Name,
    entries: &'a u64,
}

pub(super) fn tags(cli: &Cli, args: &Listing) -> Outcome {
    let Some(cache) = place::look(cli)? else { return Ok(MISS) };
    let mut counts = BTreeMap::<Vec<u8>, u64>::new();
    let mut failed = None;
    let mut entries = cache.entries();
    for entry in entries.by_ref() {
        match entry {
            Ok(entry) if matches!(entry.state, State::Unusable(_)) => {}
            Ok(entry) => entry.tags.into_iter().for_each(|tag| *counts.entry(tag).or_default() += 1),
            Err(error) => failed = Some(Failure::new(in_words(&error))),
        }
    }
    let mut out = Out::new();
    for (tag, entries) in &counts {
        if args.json {
            out.json(&Tag { tag: Name::from(&tag[..]), entries })?;
        } else if args.zero {
            out.bytes(tag)?;
            out.bytes(b"\0")?;
        } else {
            out.line(format_args!("{entries:7} {}", names::shown(tag)))?;
        }
    }
    out.finish()?;
    tell_of_passed_over(entries.passed_over());
    failed.map_or(Ok(DONE), Err)
}
