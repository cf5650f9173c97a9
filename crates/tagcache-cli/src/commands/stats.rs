//! `tagcache stats`: one walk, and memory that does not grow with it.

use std::collections::BTreeMap;
use std::time::SystemTime;

use serde::Serialize;
use tagcache::fs::Errno;
use tagcache::{EntryInfo, Error, State};

use crate::args::{Cli, Report};
use crate::end::{DONE, Failure, MISS, Outcome, in_words};
use crate::out::tell;
use crate::{clock, names, out, place, units};

#[derive(Default, Serialize)]
struct Answer {
    root: String,
    durability: String,
    entries: Counts,
    file_bytes: u64,
    payload_bytes: u64,
    tag_links: u64,
    codecs: BTreeMap<String, u64>,
    oldest: Option<String>,
    newest: Option<String>,
    next_expiry: Option<String>,
    passed_over: u64,
    unreadable: u64,
    /// What the tallies say, where a sweep under limits has counted and they can be read.
    counted: Option<Counted>,
}

#[derive(Default, Serialize)]
struct Counts {
    fresh: u64,
    stale: u64,
    unusable: u64,
}

#[derive(Serialize)]
struct Counted {
    files: u64,
    disk_bytes: u64,
}

/// The points in time that are kept of all entries.
#[derive(Default)]
struct Times {
    oldest: Option<SystemTime>,
    newest: Option<SystemTime>,
    next_expiry: Option<SystemTime>,
}

pub(super) fn stats(cli: &Cli, args: &Report) -> Outcome {
    let Some(cache) = place::look(cli)? else { return Ok(MISS) };
    let (mut answer, mut times, mut failed) = (Answer::default(), Times::default(), None);
    answer.root = cache.root().path().display().to_string();
    answer.durability = cache.root().durability().to_string();
    let mut entries = cache.entries();
    for entry in entries.by_ref() {
        match entry {
            Ok(entry) => answer.add(&entry, &mut times),
            Err(error) => {
                answer.unreadable += 1;
                failed = Some(Failure::new(in_words(&error)));
            }
        }
    }
    answer.passed_over = entries.passed_over();
    (answer.oldest, answer.newest) = (times.oldest.map(clock::shown), times.newest.map(clock::shown));
    answer.next_expiry = times.next_expiry.map(clock::shown);
    match cache.usage() {
        Ok(usage) => {
            answer.counted = usage.counted.then_some(Counted { files: usage.files, disk_bytes: usage.bytes });
        }
        // Where nothing can be written nobody can keep tallies: that is no fault of the cache.
        Err(error) if is_read_only(&error) => tell(format_args!("nothing is counted: {}", in_words(&error))),
        Err(error) => failed = Some(Failure::from(error)),
    }
    out::report(args.json, &answer, &answer.lines())?;
    failed.map_or(Ok(DONE), Err)
}

fn is_read_only(error: &Error) -> bool {
    matches!(error, Error::Io(error) if error.errno() == Errno::ROFS)
}

impl Answer {
    fn add(&mut self, entry: &EntryInfo, times: &mut Times) {
        *match entry.state {
            State::Fresh => &mut self.entries.fresh,
            State::Stale(_) => &mut self.entries.stale,
            _ => &mut self.entries.unusable,
        } += 1;
        self.file_bytes += entry.size;
        self.payload_bytes += entry.payload_len;
        self.tag_links += entry.tags.len() as u64;
        *self.codecs.entry(entry.codec.to_string()).or_default() += 1;
        let earlier = |kept: Option<SystemTime>, time| Some(kept.map_or(time, |kept| kept.min(time)));
        times.oldest = earlier(times.oldest, entry.created);
        times.newest = Some(times.newest.map_or(entry.created, |kept| kept.max(entry.created)));
        if let (State::Fresh, Some(expiry)) = (&entry.state, entry.expires) {
            times.next_expiry = earlier(times.next_expiry, expiry);
        }
    }

    fn lines(&self) -> Vec<(&'static str, String)> {
        let none = || String::from("-");
        let codecs: Vec<_> = self.codecs.iter().map(|(codec, count)| format!("{codec} {count}")).collect();
        let counted = self.counted.as_ref().map_or_else(none, |counted| {
            format!("{} entries, {} on disk", counted.files, units::shown(counted.disk_bytes))
        });
        vec![
            ("root", names::safe(&self.root)),
            ("durability", self.durability.clone()),
            ("fresh", self.entries.fresh.to_string()),
            ("stale", self.entries.stale.to_string()),
            ("unusable", self.entries.unusable.to_string()),
            ("files", units::shown(self.file_bytes)),
            ("payload", units::shown(self.payload_bytes)),
            ("tag links", self.tag_links.to_string()),
            ("codecs", if codecs.is_empty() { none() } else { codecs.join(", ") }),
            ("oldest", self.oldest.clone().unwrap_or_else(none)),
            ("newest", self.newest.clone().unwrap_or_else(none)),
            ("next expiry", self.next_expiry.clone().unwrap_or_else(none)),
            ("no entries", self.passed_over.to_string()),
            ("unreadable", self.unreadable.to_string()),
            ("counted", counted),
        ]
    }
}
