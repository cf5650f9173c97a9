//! `tagcache get`

use tagcache::State;

use crate::args::{Cli, Get};
use crate::end::{DONE, Failure, MISS, Outcome};
use crate::out::Out;
use crate::run::frames;
use crate::{names, place};

pub(super) fn get(cli: &Cli, args: &Get) -> Outcome {
    let key = names::given(&args.key, cli.common.escaped)?;
    let Some(cache) = place::look(cli)? else { return Ok(MISS) };
    let seen = cache.inspect(key)?;
    let (Ok(entry), Some(payload)) = (seen.found, seen.payload) else { return Ok(MISS) };
    if !(matches!(entry.state, State::Fresh) || args.stale) {
        return Ok(MISS);
    }
    let mut out = Out::new();
    if frames::is_run(&entry) {
        let mut frames = frames::Frames::new(payload);
        while let Some((stream, bytes)) = frames.next().map_err(|error| unreadable(&error))? {
            if stream == frames::Stream::Out {
                out.bytes(bytes)?;
            }
        }
    } else {
        out.copy(payload)?;
    }
    out.finish()?;
    Ok(DONE)
}

fn unreadable(error: &std::io::Error) -> Failure {
    Failure::about("the recorded run cannot be read to its end", error)
}
