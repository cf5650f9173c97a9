//! `tagcache inspect`

use std::io;

use serde::Serialize;
use tagcache::{EntryInfo, Inspection, Miss, State};

use super::damage;
use super::list::Entry;
use super::preview::{self, Preview};
use crate::args::{Cli, Inspect as Args};
use crate::end::{DONE, Failure, MISS, Outcome};
use crate::names::{self, Name};
use crate::out::Out;
use crate::{clock, place, units};

#[derive(Serialize)]
struct Answer {
    key: Name,
    path: String,
    /// `fresh`, `stale`, `unusable`, or `absent`.
    verdict: &'static str,
    reason: Option<String>,
    record: Option<Record>,
    preview: Option<Preview>,
}

#[derive(Serialize)]
struct Record {
    #[serde(flatten)]
    entry: Entry,
    schema: String,
    names: u64,
    names_expected: u64,
    links: Vec<Link>,
}

#[derive(Serialize)]
struct Link {
    tag: Name,
    folder: String,
    there: bool,
}

pub(super) fn inspect(cli: &Cli, args: &Args) -> Outcome {
    let key = names::given(&args.key, cli.common.escaped)?;
    let Some(cache) = place::look(cli)? else { return Ok(MISS) };
    let mut seen = cache.inspect(&key)?;
    let (preview, unread) = match (&seen.found, seen.payload.take()) {
        (Ok(entry), Some(payload)) => tried(preview::of(entry, payload)),
        _ => (None, None),
    };
    let verdict = match &unread {
        // The record is whole, and its value is not.
        Some(error) => ("unusable", Some(damage::of(error).unwrap_or_else(|| unreadable(error).message))),
        None => verdict(&seen.found),
    };
    let ended = match &unread {
        Some(error) if damage::of(error).is_none() => Err(unreadable(error)),
        _ => Ok(if verdict.0 == "absent" { MISS } else { DONE }),
    };
    write(args, &key, &seen, verdict, preview)?;
    ended
}

fn tried(preview: io::Result<Preview>) -> (Option<Preview>, Option<io::Error>) {
    match preview {
        Ok(preview) => (Some(preview), None),
        Err(error) => (None, Some(error)),
    }
}

fn unreadable(error: &io::Error) -> Failure {
    Failure::about("the value cannot be read to its end", error)
}

fn write(
    args: &Args,
    key: &[u8],
    seen: &Inspection,
    verdict: Verdict,
    preview: Option<Preview>,
) -> Result<(), Failure> {
    let mut out = Out::new();
    if args.json {
        out.json(&answer(key, seen, verdict, preview))?;
        return out.finish();
    }
    let (verdict, reason) = verdict;
    let reason = reason.map_or_else(String::new, |reason| format!(": {reason}"));
    lines(&mut out, key, seen, &format!("{verdict}{reason}"))?;
    if let Some(preview) = preview {
        preview.write(&mut out)?;
    }
    out.finish()
}

/// One word, and why.
type Verdict = (&'static str, Option<String>);

fn verdict(found: &Result<EntryInfo, Miss>) -> Verdict {
    match found {
        Err(Miss::Absent) => ("absent", None),
        Err(miss) => ("unusable", Some(miss.to_string())),
        Ok(EntryInfo { state: State::Fresh, .. }) => ("fresh", None),
        Ok(EntryInfo { state: State::Stale(why), .. }) => ("stale", Some(why.to_string())),
        Ok(EntryInfo { state: State::Unusable(why), .. }) => ("unusable", Some(why.to_string())),
        Ok(_) => ("unusable", None),
    }
}

fn expected(entry: &EntryInfo) -> u64 {
    entry.tags.len() as u64 + 1
}

fn answer(key: &[u8], seen: &Inspection, (verdict, reason): Verdict, preview: Option<Preview>) -> Answer {
    let links = seen.links.iter().map(|link| Link {
        tag: Name::from(&link.tag[..]),
        folder: link.folder.display().to_string(),
        there: link.is_there,
    });
    let record = seen.found.as_ref().ok().map(|entry| Record {
        entry: Entry::from(entry),
        schema: entry.schema.to_string(),
        names: entry.names,
        names_expected: expected(entry),
        links: links.collect(),
    });
    Answer { key: Name::from(key), path: seen.path.display().to_string(), verdict, reason, record, preview }
}

fn lines(out: &mut Out, key: &[u8], seen: &Inspection, verdict: &str) -> Result<(), Failure> {
    out.line(format_args!("key         {}", names::shown(key)))?;
    out.line(format_args!("path        {}", seen.path.display()))?;
    out.line(format_args!("verdict     {verdict}"))?;
    let Ok(entry) = &seen.found else { return Ok(()) };
    if entry.key != key {
        out.line(format_args!("record of   {}", names::shown(&entry.key)))?;
    }
    out.line(format_args!("created     {}", clock::shown(entry.created)))?;
    out.line(format_args!("expires     {}", clock::shown_or_never(entry.expires)))?;
    out.line(format_args!("kept until  {}", clock::shown_or_never(entry.kept_until)))?;
    out.line(format_args!("computed in {} s", clock::secs(entry.compute_time)))?;
    out.line(format_args!("codec       {}", entry.codec))?;
    out.line(format_args!("schema      {}", entry.schema))?;
    let (size, payload) = (units::shown(entry.size), units::shown(entry.payload_len));
    out.line(format_args!("size        {size}, of which {payload} are the value"))?;
    out.line(format_args!("names       {} of {}", entry.names, expected(entry)))?;
    for link in &seen.links {
        let there = if link.is_there { "" } else { "  (its link is gone)" };
        out.line(format_args!("tag         {}  {}{there}", names::shown(&link.tag), link.folder.display()))?;
    }
    Ok(())
}
