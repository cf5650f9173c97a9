//! `tagcache path`: asks no filesystem.

use std::ffi::CStr;

use serde::Serialize;
use tagcache::fs::{Key, Tag};

use crate::args::{Cli, PathOf};
use crate::end::{DONE, Failure, Outcome};
use crate::{names, out::Out};

#[derive(Serialize)]
struct Answer {
    path: String,
}

pub(super) fn path(cli: &Cli, args: &PathOf) -> Outcome {
    let wrong = |error| Failure::from(tagcache::Error::Name(error));
    match (&args.key, &args.tag) {
        (Some(key), _) => show(args, Key::new(names::given(key, cli.common.escaped)?).map_err(wrong)?.path()),
        (None, Some(tag)) => {
            show(args, Tag::new(names::given(tag, cli.common.escaped)?).map_err(wrong)?.path())
        }
        (None, None) => Err(Failure::new("name a key or a tag")),
    }
}

fn show(args: &PathOf, path: &CStr) -> Outcome {
    let path = path.to_string_lossy().into_owned();
    let mut out = Out::new();
    let shown = if args.json { out.json(&Answer { path }) } else { out.line(path) };
    shown?;
    out.finish()?;
    Ok(DONE)
}
