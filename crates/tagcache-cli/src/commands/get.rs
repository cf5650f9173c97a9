//! `tagcache get`

use std::io;

use tagcache::{EntryInfo, Reader, State};

use super::damage;
use crate::args::{Cli, Get};
use crate::end::{DONE, Failure, MISS, Outcome};
use crate::out::Out;
use crate::run::frames;
use crate::{names, place};

pub(super) fn get(cli: &Cli, args: &Get) -> Outcome {
    let key = names::given(&args.key, cli.common.escaped)?;
    let Some(cache) = place::look(cli)? else { return Ok(MISS) };
    let seen = cache.inspect(key)?;
    let (entry, payload) = match (seen.found, seen.payload) {
        (Ok(entry), Some(payload)) => (entry, payload),
        (Ok(EntryInfo { state: State::Unusable(miss), .. }) | Err(miss), _) => {
            damage::tell_of_miss(&miss);
            return Ok(MISS);
        }
        _ => return Ok(MISS),
    };
    if !(matches!(entry.state, State::Fresh) || args.stale) {
        return Ok(MISS);
    }
    let mut out = Out::new();
    let read = copy(&mut out, &entry, payload)?;
    // What came before a damage is right: each piece was checked before it was handed out.
    out.finish()?;
    read.map_or_else(|error| missed(&error), |()| Ok(DONE))
}

/// The value could not be read to its end.
fn missed(error: &io::Error) -> Outcome {
    let Some(damage) = damage::of(error) else {
        return Err(Failure::about("the value cannot be read to its end", error));
    };
    damage::tell_of(damage);
    Ok(MISS)
}

/// The value, or of a recorded run the standard output. The inner error is that of reading it.
fn copy(out: &mut Out, entry: &EntryInfo, payload: Reader) -> Result<io::Result<()>, Failure> {
    if !frames::is_run(entry) {
        return out.copy(payload);
    }
    let mut frames = frames::Frames::new(payload);
    loop {
        match frames.next() {
            Ok(Some((frames::Stream::Out, bytes))) => out.bytes(bytes)?,
            Ok(Some((frames::Stream::Err, _))) => {}
            Ok(None) => return Ok(Ok(())),
            Err(error) => return Ok(Err(error)),
        }
    }
}
