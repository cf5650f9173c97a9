//! `tagcache put`

use std::io::{self, Read};
use std::path::Path;

use tagcache::Stored;

use super::policy;
use crate::args::{Cli, Put};
use crate::end::{DONE, Failure, MISS, Outcome};
use crate::out::tell;
use crate::{input, names, place};

pub(super) fn put(cli: &Cli, args: &Put) -> Outcome {
    let key = names::given(&args.key, cli.common.escaped)?;
    let policy = policy::of(&args.terms, cli.common.escaped)?;
    let source: Box<dyn Read> = match args.file.as_deref().filter(|file| *file != Path::new("-")) {
        None => Box::new(io::stdin().lock()),
        Some(file) => {
            let what = format!("cannot read {}", file.display());
            Box::new(input::open(file).map_err(|error| Failure::about(&what, &error))?)
        }
    };
    match place::open(cli)?.put_reader(key, source, &policy)? {
        Stored::Yes => Ok(DONE),
        _ => {
            tell("not stored: an invalidation of the key or of a tag came meanwhile");
            Ok(MISS)
        }
    }
}
