//! `tagcache path`: where something lies or would lie, whether it is there or not.

use std::ffi::CStr;

use serde::Serialize;
use tagcache::fs::{Key, Layout, Tag};

use crate::args::{Cli, PathOf};
use crate::end::{DONE, Failure, Outcome};
use crate::{names, out::Out, place};

#[derive(Serialize)]
struct Answer {
    path: String,
}

pub(super) fn path(cli: &Cli, args: &PathOf) -> Outcome {
    let wrong = |error| Failure::from(tagcache::Error::Name(error));
    let given = |name| names::given(name, cli.common.escaped);
    match (&args.key, &args.tag) {
        (Some(key), _) => {
            let key = Key::new(given(key)?).map_err(wrong)?;
            show(args, &key.path_in(layout(cli)?))
        }
        (None, Some(tag)) => {
            let tag = Tag::new(given(tag)?).map_err(wrong)?;
            show(args, &tag.path_in(layout(cli)?))
        }
        (None, None) => Err(Failure::new("name a key or a tag")),
    }
}

/// That of the cache, or the one that a new one would have.
fn layout(cli: &Cli) -> Result<Layout, Failure> {
    let cache = place::look_if_there(cli)?;
    Ok(cache.map_or_else(Layout::default, |cache| cache.root().layout()))
}

fn show(args: &PathOf, path: &CStr) -> Outcome {
    let path = path.to_string_lossy().into_owned();
    let mut out = Out::new();
    let shown = if args.json { out.json(&Answer { path }) } else { out.line(path) };
    shown?;
    out.finish()?;
    Ok(DONE)
}
